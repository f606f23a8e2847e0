import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/index.js';
import {
  implausible,
  parseUgps,
  parseUgsrv,
  parseUuloc,
  parseUulocind,
} from '../../src/modem/apps/celllocate/parse.js';
import { judgeProgress, resultWords, stepWords } from '../../src/modem/apps/celllocate/words.js';
import { createRandom } from './random.js';

const NOON = Date.UTC(2026, 5, 15, 12, 0, 0);
const AT_NOON = '15/06/2026,12:00:00.000';

describe('+UULOC in all its forms', () => {
  test.each([
    [
      '+UULOC: 13/04/2011,09:54:51.000,45.6334520,13.0618620,49,1',
      {
        latitudeDeg: 45.633452,
        longitudeDeg: 13.061862,
        altitudeM: 49,
        uncertaintyM: 1,
        utcMs: Date.UTC(2011, 3, 13, 9, 54, 51),
      },
    ],
    [
      '+UULOC: 25/09/2013,10:13:29.000,45.7140971,13.7409172,266,17,0,0,18,1,6,3,9',
      {
        latitudeDeg: 45.7140971,
        longitudeDeg: 13.7409172,
        altitudeM: 266,
        uncertaintyM: 17,
        sensor: 'gnss',
        utcMs: Date.UTC(2013, 8, 25, 10, 13, 29),
      },
    ],
    [
      '+UULOC: 1,2,1,08/04/2015,09:02:32.000,45.7141652,13.7410666,266,47,0,0,40,3,0,0',
      {
        latitudeDeg: 45.7141652,
        longitudeDeg: 13.7410666,
        altitudeM: 266,
        uncertaintyM: 47,
        sensor: 'gnss',
        utcMs: Date.UTC(2015, 3, 8, 9, 2, 32),
        hypothesis: { index: 1, count: 2 },
      },
    ],
    [
      '+UULOC: 2,2,2,08/04/2015,09:02:19.000,45.7140665,13.7411681,0,45.7240260,13.7511276,113,10,0,50,45.7240260,13.7511276,143,41,0,95',
      {
        latitudeDeg: 45.7140665,
        longitudeDeg: 13.7411681,
        altitudeM: 0,
        uncertaintyM: 113,
        sensor: 'cell',
        utcMs: Date.UTC(2015, 3, 8, 9, 2, 19),
        hypothesis: { index: 2, count: 2 },
      },
    ],
    [
      `+UULOC: 3,3,0,${AT_NOON},48.2,16.3,10,900`,
      {
        latitudeDeg: 48.2,
        longitudeDeg: 16.3,
        altitudeM: 10,
        uncertaintyM: 900,
        sensor: 'last',
        utcMs: NOON,
        hypothesis: { index: 3, count: 3 },
      },
    ],
    [
      `+UULOC: 1,1,2,${AT_NOON},48.2,16.3,10,48.21,16.31,700,300,30,50`,
      {
        latitudeDeg: 48.2,
        longitudeDeg: 16.3,
        altitudeM: 10,
        uncertaintyM: 700,
        sensor: 'cell',
        utcMs: NOON,
        hypothesis: { index: 1, count: 1 },
      },
    ],
  ])('%s', (line, expected) => {
    expect(parseUuloc(line)).toEqual(expected);
  });

  test.each([
    ['a latitude between -1 and 0 keeps its sign', `+UULOC: ${AT_NOON},-0.1230000,-0.5,0,500`, -0.123, -0.5],
    ['a leading plus', `+UULOC: ${AT_NOON},+48.2082,+16.3738,0,500`, 48.2082, 16.3738],
    [
      'more than seven decimals',
      `+UULOC: ${AT_NOON},48.20820001234,16.37380005678,0,500`,
      48.20820001234,
      16.37380005678,
    ],
    ['no digit before the point', `+UULOC: ${AT_NOON},-.5,.25,0,500`, -0.5, 0.25],
    ['whole degrees', `+UULOC: ${AT_NOON},-33,151,0,500`, -33, 151],
    ['no blank after the colon', `+UULOC:${AT_NOON},48.2,16.3,0,500`, 48.2, 16.3],
    ['blanks everywhere', `+UULOC:   15/06/2026 , 12:00:00.000 , 48.2 , 16.3 , 0 , 500 `, 48.2, 16.3],
    ['every field in quotes', '+UULOC: "15/06/2026","12:00:00.000","48.2","16.3","0","500"', 48.2, 16.3],
    ['date and time in one pair of quotes', '+UULOC: "15/06/2026,12:00:00.000",48.2,16.3,0,500', 48.2, 16.3],
    ['time without fraction', '+UULOC: 15/06/2026,12:00:00,48.2,16.3,0,500', 48.2, 16.3],
    ['no altitude', `+UULOC: ${AT_NOON},48.2,16.3,,500`, 48.2, 16.3],
  ])('%s', (_name, line, latitudeDeg, longitudeDeg) => {
    const report = parseUuloc(line);
    expect(report).toMatchObject({ latitudeDeg, longitudeDeg, uncertaintyM: 500, utcMs: NOON });
    expect(report && implausible(report)).toBeUndefined();
  });

  test.each([
    ['lat/long both 0', `+UULOC: ${AT_NOON},0.0000000,0.0000000,0,500`, 'latitude and longitude are 0'],
    ['the line after a bad token', '+UULOC: 01/01/2015,00:00:00.000,0.0000000,0.0000000,0,20000000', 'are 0'],
    ['a date before the first day', '+UULOC: 20/07/2021,23:59:59.999,48.2,16.3,0,500', 'in the past'],
    ['a clock that was never set', '+UULOC: 06/01/1980,00:00:00.000,48.2,16.3,0,500', 'in the past'],
    ['no date', '+UULOC: 00/00/0000,00:00:00.000,48.2,16.3,0,500', 'no date'],
    ['a day that is not there', '+UULOC: 31/02/2026,00:00:00.000,48.2,16.3,0,500', 'no date'],
    ['anywhere on earth', `+UULOC: ${AT_NOON},48.2,16.3,0,20000000`, 'anywhere'],
  ])('is a report, but no position: %s', (_name, line, why) => {
    const report = parseUuloc(line);
    expect(report).toBeDefined();
    expect(report && implausible(report)).toContain(why);
  });

  test('the first day itself is a position, and so is one on the equator', () => {
    const first = parseUuloc('+UULOC: 21/07/2021,00:00:00.000,0.0,16.3,0,500');
    expect(first && implausible(first)).toBeUndefined();
  });

  test.each([
    '+UULOC: ',
    '+UULOC',
    '+UULOCIND: 0,0',
    '+ULOC: (2),(0-3)',
    `+UULOC: ${AT_NOON},48.2,16.3,0`,
    `+UULOC: ${AT_NOON},91,16.3,0,500`,
    `+UULOC: ${AT_NOON},48.2,181,0,500`,
    `+UULOC: ${AT_NOON},NaN,16.3,0,500`,
    `+UULOC: ${AT_NOON},1e1,16.3,0,500`,
    `+UULOC: ${AT_NOON},48.2,16.3,0,-5`,
    `+UULOC: ${AT_NOON},48.2.1,16.3,0,500`,
    `+UULOC: 0,3,2,${AT_NOON},48.2,16.3,0,500`,
    `+UULOC: 4,3,2,${AT_NOON},48.2,16.3,0,500`,
    `+UULOC: 1,99,2,${AT_NOON},48.2,16.3,0,500`,
    `+UULOC: 1,2,7,${AT_NOON},48.2,16.3,0,500`,
    `+UULOC: ${'9'.repeat(700)}`,
  ])('is nothing: %s', (line) => {
    expect(parseUuloc(line)).toBeUndefined();
  });
});

