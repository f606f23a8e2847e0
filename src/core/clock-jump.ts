// Notices that wall clock and monotonic clock have moved apart: the machine slept (monotonic time stands still then), or
// somebody set the date. Whatever waits for a time of day has to be looked at anew (specs/tokens.md section 3).
import type { Clock, Timer } from './clock.js';

/** Less is a clock being slewed. */
const JUMP_MS = 60_000;
const LOOK_MS = 30_000;

/** Calls `onJump` with how much further the wall clock went than ours, when that is more than a minute either way. */
export function watchClockJumps(
  clock: Clock,
  onJump: (byMs: number) => void,
  { lookMs = LOOK_MS }: { lookMs?: number } = {},
): Disposable {
  let apart = clock.wall() - clock.mono();
  let timer: Timer;
  const arm = (): void => {
    timer = clock.after(lookMs, () => {
      const now = clock.wall() - clock.mono();
      const byMs = now - apart;
      // Slow drift must not add up to a jump.
      apart = now;
      arm();
      if (Math.abs(byMs) > JUMP_MS) onJump(byMs);
    });
  };
  arm();
  return { [Symbol.dispose]: () => timer.cancel() };
}
