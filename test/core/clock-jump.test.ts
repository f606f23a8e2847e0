import { expect, test } from 'vitest';
import { createFakeClock, watchClockJumps } from '../../src/core/index.js';

test('a step of more than a minute is told once, either way; slewing and time itself are not', async () => {
  const clock = createFakeClock();
  const jumps: number[] = [];
  const watch = watchClockJumps(clock, (byMs) => jumps.push(byMs));
  await clock.advance(3_600_000);
  for (let i = 0; i < 10; i++) {
    clock.stepWall(50_000);
    await clock.advance(30_000);
  }
  expect(jumps).toEqual([]);
  clock.stepWall(8 * 3_600_000);
  await clock.advance(60_000);
  clock.stepWall(-61_000);
  await clock.advance(60_000);
  expect(jumps).toEqual([8 * 3_600_000, -61_000]);
  watch[Symbol.dispose]();
  expect(clock.pending).toBe(0);
});
