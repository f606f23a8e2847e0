// One timer for the limits of one command after the other. Nearly none is ever reached, and setting and cancelling a
// timer for each would cost as much as reading the answer: so the timer runs on, and only when it rings is it asked
// whether the limit of the day has been reached.
import type { Clock, Timer } from '../core/index.js';

export interface LimitTimer {
  /** Calls `onDue` after `ms` of device time, unless stopped or started anew before. */
  start(ms: number, onDue: () => void): void;
  /** Nothing is due any more. */
  stop(): void;
  /** Stops, and leaves no timer behind: no limit is going to be started soon. */
  rest(): void;
}

export function createLimitTimer(clock: Clock): LimitTimer {
  let timer: Timer | undefined;
  let ringsMonoMs = 0;
  let dueMonoMs = 0;
  let onDue: (() => void) | undefined;

  const ring = (): void => {
    timer = undefined;
    if (!onDue) return;
    const leftMs = dueMonoMs - clock.mono();
    if (leftMs > 0) {
      ringsMonoMs = dueMonoMs;
      timer = clock.after(leftMs, ring);
      return;
    }
    const due = onDue;
    onDue = undefined;
    due();
  };

  return {
    start(ms, fn) {
      onDue = fn;
      dueMonoMs = clock.mono() + clock.ioBudgetMs(ms);
      if (timer && ringsMonoMs <= dueMonoMs) return;
      timer?.cancel();
      ringsMonoMs = dueMonoMs;
      timer = clock.deadline(ms, ring);
    },
    stop() {
      onDue = undefined;
    },
    rest() {
      onDue = undefined;
      timer?.cancel();
      timer = undefined;
    },
  };
}
