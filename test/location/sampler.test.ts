import { describe, expect, test } from 'vitest';
import {
  type ClockTrustStatus,
  createFakeClock,
  type Fix,
  type NewRecord,
  silentLogger,
} from '../../src/core/index.js';
import { createBestLocation, createSampler, type SamplerOptions } from '../../src/location/index.js';

const fix = (atMonoMs: number, over: Partial<Fix> = {}): Fix => ({
  quality: '3d',
  latitudeDeg: 47.28,
  longitudeDeg: 8.56,
  horizontalAccuracyM: 1.23456,
  satellites: 14,
  atMonoMs,
  source: 'nav-pvt',
  ...over,
});
const cell = { latitudeDeg: 47, longitudeDeg: 8, accuracyM: 1500 };
const WALL = Date.UTC(2026, 5, 1);

function scene(options: Partial<SamplerOptions> = {}) {
  const clock = createFakeClock(WALL);
  const best = createBestLocation({ clock, log: silentLogger });
  const records: NewRecord[] = [];
  let state: ClockTrustStatus['state'] = 'trusted';
  const sampler = createSampler(
    {
      clock,
      trust: { status: () => ({ state, reason: 'plausible' }) },
      best,
      emit: (record) => void records.push(record),
    },
    { intervalMs: 10_000, durable: false, ...options },
  );
  return {
    ...{ clock, best, sampler, records },
    distrust: () => void (state = 'untrusted'),
    /** The receiver gives a position a second, `count` times. */
    async drive(count: number, over: Partial<Fix> = {}, everyMs = 1000) {
      for (let i = 0; i < count; i++) {
        await clock.advance(everyMs);
        best.offerFix(fix(clock.mono(), over));
      }
    },
    /** `class second event?` of all records, which are then forgotten. */
    said: () =>
      records.splice(0).map(({ class: is, kind, monoMs, body: { event = '' } }) => {
        const where = kind === 'position' ? '' : `${kind} `;
        return `${is} ${monoMs / 1000} ${where}${event as string}`.trim();
      }),
  };
}

