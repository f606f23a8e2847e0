import { describe, expect, test } from 'vitest';
import { createDataKeeper, type DataMonth, dataMonthCodec, slowed } from '../../src/agent/data-use/index.js';
import { counted, monthAround, NO_MONTH, totalOf } from '../../src/agent/data-use/month.js';
import { thriftFor } from '../../src/agent/data-use/thrift.js';
import { dataView } from '../../src/agent/data-use/view.js';
import { type ClockTrustStatus, createFakeClock, NETWORK_BACKOFF, silentLogger } from '../../src/core/index.js';

const utc = (text: string): number => Date.parse(`${text}Z`);
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const MIB = 1_048_576;
const NEVER_METERED = { warnPercent: 80, profile: 'auto', resetDay: 1 } as const;
const WITH_BUDGET = { ...NEVER_METERED, monthlyMiB: 100 } as const;

describe('the billing month', () => {
  test.each([
    ['2026-11-26T12:00', 1, '2026-11-01', '2026-12-01'],
    ['2026-11-01T00:00', 1, '2026-11-01', '2026-12-01'],
    ['2026-11-26T12:00', 27, '2026-10-27', '2026-11-27'],
    ['2026-01-05T12:00', 15, '2025-12-15', '2026-01-15'],
    ['2026-02-28T12:00', 31, '2026-02-28', '2026-03-31'],
    ['2026-02-27T12:00', 31, '2026-01-31', '2026-02-28'],
    ['2028-02-29T00:00', 30, '2028-02-29', '2028-03-30'],
  ])('around %s with reset day %i', (at, resetDay, start, end) => {
    const { startUtcMs, endUtcMs } = monthAround(utc(at), resetDay);
    expect([day(startUtcMs), day(endUtcMs)]).toEqual([start, end]);
  });
});

describe('what counts into it', () => {
  /** Ten bytes at each moment; `-` is a moment without a date. */
  const run = (resetDays: readonly number[], ...moments: string[]): { bytes: number; month: string } => {
    const month = moments.reduce(
      (before, at, i) =>
        counted(
          before,
          { mqtt: 10 },
          { utcMs: at === '-' ? undefined : utc(at), resetDay: resetDays[i] ?? resetDays[0] ?? 1 },
        ),
      NO_MONTH,
    );
    const { startUtcMs: start } = month;
    return { bytes: totalOf(month), month: start === undefined ? '-' : day(start) };
  };
  test.each<[string, number[], string[], number, string]>([
    ['the same month', [1], ['2026-11-02T00:00', '2026-11-30T23:59'], 20, '2026-11-01'],
    ['the next one begins from zero', [1], ['2026-11-30T23:59', '2026-12-01T00:00'], 0, '2026-12-01'],
    ['switched off for half a year', [1], ['2026-05-02T00:00', '2026-11-02T00:00'], 0, '2026-11-01'],
    ['no date yet', [1], ['-', '-'], 20, '-'],
    ['a date after none keeps all', [1], ['-', '-', '2026-11-02T00:00'], 30, '2026-11-01'],
    ['none within a month counts on', [1], ['2026-11-02T00:00', '-', '-'], 30, '2026-11-01'],
    [
      'set back over the month’s begin and right again',
      [1],
      ['2026-12-02T00:00', '2026-11-30T00:00', '2026-12-03T00:00'],
      30,
      '2026-12-01',
    ],
    ['far ahead, then right', [1], ['2031-01-01T00:00', '2026-11-26T00:00'], 20, '2026-11-01'],
    ['another reset day within the month', [1, 15], ['2026-11-02T00:00', '2026-11-20T00:00'], 20, '2026-11-15'],
    ['another reset day after its end', [1, 15], ['2026-11-02T00:00', '2026-12-02T00:00'], 0, '2026-11-15'],
  ])('%s', (_what, resetDays, moments, bytes, month) => {
    expect(run(resetDays, ...moments)).toEqual({ bytes, month });
  });

  test('purposes are bounded', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`p${i}`, 1]));
    const month = counted(NO_MONTH, many, { utcMs: undefined, resetDay: 1 });
    expect(Object.keys(month.byPurpose).length).toBeLessThanOrEqual(33);
    expect(totalOf(month)).toBe(100);
  });
});

