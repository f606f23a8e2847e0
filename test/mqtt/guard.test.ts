import { describe, expect, test } from 'vitest';
import { createPacketGuard } from '../../src/mqtt/index.js';

function packet(length: number): Buffer {
  const head: number[] = [0x30];
  let rest = length;
  do {
    head.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  // 0xff everywhere: a guard that looked at payloads would take them for lengths.
  return Buffer.concat([Buffer.from(head), Buffer.alloc(length, 0xff)]);
}

const LIMIT = 1000;

describe('the guard before the parser', () => {
  test.each([1, 2, 3, 7, 64, 5000])('passes good packets split into chunks of %i bytes', (size) => {
    const guard = createPacketGuard(LIMIT);
    const bytes = Buffer.concat([0, 1, 127, 128, 129, 999, 1000, 0].map(packet));
    for (let at = 0; at < bytes.length; at += size) expect(guard.check(bytes.subarray(at, at + size))).toBe(true);
  });

  test.each([1, 2, 3, 5000])('stops at the header of one that is too large, in chunks of %i bytes', (size) => {
    const guard = createPacketGuard(LIMIT);
    const bytes = Buffer.concat([packet(300), packet(1001).subarray(0, 3)]);
    let good = true;
    for (let at = 0; at < bytes.length; at += size) good = guard.check(bytes.subarray(at, at + size));
    expect(good).toBe(false);
    expect(guard.announcedBytes).toBe(1001);
  });

  test('a length of more than four bytes is no length', () => {
    expect(createPacketGuard(2 ** 40).check(Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80, 1))).toBe(false);
    expect(createPacketGuard(2 ** 40).check(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f))).toBe(true);
  });

  test('once stopped it stays stopped', () => {
    const guard = createPacketGuard(10);
    expect(guard.check(packet(11))).toBe(false);
    expect(guard.check(packet(1))).toBe(false);
  });
});
