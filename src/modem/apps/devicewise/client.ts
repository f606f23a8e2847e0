// The module's own deviceWISE client as the gateway uses it: everything it needs put in place, connected, watched, and
// stopped again. One life at a time (life.ts); requests and methods are the exchange's.
//
//   open ─→ coverage? ─→ the life before this one is ended ─→ look, clear, prepare, start ─→ 1,2 ─→ session
//   prepare: context 1 → TLS → remote AT → parameters with the token → the counters, while asking costs nothing
import {
  abortable,
  abortReason,
  type Clock,
  isWaymarkError,
  type Logger,
  linkedController,
  onAbort,
  type Secret,
  type Timer,
  toWaymarkError,
  WaymarkError,
} from '../../../core/index.js';
import type { AtChannel } from '../../at.js';
import { ask, type Session } from '../../session.js';
import { isUsable } from '../../stages/registration.js';
import type { AppTokenKeeper, DeviceWiseOptions } from './config.js';
import { createExchange } from './exchange.js';
import { type Life, noCoverage, readStatus, STOP_MS, startLife } from './life.js';
import { type DwStatus, parseDwconn } from './parse.js';
import { createRemoteAtKeeper, ensureContext } from './prerequisites.js';
import { createTlsKeeper } from './tls.js';
import { createTrafficMeter, type TrafficDelta } from './traffic.js';
import type { DeviceWiseClient, DeviceWiseSession } from './types.js';

export interface DeviceWiseClientDeps {
  /** The connection that is open. Errors: `link.closed`. */
  session(): Session;
  /** Of the module's parameters; undefined when deviceWISE is not configured. */
  keeper: AppTokenKeeper | undefined;
  clock: Clock;
  log: Logger;
  /** The module's permanent memory was written to. */
  onWrite(): void;
  /** What the client has sent and received since the last time. */
  onTraffic(delta: TrafficDelta): void;
}

const POLL_SECONDS = 30;
/** A method whose ring was lost waits in the inbox, and nobody says so again. */
const DRAIN_MS = 300_000;

const isStopped = (signal: AbortSignal): boolean => signal.aborted;

