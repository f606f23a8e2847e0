import { describe, expect, test } from 'vitest';
import { CRC8, CRC16, CRC24Q, CRC32, crc4, crc24q, crcOf } from '../../src/gnss/index.js';
import { RangeCrc } from '../../src/gnss/range-crc.js';
import { random, slowCrc } from './frames.js';

const SHAPES = [CRC8, CRC16, CRC24Q, CRC32];
const CHECK = Buffer.from('123456789');

describe('CRCs', () => {
  test('the published check values of "123456789" come out', () => {
    expect(SHAPES.map((shape) => crcOf(shape, CHECK).toString(16))).toEqual(['f4', '31c3', 'cde703', 'fc891918']);
  });

  test('tables and bit-by-bit division agree for every length up to a longest frame', () => {
    const bytes = random(7).bytes(1103);
    for (const length of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 1102, 1103])
      for (const shape of SHAPES)
        expect(crcOf(shape, bytes, 0, length)).toBe(slowCrc[shape.width](bytes.subarray(0, length)));
  });

  test('a range inside a larger buffer is checked where it lies', () => {
    expect(crc24q(Buffer.concat([Buffer.from('xx'), CHECK, Buffer.from('yy')]), 2, 11)).toBe(0xcde703);
  });

  test('the frame CRC of a SPARTN header disregards the nibble it is stored in', () => {
    for (let low = 0; low < 16; low++) expect(crc4(0x02, 0xf7, 0xe0 | low)).toBe(crc4(0x02, 0xf7, 0xe0));
  });
});

describe('CRCs of overlapping ranges', () => {
  test('any order of starts and ends gives the CRC of just that range', () => {
    const r = random(11);
    const bytes = r.bytes(20_000);
    for (const shape of SHAPES) {
      const ranges = new RangeCrc(shape);
      let from = 0;
      for (let i = 0; i < 400; i++) {
        from += r.below(r.below(10) === 0 ? 3000 : 40);
        const to = from + r.below(1104);
        if (to > bytes.length) break;
        const right = crcOf(shape, bytes, from, to);
        expect(ranges.matches(bytes, from, to, right ^ 1)).toBe(false);
        expect(ranges.matches(bytes, from, to, right)).toBe(true);
      }
    }
  });
});