describe('what is reported', () => {
  test('one position an interval, and the first fix at once', async () => {
    const { drive, said } = scene();
    await drive(35);
    expect(said()).toEqual(['A 1 first-fix', 'A 11', 'A 21', 'A 31']);
  });

  test('ten positions a second change nothing about that', async () => {
    const { drive, said } = scene();
    await drive(350, {}, 100);
    expect(said()).toEqual(['A 0.1 first-fix', 'A 10.1', 'A 20.1', 'A 30.1']);
  });

  test('positions in between are class B, for who wants them', async () => {
    const { drive, said } = scene({ isEveryWanted: () => true });
    await drive(12);
    expect(said()).toEqual(['A 1 first-fix', ...[2, 3, 4, 5, 6, 7, 8, 9, 10].map((s) => `B ${s}`), 'A 11', 'B 12']);
  });

  test('all are class A when they are to be kept, the receiver’s only', async () => {
    const { drive, said, best, clock } = scene({ durable: true, isEveryWanted: () => true });
    await drive(4);
    expect(said()).toEqual(['A 1 first-fix', 'A 2', 'A 3', 'A 4']);
    await clock.advance(20_000);
    best.offerFix(fix(clock.mono(), { source: 'module-gnss' }));
    await clock.advance(1000);
    best.offerFix(fix(clock.mono(), { source: 'module-gnss' }));
    expect(said()).toEqual(['A 14.001 state fix-lost', 'A 24 fix-gained', 'B 25']);
  });

  test('the interval can be changed while it runs', async () => {
    const { drive, said, sampler } = scene();
    await drive(3);
    sampler.setIntervalMs(2000);
    await drive(6);
    expect(said()).toEqual(['A 1 first-fix', 'A 3', 'A 5', 'A 7', 'A 9']);
    sampler.setIntervalMs(60_000);
    expect(sampler.intervalMs).toBe(60_000);
    await drive(70);
    expect(said()).toEqual(['A 69']);
  });

  test('after a pause one comes, not a burst', async () => {
    const { clock, drive, said, best } = scene();
    await drive(1);
    // Time jumps without a timer firing in between: the process was suspended.
    let skipped = 0;
    const real = clock.mono;
    clock.mono = () => real() + skipped;
    skipped = 3_600_000;
    best.offerFix(fix(clock.mono()));
    await drive(12);
    expect(said()).toEqual(['A 1 first-fix', 'A 3601', 'A 3611']);
  });

  test('every change of source is said, with the one before', async () => {
    const { clock, best, drive, records, said } = scene({ intervalMs: 3_600_000 });
    best.offerCell({ ...cell, atMonoMs: 0 });
    await drive(8, { quality: 'rtk_fixed' });
    expect(records.map(({ body }) => [body['event'], body['source'], body['previousSource']])).toEqual([
      ['source-changed', 'cell', undefined],
      ['first-fix', 'receiver-rtk', 'cell'],
    ]);
    said();
    await clock.advance(20_000);
    // Lost to the cells: a position is known, the fix is not.
    expect(records.map(({ body }) => [body['event'], body['source'], body['previousSource']])).toEqual([
      ['source-changed', 'receiver', 'receiver-rtk'],
      ['fix-lost', 'cell', 'receiver'],
    ]);
    said();
    await drive(4);
    expect(said()).toEqual(['A 32 fix-gained']);
  });

  test('without a position only its loss is said', async () => {
    const { clock, drive, records } = scene();
    await clock.advance(60_000);
    expect(records).toEqual([]);
    await drive(1);
    await clock.advance(600_000);
    expect(records.slice(1)).toEqual([
      {
        kind: 'state',
        class: 'A',
        utcMs: WALL + 71_001,
        timeQuality: 'utc',
        monoMs: 71_001,
        body: { hasPosition: false, event: 'fix-lost', previousSource: 'receiver' },
      },
    ]);
  });

  test('what does not change is said again every five minutes', async () => {
    const { clock, best, said } = scene();
    best.offerCell({ ...cell, atMonoMs: 0 });
    await clock.advance(700_000);
    expect(said()).toEqual(['A 0 source-changed', 'A 301', 'A 601']);
  });

  test('less accurate ones are not reported, one of unknown accuracy is', async () => {
    const { clock, best, drive, records, said } = scene({ minAccuracyM: 10 });
    best.offerCell({ ...cell, atMonoMs: 0 });
    expect(records[0]).toMatchObject({ kind: 'state', body: { event: 'source-changed', hasPosition: false } });
    said();
    await clock.advance(60_000);
    expect(said()).toEqual([]);
    await drive(6, { horizontalAccuracyM: 11 });
    expect(said()).toEqual(['A 64 state first-fix']);
    await drive(1);
    expect(said()).toEqual(['A 67']);
    const { horizontalAccuracyM: _, ...unknown } = fix(0);
    await clock.advance(15_000);
    said();
    for (let i = 0; i < 20; i++) {
      await clock.advance(1000);
      best.offerFix({ ...unknown, atMonoMs: clock.mono() });
    }
    expect(said()).toEqual(['A 86 fix-gained', 'A 87', 'A 97']);
  });
});

describe('the record', () => {
  test('has the position with its units, and its time', async () => {
    const { records, drive } = scene();
    await drive(1, {
      quality: 'rtk_fixed',
      altitudeMslM: 512.4,
      hdop: 0.7,
      correctionAgeS: 2,
      utcMs: 1_780_272_001_000,
    });
    expect(records).toEqual([
      {
        kind: 'position',
        class: 'A',
        utcMs: WALL + 1000,
        timeQuality: 'utc',
        monoMs: 1000,
        body: {
          latitudeDeg: 47.28,
          longitudeDeg: 8.56,
          altitudeMslM: 512.4,
          accuracyM: 1.235,
          quality: 'rtk_fixed',
          source: 'receiver-rtk',
          ageMs: 0,
          satellites: 14,
          hdop: 0.7,
          correctionAgeS: 2,
          fixUtcMs: 1_780_272_001_000,
          event: 'first-fix',
        },
      },
    ]);
  });

  test('has no UTC while the clock cannot be believed', async () => {
    const { records, drive, distrust } = scene();
    distrust();
    await drive(1);
    expect(records[0]).toMatchObject({ utcMs: 0, timeQuality: 'none', monoMs: 1000 });
  });

  test('of a position of the network says how old that is', async () => {
    const { clock, best, records } = scene();
    await clock.advance(100_000);
    best.offerCell({ ...cell, atMonoMs: 40_000 });
    expect(records[0]).toMatchObject({ monoMs: 100_000, body: { ageMs: 60_000, accuracyM: 3900, source: 'cell' } });
  });

  test('nothing comes after the end', async () => {
    const { clock, drive, sampler, records } = scene();
    await drive(1);
    sampler[Symbol.dispose]();
    await drive(30);
    expect(records).toHaveLength(1);
    expect(sampler.counters).toEqual({ classA: 1, classB: 0 });
    expect(clock.pending).toBe(1);
  });
});
