import { describe, expect, test } from 'vitest';
import {
  anchorNow,
  clockEnvironment,
  createClock,
  createFakeClock,
  inheritedAnchor,
  sleep,
} from '../../src/core/index.js';

describe('scaled clock', () => {
  test('wall and monotonic time run faster by the same factor', async () => {
    const anchor = anchorNow(1000, Date.UTC(2026, 0, 1));
    const real = createClock();
    const fast = createClock(anchor);
    await sleep(real, 30);
    // Bracketed, because this process may be held up between any two readings.
    const before = (real.mono() - anchor.monoMs) * 1000;
    const mono = fast.mono();
    const wall = fast.wall() - Date.UTC(2026, 0, 1);
    const after = (real.mono() - anchor.monoMs) * 1000;
    expect(before).toBeGreaterThan(20_000);
    expect(mono).toBeGreaterThanOrEqual(before);
    expect(wall).toBeGreaterThanOrEqual(mono - 1);
    expect(wall).toBeLessThanOrEqual(after + 1);
  });

  test('a timer of an hour fires in a fraction of a second, a deadline keeps the real-time floor', async () => {
    const fast = createClock(anchorNow(3_600_000));
    let struck = false;
    const deadline = fast.deadline(3_600_000, () => (struck = true));
    await new Promise<void>((resolve) => fast.after(3_600_000, resolve));
    expect(struck).toBe(false);
    deadline.cancel();
  });

  test('a deadline shorter than the floor is not stretched', async () => {
    const fast = createClock(anchorNow(1000));
    const began = performance.now();
    await new Promise<void>((resolve) => fast.deadline(40, resolve));
    expect(performance.now() - began).toBeGreaterThanOrEqual(35);
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test('the io budget in clock time stands for the same real wait as the deadline', () => {
    expect(createClock().ioBudgetMs(10_000)).toBe(10_000);
    const fast = createClock(anchorNow(100));
    expect(fast.ioBudgetMs(10_000)).toBe(300_000);
    expect(fast.ioBudgetMs(1000)).toBe(100_000);
    expect(createClock(anchorNow(2)).ioBudgetMs(60_000)).toBe(60_000);
  });

  test('two processes that share an anchor read the same time', () => {
    const anchor = anchorNow(50, Date.UTC(2027, 5, 1));
    const handedDown = inheritedAnchor(clockEnvironment(anchor));
    expect(handedDown).toEqual(anchor);
    const parent = createClock(anchor);
    const child = createClock(handedDown);
    const before = parent.wall();
    const between = child.wall();
    expect(between).toBeGreaterThanOrEqual(before);
    expect(between).toBeLessThanOrEqual(parent.wall());
  });

  test.each(['', 'null', '{}', '[]', '{"wallMs":1,"monoMs":2,"scale":0}', '{"wallMs":1,"monoMs":2,"scale":-1}', 'x'])(
    'a malformed anchor (%s) is ignored',
    (text) => expect(inheritedAnchor({ WAYMARK_CLOCK: text })).toBeUndefined(),
  );

  test('without an anchor nothing is handed down', () => {
    expect(clockEnvironment(undefined)).toEqual({});
    expect(inheritedAnchor({})).toBeUndefined();
  });
});

describe('real clock', () => {
  test('monotonic time never goes back and is in milliseconds', async () => {
    const clock = createClock();
    const a = clock.mono();
    await sleep(clock, 20);
    expect(clock.mono() - a).toBeGreaterThanOrEqual(15);
    expect(clock.mono() - a).toBeLessThan(5000);
  });

  test('waits beyond what Node can time do not fire at once', async () => {
    const clock = createClock();
    let fired = false;
    const timer = clock.after(2 ** 40, () => (fired = true));
    await sleep(clock, 20);
    timer.cancel();
    timer.cancel();
    expect(fired).toBe(false);
  });

  test('a negative wait fires on the next turn', async () => {
    await new Promise<void>((resolve) => createClock().after(-5, resolve));
  });
});

describe('fake clock', () => {
  test('timers fire in the order they fall due, each at its own time', async () => {
    const clock = createFakeClock();
    const seen: [string, number][] = [];
    clock.after(30, () => seen.push(['c', clock.mono()]));
    clock.after(10, () => seen.push(['a', clock.mono()]));
    clock.deadline(20, () => seen.push(['b', clock.mono()]));
    await clock.advance(25);
    expect(seen).toEqual([
      ['a', 10],
      ['b', 20],
    ]);
    expect(clock.mono()).toBe(25);
    expect(clock.pending).toBe(1);
  });

  test('what a timer starts within the span also runs, after the promises in between', async () => {
    const clock = createFakeClock();
    let laps = 0;
    const run = async (): Promise<void> => {
      for (;;) {
        await sleep(clock, 10);
        laps++;
      }
    };
    void run();
    await clock.advance(100);
    expect(laps).toBe(10);
  });

  test('a cancelled timer never fires', async () => {
    const clock = createFakeClock();
    let fired = false;
    clock.after(5, () => (fired = true)).cancel();
    await clock.advance(10);
    expect(fired).toBe(false);
  });

  test('stepping the wall clock leaves monotonic time and timers alone', async () => {
    const clock = createFakeClock(1000);
    clock.after(50, () => undefined);
    clock.stepWall(86_400_000);
    expect(clock.wall()).toBe(86_401_000);
    expect(clock.mono()).toBe(0);
    expect(clock.pending).toBe(1);
    await clock.advance(50);
    expect(clock.wall()).toBe(86_401_050);
  });
});
