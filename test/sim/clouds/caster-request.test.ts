import { describe, expect, test } from 'vitest';
import { createLineCutter, MAX_HEAD_BYTES, readGga, readHead } from '../../../src/sim/clouds/caster-request.js';
import { ggaAt, sentence } from './rover.js';

const read = (text: string) => readHead(Buffer.from(text, 'latin1'));
const head = (...lines: string[]): string => `${lines.join('\r\n')}\r\n\r\n`;
const BASIC = `Authorization: Basic ${Buffer.from('me:a:b').toString('base64')}`;
const ONE = head('GET /NEAR-RTCM HTTP/1.0', 'User-Agent: NTRIP x', BASIC);
const TWO = head('GET /NEAR-SPARTN HTTP/1.1', 'Host: h', 'Ntrip-Version: Ntrip/2.0', 'User-Agent: NTRIP x', BASIC);

describe('the head of a request', () => {
  test('tells version, mountpoint and credentials', () => {
    expect(read(ONE)).toMatchObject({
      is: 'request',
      length: ONE.length,
      request: { ntrip: 1, mountPoint: 'NEAR-RTCM', userName: 'me', password: 'a:b', agent: 'NTRIP x' },
    });
    expect(read(`${TWO}$GNGGA`)).toMatchObject({
      length: TWO.length,
      request: { ntrip: 2, mountPoint: 'NEAR-SPARTN' },
    });
  });

  test('may come without credentials, and with a position', () => {
    const reading = read(head('GET / HTTP/1.1', 'Host: h', 'User-Agent: curl', 'Ntrip-GGA: $GPGGA'));
    expect(reading).toMatchObject({ request: { ntrip: 1, mountPoint: '', gga: '$GPGGA' } });
    expect(reading.is === 'request' && 'userName' in reading.request).toBe(false);
  });

  test('every cut of it is more to come, until the last byte', () => {
    for (const whole of [ONE, TWO])
      for (let i = 0; i < whole.length; i++) expect(read(whole.slice(0, i)).is).toBe('more');
  });

  test.each([
    ['POST', 405, head('POST /X HTTP/1.0', 'User-Agent: x')],
    ['a server’s upload', 400, head('SOURCE pw /X', 'Source-Agent: x')],
    ['an old HTTP', 400, head('GET /X HTTP/0.9', 'User-Agent: x')],
    ['a query', 400, head('GET /X?y HTTP/1.0', 'User-Agent: x')],
    ['a path without slash', 400, head('GET X HTTP/1.0', 'User-Agent: x')],
    ['no agent', 400, head('GET /X HTTP/1.0')],
    ['HTTP/1.1 without Host', 400, head('GET /X HTTP/1.1', 'User-Agent: x')],
    ['NTRIP 2 over HTTP/1.0', 400, head('GET /X HTTP/1.0', 'Ntrip-Version: Ntrip/2.0', 'User-Agent: x')],
    ['an unknown version', 400, head('GET /X HTTP/1.0', 'Ntrip-Version: Ntrip/3.0', 'User-Agent: x')],
    ['two credentials', 400, head('GET /X HTTP/1.0', 'User-Agent: x', BASIC, BASIC)],
    ['a folded line', 400, head('GET /X HTTP/1.0', 'User-Agent: x', ' y')],
    ['bare line feeds', 400, 'GET /X HTTP/1.0\nUser-Agent: x\r\n\r\n'],
    ['TLS', 400, '\u0016\u0003\u0001'],
    ['too many headers', 431, head('GET /X HTTP/1.0', ...Array.from({ length: 33 }, (_, i) => `X-${i}: y`))],
    ['a head without end', 431, `GET /X HTTP/1.0\r\nX: ${'y'.repeat(MAX_HEAD_BYTES)}`],
  ])('%s is refused with %i', (_what, status, text) => {
    expect(read(text)).toMatchObject({ is: 'bad', status });
  });

  test.each(['Bearer x', 'Basic', 'Basic ???', 'Basic YWJj', `Basic ${Buffer.from(':x').toString('base64')}`])(
    'credentials %j are none',
    (value) => {
      const reading = read(head('GET /X HTTP/1.0', 'User-Agent: x', `Authorization: ${value}`));
      expect(reading.is === 'request' && reading.request.userName).toBeUndefined();
    },
  );
});

describe('a position', () => {
  test('is read with its signs', () => {
    expect(readGga(ggaAt(-33.5, -70.25, 4))).toEqual({
      ...{ latitudeDeg: -33.5, longitudeDeg: -70.25, altitudeM: 170, quality: 4 },
    });
    const known = '$GNGGA,123519.00,4807.03800000,N,01131.00000000,E,4,12,0.80,545.400,M,46.900,M,1.0,0000*67';
    expect(readGga(known)?.latitudeDeg).toBeCloseTo(48.1173, 4);
  });

  const tail = ',12,0.80,170.0,M,43.5,M,,';
  test.each([
    ['a wrong check', ggaAt().replace(/..$/, '00')],
    ['a check in lower case', '$GNGGA,123519.00,4807.038,N,01131.000,E,1,12,0.80,170.0,M,43.5,M,,*5c'],
    ['no check', ggaAt().slice(0, -3)],
    ['quality 0', ggaAt(48, 16, 0)],
    ['empty fields', sentence('GNGGA,,,,,,0,00,99.99,,,,,,')],
    ['60 minutes', sentence(`GNGGA,123519.00,4860.000,N,01131.000,E,1${tail}`)],
    ['91 degrees', sentence(`GNGGA,123519.00,9100.000,N,01131.000,E,1${tail}`)],
    ['no hemisphere', sentence(`GNGGA,123519.00,4807.000,,01131.000,E,1${tail}`)],
    ['no time', sentence(`GNGGA,,4807.000,N,01131.000,E,1${tail}`)],
    ['too few fields', sentence('GNGGA,123519.00,4807.000,N,01131.000,E,1')],
    ['another sentence', sentence('GNRMC,123519.00,A,4807.000,N,01131.000,E,,,,,,A')],
    ['nothing', ''],
  ])('with %s is none', (_what, line) => {
    expect(readGga(line)).toBeUndefined();
  });
});

describe('lines after the head', () => {
  const text = `${ggaAt()}\r\nno\n\r\n${'x'.repeat(500)}\r\n${ggaAt(1, 2)}\r\n`;
  const cut = (pieces: string[]): string[] => {
    const lines: string[] = [];
    const push = createLineCutter((line) => lines.push(line));
    for (const piece of pieces) push(Buffer.from(piece, 'latin1'));
    return lines;
  };

  test('end with CR LF; others and endless ones are told as empty', () => {
    expect(cut([text])).toEqual([ggaAt(), '', '', '', ggaAt(1, 2)]);
  });

  test('are the same however they are cut', () => {
    expect(cut(Array.from(text))).toEqual(cut([text]));
    for (let i = 1; i < text.length; i += 7) expect(cut([text.slice(0, i), text.slice(i)])).toEqual(cut([text]));
  });
});
