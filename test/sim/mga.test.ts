import { describe, expect, test } from 'vitest';
import { createMgaGenerator, MGA_SYSTEMS } from '../../src/sim/mga.js';
import { checkUbx } from '../../src/sim/receiver/ubx.js';

const UTC = Date.UTC(2026, 2, 4, 5, 6, 7, 250);
const generator = createMgaGenerator({ seed: 'x' });

const payloadOf = (frame: Uint8Array): { id: number; payload: Uint8Array } => {
  const check = checkUbx(frame);
  if (check.is !== 'frame') throw new Error('not a frame');
  expect(check.length).toBe(frame.length);
  expect(check.message.cls).toBe(0x13);
  return check.message;
};
const headOf = (frame: Uint8Array): string => {
  const { id, payload } = payloadOf(frame);
  return `${id} ${payload.slice(0, 4).join(' ')}`;
};

describe('assistance data', () => {
  test('INI-TIME_UTC carries the instant field by field', () => {
    const { id, payload } = payloadOf(generator.iniTimeUtc(UTC));
    const view = Buffer.from(payload);
    expect([id, view.length, view[0], view.readInt8(3)]).toEqual([0x40, 24, 0x10, 18]);
    expect([view.readUInt16LE(4), ...view.subarray(6, 11)]).toEqual([2026, 3, 4, 5, 6, 7]);
    expect(view.readUInt32LE(12)).toBe(250_000_000);
  });

  test('within a set no two frames have the same id and first four bytes', () => {
    const set = [
      generator.iniTimeUtc(UTC),
      ...generator.live(UTC, MGA_SYSTEMS),
      ...generator.almanac(MGA_SYSTEMS),
      ...generator.aux(),
    ];
    expect(new Set(set.map(headOf)).size).toBe(set.length);
  });

  test('live GPS and Galileo are several kB, each frame of its real size', () => {
    const frames = generator.live(UTC, ['gps', 'gal']);
    expect(frames.map((frame) => frame.length)).toEqual([...Array(31).fill(76), ...Array(24).fill(84)]);
    expect(frames.every((frame) => payloadOf(frame).payload[0] === 1)).toBe(true);
  });

  test('predicted orbits are 84 bytes a satellite and day, dated', () => {
    const frames = generator.predicted(Date.UTC(2026, 1, 27, 23), 3, ['gps', 'glo']);
    expect(frames.reduce((sum, frame) => sum + frame.length, 0)).toBe(3 * (2604 + 1680));
    const days = new Set(frames.map((frame) => payloadOf(frame).payload.slice(4, 7).join('-')));
    expect([...days]).toEqual(['26-2-27', '26-2-28', '26-3-1']);
    expect(payloadOf(frames[31]!).payload[3]).toBe(6);
  });

  test('the same seed and instant give the same bytes, other ones others', () => {
    const bytes = (seed: string, utcMs: number): string =>
      Buffer.concat(createMgaGenerator({ seed }).live(utcMs, ['gps'])).toString('hex');
    expect(bytes('x', UTC)).toBe(bytes('x', UTC + 1000));
    expect(bytes('x', UTC)).not.toBe(bytes('y', UTC));
    expect(bytes('x', UTC)).not.toBe(bytes('x', UTC + 3 * 3_600_000));
  });
});
