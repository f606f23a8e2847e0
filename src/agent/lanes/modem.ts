// The modem lane: bring the module up, watch it, and climb the channel ladder when it does not answer. It lights the
// modem, SIM and network lamps; each failure darkens the lamp it belongs to and says why there. SIM and network failures
// climb nothing here: the network ladder is told of them.
import {
  abortable,
  type BackoffPolicy,
  type Clock,
  deferred,
  type Logger,
  linkedController,
  onAbort,
  PORT_BACKOFF,
  type Rung,
  sleep,
  toWaymarkError,
  WaymarkError,
} from '../../core/index.js';
import type { PortHolder } from '../../link/index.js';
import type { Modem } from '../../modem/index.js';
import type { LampBoard } from '../lamp-board.js';
import type { Lane } from '../lane.js';
import type { NetworkReport } from '../network-ladder.js';
import { channelLadder, climb, HEALTHY_MS, healthy, type LadderLimits } from '../recovery.js';
import type { RecoveryMemory } from '../recovery-memory.js';
import { createHolderWatch } from './holder-watch.js';
import { darken, isAnswering, isRegistered, lampOf, lampsFromModem } from './modem-lamps.js';

export interface ModemLaneDeps {
  modem: Modem;
  lamps: LampBoard;
  clock: Clock;
  log: Logger;
  recovery: RecoveryMemory;
  /** Cuts and restores the module's power; absent when no way is configured. */
  powerCycle?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** The module's second AT port: whether it has one, and on which the next bring-up opens. */
  otherPort?: { exists: () => boolean; use: (isOther: boolean) => void } | undefined;
  /** Resolves soon after the ports have changed; after `waitMs` at the latest if there is a port to be tried again. */
  portChanged: (waitMs: number, signal: AbortSignal) => Promise<void>;
  /** Everyone who has the module's port open, ourselves included. */
  holders?: (() => Promise<readonly PortHolder[]>) | undefined;
  /** One sentence on how to keep these off the port. */
  cureOf?: ((holders: readonly PortHolder[]) => string) | undefined;
  /** Told when other programs open or leave the port. */
  onHolders?: ((others: readonly PortHolder[]) => void) | undefined;
  /** The network ladder's ear. */
  network?: ((report: NetworkReport) => Promise<void>) | undefined;
  /** Why nothing comes back over a connection that is up, as far as that is known. */
  roadTrouble?: (() => WaymarkError | undefined) | undefined;
  /** Told what became of a rung. */
  onRung?: ((rung: Rung, outcome: 'done' | WaymarkError) => void) | undefined;
  /** Ends the agent with exit code 75. */
  giveBack?: ((reason: WaymarkError) => void) | undefined;
}

export interface ModemLaneOptions {
  pollSeconds: number;
  moduleReset: boolean;
  giveBack: boolean;
  limits: LadderLimits;
}

/** SIM and network trouble is waited out: looked at once a minute, registration at most every half minute to hour. */
const SIM_POLL: BackoffPolicy = { baseMs: 60_000, capMs: 60_000, quickForMs: 0 };
const REGISTRATION: BackoffPolicy = { baseMs: 30_000, capMs: 3_600_000, quickForMs: 0 };
/** A port that stays away is no news, but its power may be cut once in a while. */
const ABSENT_MS = 600_000;
const OTHER_PORT_TRIES = 3;
/** A registration may flap; and the module may have more to say. */
const REGISTERED_SETTLE_MS = 2000;
/**
 * Beyond the pause between two rounds of questions. Each question ends by its own limit, and no stage of a bring-up is
 * patient for more than some minutes; an hour even if every one of them waits behind the longest command there is.
 */
const HANGS_MS = 3_600_000;

