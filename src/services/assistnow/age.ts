// How old a set is, and what of it is still good (specs/ublox.md 3.4 age rule, 4.1). There are two ages: by UTC, when
// the host's clock is synchronised, and by the monotonic clock since it came, within one start of this program. A
// difference is never taken between the one and the other.
import type { CacheEntry } from './cache-entry.js';
import { matterOf, predictedDayOf } from './mga.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** A moment on all the clocks there are. */
export interface Moment {
  /** ms since 1970 by a synchronised clock; absent while there is none. */
  utcMs?: number;
  monoMs: number;
  bootId: string;
}

export interface Age {
  /** Since the set was made (or, if it does not say, since it came). */
  byUtcMs?: number;
  /** Since it came. */
  byMonoMs?: number;
  /** The one that counts; absent when the age is not known. */
  ageMs?: number;
  by?: 'utc' | 'mono';
}

/** Between when a set is made and when it has come, and between two good clocks. */
const AGREEMENT_MS = 10 * 60_000;

const referenceUtcMs = ({ generatedUtcMs, arrived, predictedDays }: CacheEntry): number | undefined =>
  generatedUtcMs ?? arrived.utcMs ?? predictedDays[0];

/** Did the host's clock contradict the set when it came? */
function wasContradicted({ generatedUtcMs, arrived }: CacheEntry): boolean {
  if (generatedUtcMs === undefined || arrived.utcMs === undefined) return false;
  return Math.abs(arrived.utcMs - generatedUtcMs) > AGREEMENT_MS;
}

/**
 * UTC counts where it is known. Within the start that fetched the set, the monotonic age counts instead when UTC says
 * that the set is younger than the time it has been here, or when the host's clock already disagreed with the set as it
 * came: then the answer is trusted and the clock is not.
 */
export function ageOf(entry: CacheEntry, moment: Moment): Age {
  const reference = referenceUtcMs(entry);
  const sinceMs = moment.bootId === entry.arrived.bootId ? moment.monoMs - entry.arrived.monoMs : -1;
  const byMonoMs = sinceMs >= 0 ? sinceMs : undefined;
  const byUtcMs = moment.utcMs === undefined || reference === undefined ? undefined : moment.utcMs - reference;
  const known = { ...(byUtcMs === undefined ? {} : { byUtcMs }), ...(byMonoMs === undefined ? {} : { byMonoMs }) };
  if (byMonoMs !== undefined) {
    const isHostInDoubt =
      byUtcMs === undefined ||
      byUtcMs < byMonoMs - AGREEMENT_MS ||
      (byUtcMs > byMonoMs + AGREEMENT_MS && wasContradicted(entry));
    return isHostInDoubt
      ? { ...known, ageMs: byMonoMs, by: 'mono' }
      : { ...known, ageMs: Math.max(0, byUtcMs), by: 'utc' };
  }
  // From the future of a synchronised clock: one of the two is wrong, and nobody knows which.
  if (byUtcMs === undefined || byUtcMs < -AGREEMENT_MS) return known;
  return { ...known, ageMs: Math.max(0, byUtcMs), by: 'utc' };
}

/** Ephemeris younger than this needs no replacement. */
export const LIVE_FRESH_MS = 2 * HOUR_MS;
/** Older ephemeris leads a receiver astray. */
export const LIVE_MAX_MS = 4 * HOUR_MS;
const ALMANAC_MAX_MS = 28 * DAY_MS;

export type Freshness = 'fresh' | 'stale' | 'spent' | 'unknown';

/** Of the ephemeris in a set; `spent` also when there is none. */
export function liveFreshness(entry: CacheEntry, moment: Moment): Freshness {
  if (!entry.hasEphemeris) return 'spent';
  const { ageMs } = ageOf(entry, moment);
  if (ageMs === undefined) return 'unknown';
  if (ageMs <= LIVE_FRESH_MS) return 'fresh';
  return ageMs <= LIVE_MAX_MS ? 'stale' : 'spent';
}

const dayOf = (utcMs: number): number => Math.floor(utcMs / DAY_MS) * DAY_MS;

/** Are there predicted orbits for today? */
export function coversToday(entry: CacheEntry, utcMs: number): boolean {
  return entry.predictedDays.includes(dayOf(utcMs));
}

/** End of the last predicted day. */
export function predictedUntilUtcMs({ predictedDays }: CacheEntry): number | undefined {
  const last = predictedDays.at(-1);
  return last === undefined ? undefined : last + DAY_MS;
}

/** When the next set is due: a third of the days is gone; for a single day, its end. */
export function predictiveDueUtcMs(entry: CacheEntry): number {
  const [first] = entry.predictedDays;
  const until = predictedUntilUtcMs(entry);
  if (first === undefined || until === undefined) return 0;
  return entry.predictedDays.length === 1 ? until : first + (until - first) / 3;
}

/**
 * What of a set is good for a receiver now: ephemeris of the last hours, orbits predicted for today, an almanac of weeks.
 * The almanac comes last: it only helps where nothing better is known, and a slow line carries a dozen messages a second.
 */
export function usableFrames(entry: CacheEntry, moment: Moment): Uint8Array[] {
  const { ageMs } = ageOf(entry, moment);
  const today = moment.utcMs === undefined ? undefined : dayOf(moment.utcMs);
  const usable = entry.frames.filter((frame) => {
    switch (matterOf(frame)) {
      case 'predicted':
        return today !== undefined && predictedDayOf(frame) === today;
      case 'almanac':
        return ageMs !== undefined && ageMs <= ALMANAC_MAX_MS;
      case 'ephemeris':
      case 'auxiliary':
        return ageMs !== undefined && ageMs <= LIVE_MAX_MS;
      case 'time':
      case 'position':
      case 'never':
        return false;
    }
  });
  const isAlmanac = (frame: Uint8Array): boolean => matterOf(frame) === 'almanac';
  return [...usable.filter((frame) => !isAlmanac(frame)), ...usable.filter(isAlmanac)];
}

/**
 * UTC as well as it is known: the synchronised clock, else the word of the newest set that came in this start, carried
 * on by the monotonic clock.
 */
export function bestUtc(
  entries: readonly CacheEntry[],
  clock: { ms: number; accuracyMs: number } | undefined,
  now: Pick<Moment, 'monoMs' | 'bootId'>,
): { ms: number; accuracyMs: number; by: 'clock' | 'answer' } | undefined {
  if (clock) return { ...clock, by: 'clock' };
  let best: CacheEntry | undefined;
  for (const entry of entries) {
    if (entry.generatedUtcMs === undefined || entry.arrived.bootId !== now.bootId) continue;
    if (!best || entry.arrived.monoMs > best.arrived.monoMs) best = entry;
  }
  if (best?.generatedUtcMs === undefined) return undefined;
  const elapsedMs = Math.max(0, now.monoMs - best.arrived.monoMs);
  // What is pushed may have lain on its topic since it was made; an answer was made for us.
  const lateMs = best.kind === 'mga' ? AGREEMENT_MS : ANSWER_ACCURACY_MS;
  return { ms: best.generatedUtcMs + elapsedMs, accuracyMs: lateMs + elapsedMs * DRIFT, by: 'answer' };
}

/** From the making of a set to its arrival over a slow link. */
const ANSWER_ACCURACY_MS = 10_000;
/** Of a crystal without care: 100 ppm. */
const DRIFT = 1e-4;
