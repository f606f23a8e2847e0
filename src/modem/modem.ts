// The module as the agent sees it: bring it up, watch it, climb a rung, ask it something. Every bring-up has a fresh
// link; what is known survives in the snapshot.
import { abortReason, isWaymarkError, scrubber, toWaymarkError, WaymarkError } from '../core/index.js';
import { createCellLocate } from './apps/celllocate/locate.js';
import { createModuleDeviceWise } from './apps/devicewise/client.js';
import { createAppTokenKeeper } from './apps/devicewise/config.js';
import { createModuleGnss } from './apps/module-gnss/read.js';
import { createAtChannel } from './channel.js';
import { parseOwnNumber } from './codec/own-number.js';
import { rawCommand } from './command.js';
import { runBringUp, runWatch } from './drive.js';
import { createMemory } from './memory.js';
import type { Modem, ModemDeps, ModemOptions } from './options.js';
import { createOwnSecrets } from './own-secrets.js';
import type { Profile } from './profile.js';
import { chooseProfile } from './profiles/choose.js';
import { climb } from './recover.js';
import { listenForReports } from './reports.js';
import { countWrite, createSession, type Session } from './session.js';
import { createSnapshotStore, forgetModule, type ModemStage } from './snapshot.js';

/** The lamp that an error darkens. */
function darkLamp(error: WaymarkError): ModemStage {
  const [room] = error.code.split('.');
  if (room === 'link') return 'absent';
  if (room === 'sim' || room === 'vault') return 'sim';
  if (error.code === 'network.no-bearer' || error.code === 'network.no-road') return 'bearer';
  return room === 'network' ? 'registration' : 'sync';
}

const isStopped = (signal: AbortSignal): boolean => signal.aborted;

/** A modem on a port; nothing is opened before `bringUp`. */
export function createModem(deps: ModemDeps, options: ModemOptions): Modem {
  const { clock, log } = deps;
  const store = createSnapshotStore({
    stage: 'absent',
    port: options.port,
    sim: 'unknown',
    registration: { state: 'unknown' },
    bearer: { contextId: options.bearer.contextId, active: false },
    ...(options.dataPath === 'ecm' ? {} : { dataPath: { kind: 'host', state: 'observed' } }),
    appToken: options.deviceWise ? 'pending' : 'not-configured',
    counters: {
      commands: 0,
      timeouts: 0,
      errors: 0,
      urcs: 0,
      unknownUrcs: 0,
      resyncs: 0,
      reopens: 0,
      writes: 0,
    },
  });
  const { counters } = store.current;
  const keeper = options.deviceWise && createAppTokenKeeper(options.deviceWise, () => countWrite(store));
  let session: Session | undefined;
  let opened = 0;
  let disposed = false;
  let lastDark: string | undefined;
  const memory = createMemory();
  const secrets = createOwnSecrets();
  let lastProfile: Profile = chooseProfile(options.profile, undefined, undefined).profile;

  const close = async (): Promise<void> => {
    const old = session;
    session = undefined;
    if (old) await old.channel[Symbol.asyncDispose]();
  };

  const alive = (): Session => {
    if (!session) throw new WaymarkError('link.closed', `${options.port}: the port is not open`);
    return session;
  };

  const plugIn = async (signal: AbortSignal): Promise<Session> => {
    await close();
    forgetModule(store);
    if (disposed) throw new WaymarkError('core.cancelled', 'the modem was disposed');
    const link = await deps.open({ address: options.port, baudRate: options.baudRate }, { signal });
    if (opened++ > 0) counters.reopens++;
    const channel = createAtChannel(
      { link, clock, log, counters, transcript: deps.transcript, secrets },
      { commandGapMs: options.commandGapMs },
    );
    const fresh = createSession({
      channel,
      clock,
      log,
      store,
      options,
      memory,
      pinLedger: deps.pinLedger,
      appToken: keeper,
      onAppToken: (outcome) => deps.onAppToken?.(outcome),
    });
    listenForReports(fresh);
    session = fresh;
    void channel.lost.then((error) => {
      if (session !== fresh) return;
      store.patch({ stage: darkLamp(error), bearer: { ...store.current.bearer, active: false } });
    });
    return fresh;
  };

  return {
    async bringUp({ signal }) {
      if (signal.aborted) throw abortReason(signal);
      try {
        const fresh = await plugIn(signal);
        try {
          await runBringUp(fresh, signal);
        } finally {
          if (store.current.profile !== undefined) lastProfile = fresh.profile;
        }
      } catch (error) {
        if (isStopped(signal)) {
          await close();
          throw abortReason(signal);
        }
        const known = toWaymarkError(error);
        if (!known.code.startsWith('modem.')) store.patch({ stage: darkLamp(known) });
        const isNews = known.code !== lastDark;
        lastDark = known.code;
        log[isNews ? 'info' : 'debug']('modem.dark', { stage: store.current.stage, error: known }, known.message);
        throw known;
      }
    },
    async watch({ signal, onPolled }) {
      try {
        return await runWatch(alive(), signal, onPolled);
      } catch (error) {
        if (isStopped(signal)) throw abortReason(signal);
        const known = toWaymarkError(error);
        store.patch({ stage: darkLamp(known) });
        throw known;
      }
    },
    async recover(rung, { signal }) {
      log.info('modem.recover', { rung });
      await climb(
        {
          alive,
          // The channel of a silent module is lost, so the command goes out over a new link.
          reachable: async () => (session && !session.channel.isLost ? session : plugIn(signal)),
          close: async () => {
            await close();
            store.patch({ stage: 'absent' });
          },
          profile: () => lastProfile,
        },
        rung,
        signal,
      );
    },
    async run(command, runOptions = {}) {
      const typed = { ...rawCommand(command), shown: scrubber.scrub(command) };
      const { lines, final } = await alive().channel.run(typed, runOptions);
      // A person reads this: an answer may hold the token (AT#DWCFG?).
      const shown = (line: string): string => scrubber.scrub(secrets.hide(line));
      return { lines: lines.map(shown), final: shown(final) };
    },
    async ownNumber({ signal }) {
      try {
        const { lines } = await alive().channel.run({ text: 'AT+CNUM' }, { ...(signal ? { signal } : {}) });
        return lines.map(parseOwnNumber).find((number) => number !== undefined);
      } catch (error) {
        // Cards without that file are answered with an error by some modules, with nothing by others.
        if (isWaymarkError(error, 'modem.error')) return undefined;
        throw error;
      }
    },
    cellLocate: createCellLocate({
      session: alive,
      clock,
      log: log.child('celllocate'),
      onWrite: () => countWrite(store),
    }),
    deviceWise: createModuleDeviceWise(
      {
        session: alive,
        keeper,
        clock,
        log: log.child('devicewise'),
        onWrite: () => countWrite(store),
        onTraffic: (delta) => deps.onDeviceWiseTraffic?.(delta),
      },
      options.deviceWise,
    ),
    moduleGnss: createModuleGnss({
      session: alive,
      profile: () => session?.profile ?? lastProfile,
      clock,
      log: log.child('module-gnss'),
    }),
    snapshot: () => ({ ...store.current, counters: { ...counters } }),
    onChange: (callback) => store.onChange(callback),
    async [Symbol.asyncDispose]() {
      disposed = true;
      await close();
      store.patch({ stage: 'absent' });
    },
  };
}
