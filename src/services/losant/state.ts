// A record as a state of the Losant device. Losant ignores what it cannot store without a word (a time too far away,
// an undeclared attribute), and answers a bad value by closing or with 400: all that is decided here, before sending
// (specs/losant.md section 3).
import type { CloudRecord } from '../../core/index.js';
import { type AttributeValue, attributesOf, checkedAttributes } from './attributes.js';

const MAX_STATE_BYTES = 262_144;
const DAY_MS = 86_400_000;
export const MAX_AGE_MS = 30 * DAY_MS;
export const MAX_AHEAD_MS = DAY_MS;
/** Younger than this without a trusted clock is "now": Losant's own time of arrival says it better. */
const LIVE_MS = 2000;

export interface StateFacts {
  nowUtcMs: number;
  nowMonoMs: number;
  isClockTrusted: boolean;
  /** This boot: only its monotonic times can be compared with ours. */
  boot: number;
}

export interface LosantState {
  data: Readonly<Record<string, AttributeValue>>;
  /** Milliseconds since 1970 UTC, or, negative, milliseconds ago; absent: now. */
  time?: number;
}

export type StateAnswer = { is: 'state'; json: LosantState } | { is: 'rejected'; code: string; reason: string };

const rejected = (code: string, reason: string): StateAnswer => ({ is: 'rejected', code, reason });

/** @param facts the moment of sending, not that of queueing: an age is computed from them. */
export function toState(
  record: Pick<CloudRecord, 'id' | 'kind' | 'body' | 'utcMs' | 'timeQuality' | 'boot' | 'monoMs'>,
  facts: StateFacts,
): StateAnswer {
  const time = timeOf(record, facts);
  if ('is' in time) return time;
  const { data, dropped } = checkedAttributes(attributesOf(record));
  if (Object.keys(data).length === 0) {
    const what = dropped.length > 0 ? `no attribute Losant takes (${dropped.join(', ')})` : 'nothing Losant stores';
    return rejected('losant.empty', `${record.kind}: ${what}`);
  }
  const json: LosantState = { data: { ...data, record_id: record.id }, ...time };
  const bytes = Buffer.byteLength(JSON.stringify(json));
  if (bytes > MAX_STATE_BYTES) return rejected('losant.too-large', `a state of ${bytes} bytes`);
  return { is: 'state', json };
}

function timeOf(
  { utcMs, timeQuality, boot, monoMs }: Pick<CloudRecord, 'utcMs' | 'timeQuality' | 'boot' | 'monoMs'>,
  { nowUtcMs, nowMonoMs, isClockTrusted, boot: thisBoot }: StateFacts,
): { time?: number } | (StateAnswer & { is: 'rejected' }) {
  const ageMs = boot === thisBoot ? Math.max(0, Math.round(nowMonoMs - monoMs)) : undefined;
  if (ageMs !== undefined && ageMs > MAX_AGE_MS) return tooOld;
  if (timeQuality === 'utc' && Number.isFinite(utcMs) && utcMs > 0) {
    // With a wrong clock of our own nothing can be said against a good stamp.
    if (isClockTrusted && nowUtcMs - utcMs > MAX_AGE_MS) return tooOld;
    if (isClockTrusted && utcMs - nowUtcMs > MAX_AHEAD_MS)
      return {
        is: 'rejected',
        code: 'losant.time',
        reason: 'its time is more than a day ahead; Losant would ignore it',
      };
    return { time: Math.round(utcMs) };
  }
  if (ageMs === undefined)
    return { is: 'rejected', code: 'losant.time', reason: 'of an earlier boot, without a time that could be believed' };
  // Our clock may have been mended since: then its age gives the true time, and the same one at each try.
  if (isClockTrusted) return { time: Math.round(nowUtcMs - ageMs) };
  return ageMs <= LIVE_MS ? {} : { time: -ageMs };
}

const tooOld = {
  is: 'rejected',
  code: 'losant.time',
  reason: 'older than 30 days; Losant would ignore it',
} as const;
