import { describe, expect, test } from 'vitest';
import { createPushedSets } from '../../src/agent/assistance/pushed.js';
import { createFakeClock } from '../../src/core/index.js';
import { type AssistSet, MAX_SET_BYTES } from '../../src/services/index.js';
import { DAY_MS, ephemeris, iniTime, ionosphere, predicted, ubx } from '../services/assistnow/frames.js';

const T = Date.UTC(2026, 7, 14);
const MIN = 60_000;
/** The ephemeris of a satellite, at one of its issues. */
const issue = (sv: number, number: number): Uint8Array =>
  ubx(0x13, 0x00, [1, 0, sv, 0, number, ...new Array<number>(63).fill(0)]);

function bench() {
  const clock = createFakeClock(T);
  const taken: AssistSet[] = [];
  const sets = createPushedSets(clock, (set) => void taken.push(set));
  return { clock, taken, sets, [Symbol.dispose]: () => sets[Symbol.dispose]() };
}

describe('sets of what is pushed', () => {
  test('a newer word about a satellite replaces the one before', async () => {
    using b = bench();
    for (let n = 0; n < 5; n++) {
      b.sets.offer([issue(1, n), ionosphere()], 'm');
      await b.clock.advance(50_000);
    }
    b.sets.offer([issue(2, 9)], 'm');
    await b.clock.advance(1000);
    expect(b.taken.at(-1)?.frames).toEqual([issue(1, 4), ionosphere(), issue(2, 9)]);
    expect(b.taken.at(-1)?.bytes).toBe(2 * ephemeris(1).length + ionosphere().length);
  });

  test('predicted orbits of one satellite for several days stay beside each other', async () => {
    using b = bench();
    const days = [predicted(1, T), predicted(1, T + DAY_MS), predicted(2, T)];
    b.sets.offer(days, 'm');
    await b.clock.advance(1000);
    expect(b.taken.map(({ frames }) => frames)).toEqual([days]);
  });

  test('what comes every fifty seconds for hours is no set for hours: five minutes after its first frame it ends', async () => {
    using b = bench();
    for (let n = 0; n < 100; n++) {
      b.sets.offer([ephemeris(n)], 'm');
      await b.clock.advance(50_000);
    }
    expect(Math.max(...b.taken.map(({ frames }) => frames.length))).toBe(7);
    expect(b.taken.at(-1)?.frames).toContainEqual(ephemeris(99));
  });

  test('the time at the front is that of its own set only', async () => {
    using b = bench();
    b.sets.offer([iniTime(T), ephemeris(1)], 'm');
    await b.clock.advance(2 * MIN);
    b.sets.offer([ephemeris(2)], 'm');
    await b.clock.advance(1000);
    expect(b.taken.map(({ generatedUtcMs }) => generatedUtcMs)).toEqual([T, undefined]);
  });

  test('at the bound a new set begins: each frame is handed over once, and none is lost', async () => {
    using b = bench();
    const flood = Array.from({ length: 20_000 }, (_, n) =>
      ubx(0x13, 0x00, [1, n & 255, n >> 8, 0, ...new Array<number>(64).fill(0)]),
    );
    for (let at = 0; at < flood.length; at += 100) b.sets.offer(flood.slice(at, at + 100), 'm');
    await b.clock.advance(1000);
    expect(b.taken).toHaveLength(3);
    for (const { bytes } of b.taken) expect(bytes).toBeLessThanOrEqual(MAX_SET_BYTES);
    expect(b.taken.reduce((sum, { frames }) => sum + frames.length, 0)).toBe(flood.length);
    expect(b.taken.at(-1)?.frames.at(-1)).toEqual(flood.at(-1));
  });
});
