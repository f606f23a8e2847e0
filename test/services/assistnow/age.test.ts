import { describe, expect, test } from 'vitest';
import {
  ageOf,
  bestUtc,
  coversToday,
  liveFreshness,
  predictedUntilUtcMs,
  predictiveDueUtcMs,
  usableFrames,
} from '../../../src/services/assistnow/age.js';
import { type Arrival, type CacheKind, cacheEntry } from '../../../src/services/assistnow/cache-entry.js';
import { setOf } from '../../../src/services/assistnow/set.js';
import { almanac, DAY_MS, ephemeris, HOUR_MS, ionosphere, liveSet, predicted, predictedSet } from './frames.js';

const T = Date.UTC(2026, 7, 14, 12, 0, 0);
const MIN = 60_000;

const live = (arrived: Partial<Arrival> = {}, frames = liveSet(T)) =>
  cacheEntry('live', setOf(frames), { monoMs: 1000, bootId: 'a', ...arrived }, 'h');
const orbits = (frames: Uint8Array[], kind: CacheKind = 'predictive') =>
  cacheEntry(kind, setOf(frames), { monoMs: 1000, bootId: 'a', utcMs: T }, 'h');

describe('the age of a set', () => {
  test.each([
    ['synchronised clock, another start', {}, { utcMs: T + HOUR_MS, monoMs: 5, bootId: 'b' }, HOUR_MS, 'utc'],
    ['no clock, the same start', {}, { monoMs: 1000 + MIN, bootId: 'a' }, MIN, 'mono'],
    ['no clock, another start: not known', {}, { monoMs: 1000 + MIN, bootId: 'b' }, undefined, undefined],
    ['both: UTC counts', {}, { utcMs: T + 5 * MIN, monoMs: 1000 + 4 * MIN, bootId: 'a' }, 5 * MIN, 'utc'],
    [
      'suspended host: UTC knows, the monotonic clock slept',
      { utcMs: T },
      { utcMs: T + 9 * HOUR_MS, monoMs: 1000 + MIN, bootId: 'a' },
      9 * HOUR_MS,
      'utc',
    ],
    [
      'a clock that was already wrong when the fresh answer came: the answer is trusted',
      { utcMs: T + 3 * DAY_MS },
      { utcMs: T + 3 * DAY_MS + MIN, monoMs: 1000 + MIN, bootId: 'a' },
      MIN,
      'mono',
    ],
    [
      'a clock far behind the answer: the answer is trusted',
      {},
      { utcMs: T - 5 * DAY_MS, monoMs: 1000 + MIN, bootId: 'a' },
      MIN,
      'mono',
    ],
    [
      'a set from the future in another start: not known',
      {},
      { utcMs: T - HOUR_MS, monoMs: 0, bootId: 'b' },
      undefined,
      undefined,
    ],
    ['a few minutes of disagreement are none', {}, { utcMs: T - MIN, monoMs: 0, bootId: 'b' }, 0, 'utc'],
    ['a monotonic clock that ran backwards is another start', {}, { monoMs: 0, bootId: 'a' }, undefined, undefined],
  ] as const)('%s', (_rule, arrived, moment, ageMs, by) => {
    const age = ageOf(live(arrived), moment);
    expect([age.ageMs, age.by]).toEqual([ageMs, by]);
  });

  test('a set that does not say when it was made is as old as its arrival', () => {
    const entry = live({ utcMs: T }, [ephemeris(1)]);
    expect(ageOf(entry, { utcMs: T + HOUR_MS, monoMs: 0, bootId: 'b' }).ageMs).toBe(HOUR_MS);
    expect(ageOf(live({}, [ephemeris(1)]), { utcMs: T, monoMs: 0, bootId: 'b' }).ageMs).toBeUndefined();
  });
});

