import { describe, expect, test } from 'vitest';
import { fixFromGga, parseGga, parseSentence } from '../../src/gnss/index.js';
import { nmeaLine } from './frames.js';

const gga = (body: string) => {
  const sentence = parseSentence(nmeaLine(body));
  return sentence && parseGga(sentence);
};

const VECTOR = 'GNGGA,123519.00,4807.03800000,N,01131.00000000,E,4,12,0.80,545.400,M,46.900,M,1.0,0000';

describe('NMEA sentences', () => {
  test('the known vector has checksum 67', () => {
    expect(nmeaLine(VECTOR)).toBe(`$${VECTOR}*67`);
    expect(parseSentence(`$${VECTOR}*67\r\n`)).toMatchObject({ talker: 'GN', type: 'GGA' });
  });

  test('a maker’s own sentence keeps its name', () => {
    expect(parseSentence(nmeaLine('PUBX,00,1'))).toEqual({ talker: 'P', type: 'UBX', fields: ['00', '1'] });
  });

  test.each([
    ['nothing', ''],
    ['a wrong checksum', `$${VECTOR}*66`],
    ['no checksum', `$${VECTOR}`],
    ['half a checksum', `$${VECTOR}*6`],
    ['text behind the checksum', `$${VECTOR}*67x`],
    ['a second start', nmeaLine('GNGGA,$GN')],
    ['a control character', nmeaLine('GNGGA,\u0000')],
    ['a byte above ASCII', nmeaLine('GNGGA,\u00ff')],
    ['a line beyond 1 KiB', nmeaLine(`GNGGA,${'1'.repeat(2000)}`)],
    ['a lower-case address', nmeaLine('gngga,1')],
    ['no address', nmeaLine(',1,2')],
    ['an address only of a letter', nmeaLine('G')],
    ['no start', nmeaLine(VECTOR).slice(1)],
  ])('%s is no sentence and no exception', (_, line) => {
    expect(parseSentence(line)).toBeUndefined();
  });
});

describe('GGA', () => {
  test('the vector’s values', () => {
    expect(gga(VECTOR)).toEqual({
      timeOfDayMs: (12 * 3600 + 35 * 60 + 19) * 1000,
      quality: 4,
      latitudeDeg: 48 + 7.038 / 60,
      longitudeDeg: 11 + 31 / 60,
      satellites: 12,
      hdop: 0.8,
      altitudeMslM: 545.4,
      correctionAgeS: 1,
    });
  });

  test('south and west are negative, also within the first degree', () => {
    expect(gga('GPGGA,,0030.0000,S,00015.0000,W,1,,,,,,,,')).toMatchObject({ latitudeDeg: -0.5, longitudeDeg: -0.25 });
  });

  test('a receiver without a fix says so', () => {
    const none = gga('GPGGA,,,,,,0,00,99.99,,,,,,');
    expect(none).toEqual({ quality: 0, satellites: 0, hdop: 99.99 });
    expect(fixFromGga(none!, 5)).toEqual({ quality: 'none', satellites: 0, hdop: 99.99, atMonoMs: 5, source: 'gga' });
  });

  test.each([
    ['minutes of sixty', 'GPGGA,,4860.0000,N,01131.0,E,1,,,,,,,,'],
    ['beyond the pole', 'GPGGA,,9000.0001,N,01131.0,E,1,,,,,,,,'],
    ['beyond the date line', 'GPGGA,,4807.0,N,18000.0001,E,1,,,,,,,,'],
    ['a wrong hemisphere', 'GPGGA,,4807.0,E,01131.0,N,1,,,,,,,,'],
    ['a position without hemisphere', 'GPGGA,,4807.0,,01131.0,E,1,,,,,,,,'],
    ['a fix without position', 'GPGGA,,,,,,1,,,,,,,,'],
    ['a hexadecimal number', 'GPGGA,,4807.0,N,01131.0,E,1,0x9,,,,,,,'],
    ['an exponent', 'GPGGA,,4807.0,N,01131.0,E,1,08,1e3,,,,,,'],
    ['blanks', 'GPGGA,, 4807.0,N,01131.0,E,1,,,,,,,,'],
    ['an unknown quality', 'GPGGA,,4807.0,N,01131.0,E,9,,,,,,,,'],
    ['no quality', 'GPGGA,,4807.0,N,01131.0,E,,,,,,,,,'],
    ['an hour of 24', 'GPGGA,240000,4807.0,N,01131.0,E,1,,,,,,,,'],
    ['feet', 'GPGGA,,4807.0,N,01131.0,E,1,,,100,F,,,,'],
    ['too few fields', 'GPGGA,,4807.0,N,01131.0,E,1'],
    ['too many fields', 'GPGGA,,4807.0,N,01131.0,E,1,,,,,,,,,,,'],
    ['another sentence', 'GPGSA,,4807.0,N,01131.0,E,1,,,,,,,,'],
    ['endless digits', `GPGGA,,4807.${'0'.repeat(400)},N,01131.0,E,1,,,,,,,,`],
  ])('%s is refused', (_, body) => {
    expect(gga(body)).toBeUndefined();
  });

  test.each([
    [1, '3d'],
    [2, '3d'],
    [3, '3d'],
    [4, 'rtk_fixed'],
    [5, 'rtk_float'],
    [6, '2d'],
    [7, 'none'],
    [8, 'none'],
  ])('quality %i is %s', (digit, quality) => {
    const fix = fixFromGga(gga(`GPGGA,,4807.0,N,01131.0,E,${digit},,,12.5,M,,,3.5,`)!, 0);
    expect(fix.quality).toBe(quality);
    expect(fix.latitudeDeg !== undefined).toBe(quality !== 'none');
    expect(fix.correctionAgeS).toBe(3.5);
    expect(fix.horizontalAccuracyM).toBeUndefined();
  });
});
