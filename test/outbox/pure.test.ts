import { describe, expect, test } from 'vitest';
import { Holds } from '../../src/outbox/holds.js';
import { paceWaitMs, reserveOf, startPace, takeToken } from '../../src/outbox/pace.js';
import { decodePayload, encodeRecord, payloadOf, SEGMENT_HEADER } from '../../src/outbox/record-codec.js';
import { ageMsOf, freeFloorBytes, mergeGaps, mustDropOldest, segmentBytesFor } from '../../src/outbox/retention.js';
import { scanSegment } from '../../src/outbox/scan.js';
import { SettledSet } from '../../src/outbox/settled.js';
import { Suspects } from '../../src/outbox/suspects.js';

describe('settled numbers', () => {
  test.each([
    [[1, 2, 3], [[1, 3]]],
    [[3, 1, 2], [[1, 3]]],
    [
      [1, 5, 3],
      [
        [1, 1],
        [3, 3],
        [5, 5],
      ],
    ],
    [[1, 3, 5, 2, 4], [[1, 5]]],
    [[7, 7, 7], [[7, 7]]],
  ])('%j are the ranges %j', (numbers, ranges) => {
    const settled = new SettledSet();
    for (const n of numbers) settled.add(n);
    expect(settled.ranges).toEqual(ranges);
    for (const n of numbers) expect(settled.has(n)).toBe(true);
  });

  test('say what is missing, and forget what nobody asks for', () => {
    const settled = new SettledSet();
    settled.add(1, 4);
    settled.add(6, 9);
    expect([settled.firstMissing(1), settled.firstMissing(5), settled.firstMissing(6)]).toEqual([5, 5, 10]);
    expect(settled.has(5)).toBe(false);
    settled.forgetBelow(6);
    expect(settled.ranges).toEqual([[6, 9]]);
    expect(settled.has(5)).toBe(true);
  });
});

describe('pace', () => {
  test.each([
    { count: 24, perMs: 15_000 },
    { count: 1, perMs: 1000 },
    { count: 2, perMs: 1000 },
    { count: 3, perMs: 1000 },
    { count: 100, perMs: 1000 },
  ])('never more than $count in any $perMs ms, and nearly that many', (pace) => {
    const sent: number[] = [];
    let state = startPace(pace, 0);
    for (let now = 0; now < 20 * pace.perMs; ) {
      const wait = paceWaitMs(pace, state, now, 0);
      if (wait > 0) {
        now += wait;
        continue;
      }
      state = takeToken(pace, state, now);
      sent.push(now);
    }
    const most = Math.max(...sent.map((from) => sent.filter((t) => t >= from && t < from + pace.perMs).length));
    expect(most).toBeLessThanOrEqual(pace.count);
    expect(sent.length).toBeGreaterThan(20 * pace.count * 0.6);
  });

  test('a replay leaves two for what is live', () => {
    const pace = { count: 24, perMs: 15_000 };
    const state = startPace(pace, 0);
    expect(paceWaitMs(pace, state, 0, reserveOf(pace))).toBeGreaterThan(0);
    expect(paceWaitMs(pace, takeToken(pace, state, 0), 0, 0)).toBe(0);
  });
});

describe('retention', () => {
  const now = { boot: 3, monoMs: 5000, wallMs: 1e12, isWallTrusted: true };
  test.each([
    ['this boot', { boot: 3, monoMs: 1000, utcMs: 0, timeQuality: 'none' as const }, now, 4000],
    ['this boot, wrong wall clock', { boot: 3, monoMs: 1000, utcMs: 5, timeQuality: 'utc' as const }, now, 4000],
    ['an earlier boot', { boot: 2, monoMs: 9, utcMs: 1e12 - 7, timeQuality: 'utc' as const }, now, 7],
    ['an earlier boot without time', { boot: 2, monoMs: 9, utcMs: 0, timeQuality: 'none' as const }, now, undefined],
    ['a time to come', { boot: 2, monoMs: 9, utcMs: 2e12, timeQuality: 'utc' as const }, now, undefined],
    [
      'a clock not trusted',
      { boot: 2, monoMs: 9, utcMs: 1e12 - 7, timeQuality: 'utc' as const },
      { ...now, isWallTrusted: false },
      undefined,
    ],
  ])('age of a record of %s', (_, time, at, age) => {
    expect(ageMsOf(time, at)).toBe(age);
  });

  test('bounds and gaps', () => {
    expect([mustDropOldest(90, 10, 100), mustDropOldest(90, 11, 100)]).toEqual([false, true]);
    expect([segmentBytesFor(32 * 2 ** 20), segmentBytesFor(65_536), segmentBytesFor(1)]).toEqual([262_144, 8192, 4096]);
    expect([freeFloorBytes(32, 100), freeFloorBytes(32, 10_000)]).toEqual([5, 32]);
    const first = { firstId: '1-9', lastId: '1-10', count: 2, reason: 'full' } as const;
    const second = { firstId: '2-1', lastId: '2-3', count: 3, reason: 'age' } as const;
    expect(mergeGaps(first, second)).toEqual({ firstId: '1-9', lastId: '2-3', count: 5, reason: 'age' });
    expect(mergeGaps(second, first)).toEqual({ firstId: '1-9', lastId: '2-3', count: 5, reason: 'full' });
  });
});

