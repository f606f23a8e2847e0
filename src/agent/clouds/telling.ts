// What the gateway says of itself to the clouds: positions as the sampler gives them, its state now and then, and each
// trouble when it begins and when it is over. Everything goes to every outbox there is.
import {
  type Clock,
  type ClockTrust,
  type CommandResult,
  type Logger,
  type NewRecord,
  type RecordKind,
  type Timer,
  toWaymarkError,
} from '../../core/index.js';
import type { Outbox } from '../../outbox/index.js';
import type { StatusSnapshot } from '../../status/index.js';
import { alarmsBetween, type Troubles, troublesOf } from './alarms.js';
import { stateBody } from './state-record.js';

export interface TellingDeps {
  clock: Clock;
  trust: ClockTrust;
  log: Logger;
  /** By cloud. */
  outboxes: ReadonlyMap<string, Pick<Outbox, 'put'>>;
  status: () => StatusSnapshot;
  /** How often a cloud is told the state. */
  stateEveryMs: (cloud: string) => number;
  /** Clouds that deliver a command until it is answered: each is told what became of it, refusals too. */
  answersAll?: ReadonlySet<string>;
  /** Told each record handed over, with the id it got. */
  onRecord?: ((cloud: string, id: string, record: NewRecord) => void) | undefined;
}

export interface Telling {
  /** Takes a record of the sampler. */
  put(record: NewRecord): void;
  /** One that is meant for one cloud alone. */
  putTo(cloud: string, kind: RecordKind, body: Readonly<Record<string, unknown>>): void;
  /**
   * What became of a command, to the cloud it came from. Resolves when it is kept. Of those without an effect six a minute
   * are told one by one; the next one told says how many were not.
   */
  result(cloud: string, result: CommandResult): Promise<void>;
  /** Looks for troubles, and says the state when that is due. */
  start(signal: AbortSignal): void;
}

const LOOK_MS = 5000;
/** Of commands that were not run. More would drive positions out of the outbox, and wear the flash. */
const REFUSALS_PER_WINDOW = 6;
const REFUSAL_WINDOW_MS = 60_000;

export function createTelling(deps: TellingDeps): Telling {
  const { clock, trust, outboxes } = deps;
  const log = deps.log.child('telling');
  /** By cloud: when refusals were told, and how many were not. */
  const refusals = new Map<string, { toldMonoMs: readonly number[]; untold: number }>();
  let known: Troubles = new Map();
  /** By cloud: when the state was told. */
  const stateMonoMs = new Map<string, number>();

  const stamped = (kind: RecordKind, body: Readonly<Record<string, unknown>>): NewRecord => {
    const isTrusted = trust.status().state === 'trusted';
    return {
      kind,
      class: 'A',
      utcMs: isTrusted ? Math.round(clock.wall()) : 0,
      timeQuality: isTrusted ? 'utc' : 'none',
      monoMs: clock.mono(),
      body,
    };
  };

  async function keep(cloud: string, record: NewRecord): Promise<void> {
    const taken = await outboxes.get(cloud)?.put(record);
    if (taken) deps.onRecord?.(cloud, taken.id, record);
  }

  const keepSoon = (cloud: string, record: NewRecord): void => {
    keep(cloud, record).catch((error: unknown) =>
      log.warn('outbox.not-taken', { cloud, kind: record.kind, error: toWaymarkError(error) }),
    );
  };
  const keepEverywhere = (record: NewRecord): void => {
    for (const cloud of outboxes.keys()) keepSoon(cloud, record);
  };

  /** How many were not told since the last; undefined: nor is this one. */
  const turnOf = (cloud: string, isRefusal: boolean): number | undefined => {
    const { toldMonoMs, untold } = refusals.get(cloud) ?? { toldMonoMs: [], untold: 0 };
    const now = clock.mono();
    const lately = toldMonoMs.filter((at) => now - at < REFUSAL_WINDOW_MS);
    const isTold = !isRefusal || lately.length < REFUSALS_PER_WINDOW;
    refusals.set(cloud, {
      toldMonoMs: isTold && isRefusal ? [...lately, now] : lately,
      untold: isTold ? 0 : untold + 1,
    });
    return isTold ? untold : undefined;
  };

  const look = (): void => {
    const status = deps.status();
    const now = troublesOf(status);
    for (const { subject, isOver, code, message } of alarmsBetween(known, now))
      keepEverywhere(stamped('alarm', { subject, isOver, code, message }));
    known = now;
    for (const cloud of outboxes.keys()) {
      if (clock.mono() - (stateMonoMs.get(cloud) ?? Number.NEGATIVE_INFINITY) < deps.stateEveryMs(cloud)) continue;
      stateMonoMs.set(cloud, clock.mono());
      keepSoon(cloud, stamped('state', stateBody(status)));
    }
  };

  return {
    put: keepEverywhere,
    putTo: (cloud, kind, body) => keepSoon(cloud, stamped(kind, body)),
    async result(cloud, { id, name, end, code, message, data }) {
      const hasEffect = end !== 'refused' && end !== 'repeated';
      const untold = deps.answersAll?.has(cloud) === true ? 0 : turnOf(cloud, !hasEffect);
      if (untold === undefined) return;
      const body = {
        commandId: id,
        name,
        end,
        message: untold === 0 ? message : `${message} (${untold} refused before it are not told one by one)`,
        ...(untold === 0 ? {} : { untold }),
        ...(code === undefined ? {} : { code }),
        ...(data ? { data } : {}),
      };
      // What had no effect may be lost with the power: it is refused again.
      await keep(cloud, { ...stamped('result', body), ...(hasEffect ? { sync: true } : {}) });
    },
    start(signal) {
      if (outboxes.size === 0) return;
      let timer: Timer;
      const again = (): void => {
        timer = clock.after(LOOK_MS, () => {
          look();
          again();
        });
      };
      again();
      signal.addEventListener('abort', () => timer.cancel(), { once: true });
    },
  };
}