/** One per modem; usable while a port is open. */
export function createModuleDeviceWise(
  deps: DeviceWiseClientDeps,
  options: DeviceWiseOptions | undefined,
): DeviceWiseClient {
  const { clock, log, keeper } = deps;
  const tls = createTlsKeeper(deps.onWrite);
  const remoteAt = createRemoteAtKeeper(deps.onWrite);
  const meter = createTrafficMeter(deps.onTraffic);
  const known = new WeakSet<AtChannel>();
  let current: { life: Life; channel: AtChannel } | undefined;
  let lastStatus: DwStatus | undefined;

  const onStatus = (reading: DwStatus): void => {
    lastStatus = reading;
    meter.note(reading);
  };

  /** One look-out a connection, however many lives it sees. */
  const watchChannel = (channel: AtChannel): void => {
    if (known.has(channel)) return;
    known.add(channel);
    void channel.lost.then((error) => {
      if (current?.channel === channel) current.life.fail(error);
    });
  };

  const prepare = async (session: Session, appToken: Secret, signal: AbortSignal): Promise<void> => {
    if (!options || !keeper) throw notConfigured();
    await ensureContext(session, signal);
    await tls.ensure(session, { security: options.security, ca: options.ca, signal });
    await remoteAt.ensure(session, options.remoteAt ?? false, signal);
    if ((await keeper.ensure(session.channel.run, { signal, appToken })) === 'unsupported') throw noClient();
    // Stopped, it answers from memory: this is where a new count begins, and where the last one ends.
    const status = await readStatus(session, signal);
    if (status) onStatus(status);
  };

  const facts = (): Record<string, string | number | boolean> => ({
    ...(options?.security === 1 ? { isServerChecked: options.ca !== undefined } : {}),
    ...(lastStatus?.bytesIn === undefined ? {} : { bytesIn: lastStatus.bytesIn }),
    ...(lastStatus?.bytesOut === undefined ? {} : { bytesOut: lastStatus.bytesOut }),
    ...(lastStatus?.latencyMs === undefined || lastStatus.latencyMs < 0 ? {} : { latencyMs: lastStatus.latencyMs }),
    ...(lastStatus === undefined ? {} : { lastErrorCode: lastStatus.lastError }),
  });

  const connected = (session: Session, life: Life): DeviceWiseSession => {
    const { run, prompted, urcs } = session.channel;
    const exchange = createExchange({ run, prompted, urcs, clock, log, onSuspect: () => life.suspect() });
    const scope = linkedController();
    let nextDrain: Timer | undefined;
    const drain = async (): Promise<void> => {
      try {
        await exchange.drain({ signal: scope.signal });
      } catch (error) {
        log.debug('devicewise.drain', { error });
      }
      if (!isStopped(scope.signal)) nextDrain = clock.deadline(DRAIN_MS, () => void drain());
    };
    void life.closed.then((error) => {
      exchange.end(error);
      scope.abort();
      nextDrain?.cancel();
    });
    // Rings were missed before; what is left from an earlier life must not fill the inbox.
    void drain();
    return {
      request: (command, { signal }) => exchange.request(command, { signal }),
      methods: exchange.methods,
      closed: life.closed,
      close: () => life.end(new WaymarkError('devicewise.lost', 'closed by this gateway')),
      facts: () => ({ ...exchange.facts(), ...facts() }),
    };
  };

  return {
    support: () => keeper?.support() ?? 'unknown',
    async release({ signal }) {
      if (current) return;
      try {
        const session = deps.session();
        if (!session.isIdentified) return;
        const lines = await ask(session, 'AT#DWCONN?', signal);
        if (lines?.map(parseDwconn).find((reading) => reading !== undefined)?.isStarted !== true) return;
        await session.channel.run('AT#DWCONN=0', { signal, deadlineMs: STOP_MS });
        log.info('devicewise.released', {}, 'The module’s own deviceWISE client was left started: it is stopped.');
      } catch (error) {
        if (isStopped(signal)) throw abortReason(signal);
        log.debug('devicewise.not-released', { error });
      }
    },
    async open({ appToken, signal }) {
      if (isStopped(signal)) throw abortReason(signal);
      if (!options || !keeper) throw notConfigured();
      const session = deps.session();
      const { channel } = session;
      if (channel.isLost) throw await channel.lost;
      if (!session.isIdentified)
        throw new WaymarkError('link.closed', `${session.options.port}: the module has not been brought up yet`);
      // The token of the bring-up first: two must not write at once.
      if (session.appTokenTask) await abortable(session.appTokenTask, signal);
      if (keeper.support() === 'unsupported') throw noClient();
      if (!isUsable(session)) throw noCoverage(session);
      while (current) await current.life.end(new WaymarkError('devicewise.lost', 'another connection takes its place'));
      if (isStopped(signal)) throw abortReason(signal);

      watchChannel(channel);
      const life = startLife(
        { session, prepare: (own) => prepare(session, appToken, own), onStatus },
        {
          // 2 and 3 are the module's own ways of coming back.
          drivenBy: options.autoReconnect >= 2 ? 'module' : 'host',
          pollMs: (options.pollSeconds ?? POLL_SECONDS) * 1000,
        },
      );
      current = { life, channel };
      void life.closed.then((error) => {
        if (current?.life === life) current = undefined;
        log.debug('devicewise.closed', { error });
      });
      const off = onAbort(signal, () => void life.end(toWaymarkError(abortReason(signal))));
      try {
        await life.opened;
      } catch (error) {
        if (isStopped(signal)) throw abortReason(signal);
        // Whoever asked says what follows from it, once.
        if (isWaymarkError(error)) log.debug('devicewise.failed', { error });
        throw error;
      } finally {
        off();
      }
      log.info('devicewise.connected', {}, 'The module is connected to deviceWISE.');
      return connected(session, life);
    },
  };
}

const noClient = (): WaymarkError =>
  new WaymarkError('devicewise.no-client', 'the module has no deviceWISE client of its own (AT#DWCFG)');

const notConfigured = (): WaymarkError =>
  new WaymarkError('devicewise.config', 'the module’s deviceWISE client is not configured');
