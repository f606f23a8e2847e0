import { describe, expect, test } from 'vitest';
import { createDataKeeper, type DataMonth, dataMonthCodec, slowed } from '../../src/agent/data-use/index.js';
import { counted, monthAround, NO_MONTH, totalOf } from '../../src/agent/data-use/month.js';
import { thriftFor } from '../../src/agent/data-use/thrift.js';
import { dataView } from '../../src/agent/data-use/view.js';
import type { Lane } from '../../src/agent/lane.js';
import { slowerWhenMetered } from '../../src/agent/slower-lanes.js';
import {
  type ClockTrustStatus,
  createFakeClock,
  type Logger,
  NETWORK_BACKOFF,
  silentLogger,
  WaymarkError,
} from '../../src/core/index.js';

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
    ['2026-12-31T23:59:59.999', 1, '2026-12-01', '2027-01-01'],
    ['2027-01-01T00:00', 31, '2026-12-31', '2027-01-31'],
    ['2026-04-30T23:59:59.999', 31, '2026-04-30', '2026-05-31'],
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

  test.each([
    ['near the largest number there is', [1e308, 1e308, 5], Number.MAX_SAFE_INTEGER],
    ['without end', [Number.POSITIVE_INFINITY, 5], Number.MAX_SAFE_INTEGER],
    ['none', [Number.NaN, 5], 5],
    ['negative', [10, -1e9, 5], 15],
  ])('counters %s never spoil the sum', (_what, counters, bytes) => {
    const at = { utcMs: utc('2026-11-26T00:00'), resetDay: 1 };
    const month = counters.reduce((before, mqtt) => counted(before, { mqtt, ztp: mqtt }, at), NO_MONTH);
    expect(month.byPurpose['mqtt']).toBe(bytes);
    expect(totalOf(month)).toBe(Math.min(2 * bytes, Number.MAX_SAFE_INTEGER));
    expect(dataMonthCodec.decode(JSON.parse(JSON.stringify(dataMonthCodec.encode(month))), 1)).toEqual(month);
    expect(() => dataView(month, WITH_BUDGET, thriftFor(WITH_BUDGET, totalOf(month)))).not.toThrow();
  });

  test.each([Number.NaN, 8.64e15, -8.64e15, Number.POSITIVE_INFINITY])('a date of %d begins no month', (utcMs) => {
    const month = counted(NO_MONTH, { mqtt: 1 }, { utcMs, resetDay: 31 });
    expect(month).toEqual({ ...NO_MONTH, byPurpose: { mqtt: 1 } });
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

test('lanes that connect wait longer when metered, the own broker’s too; the others do not', () => {
  const metered = thriftFor({ ...WITH_BUDGET, profile: 'metered' }, 0);
  const lane = (name: string): Lane => ({ name, run: () => Promise.resolve(), policy: () => NETWORK_BACKOFF });
  const capOf = (name: string): number | undefined =>
    slowerWhenMetered([lane(name)], () => metered)[0]?.policy(new WaymarkError('net.refused', '')).capMs;
  expect(['session', 'losant', 'fleet'].map(capOf)).toEqual([1_800_000, 1_800_000, 1_800_000]);
  expect(capOf('modem')).toBe(NETWORK_BACKOFF.capMs);
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
  const setUp = async (kept: { value?: DataMonth } = {}, log: Logger = silentLogger) => {
    const clock = createFakeClock(utc('2026-11-26T00:00'));
    const traffic = { bytesIn: 0, bytesOut: 0, connections: 1 };
    const trust: { state: ClockTrustStatus['state'] } = { state: 'trusted' };
    const keeper = await createDataKeeper(
      {
        ...{ clock, log, trust: { status: () => ({ state: trust.state, reason: 'plausible' }) } },
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

  test('a counter that falls back or loses its mind never makes the month less, and counts on after', async () => {
    const { keeper, traffic } = await setUp();
    const after = (bytesIn: number): number => {
      traffic.bytesIn = bytesIn;
      return keeper.view().monthBytes;
    };
    expect([100, 30, Number.NaN, -5, Number.POSITIVE_INFINITY, 40, 60].map(after)).toEqual([
      100, 100, 100, 100, 100, 110, 130,
    ]);
  });

  test('the end of a month, and a date that falls back behind its beginning, are said once each', async () => {
    const said: string[] = [];
    const note = (event: string, fields?: object): void => void said.push(`${event} ${JSON.stringify(fields)}`);
    const t = await setUp({}, { ...silentLogger, info: note, warn: note });
    t.traffic.bytesIn = 7;
    t.keeper.view();
    t.clock.stepWall(6 * 86_400_000);
    t.keeper.view();
    t.clock.stepWall(-4 * 86_400_000);
    t.traffic.bytesIn = 9;
    expect([t.keeper.view(), t.keeper.view()].map(({ monthBytes }) => monthBytes)).toEqual([2, 2]);
    t.clock.stepWall(4 * 86_400_000);
    expect(t.keeper.view()).toMatchObject({ monthBytes: 2, since: '2026-12-01T00:00:00.000Z' });
    expect(said).toEqual([
      'data.month {"since":"2026-12-01T00:00:00.000Z","resetsAt":"2027-01-01T00:00:00.000Z","beforeBytes":7,"monthBytes":0}',
      'data.clock-back {"since":"2026-12-01T00:00:00.000Z"}',
    ]);
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
    { byPurpose: { a: 1e308 } },
    { byPurpose: { a: null } },
    { byPurpose: null },
    { startUtcMs: 5, byPurpose: {} },
    { startUtcMs: 9, endUtcMs: 5, byPurpose: {} },
  ])('a damaged file is not taken: %o', (data) => {
    expect(() => dataMonthCodec.decode(data, 1)).toThrow();
  });
});
