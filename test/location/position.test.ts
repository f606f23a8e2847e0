import { describe, expect, test } from 'vitest';
import { createFakeClock, type Fix } from '../../src/core/index.js';
import { choosePosition, createPositionChoice, type KnownPlaces } from '../../src/location/index.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const fix = (atMonoMs: number, over: Partial<Fix> = {}): Fix => ({
  quality: 'rtk_fixed',
  latitudeDeg: 47.28,
  longitudeDeg: 8.56,
  altitudeMslM: 500,
  horizontalAccuracyM: 0.02,
  satellites: 20,
  hdop: 0.6,
  atMonoMs,
  source: 'nav-pvt',
  ...over,
});
const cell = (
  atMonoMs: number,
  latitudeDeg = 47.3,
): { latitudeDeg: number; longitudeDeg: number; accuracyM: number; atMonoMs: number } => ({
  latitudeDeg,
  longitudeDeg: 8.5,
  accuracyM: 1500,
  atMonoMs,
});
const configured = { latitudeDeg: 47, longitudeDeg: 8, altitudeM: 400 };

describe('which position counts', () => {
  const all: KnownPlaces = { fix: fix(0) as KnownPlaces['fix'] & object, cell: cell(0), configured };
  test.each<[string, KnownPlaces, number, string | undefined, string | undefined]>([
    ['a fresh fix, as it is', all, 10_000, 'receiver', 'rtk_fixed'],
    ['the fix of a moment ago, as an ordinary one', all, 10_001, 'held', '3d'],
    ['held for five minutes', all, 5 * MINUTE, 'held', '3d'],
    ['then the cells', all, 5 * MINUTE + 1, 'cell', '3d'],
    ['for a day', all, 24 * HOUR, 'cell', '3d'],
    ['then what was configured', all, 24 * HOUR + 1, 'configured', '3d'],
    ['which never grows old', { configured }, 1000 * HOUR, 'configured', '3d'],
    ['nothing known is nothing said', {}, 0, undefined, undefined],
    ['nothing good is nothing said', { fix: all.fix as KnownPlaces['fix'] & object }, HOUR, undefined, undefined],
  ])('%s', (_rule, known, nowMs, from, quality) => {
    const position = choosePosition(known, nowMs);
    expect([position?.from, position?.quality]).toEqual([from, quality]);
  });

  test('carries altitude, accuracy and age; satellites and hdop only while fresh', () => {
    expect(choosePosition(all, 5000)).toEqual({
      latitudeDeg: 47.28,
      longitudeDeg: 8.56,
      altitudeMslM: 500,
      accuracyM: 0.02,
      quality: 'rtk_fixed',
      satellites: 20,
      hdop: 0.6,
      ageMs: 5000,
      from: 'receiver',
    });
    expect(choosePosition(all, 20_000)).toEqual({
      latitudeDeg: 47.28,
      longitudeDeg: 8.56,
      altitudeMslM: 500,
      accuracyM: 0.02,
      quality: '3d',
      ageMs: 20_000,
      from: 'held',
    });
    expect(choosePosition({ configured }, 7)).toMatchObject({ altitudeMslM: 400, ageMs: 0 });
  });
});

