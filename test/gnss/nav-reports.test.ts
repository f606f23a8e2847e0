// Layouts built here by hand; lengths and ranges are what a tolerant reader stands on.
import { describe, expect, test } from 'vitest';
import {
  MAX_SATELLITES,
  parseNavSat,
  parseNavStatus,
  parseNavTimels,
  parseSecUniqid,
  signOfRestart,
} from '../../src/gnss/index.js';
import { navSat, navStatus, navTimels, type SatSpec, ubx } from './frames.js';

const GPS7: SatSpec = { gnss: 0, sv: 7, cn0: 44, elevation: 61, azimuth: 213, used: true };

describe('NAV-SAT', () => {
  test('gives each satellite with what is known of it', () => {
    const unplaced: SatSpec = { gnss: 6, sv: 255, cn0: 0, elevation: -91, azimuth: 0, used: false };
    expect(parseNavSat(navSat([GPS7, unplaced, { ...GPS7, gnss: 2 }, { ...GPS7, gnss: 99 }]))).toEqual([
      { gnss: 'gps', sv: 7, elevationDeg: 61, azimuthDeg: 213, cn0DbHz: 44, isUsed: true },
      { gnss: 'glonass', sv: 255, cn0DbHz: 0, isUsed: false },
      expect.objectContaining({ gnss: 'galileo' }),
      expect.objectContaining({ gnss: 'other' }),
    ]);
  });

  test('is bounded, and refused when its count does not fit', () => {
    expect(parseNavSat(navSat(Array.from({ length: 120 }, () => GPS7)))).toHaveLength(MAX_SATELLITES);
    const short = navSat([GPS7, GPS7]);
    expect(parseNavSat(ubx(0x01, 0x35, short.subarray(6, short.length - 3)))).toBeUndefined();
  });
});

describe('NAV-STATUS', () => {
  test.each([
    [{ gpsFix: 3 }, '3d'],
    [{ gpsFix: 2 }, '2d'],
    [{ gpsFix: 3, carrier: 1 }, 'rtk_float'],
    [{ gpsFix: 3, carrier: 2 }, 'rtk_fixed'],
    [{ gpsFix: 3, flags: 0 }, 'none'],
    [{ gpsFix: 5 }, 'none'],
  ] as const)('%j is %s', (spec, quality) => {
    expect(parseNavStatus(navStatus({ ...spec, uptimeMs: 1234 }))).toEqual({ quality, uptimeMs: 1234 });
  });
});

test('leap seconds count only when valid and possible', () => {
  expect(parseNavTimels(navTimels(18))).toBe(18);
  expect(parseNavTimels(navTimels(18, 0))).toBeUndefined();
  expect(parseNavTimels(navTimels(-1))).toBeUndefined();
  expect(parseNavTimels(navTimels(90))).toBeUndefined();
});

test('the unique id has five bytes in version 1 and six in version 2', () => {
  expect(parseSecUniqid(ubx(0x27, 3, Buffer.from('01000000aabbccdd0e', 'hex')))).toBe('AABBCCDD0E');
  expect(parseSecUniqid(ubx(0x27, 3, Buffer.from('02000000aabbccdd0e0f', 'hex')))).toBe('AABBCCDD0E0F');
  expect(parseSecUniqid(ubx(0x27, 3, Buffer.from('02000000aabbccdd0e', 'hex')))).toBeUndefined();
  expect(parseSecUniqid(ubx(0x27, 3, Buffer.from('03000000aabbccdd0e', 'hex')))).toBeUndefined();
});

describe('a restart shows in', () => {
  const alive = { hasTime: true, hasFix: true, uptimeMs: 90_000 };
  test.each([
    ['an uptime that began anew', alive, { ...alive, uptimeMs: 100 }, true],
    ['time and fix lost at once', alive, { ...alive, hasTime: false, hasFix: false }, true],
    ['not in a tunnel', alive, { ...alive, hasFix: false }, false],
    ['not in time lost long after the fix', { ...alive, hasFix: false }, { hasTime: false, hasFix: false }, false],
    ['not in the first report', { hasTime: false, hasFix: false }, { hasTime: false, hasFix: false }, false],
    ['not in a counter that went round', { ...alive, uptimeMs: 2 ** 32 - 500 }, { ...alive, uptimeMs: 500 }, false],
  ] as const)('%s', (_what, before, after, isSign) => {
    expect(signOfRestart(before, after) !== undefined).toBe(isSign);
  });
});
