// Timers that all end together: a reset forgets everything the module was about to do.
import type { Clock, Timer } from '../../core/index.js';

export interface Timers {
  /** Calls `fn` after `ms` of clock time; at once, in the same tick, when `ms` is 0. */
  after(ms: number, fn: () => void): Timer;
  cancelAll(): void;
}

const DONE: Timer = { cancel: () => undefined };

export function createTimers(clock: Clock): Timers {
  const pending = new Set<Timer>();
  return {
    after(ms, fn) {
      if (ms <= 0) {
        fn();
        return DONE;
      }
      const timer = clock.after(ms, () => {
        pending.delete(timer);
        fn();
      });
      pending.add(timer);
      return {
        cancel() {
          pending.delete(timer);
          timer.cancel();
        },
      };
    },
    cancelAll() {
      for (const timer of pending) timer.cancel();
      pending.clear();
    },
  };
}
