import { describe, expect, test } from 'vitest';
import { matterOf, predictedDayOf, timeOf } from '../../../src/services/assistnow/mga.js';
import { setFrom } from '../../../src/services/assistnow/set.js';
import { createUbxWalker } from '../../../src/services/assistnow/walker.js';
import { almanac, ephemeris, iniPosition, iniTime, ionosphere, join, predicted, ubx } from './frames.js';

function walk(bytes: Uint8Array, chunk: () => number) {
  const walker = createUbxWalker();
  const frames: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = chunk();
    frames.push(...walker.push(bytes.subarray(at, at + size)));
    at += size;
  }
  frames.push(...walker.end());
  const { junkBytes, foreignFrames, isCut } = walker;
  return { frames: frames.map((frame) => Buffer.from(frame).toString('hex')), junkBytes, foreignFrames, isCut };
}

/** A small generator of its own: the same bytes in each run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

describe('the walker', () => {
  const utc = Date.UTC(2026, 7, 14, 12, 34, 56);

  test('keeps whole assistance frames and drops what is foreign, damaged or noise', () => {
    const bad = Buffer.from(ephemeris(3));
    bad[20] = 1;
    const bytes = join([iniTime(utc), Buffer.from('noise'), bad, ubx(0x01, 0x07, [1, 2, 3]), ephemeris(4)]);
    const found = walk(bytes, () => bytes.length);
    expect(found.frames).toEqual([iniTime(utc), ephemeris(4)].map((frame) => Buffer.from(frame).toString('hex')));
    expect(found).toMatchObject({ junkBytes: 5 + bad.length, foreignFrames: 1, isCut: false });
  });

  test('a false start with a long claim does not take the frames behind it', () => {
    const claim = Uint8Array.from([0xb5, 0x62, 0x13, 0x00, 0x00, 0x04]);
    const found = walk(join([claim, ephemeris(1), ephemeris(2)]), () => 7);
    expect(found.frames).toHaveLength(2);
    expect(found.junkBytes).toBe(claim.length);
  });

  test('says when the end came in the middle of a frame', () => {
    const bytes = join([ephemeris(1), ephemeris(2)]);
    expect(walk(bytes.subarray(0, -3), () => 64)).toMatchObject({ isCut: true, frames: [expect.any(String)] });
  });

  test.each([1, 2, 3, 4, 5, 6])('any split of the same bytes gives the same frames (seed %i)', (seed) => {
    const random = randomOf(seed);
    const parts: Uint8Array[] = [];
    for (let i = 0; i < 60; i++) {
      const dice = random();
      if (dice < 0.5) parts.push(ephemeris(i));
      else if (dice < 0.6) parts.push(predicted(i, utc));
      else if (dice < 0.7) parts.push(Uint8Array.from([0xb5, 0x62, 0x13]));
      else if (dice < 0.8) parts.push(ubx(0x0a, 0x04, [i]));
      else parts.push(Uint8Array.from({ length: 9 }, () => (random() < 0.3 ? 0xb5 : random() < 0.4 ? 0x62 : i)));
    }
    const bytes = join(parts);
    // Damage as well.
    for (let i = 0; i < 20; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    const whole = walk(bytes, () => bytes.length);
    expect(walk(bytes, () => 1)).toEqual(whole);
    expect(walk(bytes, () => 1 + Math.floor(random() * 50))).toEqual(whole);
  });

  test('noise of any kind never throws', () => {
    const random = randomOf(99);
    for (let round = 0; round < 50; round++) {
      const bytes = Uint8Array.from({ length: 500 }, () => Math.floor(random() * 256));
      expect(walk(bytes, () => 33).frames).toEqual([]);
    }
  });
});

describe('what a frame is about', () => {
  const day = Date.UTC(2026, 7, 14);

  test.each([
    ['time', iniTime(day)],
    ['time', ubx(0x13, 0x40, [0x11, 0, 0, 0])],
    ['position', iniPosition()],
    ['position', ubx(0x13, 0x40, [0x00, 0])],
    ['auxiliary', ubx(0x13, 0x40, [0x30, 0])],
    ['ephemeris', ephemeris(1)],
    ['ephemeris', ubx(0x13, 0x06, [1, 0])],
    ['almanac', almanac(1)],
    ['almanac', ubx(0x13, 0x02, [2, 0])],
    ['auxiliary', ionosphere()],
    ['predicted', predicted(1, day)],
    ['never', ubx(0x13, 0x21, [1])],
    ['never', ubx(0x13, 0x60, [1])],
    ['never', ubx(0x13, 0x80, [1])],
    ['auxiliary', ubx(0x13, 0x77, [])],
  ])('%s', (matter, frame) => {
    expect(matterOf(frame)).toBe(matter);
  });

  test('time and day are read, and impossible dates are none', () => {
    const utc = Date.UTC(2026, 1, 28, 23, 59, 59);
    expect(timeOf(iniTime(utc))).toBe(utc);
    expect(predictedDayOf(predicted(5, utc))).toBe(Date.UTC(2026, 1, 28));
    expect(predictedDayOf(ubx(0x13, 0x20, [0, 0, 1, 0, 26, 2, 30, 0]))).toBeUndefined();
    expect(predictedDayOf(ubx(0x13, 0x20, [0, 0, 1, 0, 26, 13, 1, 0]))).toBeUndefined();
    expect(predictedDayOf(ubx(0x13, 0x20, [0]))).toBeUndefined();
    expect(timeOf(ubx(0x13, 0x40, [0x10, 0, 0, 0]))).toBeUndefined();
  });

  test('a set tells when it was made and keeps neither time nor place', () => {
    const utc = Date.UTC(2026, 7, 14, 12, 0, 0);
    const set = setFrom(join([iniTime(utc), iniPosition(), ephemeris(1), ubx(0x13, 0x60, [1])]));
    expect(set).toMatchObject({ generatedUtcMs: utc, framesSeen: 4, frames: [ephemeris(1)], bytes: 76 });
  });
});
