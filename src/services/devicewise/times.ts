// When a record happened, as deviceWISE is told: RFC 3339 in UTC with milliseconds, or nothing, and then the server's own
// time of arrival counts. A time ahead of the server's has been seen to be refused, so none is ever said ahead of our own
// clock (specs/devicewise.md 2.7).
import type { CloudRecord } from '../../core/index.js';

/** The moment of sending, not that of queueing. */
export interface SendFacts {
  nowUtcMs: number;
  nowMonoMs: number;
  isClockTrusted: boolean;
  /** This boot: only its monotonic times can be compared with ours. */
  boot: number;
}

/** A stamp ahead by less is the same clock put right in between. */
const SLIGHTLY_AHEAD_MS = 300_000;
/** The last moment a Date can say. */
const MAX_UTC_MS = 8_640_000_000_000_000;

/** RFC 3339, or undefined where nothing is known that could be believed. */
export function timestampOf(
  { utcMs, timeQuality, boot, monoMs }: Pick<CloudRecord, 'utcMs' | 'timeQuality' | 'boot' | 'monoMs'>,
  { nowUtcMs, nowMonoMs, isClockTrusted, boot: thisBoot }: SendFacts,
): string | undefined {
  const byAgeMs = boot === thisBoot ? nowUtcMs - Math.max(0, nowMonoMs - monoMs) : undefined;
  const isStamped = timeQuality === 'utc' && Number.isFinite(utcMs) && utcMs > 0;
  // Without a clock of our own nothing can be said against a good stamp.
  if (isStamped && (!isClockTrusted || utcMs <= nowUtcMs)) return rfc3339(utcMs);
  if (!isClockTrusted) return undefined;
  if (byAgeMs !== undefined) return rfc3339(byAgeMs);
  return isStamped && utcMs - nowUtcMs <= SLIGHTLY_AHEAD_MS ? rfc3339(nowUtcMs) : undefined;
}

const rfc3339 = (utcMs: number): string | undefined =>
  utcMs > 0 && utcMs <= MAX_UTC_MS ? new Date(Math.floor(utcMs)).toISOString() : undefined;