describe('the profile', () => {
  test.each([
    ['normal', 200, 'normal'],
    ['metered', 0, 'metered'],
    ['auto', 79.9, 'normal'],
    ['auto', 80, 'metered'],
    ['auto', 200, 'metered'],
  ] as const)('%s at %d MiB of 100 is %s', (profile, used, expected) => {
    expect(thriftFor({ ...WITH_BUDGET, profile }, used * MIB).profile).toBe(expected);
  });

  test('auto without a budget saves nothing', () => {
    expect(thriftFor(NEVER_METERED, 1e12).profile).toBe('normal');
  });

  test('metered: 60 s of keep-alive, half an hour between tries, exact waits left alone', () => {
    const metered = thriftFor({ ...WITH_BUDGET, profile: 'metered' }, 0);
    expect(metered).toMatchObject({ keepaliveSeconds: 60, stateAtLeastMs: 3_600_000, probeAtLeastSeconds: 600 });
    expect(slowed(NETWORK_BACKOFF, metered)).toEqual({ ...NETWORK_BACKOFF, capMs: 1_800_000 });
    const exact = { baseMs: 7000, capMs: 7000, quickForMs: 0 };
    expect(slowed(exact, metered)).toBe(exact);
    expect(slowed(NETWORK_BACKOFF, thriftFor(WITH_BUDGET, 0))).toBe(NETWORK_BACKOFF);
  });
});

test.each([
  [undefined, 12.3, undefined, '12.3 MiB this month; no budget is set'],
  [100, 50, undefined, '50.0 of 100 MiB used until 2026-12-01 (50 %)'],
  [100, 80, 'data.near-budget', '80.0 of 100 MiB used until 2026-12-01 (80 %); data is saved where that harms nobody'],
  [100, 130, 'data.over-budget', '130 of 100 MiB used until 2026-12-01 (130 %); data is saved where that harms nobody'],
])('budget %s, used %d: %s', (monthlyMiB, used, reason, sentence) => {
  const month: DataMonth = { ...monthAround(utc('2026-11-26T00:00'), 1), byPurpose: { mqtt: used * MIB } };
  const settings = { ...NEVER_METERED, ...(monthlyMiB === undefined ? {} : { monthlyMiB }) };
  const view = dataView(month, settings, thriftFor(settings, totalOf(month)));
  expect([view.reason, view.sentence]).toEqual([reason, sentence]);
});

describe('the keeper', () => {
  const setUp = async (kept: { value?: DataMonth } = {}) => {
    const clock = createFakeClock(utc('2026-11-26T00:00'));
    const traffic = { bytesIn: 0, bytesOut: 0, connections: 1 };
    const trust: { state: ClockTrustStatus['state'] } = { state: 'trusted' };
    const keeper = await createDataKeeper(
      {
        ...{ clock, log: silentLogger, trust: { status: () => ({ state: trust.state, reason: 'plausible' }) } },
        meter: { totals: () => ({ mqtt: { ...traffic } }) },
        slot: {
          read: () => Promise.resolve(kept.value && { value: kept.value, generation: 'current' as const }),
          // As it comes back from the disk.
          write: (value) =>
            Promise.resolve(
              void (kept.value = dataMonthCodec.decode(JSON.parse(JSON.stringify(dataMonthCodec.encode(value))), 1)),
            ),
        },
      },
      WITH_BUDGET,
    );
    keeper.start();
    return { clock, traffic, trust, keeper, kept };
  };

  test('adds up over lives; a kill costs what came since the last write, ten minutes at most', async () => {
    const first = await setUp();
    first.traffic.bytesIn = 5 * MIB;
    await first.clock.advance(70_000);
    first.traffic.bytesOut = MIB;
    await first.clock.advance(600_000);
    first.traffic.bytesIn += 3 * MIB;
    await first.clock.advance(60_000);
    expect(first.keeper.view().monthBytes).toBe(9 * MIB);
    // Killed.
    const second = await setUp(first.kept);
    expect(second.keeper.view()).toMatchObject({
      monthBytes: 6 * MIB,
      percent: 6,
      resetsAt: '2026-12-01T00:00:00.000Z',
    });
    second.traffic.bytesIn = 75 * MIB;
    expect(second.keeper.view()).toMatchObject({ reason: 'data.near-budget', profile: 'metered' });
    expect(second.keeper.thrift().keepaliveSeconds).toBe(60);
    await second.keeper[Symbol.asyncDispose]();
    expect((await setUp(first.kept)).keeper.view().monthBytes).toBe(81 * MIB);
  });

  test('before the date is believed it counts without a month', async () => {
    const t = await setUp();
    t.trust.state = 'untrusted';
    t.traffic.bytesIn = MIB;
    expect(t.keeper.view()).toMatchObject({ monthBytes: MIB, byPurpose: { mqtt: MIB } });
    expect(t.keeper.view().resetsAt).toBeUndefined();
    t.trust.state = 'trusted';
    expect(t.keeper.view()).toMatchObject({ monthBytes: MIB, since: '2026-11-01T00:00:00.000Z' });
  });

  test.each([
    { byPurpose: [] as unknown, startUtcMs: 'x' },
    { byPurpose: { a: -1 } },
    { byPurpose: null },
    { startUtcMs: 5, byPurpose: {} },
    { startUtcMs: 9, endUtcMs: 5, byPurpose: {} },
  ])('a damaged file is not taken: %o', (data) => {
    expect(() => dataMonthCodec.decode(data, 1)).toThrow();
  });
});
