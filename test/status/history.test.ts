import { expect, test } from 'vitest';
import { createFakeClock } from '../../src/core/index.js';
import { createHistory, type HistoryRow } from '../../src/status/index.js';
import { statusWith } from '../helpers/status.js';

const START = Date.UTC(2026, 0, 1);
const withBytes = (bytes: number, ageMs = 100) =>
  statusWith({
    bytes: { mqtt: { in: bytes, out: 0 }, ntrip: { in: bytes, out: 1 } },
    corrections: { ...statusWith().corrections, ageMs },
    fix: { quality: 'rtk_fixed', latitudeDeg: 48.2, longitudeDeg: 16.4, horizontalAccuracyM: 0.014, ageMs: 200 },
  });

test('one row a second, bytes of the second, and the positions', async () => {
  const clock = createFakeClock(START);
  const history = createHistory(clock);
  for (const bytes of [10, 15, 15]) {
    history.add(withBytes(bytes));
    await clock.advance(1000);
  }
  expect(history.read(60)).toMatchObject({
    schemaVersion: 1,
    stepMs: 1000,
    atMs: [START, START + 1000, START + 2000],
    series: {
      bytesIn: [null, 10, 0],
      bytesOut: [null, 0, 0],
      correctionAgeMs: [100, 100, 100],
      latencyMs: [null, null, null],
    },
  });
  const at = { latitudeDeg: 48.2, longitudeDeg: 16.4, accuracyM: 0.014, quality: 'rtk_fixed' };
  expect(history.read(60).positions).toEqual([0, 1000, 2000].map((ms) => ({ ...at, atMs: START + ms })));
});

test('a counter that began anew is counted from zero', () => {
  const clock = createFakeClock(START);
  const history = createHistory(clock);
  const rows: HistoryRow[] = [];
  const stop = history.follow((row) => rows.push(row));
  for (const bytes of [100, 7]) history.add(withBytes(bytes));
  stop();
  history.add(withBytes(8));
  expect(rows.map(({ bytesIn }) => bytesIn)).toEqual([null, 14]);
});

test('holes stay holes, and an old fix is none', async () => {
  const clock = createFakeClock(START);
  const history = createHistory(clock);
  history.add(withBytes(1));
  await clock.advance(4000);
  history.add({ ...withBytes(2), fix: { ...withBytes(2).fix, ageMs: 60_000 } });
  const { atMs, series, positions } = history.read(60);
  expect(series.correctionAgeMs).toEqual([100, null, null, null, 100]);
  expect(atMs).toHaveLength(5);
  expect([...atMs].sort((a, b) => a - b)).toEqual(atMs);
  expect(positions).toHaveLength(1);
});

test('a clock that is set moves all rows and tears nothing', async () => {
  const clock = createFakeClock(0);
  const history = createHistory(clock);
  history.add(withBytes(1));
  await clock.advance(1000);
  clock.stepWall(START);
  history.add(withBytes(1));
  expect(history.read(60).atMs).toEqual([START, START + 1000]);
});

test('the step follows what is asked and how long it runs; at most a thousand rows; the worst of a step counts', async () => {
  const clock = createFakeClock(START);
  const history = createHistory(clock);
  // Two hours, one sample in ten seconds, then a bad one.
  for (let i = 0; i < 720; i++) {
    history.add(withBytes(i));
    await clock.advance(10_000);
  }
  history.add(withBytes(720, 9000));
  history.add(withBytes(720, 50));
  expect(history.read(300).stepMs).toBe(1000);
  expect(history.read(3600)).toMatchObject({ stepMs: 10_000 });
  const long = history.read(604_800);
  expect(long.stepMs).toBe(10_000);
  expect(long.atMs).toHaveLength(721);
  expect(long.series.correctionAgeMs.at(-1)).toBe(9000);
  expect(long.series.bytesIn.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0)).toBe(1440);
  await clock.advance(86_400_000 * 2);
  const days = history.read(604_800);
  expect(days.stepMs % 60_000).toBe(0);
  expect(days.atMs.length).toBeLessThanOrEqual(1000);
  expect(history.bytes).toBeLessThan(800_000);
});

test('nothing yet is an empty history', () => {
  expect(createHistory(createFakeClock(START)).read(3600)).toMatchObject({
    atMs: [],
    positions: [],
    series: { signalDbm: [] },
  });
});