describe('+UULOCIND', () => {
  test('every step and result has words of its own', () => {
    expect(new Set([0, 1, 2, 3, 4].map(stepWords)).size).toBe(5);
    expect(new Set(Array.from({ length: 12 }, (_, n) => resultWords(n))).size).toBe(12);
    expect(stepWords(9)).toBe('step 9');
    expect(resultWords(44)).toBe('result 44');
    expect(resultWords(8)).toContain('token');
  });

  test.each([
    [2, 0, 'none'],
    [2, 1, 'server'],
    [2, 2, 'server'],
    [2, 3, 'server'],
    [2, 4, 'server'],
    [3, 5, 'server'],
    [3, 6, 'server'],
    [2, 7, 'server'],
    [2, 8, 'token'],
    [3, 8, 'token'],
    [2, 9, 'server'],
    [2, 10, 'no-position'],
    [3, 11, 'no-position'],
    [2, 77, 'server'],
    [0, 9, 'no-position'],
    [4, 2, 'none'],
  ] as const)('step %i, result %i: %s', (step, result, verdict) => {
    expect(judgeProgress(step, result)).toBe(verdict);
  });

  test.each([
    ['+UULOCIND: 2,8', { step: 2, result: 8 }],
    ['+UULOCIND:0,0', { step: 0, result: 0 }],
    ['+UULOCIND:  3 , 11 ', { step: 3, result: 11 }],
    ['+UULOCIND: "1","0"', { step: 1, result: 0 }],
    ['+UULOCIND: 1', undefined],
    ['+UULOCIND: -1,0', undefined],
    ['+UULOCIND: a,b', undefined],
    ['+UULOC: 1,0', undefined],
  ])('%s', (line, expected) => {
    expect(parseUulocind(line)).toEqual(expected);
  });
});

