// The module as the agent sees it: bring it up, watch it, climb a rung, ask it something. Every bring-up has a fresh
// link; what is known survives in the snapshot.
import {
  abortable,
  abortReason,
  isWaymarkError,
  type Rung,
  scrubber,
  sleep,
  toWaymarkError,
  WaymarkError,
} from '../core/index.js';
import { createAppTokenKeeper } from './apps/devicewise/config.js';
import { renewBearer } from './bearer.js';
import { createAtChannel } from './channel.js';
import { rawCommand } from './command.js';
import { runBringUp, runWatch } from './drive.js';
import type { Modem, ModemDeps, ModemOptions } from './options.js';
import type { Profile } from './profile.js';
import { chooseProfile } from './profiles/choose.js';
import { countWrite, createSession, type Session } from './session.js';
import { createSnapshotStore, forgetModule, type ModemStage } from './snapshot.js';

const RADIO_OFF_MS = 2000;
/** A module that has stopped answering is told to restart all the same. */
const BLIND_RESTART_MS = 5000;

/** The lamp that an error darkens. */
function darkLamp(error: WaymarkError): ModemStage {
  const [room] = error.code.split('.');
  if (room === 'link') return 'absent';
  if (room === 'sim') return 'sim';
  if (error.code === 'network.no-bearer') return 'bearer';
  return room === 'network' ? 'registration' : 'sync';
}

const isStopped = (signal: AbortSignal): boolean => signal.aborted;
const ignore = (): undefined => undefined;

/** A modem on a port; nothing is opened before `bringUp`. */
export function createModem(deps: ModemDeps, options: ModemOptions): Modem {
  const { clock, log } = deps;
  const store = createSnapshotStore({
    stage: 'absent',
    port: options.port,
    sim: 'unknown',
    registration: { state: 'unknown' },
    bearer: { contextId: options.bearer.contextId, active: false },
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
  let lastProfile: Profile = chooseProfile(options.profile, undefined);

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
      { link, clock, log, counters, transcript: deps.transcript },
      { commandGapMs: options.commandGapMs },
    );
    const fresh = createSession({
      channel,
      clock,
      log,
      store,
      options,
      appToken: keeper,
      onAppToken: (outcome) => deps.onAppToken?.(outcome),
    });
    session = fresh;
    void channel.lost.then((error) => {
      if (session !== fresh) return;
      store.patch({ stage: darkLamp(error), bearer: { ...store.current.bearer, active: false } });
    });
    return fresh;
  };

  const radioCycle = async (signal: AbortSignal): Promise<void> => {
    const { channel } = alive();
    await channel.run('AT+CFUN=4', { signal });
    await sleep({ ...clock, after: clock.deadline }, RADIO_OFF_MS, signal);
    await channel.run('AT+CFUN=1', { signal });
  };

  const restart = async (signal: AbortSignal): Promise<void> => {
    try {
      // The channel of a silent module is lost, so the command goes out over a new link.
      const usable = session && !session.channel.isLost ? session : await plugIn(signal);
      const { channel } = usable;
      if (usable.syncAttempts === 0) await channel.run('AT', { probe: true, deadlineMs: 500, signal }).catch(ignore);
      await channel.run(lastProfile.restart, { probe: true, deadlineMs: BLIND_RESTART_MS, signal });
    } catch (error) {
      // The answer may be lost with the port, or never come: what counts is whether the module comes back.
      if (!isWaymarkError(error, 'modem.timeout', 'modem.error', 'modem.reset', 'link.closed')) throw error;
      log.debug('modem.restart', { error });
    }
    await close();
    store.patch({ stage: 'absent' });
  };

  const climb = async (rung: Rung, signal: AbortSignal): Promise<void> => {
    switch (rung) {
      case 'repeat':
        await alive().channel.run('AT', { signal });
        return;
      case 'resync':
        await abortable(alive().channel.resync(), signal);
        return;
      case 'reopen':
        await close();
        store.patch({ stage: 'absent' });
        return;
      case 'bearer': {
        const current = alive();
        await renewBearer(current.bearerDeps(signal), options.bearer);
        return;
      }
      case 'registration':
        await alive().channel.run('AT+COPS=0', { signal });
        return;
      case 'radio':
        await radioCycle(signal);
        return;
      case 'module-reset':
        await restart(signal);
        return;
      case 'power':
      case 'resubscribe':
      case 'session':
        // Other rooms' rungs.
        return;
    }
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
    async watch({ signal }) {
      try {
        return await runWatch(alive(), signal);
      } catch (error) {
        if (isStopped(signal)) throw abortReason(signal);
        const known = toWaymarkError(error);
        store.patch({ stage: darkLamp(known) });
        throw known;
      }
    },
    async recover(rung, { signal }) {
      log.info('modem.recover', { rung });
      await climb(rung, signal);
    },
    async run(command, runOptions = {}) {
      const typed = { ...rawCommand(command), shown: scrubber.scrub(command) };
      const { lines, final } = await alive().channel.run(typed, runOptions);
      // A person reads this: an answer may hold the token (AT#DWCFG?).
      return { lines: lines.map((line) => scrubber.scrub(line)), final };
    },
    snapshot: () => ({ ...store.current, counters: { ...counters } }),
    onChange: (callback) => store.onChange(callback),
    async [Symbol.asyncDispose]() {
      disposed = true;
      await close();
      store.patch({ stage: 'absent' });
    },
  };
}
