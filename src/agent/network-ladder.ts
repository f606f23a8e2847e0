// The network ladder at work: takes what session lane, probe and modem lane report, asks the road, and has the rungs done
// one after the other. When a rung is due is decided in network-condition.ts, which one in recovery.ts.
//
// In `observe` mode the data path belongs to somebody else: registration and radio have to wait longer
// (docs/decisions/0008-network-ladder-in-observe-mode.md).
import {
  aborted,
  abortReason,
  type Clock,
  type Logger,
  linkedController,
  onAbort,
  PORT_BACKOFF,
  type Rung,
  toWaymarkError,
  unreachable,
  WaymarkError,
} from '../core/index.js';
import type { ModemSnapshot } from '../modem/index.js';
import type { DataPathSnapshot } from './data-path.js';
import type { Lane } from './lane.js';
import {
  NETWORK_START,
  type NetworkCondition,
  type NetworkEvent,
  nextNetwork,
  type Reporter,
} from './network-condition.js';
import { type Availability, askedFor, climb, healthy, type LadderLimits, mayClimb, networkLadder } from './recovery.js';
import type { RecoveryMemory } from './recovery-memory.js';

const MINUTE = 60_000;
/** How long the road must have been dead before a rung is taken on somebody else's data path. */
export const OBSERVE_PATIENCE_MS: Readonly<Partial<Record<Rung, number>>> = {
  registration: 10 * MINUTE,
  radio: 30 * MINUTE,
  'module-reset': 60 * MINUTE,
};
/** Two reporters tell of one outage within seconds. */
const QUIET_MS = 15_000;

export type NetworkReport = { by: Reporter; ok: true } | { by: Reporter; failure: WaymarkError };
export type ModemRung = 'bearer' | 'registration' | 'radio' | 'module-reset';

export interface NetworkLadderDeps {
  clock: Clock;
  log: Logger;
  recovery: RecoveryMemory;
  /** Has the session lane try at once. */
  newSession: () => void;
  /** Asks the data path end to end. */
  probeRoad: (signal: AbortSignal) => Promise<DataPathSnapshot['state']>;
  /** Has the module do a rung. Absent: there is no module, and nothing but sessions. */
  modemRung?: (rung: ModemRung, signal: AbortSignal) => Promise<void>;
  /** Where the module stands with the network now. Absent: not known. */
  registration?: () => ModemSnapshot['registration']['state'];
  /** Ends the agent with exit code 75. Absent: not wanted. */
  giveBack?: (reason: WaymarkError) => void;
  /** False while anything is served. */
  mayGiveBack: () => boolean;
}

export interface NetworkLadderOptions {
  /** Whose data connection it is: ours to take down, or somebody else's. */
  mode: 'observe' | 'activate';
  moduleReset: boolean;
  limits: LadderLimits;
}

export interface NetworkLadder {
  /** Must run for reports to have any effect. */
  readonly lane: Lane;
  /** Resolves when what it led to has been done (without the cool-down). Never rejects. */
  report(report: NetworkReport): Promise<void>;
  /**
   * Has one rung done because somebody asks for it; it is paid from the same budget. Resolves when the module has done it.
   * A module reset is for a person at the gateway; clouds have no word for it (cloud-commands/table.ts).
   * Errors: `command.not-available` while it may not be done, what the module says, the abort reason.
   */
  ask(rung: ModemRung, signal: AbortSignal): Promise<void>;
  /** Asks the data path end to end, now. */
  probe(signal: AbortSignal): Promise<DataPathSnapshot['state']>;
  condition(): NetworkCondition;
}

const isModemRung = (rung: Rung): rung is ModemRung =>
  rung === 'bearer' || rung === 'registration' || rung === 'radio' || rung === 'module-reset';