describe('the choice', () => {
  test.each<[string, Partial<Fix>]>([
    ['without a fix', { quality: 'none' }],
    ['without a place', { latitudeDeg: undefined as unknown as number }],
    ['that is not a number', { latitudeDeg: Number.NaN }],
    ['beyond the pole', { latitudeDeg: 90.01 }],
    ['beyond the date line', { longitudeDeg: -180.5 }],
    ['at exactly zero, zero', { latitudeDeg: 0, longitudeDeg: 0 }],
  ])('disregards a fix %s', (_rule, over) => {
    const choice = createPositionChoice({ clock: createFakeClock() });
    choice.offerFix(fix(0, over));
    expect(choice.current()).toBeUndefined();
  });

  test('disregards such cells too, and cells that do not say how exact they are', () => {
    const choice = createPositionChoice({ clock: createFakeClock() });
    choice.offerCell({ ...cell(0), latitudeDeg: 0, longitudeDeg: 0 });
    choice.offerCell({ ...cell(0), longitudeDeg: Number.NaN });
    choice.offerCell({ ...cell(0), accuracyM: Number.NaN });
    choice.offerCell({ ...cell(0), accuracyM: -1 });
    choice.offerFix(fix(0, { source: 'cell', horizontalAccuracyM: undefined as unknown as number }));
    expect(choice.current()).toBeUndefined();
    choice.offerFix(fix(0, { source: 'cell', horizontalAccuracyM: 900 }));
    expect(choice.current()).toMatchObject({ from: 'cell', accuracyM: 900, quality: '3d' });
  });

  test('under a scaled clock a fix lives as long as a receiver needs for the next one', () => {
    // So fast that five minutes are over in less than a millisecond.
    const clock = { ...createFakeClock(), ioBudgetMs: (ms: number) => Math.max(ms, Math.min(ms, 3000) * 400_000) };
    const choice = createPositionChoice({ clock });
    const second = 1000 * 400_000;
    choice.offerFix(fix(-2 * second));
    expect(choice.current()).toMatchObject({ from: 'receiver', quality: 'rtk_fixed' });
    choice.offerFix(fix(-4 * second));
    expect(choice.current()).toBeUndefined();
  });

  test('a zero latitude or a zero longitude alone is a place', () => {
    const choice = createPositionChoice({ clock: createFakeClock() });
    choice.offerFix(fix(0, { latitudeDeg: 0 }));
    expect(choice.current()).toMatchObject({ latitudeDeg: 0, longitudeDeg: 8.56 });
  });

  test('a bad fix does not take the good one away', () => {
    const choice = createPositionChoice({ clock: createFakeClock() });
    choice.offerFix(fix(0));
    choice.offerFix(fix(0, { quality: 'none' }));
    expect(choice.current()?.from).toBe('receiver');
  });

  test('a configured position outside the globe is refused', () => {
    const clock = createFakeClock();
    expect(() => createPositionChoice({ clock }, { configured: { latitudeDeg: 91, longitudeDeg: 0 } })).toThrow(
      expect.objectContaining({ code: 'config.invalid' }) as Error,
    );
  });

  test('who waits is told by the first offer, also after everything known has grown old', async () => {
    const clock = createFakeClock();
    const choice = createPositionChoice({ clock });
    const { signal } = new AbortController();
    const first = choice.whenKnown(signal);
    choice.offerFix(fix(0));
    expect((await first).from).toBe('receiver');
    expect((await choice.whenKnown(signal)).from).toBe('receiver');
    await clock.advance(HOUR);
    expect(choice.current()).toBeUndefined();
    const second = choice.whenKnown(signal);
    choice.offerFix(fix(clock.mono()));
    expect((await second).ageMs).toBe(0);
  });

  test('waiting ends with the abort reason', async () => {
    const choice = createPositionChoice({ clock: createFakeClock() });
    const controller = new AbortController();
    const waiting = choice.whenKnown(controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(choice.whenKnown(controller.signal)).rejects.toThrow('enough');
  });

  test('a change is told once, small moves are not', () => {
    const choice = createPositionChoice({ clock: createFakeClock() }, { configured });
    let told = 0;
    const off = choice.onChange(() => {
      told++;
    });
    choice.offerCell(cell(0));
    choice.offerCell(cell(0));
    choice.offerCell(cell(0, 47.305));
    expect(told).toBe(1);
    choice.offerFix(fix(0));
    choice.offerFix(fix(0, { latitudeDeg: 47.285 }));
    choice.offerFix(fix(0, { latitudeDeg: 47.295 }));
    expect(told).toBe(3);
    off();
    choice.offerFix(fix(0, { latitudeDeg: 50 }));
    expect(told).toBe(3);
  });
});

describe('what the carrier says', () => {
  const carrier = (over: object = {}) => ({ latitudeDeg: 46, longitudeDeg: 7, accuracyM: 4000, atMonoMs: 0, ...over });

  test('counts after the cells and before what was configured', async () => {
    const clock = createFakeClock();
    const choice = createPositionChoice({ clock }, { configured });
    choice.offerCarrier(carrier());
    expect(choice.current()).toMatchObject({ from: 'carrier', quality: '3d', accuracyM: 4000, ageMs: 0 });
    choice.offerCell(cell(0));
    expect(choice.current()?.from).toBe('cell');
    await clock.advance(24 * HOUR + 1);
    expect(choice.current()?.from).toBe('configured');
  });

  test('is as old as the network says, and never newer than its arrival', () => {
    const clock = createFakeClock();
    const choice = createPositionChoice({ clock });
    choice.offerCarrier(carrier({ fixUtcMs: clock.wall() - HOUR }));
    expect(choice.current()?.ageMs).toBe(HOUR);
    choice.offerCarrier(carrier({ fixUtcMs: clock.wall() - 2 * HOUR, latitudeDeg: 40 }));
    expect(choice.current()?.latitudeDeg).toBe(46);
    choice.offerCarrier(carrier({ fixUtcMs: clock.wall() + HOUR }));
    expect(choice.current()?.ageMs).toBe(0);
  });

  test('is disregarded when it is none', () => {
    const choice = createPositionChoice({ clock: createFakeClock() });
    choice.offerCarrier(carrier({ latitudeDeg: 0, longitudeDeg: 0 }));
    choice.offerCarrier(carrier({ accuracyM: Number.NaN }));
    expect(choice.current()).toBeUndefined();
  });
});

test('the module’s own receiver helps out, and replaces nothing fresh', async () => {
  const clock = createFakeClock();
  const choice = createPositionChoice({ clock });
  choice.offerFix(fix(0));
  choice.offerFix(fix(0, { source: 'module-gnss', latitudeDeg: 47.5 }));
  expect(choice.current()?.latitudeDeg).toBe(47.28);
  await clock.advance(10_001);
  choice.offerFix(fix(10_001, { source: 'module-gnss', quality: '3d', latitudeDeg: 47.5 }));
  expect(choice.current()).toMatchObject({ latitudeDeg: 47.5, quality: '3d' });
  choice.offerFix(fix(10_001));
  expect(choice.current()?.latitudeDeg).toBe(47.28);
});