describe('what is still good', () => {
  const at = (ageMs: number) => ({ utcMs: T + ageMs, monoMs: 0, bootId: 'b' });

  test.each([
    [0, 'fresh', 4],
    [2 * HOUR_MS, 'fresh', 4],
    [2 * HOUR_MS + 1, 'stale', 4],
    [4 * HOUR_MS, 'stale', 4],
    [4 * HOUR_MS + 1, 'spent', 1],
    [27 * DAY_MS, 'spent', 1],
    [29 * DAY_MS, 'spent', 0],
  ])('live orbits after %i ms are %s', (ageMs, freshness, frames) => {
    const entry = live({}, [...liveSet(T), almanac(3)]);
    expect(liveFreshness(entry, at(ageMs))).toBe(freshness);
    expect(usableFrames(entry, at(ageMs))).toHaveLength(frames);
  });

  test('of unknown age nothing is used', () => {
    const moment = { monoMs: 0, bootId: 'b' };
    expect(liveFreshness(live(), moment)).toBe('unknown');
    expect(usableFrames(live(), moment)).toEqual([]);
    expect(usableFrames(orbits(predictedSet(T, 3)), moment)).toEqual([]);
  });

  test.each([
    [0, true],
    [DAY_MS, true],
    [2 * DAY_MS + 11 * HOUR_MS, true],
    [2 * DAY_MS + 12 * HOUR_MS, false],
    [-DAY_MS, false],
  ])('of predicted orbits only the present day is used (%i ms on)', (later, isCovered) => {
    const entry = orbits(predictedSet(T, 3));
    const moment = { utcMs: T + later, monoMs: 0, bootId: 'b' };
    expect(coversToday(entry, moment.utcMs)).toBe(isCovered);
    const today = Math.floor(moment.utcMs / DAY_MS) * DAY_MS;
    expect(usableFrames(entry, moment).filter((f) => f[3] === 0x20)).toEqual(isCovered ? [predicted(1, today)] : []);
    if (later >= 0) expect(usableFrames(entry, moment)).toContainEqual(almanac(9));
  });

  test('the almanac comes last: a slow line carries a dozen messages a second', () => {
    const set = [almanac(1), ...liveSet(T), almanac(2)];
    const sent = usableFrames(live({}, set), at(0));
    expect(sent.slice(-2)).toEqual([almanac(1), almanac(2)]);
    expect(sent).toHaveLength(usableFrames(live(), at(0)).length + 2);
  });

  test.each([
    [1, DAY_MS],
    [3, DAY_MS],
    [7, (7 / 3) * DAY_MS],
    [14, (14 / 3) * DAY_MS],
  ])('a set of %i days is due again after a third, a single day at its end', (days, dueMs) => {
    const midnight = Date.UTC(2026, 7, 14);
    const entry = orbits(predictedSet(T, days));
    expect(predictiveDueUtcMs(entry) - midnight).toBe(dueMs);
    expect(predictedUntilUtcMs(entry)).toBe(midnight + days * DAY_MS);
  });
});

describe('UTC', () => {
  const now = { monoMs: 1000 + HOUR_MS, bootId: 'a' };

  test('is the synchronised clock’s', () => {
    expect(bestUtc([live()], { ms: 5, accuracyMs: 1 }, now)).toEqual({ ms: 5, accuracyMs: 1, by: 'clock' });
  });

  test('without one it is the newest answer’s, carried on by the monotonic clock', () => {
    const older = live({ monoMs: 10 }, [...liveSet(T - DAY_MS)]);
    expect(bestUtc([older, live()], undefined, now)).toMatchObject({ ms: T + HOUR_MS, by: 'answer' });
    expect(bestUtc([live()], undefined, now)?.accuracyMs).toBeLessThan(15_000);
    // A retained message may be minutes old, and says so.
    expect(bestUtc([{ ...live(), kind: 'mga' }], undefined, now)?.accuracyMs).toBeGreaterThanOrEqual(600_000);
    expect(bestUtc([live()], undefined, { ...now, bootId: 'b' })).toBeUndefined();
    expect(bestUtc([orbits([ionosphere()])], undefined, now)).toBeUndefined();
  });
});
