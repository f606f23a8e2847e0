// Runs lanes side by side. One lane down never touches another; a lane that keeps dying of a defect ends the process,
// because a clean start by the service manager beats a half-broken one.
import {
  backoffDelayMs,
  type Clock,
  clipRetryAfterMs,
  type Deferred,
  deferred,
  type Logger,
  linkedController,
  sleep,
  toWaymarkError,
  WaymarkError,
} from '../core/index.js';
import type { PartView } from '../status/index.js';
import type { Lane } from './lane.js';

const MAX_DEFECTS = 10;
const DEFECT_WINDOW_MS = 600_000;
/** What is done before a wait (a module's reset, its cool-down) may take minutes; longer than this it hangs. */
const OVERDUE_MS = 1_800_000;

export interface SupervisorDeps {
  clock: Clock;
  log: Logger;
  random: () => number;
  onChange: () => void;
}

export interface Supervisor {
  /** Resolves when every lane has ended after `signal`; rejects when one lane dies of defects again and again. */
  run(lanes: readonly Lane[], signal: AbortSignal): Promise<void>;
  part(name: string): PartView | undefined;
  /** Cuts a lane's wait short: what it waited for may have changed. */
  wake(name: string): void;
  /** Lanes that missed their own deadline: the next try long overdue, or no sign of life within `beatMs`. */
  stuck(): readonly string[];
}

interface LaneRecord {
  state: string;
  error: WaymarkError | undefined;
  sinceMonoMs: number;
  attempt: number;
  nextMonoMs: number | undefined;
  /** Until its cause is gone, however long that takes: a receiver may stay unplugged for weeks. */
  waitsForCause: boolean;
  lastOkMonoMs: number | undefined;
  restarts: number;
  /** When it last said anything; and how often it promised to, while it runs. */
  beatMonoMs: number;
  beatMs: number;
  wake: Deferred<undefined> | undefined;
}

const ENDED = new Set(['done', 'stopped']);

function isStuck({ state, nextMonoMs, waitsForCause, beatMonoMs, beatMs }: LaneRecord, now: number): boolean {
  if (ENDED.has(state) || waitsForCause) return false;
  // A wait ends at its time, or at a new try before: overdue, it ended in neither.
  if (nextMonoMs !== undefined) return now - nextMonoMs > OVERDUE_MS;
  return now - beatMonoMs > beatMs;
}

export function createSupervisor({ clock, log, random, onChange }: SupervisorDeps): Supervisor {
  const records = new Map<string, LaneRecord>();

  async function runLane(lane: Lane, signal: AbortSignal): Promise<void> {
    const record: LaneRecord = {
      state: 'starting',
      error: undefined,
      sinceMonoMs: clock.mono(),
      attempt: 0,
      nextMonoMs: undefined,
      waitsForCause: false,
      lastOkMonoMs: undefined,
      restarts: 0,
      beatMonoMs: clock.mono(),
      beatMs: lane.beatMs ?? Number.POSITIVE_INFINITY,
      wake: undefined,
    };
    records.set(lane.name, record);
    const enter = (state: string): void => {
      record.beatMonoMs = clock.mono();
      if (record.state === state) return;
      record.state = state;
      record.sinceMonoMs = clock.mono();
      onChange();
    };
    const defects: number[] = [];
    let outageStart = clock.mono();
    const up = { sinceMonoMs: Number.POSITIVE_INFINITY };

    while (!signal.aborted) {
      up.sinceMonoMs = Number.POSITIVE_INFINITY;
      try {
        record.nextMonoMs = undefined;
        enter('running');
        await lane.run({
          signal,
          ok: () => {
            record.error = undefined;
            record.lastOkMonoMs = clock.mono();
            up.sinceMonoMs = Math.min(up.sinceMonoMs, clock.mono());
            enter('ok');
          },
          doing: enter,
        });
        enter('done');
        return;
      } catch (thrown) {
        // The abort listener may have struck while we were suspended.
        if ((signal as { aborted: boolean }).aborted) break;
        const error = toWaymarkError(thrown);
        const now = clock.mono();
        const wasStable = now - up.sinceMonoMs >= (lane.stableAfterMs ?? 0);
        if (wasStable) {
          record.attempt = 0;
          outageStart = now;
        }
        record.restarts++;
        if (error.code === 'core.internal') {
          log.error('lane.defect', { lane: lane.name, error });
          defects.push(now);
          while ((defects[0] ?? now) < now - DEFECT_WINDOW_MS) defects.shift();
          if (defects.length >= MAX_DEFECTS)
            throw new WaymarkError('core.internal', `${lane.name} failed ${MAX_DEFECTS} times in ten minutes`, {
              cause: error,
            });
        } else if (record.error?.code !== error.code) {
          // State changes are logged once; repeats are only counted.
          log.warn('lane.waiting', { lane: lane.name, error });
        }
        const outageMs = now - outageStart;
        const policy = lane.policy(error);
        const waitMs = Math.max(
          backoffDelayMs(policy, { attempt: record.attempt, outageMs }, random()),
          // No far side may silence a lane for good.
          error.retryAfterMs === undefined ? 0 : clipRetryAfterMs(error.retryAfterMs),
        );
        record.error = error;
        record.attempt++;
        record.nextMonoMs = now + waitMs;
        enter('waiting');
        await pause(lane, record, { error, attempt: record.attempt, outageMs, waitMs }, signal);
      }
    }
    enter('stopped');
  }

  async function pause(
    lane: Lane,
    record: LaneRecord,
    failure: { error: WaymarkError; attempt: number; outageMs: number; waitMs: number },
    signal: AbortSignal,
  ): Promise<void> {
    using wait = linkedController(signal);
    const wake = deferred<undefined>();
    record.wake = wake;
    onChange();
    try {
      await lane.onFailure?.(failure, wait.signal);
      const early = lane.untilWorthRetrying?.(failure, wait.signal);
      record.waitsForCause = early !== undefined;
      await Promise.race([early ?? sleep(clock, failure.waitMs, wait.signal), wake.promise]);
    } catch (error) {
      if (!signal.aborted) log.debug('lane.pause-ended', { lane: lane.name, error: toWaymarkError(error) });
    } finally {
      record.wake = undefined;
      record.waitsForCause = false;
      wait.abort();
    }
  }

  return {
    async run(lanes, signal) {
      using all = linkedController(signal);
      const running = lanes.map(async (lane) => {
        try {
          await runLane(lane, all.signal);
        } catch (error) {
          all.abort(toWaymarkError(error));
          throw error;
        }
      });
      const ends = await Promise.allSettled(running);
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed) throw toWaymarkError(failed.reason);
    },
    part(name) {
      const record = records.get(name);
      if (!record) return undefined;
      const now = clock.mono();
      return {
        state: record.state,
        ...(record.error ? { reason: record.error.code } : {}),
        sinceMs: Math.round(now - record.sinceMonoMs),
        attempt: record.attempt,
        ...(record.nextMonoMs === undefined ? {} : { nextRetryMs: Math.max(0, Math.round(record.nextMonoMs - now)) }),
        ...(record.lastOkMonoMs === undefined ? {} : { lastOkMs: Math.round(now - record.lastOkMonoMs) }),
        restarts: record.restarts,
      };
    },
    wake(name) {
      records.get(name)?.wake?.resolve(undefined);
    },
    stuck() {
      const now = clock.mono();
      return [...records].filter(([, record]) => isStuck(record, now)).map(([name]) => name);
    },
  };
}
