// A lane is a promise with a signal: one concern that runs until it fails, and is run again by the supervisor.
import type { BackoffPolicy, WaymarkError } from '../core/index.js';

export interface LaneContext {
  signal: AbortSignal;
  /** The lane works: its outage is over and the next failure starts a new one. */
  ok(): void;
  /** What it is doing, for the status object. */
  doing(state: string): void;
}

export interface LaneFailure {
  error: WaymarkError;
  attempt: number;
  outageMs: number;
  waitMs: number;
}

export interface Lane {
  readonly name: string;
  /** Ends only by error or abort; a plain return means the lane has nothing (more) to do. */
  run(context: LaneContext): Promise<void>;
  policy(error: WaymarkError): BackoffPolicy;
  /** Told before the wait, so that lamps can say what happens next. May do something about the cause first. */
  onFailure?(failure: LaneFailure, signal: AbortSignal): Promise<void> | undefined;
  /** Ends the wait early when the cause is gone (a device node is back). */
  untilWorthRetrying?(failure: LaneFailure, signal: AbortSignal): Promise<void> | undefined;
  /** While it runs it says `ok` or `doing` at least this often, else it hangs and the watchdog may end the process. */
  beatMs?: number;
  /** A lane that failed before being up this long goes on in the same outage (flapping must not look like success). */
  stableAfterMs?: number;
}
