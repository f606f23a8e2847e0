import { describe, expect, test } from 'vitest';
import { createSniffer, type Heard } from '../../src/link/index.js';

const SENTENCE = '$GNRMC,083559.00,A,4717.11437,N,00833.91522,E,0.004,77.52,091202,,,A*';
const withSum = (text: string): string => {
  let sum = 0;
  for (const c of text.slice(1, -1)) sum ^= c.charCodeAt(0);
  return `${text}${sum.toString(16).toUpperCase().padStart(2, '0')}\r\n`;
};
const NMEA = Buffer.from(withSum(SENTENCE), 'latin1');

function ubx(payload: Uint8Array): Buffer {
  const body = Buffer.from([0x01, 0x07, payload.length & 0xff, payload.length >> 8, ...payload]);
  let a = 0;
  let b = 0;
  for (const byte of body) {
    a = (a + byte) & 0xff;
    b = (b + a) & 0xff;
  }
  return Buffer.from([0xb5, 0x62, ...body, a, b]);
}
const UBX = ubx(Buffer.alloc(92, 0x24));

function hear(bytes: Uint8Array, size = bytes.length): Heard {
  const sniffer = createSniffer();
  for (let at = 0; at < bytes.length; at += size) sniffer.push(bytes.subarray(at, at + size));
  return sniffer.verdict;
}

describe('a sniffer', () => {
  test.each<[string, Uint8Array, Heard]>([
    ['nothing at all', Buffer.alloc(0), 'nothing'],
    ['a sentence with a right checksum', NMEA, 'nmea'],
    ['a sentence after half a line', Buffer.concat([Buffer.from('13,N,008'), NMEA]), 'nmea'],
    ['a sentence with a wrong checksum', Buffer.from(`${SENTENCE}00\r\n`), 'text'],
    ['a sentence without its line end', NMEA.subarray(0, -2), 'noise'],
    ['a frame with right check bytes', UBX, 'ubx'],
    ['an empty frame', ubx(Buffer.alloc(0)), 'ubx'],
    ['a frame after a false start', Buffer.concat([Buffer.of(0xb5, 0xb5), UBX.subarray(1)]), 'ubx'],
    ['a frame with a wrong check byte', Buffer.concat([UBX.subarray(0, -1), Buffer.of(0)]), 'noise'],
    ['both', Buffer.concat([NMEA, UBX]), 'ubx'],
    ['both, the other way round', Buffer.concat([UBX, NMEA]), 'ubx'],
    ['a frame whose length cannot be', Buffer.concat([Buffer.of(0xb5, 0x62, 1, 7, 0xff, 0xff), UBX]), 'ubx'],
    ['reports of a module', Buffer.from('\r\n+CREG: 1\r\n\r\nRING\r\n'), 'text'],
    ['a module’s answer that begins as a sentence does', Buffer.from('$GPSNMUN: 0,1\r\n'), 'text'],
    ['the wrong baud rate', Buffer.from([0x00, 0xfe, 0x80, 0x0d, 0xe0, 0xff, 0x0a, 0x99]), 'noise'],
    ['text without an end', Buffer.alloc(100_000, 0x41), 'noise'],
  ])('%s', (_name, bytes, expected) => {
    for (const size of [bytes.length || 1, 1, 3, 7]) expect(hear(bytes, size)).toBe(expected);
  });

  test('what is proven stays', () => {
    const sniffer = createSniffer();
    expect(sniffer.push(NMEA)).toBe('nmea');
    expect(sniffer.push(Buffer.from([0xff, 0x00, 0x0d]))).toBe('nmea');
    expect(sniffer.push(UBX)).toBe('ubx');
    expect(sniffer.push(NMEA)).toBe('ubx');
  });

  test('random bytes are never taken for a receiver, and cost no more than their number', () => {
    let seed = 7;
    for (let round = 0; round < 200; round++) {
      const bytes = Buffer.alloc(2000);
      for (let i = 0; i < bytes.length; i++) {
        seed = (seed * 1103515245 + 12345) & 0x7fffffff;
        bytes[i] = seed >> 16;
      }
      expect(hear(bytes, 64)).toBe('noise');
    }
  });
});