export function createModemLane(deps: ModemLaneDeps, options: ModemLaneOptions): Lane {
  const { modem, lamps, clock, log, recovery } = deps;
  const ladder = channelLadder(options.limits);
  const holderWatch = createHolderWatch(deps);
  /** Failures on the second port; undefined while the first is used. */
  let otherFailures: number | undefined;
  let answeringSinceMonoMs: number | undefined;

  const isAvailable = (rung: Rung): boolean => {
    if (rung === 'module-reset') return options.moduleReset;
    if (rung === 'power') return deps.powerCycle !== undefined;
    if (rung === 'other-port') return deps.otherPort?.exists() === true;
    if (rung === 'give-back') return options.giveBack && deps.giveBack !== undefined && !lamps.isLit('session');
    return true;
  };

  const useOtherPort = (isOther: boolean): void => {
    if (isOther === (otherFailures !== undefined)) return;
    otherFailures = isOther ? 0 : undefined;
    deps.otherPort?.use(isOther);
  };

  async function takeRung(rung: Rung, error: WaymarkError, signal: AbortSignal): Promise<void> {
    // Reopening is what each try does anyway: said at each one, it would fill the log while a port is out of order.
    if (rung !== 'reopen') log.warn('recovery.rung', { ladder: 'channel', rung, reason: error.code });
    try {
      if (rung === 'power') await deps.powerCycle?.(signal);
      else if (rung === 'module-reset') await modem.recover('module-reset', { signal });
      else if (rung === 'other-port') useOtherPort(true);
      // `reopen` is what the next bring-up does anyway.
      deps.onRung?.(rung, 'done');
    } catch (failure) {
      if (!signal.aborted) deps.onRung?.(rung, toWaymarkError(failure));
      if (!signal.aborted) log.warn('recovery.failed', { ladder: 'channel', rung, error: toWaymarkError(failure) });
    }
  }

  async function climbChannel(error: WaymarkError, signal: AbortSignal): Promise<void> {
    const upForMs = answeringSinceMonoMs === undefined ? 0 : clock.mono() - answeringSinceMonoMs;
    answeringSinceMonoMs = undefined;
    if (upForMs >= HEALTHY_MS) await recovery.apply((state) => ({ state: healthy('channel', state) }));
    // The first port gets its turn again before the second one does.
    let isBack = false;
    if (otherFailures !== undefined && ++otherFailures >= OTHER_PORT_TRIES) {
      useOtherPort(false);
      isBack = true;
    }
    const { rung, coolDownMs, isDurable } = await recovery.apply((state) =>
      climb(ladder, state, error, clock.wall(), isAvailable),
    );
    if (!rung || (isBack && rung === 'other-port')) return;
    if (rung === 'give-back') {
      // Not noted on disk, it would be given back again at the next start.
      if (isDurable) deps.giveBack?.(error);
      return;
    }
    await takeRung(rung, error, signal);
    await sleep(clock, coolDownMs, signal);
  }

  /** A connection that went with the registration is not what is missing. */
  function nameCause(error: WaymarkError): WaymarkError {
    const { state, rejectCause } = modem.snapshot().registration;
    if (error.code !== 'network.no-bearer' || (state !== 'denied' && state !== 'searching' && state !== 'idle'))
      return error;
    const code = state === 'denied' ? 'network.denied' : 'network.searching';
    return new WaymarkError(code, `registration lost: ${state}`, {
      cause: error,
      ...(rejectCause === undefined ? {} : { evidence: { rejectCause } }),
    });
  }

  /** Until the module says that it is registered, its channel is lost, or `waitMs` are over. */
  async function untilRegistered(waitMs: number, signal: AbortSignal): Promise<void> {
    const before = modem.snapshot();
    if (isRegistered(before) || before.stage === 'absent') return sleep(clock, waitMs, signal);
    const news = deferred<undefined>();
    const off = modem.onChange(() => {
      const now = modem.snapshot();
      if (isRegistered(now) || now.stage === 'absent') news.resolve(undefined);
    });
    using wait = linkedController(signal);
    try {
      await Promise.race([sleep(clock, waitMs, wait.signal), news.promise]);
    } finally {
      wait.abort();
      off();
    }
    if (isRegistered(modem.snapshot())) await sleep(clock, REGISTERED_SETTLE_MS, signal);
  }

  async function watch(signal: AbortSignal, onPolled: () => void): Promise<void> {
    using scope = linkedController(signal);
    const looking = holderWatch.run(scope.signal);
    looking.catch(() => undefined);
    try {
      await modem.watch({ signal, onPolled });
    } finally {
      scope.abort();
    }
  }

  return {
    name: 'modem',
    beatMs: clock.ioBudgetMs(options.pollSeconds * 1000 + HANGS_MS),
    async run({ signal, ok, doing }) {
      const unsubscribe = modem.onChange(() => {
        const snapshot = modem.snapshot();
        doing(snapshot.stage);
        if (isAnswering(snapshot)) answeringSinceMonoMs ??= clock.mono();
        lampsFromModem(snapshot, lamps, deps.roadTrouble?.());
      });
      const stopped = { bySignal: false };
      const off = onAbort(signal, () => (stopped.bySignal = true));
      try {
        await modem.bringUp({ signal });
        lampsFromModem(modem.snapshot(), lamps, deps.roadTrouble?.());
        answeringSinceMonoMs ??= clock.mono();
        // This link stays; the next one is opened on the first port again.
        useOtherPort(false);
        ok();
        void deps.network?.({ by: 'modem', ok: true });
        await watch(signal, () => doing(modem.snapshot().stage));
      } catch (error) {
        if (stopped.bySignal) throw error;
        throw await holderWatch.blame(nameCause(toWaymarkError(error)));
      } finally {
        off();
        unsubscribe();
      }
    },
    policy(error) {
      const lamp = lampOf(error.code);
      return lamp === 'sim' ? SIM_POLL : lamp === 'network' ? REGISTRATION : PORT_BACKOFF;
    },
    async onFailure({ error, waitMs }, signal) {
      darken(lamps, error, clock.mono() + waitMs);
      const told = deps.network?.({ by: 'modem', failure: error });
      if (lampOf(error.code) === 'modem') await climbChannel(error, signal);
      else if (told) await abortable(told, signal);
    },
    untilWorthRetrying({ error, waitMs }, signal) {
      if (lampOf(error.code) === 'network') return untilRegistered(waitMs, signal);
      if (error.code === 'link.absent' && deps.powerCycle)
        return Promise.race([deps.portChanged(waitMs, signal), sleep(clock, ABSENT_MS, signal)]);
      if (error.code === 'link.absent' || error.code === 'link.closed') return deps.portChanged(waitMs, signal);
      // A module that is plugged in again may have another card.
      if (lampOf(error.code) === 'sim') return deps.portChanged(waitMs, signal);
      return undefined;
    },
  };
}
