import { describe, expect, test } from 'vitest';
import { parseNavPvt } from '../../src/gnss/index.js';
import { navPvt, ubx } from './frames.js';

const FLOAT = 1 | (1 << 6);
const FIXED = 1 | (2 << 6);

describe('NAV-PVT', () => {
  test.each([
    ['no fix', { fixType: 0 }, 'none'],
    ['time only', { fixType: 5 }, 'none'],
    ['a fix the receiver itself does not trust', { flags: 0 }, 'none'],
    ['a position marked invalid', { flags3: 1 }, 'none'],
    ['dead reckoning', { fixType: 1 }, '2d'],
    ['2D', { fixType: 2 }, '2d'],
    ['3D', { fixType: 3 }, '3d'],
    ['GNSS with dead reckoning', { fixType: 4 }, '3d'],
    ['carrier float', { flags: FLOAT }, 'rtk_float'],
    ['carrier fixed', { flags: FIXED }, 'rtk_fixed'],
    ['carrier fixed but not trusted', { flags: FIXED & ~1 }, 'none'],
  ] as const)('%s', (_, spec, quality) => {
    const fix = parseNavPvt(navPvt(spec), 1)!.fix;
    expect(fix.quality).toBe(quality);
    expect(fix.latitudeDeg !== undefined).toBe(quality !== 'none');
    expect(fix.horizontalAccuracyM !== undefined).toBe(quality !== 'none');
    expect(fix.satellites).toBe(11);
  });

  test('position and accuracy in degrees and metres, signs kept', () => {
    const { fix } = parseNavPvt(navPvt({ latitudeDeg: -0.1234567, longitudeDeg: -179.9999999 }), 42)!;
    expect(fix).toMatchObject({
      latitudeDeg: -0.1234567,
      longitudeDeg: -179.9999999,
      altitudeMslM: 23,
      horizontalAccuracyM: 0.014,
      verticalAccuracyM: 0.02,
      atMonoMs: 42,
      source: 'nav-pvt',
    });
  });

  test.each([
    [0, undefined],
    [1, 1],
    [2, 2],
    [3, 5],
    [9, 60],
    [10, 90],
    [11, 120],
    [12, 120],
    [15, 120],
  ])('correction age code %i is at most %s s', (code, seconds) => {
    expect(parseNavPvt(navPvt({ flags3: code << 1 }), 0)!.fix.correctionAgeS).toBe(seconds);
  });

  test('UTC is told only with a valid date, a valid time and a resolved second', () => {
    const at = Date.UTC(2026, 2, 4, 5, 6, 7);
    for (let valid = 0; valid < 16; valid++)
      expect(parseNavPvt(navPvt({ valid }), 0)!.utcMs).toBe((valid & 7) === 7 ? at : undefined);
  });

  test('the fraction of a second may be negative', () => {
    expect(parseNavPvt(navPvt({ nano: -400_000_000 }), 0)!.utcMs).toBe(Date.UTC(2026, 2, 4, 5, 6, 7) - 400);
  });

  test('another length or message is no position', () => {
    expect(parseNavPvt(ubx(1, 7, Buffer.alloc(84)), 0)).toBeUndefined();
    expect(parseNavPvt(ubx(1, 3, Buffer.alloc(92)), 0)).toBeUndefined();
  });
});
