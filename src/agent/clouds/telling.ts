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
  stateEveryMs: number;
  /** Told each record handed over, with the id it got. */
  onRecord?: ((cloud: string, id: string) => void) | undefined;
}

export interface Telling {
  /** Takes a record of the sampler. */
  put(record: NewRecord): void;
  /** What became of a command, to the cloud it came from. Resolves when it is kept. */
  result(cloud: string, result: CommandResult): Promise<void>;
  /** Looks for troubles, and says the state when that is due. */
  start(signal: AbortSignal): void;
}

const LOOK_MS = 5000;

export function createTelling(deps: TellingDeps): Telling {
  const { clock, trust, outboxes } = deps;
  const log = deps.log.child('telling');
  let known: Troubles = new Map();
  let stateMonoMs = Number.NEGATIVE_INFINITY;

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
    if (taken) deps.onRecord?.(cloud, taken.id);
  }

  const keepEverywhere = (record: NewRecord): void => {
    for (const cloud of outboxes.keys())
      keep(cloud, record).catch((error: unknown) =>
        log.warn('outbox.not-taken', { cloud, kind: record.kind, error: toWaymarkError(error) }),
      );
  };

  const look = (): void => {
    const status = deps.status();
    const now = troublesOf(status);
    for (const { subject, isOver, code, message } of alarmsBetween(known, now))
      keepEverywhere(stamped('alarm', { subject, isOver, code, message }));
    known = now;
    if (clock.mono() - stateMonoMs < deps.stateEveryMs) return;
    stateMonoMs = clock.mono();
    keepEverywhere(stamped('state', stateBody(status)));
  };

  return {
    put: keepEverywhere,
    async result(cloud, { id, name, end, code, message, data }) {
      const body = {
        commandId: id,
        name,
        end,
        message,
        ...(code === undefined ? {} : { code }),
        ...(data ? { data } : {}),
      };
      await keep(cloud, { ...stamped('result', body), sync: true });
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