export function createNetworkLadder(deps: NetworkLadderDeps, options: NetworkLadderOptions): NetworkLadder {
  const { clock, log, recovery } = deps;
  const ladder = networkLadder(options.limits);
  let state = NETWORK_START;
  let life: AbortSignal | undefined;
  /** Reports are worked off one after the other. */
  let tail: Promise<void> = Promise.resolve();

  const isAvailable = (rung: Rung, deadForMs: number): Availability => {
    const registration = deps.registration?.();
    // A refusal may not have been reported yet.
    if (!deps.modemRung || registration === 'denied') return false;
    if (rung === 'give-back') return deps.giveBack !== undefined && deps.mayGiveBack();
    if (rung === 'module-reset' && !options.moduleReset) return false;
    // No connection without a registration.
    if (rung === 'bearer' && (registration === 'searching' || registration === 'idle')) return false;
    if (options.mode === 'activate') return true;
    const patienceMs = OBSERVE_PATIENCE_MS[rung];
    return patienceMs !== undefined && (deadForMs >= patienceMs || 'later');
  };

  async function take(error: WaymarkError, deadForMs: number, signal: AbortSignal): Promise<void> {
    if (!mayClimb(ladder, error)) return;
    const { rung, coolDownMs, isDurable } = await recovery.apply((before) =>
      climb(ladder, before, error, clock.wall(), (each) => isAvailable(each, deadForMs)),
    );
    if (rung) log.warn('recovery.rung', { ladder: 'network', rung, reason: error.code });
    // Not noted on disk, it would be given back again at the next start.
    if (rung === 'give-back' && isDurable) deps.giveBack?.(error);
    try {
      if (rung && isModemRung(rung)) await deps.modemRung?.(rung, signal);
    } catch (failure) {
      if (signal.aborted) return;
      log.warn('recovery.failed', { ladder: 'network', rung, error: toWaymarkError(failure) });
    }
    const quietMs = Math.max(coolDownMs, QUIET_MS);
    await send({ is: 'acted', coolDownMs: quietMs, monoMs: clock.mono() }, signal);
    if (rung) judgeLater(quietMs, error, signal);
  }

  /** When the rung has had its time, the road is asked: a session may be had again, or the climb goes on. */
  function judgeLater(coolDownMs: number, error: WaymarkError, signal: AbortSignal): void {
    // What the module itself complains about, it will say again.
    if (error.code !== 'network.no-road') return;
    const timer = clock.after(coolDownMs, () => {
      off();
      void enqueue(async () => {
        const answer = await deps.probeRoad(signal);
        // The probe tells a dead road by itself.
        if (answer === 'works') await send({ is: 'ok', by: 'probe', monoMs: clock.mono() }, signal);
      });
    });
    const off = onAbort(signal, () => timer.cancel());
  }

  async function send(event: NetworkEvent, signal: AbortSignal): Promise<void> {
    const step = nextNetwork(state, event);
    state = step.state;
    for (const effect of step.effects) {
      switch (effect.do) {
        case 'ask-road': {
          const answer = await deps.probeRoad(signal);
          await send({ is: 'road', answer, by: effect.by, error: effect.error, monoMs: clock.mono() }, signal);
          break;
        }
        case 'climb':
          await take(effect.error, effect.deadForMs, signal);
          break;
        case 'forget':
          await recovery.apply((before) => ({ state: healthy('network', before) }));
          break;
        case 'new-session':
          deps.newSession();
          break;
        default:
          unreachable(effect);
      }
    }
  }

  /** Why a rung may not be done now though somebody asks for it; undefined when it may. */
  function whyNot(rung: ModemRung): string | undefined {
    if (!deps.modemRung) return 'there is no cellular module on this gateway';
    if (state.hold) return `the module is left alone: ${state.hold.code}`;
    // What the configuration keeps the gateway from doing by itself, a person may still decide.
    if (rung === 'module-reset' && deps.registration?.() !== 'denied') return undefined;
    const available = isAvailable(rung, state.dead ? clock.mono() - state.dead.sinceMonoMs : 0);
    if (available === true) return undefined;
    return available === 'later'
      ? 'the data connection belongs to another program and has not been dead for long enough'
      : `${rung} cannot help as the module stands with the network now, or the data connection is not ours`;
  }

  async function takeAsked(rung: ModemRung, signal: AbortSignal): Promise<void> {
    const why = whyNot(rung);
    if (why !== undefined) throw new WaymarkError('command.not-available', why);
    const { waitMs, coolDownMs } = await recovery.apply((before) => askedFor(ladder, before, rung, clock.wall()));
    if (waitMs === Number.POSITIVE_INFINITY)
      throw new WaymarkError('command.not-available', `the configuration allows no ${rung}`);
    if (waitMs > 0)
      throw new WaymarkError(
        'command.not-available',
        `the budget of ${rung} is spent for ${Math.ceil(waitMs / 1000)} s`,
      );
    log.warn('recovery.rung', { ladder: 'network', rung, reason: 'asked for' });
    try {
      await deps.modemRung?.(rung, signal);
    } finally {
      // What breaks off because of it is not a reason to climb.
      if (!signal.aborted)
        await send({ is: 'acted', coolDownMs: Math.max(coolDownMs, QUIET_MS), monoMs: clock.mono() }, signal);
    }
  }

  const enqueue = (work: () => Promise<void>): Promise<void> => {
    const mine = tail.then(async () => {
      if (life?.aborted === false) await work();
    });
    tail = mine.catch((error: unknown) => {
      if (life?.aborted !== true) log.warn('recovery.ladder', { ladder: 'network', error: toWaymarkError(error) });
    });
    return tail;
  };

  return {
    lane: {
      name: 'network-ladder',
      async run({ signal, ok }) {
        life = signal;
        ok();
        await aborted(signal);
      },
      policy: () => PORT_BACKOFF,
    },
    report: (report) =>
      enqueue(async () => {
        const signal = life;
        if (!signal) return;
        const monoMs = clock.mono();
        if ('ok' in report) await send({ is: 'ok', by: report.by, monoMs }, signal);
        else await send({ is: 'failure', by: report.by, error: report.failure, monoMs }, signal);
      }),
    ask(rung, asking) {
      // In turn with what the ladder does by itself: two rungs at once are none.
      const mine = tail.then(async () => {
        if (life?.aborted !== false)
          throw new WaymarkError('command.not-available', 'the network is not looked after at the moment');
        using either = linkedController(life);
        const off = onAbort(asking, () => either.abort(abortReason(asking)));
        try {
          either.signal.throwIfAborted();
          await takeAsked(rung, either.signal);
        } finally {
          off();
        }
      });
      tail = mine.catch(() => undefined);
      return mine;
    },
    probe: (signal) => deps.probeRoad(signal),
    condition: () => state,
  };
}