describe('+UGSRV and +UGPS', () => {
  const token = new Secret('location-token', 'Cell-Token_for-Parsing-1');

  test('of the token in the module only one thing is told: whether it is ours', () => {
    const line = '+UGSRV: "cell-live1.example","cell-live2.example","Cell-Token_for-Parsing-1",14,4,1,65,0,1,1';
    expect(parseUgsrv(line, token)).toEqual({
      primary: 'cell-live1.example',
      secondary: 'cell-live2.example',
      hasToken: true,
      showsToken: true,
      rest: ['14', '4', '1', '65', '0', '1', '1'],
    });
    const other = parseUgsrv('+UGSRV: "a","b","somebody-elses-token",14', token);
    expect(other).toEqual({ primary: 'a', secondary: 'b', hasToken: false, showsToken: true, rest: ['14'] });
    expect(JSON.stringify(other)).not.toContain('somebody');
    expect(parseUgsrv('+UGSRV: "","",""', token)).toMatchObject({ hasToken: false, showsToken: false });
    expect(parseUgsrv('+UGSRV: "a","b","****",14', token)).toMatchObject({ showsToken: false });
    expect(parseUgsrv('+UGSRV: "a","b","Cell**********-1",14', token)).toMatchObject({ showsToken: false });
    expect(parseUgsrv('+UGSRV: "a"', token)).toBeUndefined();
    expect(parseUgsrv('+UGPS: 0,0,1', token)).toBeUndefined();
  });

  test.each([
    ['+UGPS: 1,0,67', { isOn: true, settings: ['0', '67'] }],
    ['+UGPS: 0', { isOn: false, settings: [] }],
    ['+UGPS: 1,"x",67', { isOn: true, settings: ['67'] }],
    ['+UGPS: ', undefined],
  ])('%s', (line, expected) => {
    expect(parseUgps(line)).toEqual(expected);
  });
});

test('a line cut anywhere, or with anything in place of a field, is read or is not, but never throws', () => {
  const wanted = new Secret('location-token', 'Cell-Token_for-Parsing-2');
  const lines = [
    '+UULOC: 25/09/2013,10:13:29.000,45.7140971,13.7409172,266,17,0,0,18,1,6,3,9',
    '+UULOC: 2,2,2,08/04/2015,09:02:19.000,45.7140665,13.7411681,0,45.7240260,13.7511276,113,10,0,50',
    '+UULOCIND: 2,8',
    '+UGSRV: "a","b","c",14,4,1,65,0,1,1',
    '+UGPS: 1,0,67',
  ];
  const junk = ['', '-', '+', '.', '"', '""', 'NaN', '1e999', '\u0000', '9'.repeat(40), ':', '//', '::', '\u2028'];
  const read = (line: string): void => {
    const report = parseUuloc(line);
    if (report) {
      expect(Math.abs(report.latitudeDeg)).toBeLessThanOrEqual(90);
      expect(Math.abs(report.longitudeDeg)).toBeLessThanOrEqual(180);
      expect(report.uncertaintyM).toBeGreaterThanOrEqual(0);
      implausible(report);
    }
    parseUulocind(line);
    parseUgsrv(line, wanted);
    parseUgps(line);
  };
  const random = createRandom(7);
  for (const line of lines) {
    for (let end = 0; end <= line.length; end++) read(line.slice(0, end));
    const [head = '', ...fields] = line.split(/[,]/);
    for (let i = 0; i < 300; i++)
      read([head, ...fields.map((field) => (random.int(3) === 0 ? random.pick(junk) : field))].join(','));
  }
});
