// The pause Losant asks for by 429. It names no time, so 15 s, the length of its windows, doubled each time up to five
// minutes; while it lasts nothing is asked (specs/losant.md section 2).
import { type Clock, WaymarkError } from '../../core/index.js';

const FIRST_MS = 15_000;
const CAP_MS = 300_000;

export interface Throttle {
  /** Errors: `losant.throttled` while the pause lasts. */
  check(step: string): void;
  /** Begins a pause; returns what to throw. */
  refused(step: string, retryAfterMs?: number): WaymarkError;
  passed(): void;
}

export function createThrottle(clock: Clock, random: () => number): Throttle {
  let count = 0;
  let untilMonoMs = 0;
  return {
    check(step) {
      const left = untilMonoMs - clock.mono();
      if (left > 0) throw new WaymarkError('losant.throttled', `${step}: held back`, { retryAfterMs: Math.ceil(left) });
    },
    refused(step, retryAfterMs) {
      const grown = FIRST_MS * 2 ** Math.min(count++, 10);
      // Longer by up to a fifth, never shorter: a window that is still running would be hit again.
      const ms = retryAfterMs ?? Math.min(CAP_MS, Math.round(grown * (1 + 0.2 * random())));
      untilMonoMs = clock.mono() + ms;
      return new WaymarkError('losant.throttled', `${step}: answered 429`, {
        retryAfterMs: ms,
        evidence: { http: 429, step },
      });
    },
    passed() {
      count = 0;
    },
  };
}