test('one strike a loss, for the oldest, and only where another was taken; three and it is out', () => {
  const suspects = new Suspects();
  const lose = (seq: number, isOldest: boolean): string => suspects.lost(seq, isOldest);
  suspects.sent();
  expect([lose(1, true), lose(2, true), lose(3, true)]).toEqual(['later', 'again', 'again']);
  for (let i = 0; i < 20; i++) {
    // Nothing is taken at all: it is not the record.
    suspects.sent();
    expect(lose(2, true)).toBe('later');
  }
  for (const next of ['later', 'later', 'set-aside']) {
    suspects.accepted();
    suspects.sent();
    expect([lose(4, false), lose(2, true)]).toEqual(['again', next]);
  }
});

test('a link is left alone for longer the more it fails, and records are put aside only while some are taken', () => {
  const holds = new Holds();
  const lost = [0, 1000, 3000, 7000].map((at) => {
    holds.lost(at);
    return holds.untilMs - at;
  });
  expect([lost, holds.reason]).toEqual([[1000, 2000, 4000, 8000], 'outbox.stalled']);
  holds.accepted();
  expect(holds.reason).toBeUndefined();
  expect([1, 2, 3, 4].map(() => holds.refused(20_000))).toEqual([true, true, true, false]);
  expect([holds.untilMs, holds.isProbing, holds.reason]).toEqual([80_000, true, 'outbox.refused']);
  expect([holds.refused(80_000), holds.untilMs]).toEqual([false, 200_000]);
  holds.accepted();
  expect([holds.isProbing, holds.refused(300_000)]).toEqual([false, true]);
});

describe('record and segment', () => {
  const record = {
    id: '7-42',
    kind: 'alarm',
    class: 'A',
    utcMs: 1.8e12,
    timeQuality: 'utc',
    boot: 7,
    monoMs: 12.5,
    body: { text: 'Grüße', list: [1, null] },
  } as const;
  const bytes = encodeRecord(7, 42, payloadOf(record));

  test('there and back', () => {
    const { records, corrupt, isTorn } = scanSegment(Buffer.concat([SEGMENT_HEADER, bytes, bytes]));
    expect({ corrupt, isTorn, n: records.length }).toEqual({ corrupt: 0, isTorn: false, n: 2 });
    expect(decodePayload(7, 42, records[1]?.payload ?? Buffer.alloc(0))).toEqual(record);
  });

  test.each([
    ['nothing', Buffer.alloc(0), { is: 'good', goodBytes: 0, corrupt: 0, isTorn: false }],
    ['a torn end', Buffer.concat([SEGMENT_HEADER, bytes, bytes.subarray(0, 30)]), { corrupt: 0, isTorn: true }],
    ['a zeroed end', Buffer.concat([SEGMENT_HEADER, bytes, Buffer.alloc(99)]), { corrupt: 0, isTorn: true }],
    ['a hole', Buffer.concat([SEGMENT_HEADER, bytes, Buffer.alloc(9), bytes]), { corrupt: 1, isTorn: false }],
    ['no header', Buffer.concat([Buffer.alloc(8), bytes]), { is: 'good', corrupt: 1 }],
    ['something else', Buffer.from('PNG and so on, of no use'), { is: 'foreign' }],
    ['a newer version', Buffer.concat([Buffer.from('WMOX\u0002\0\0\0'), bytes]), { is: 'newer' }],
  ])('%s', (_, segment, expected) => {
    expect(scanSegment(segment)).toMatchObject(expected);
  });
});
