// Never more than so many requests in any second, whoever asks: single records, batches and what follows a failed batch.
import { type Clock, sleep } from '../../core/index.js';

const SECOND_MS = 1000;

export interface RequestPace {
  /** Resolves when one more may go; false once the signal has aborted, or when that would be after `endMonoMs`. */
  turn(options: { signal: AbortSignal; endMonoMs: number }): Promise<boolean>;
}

export function createRequestPace(clock: Clock, maxPerSecond: number): RequestPace {
  let starts: readonly number[] = [];
  return {
    async turn({ signal, endMonoMs }) {
      for (;;) {
        if (signal.aborted) return false;
        const now = clock.mono();
        starts = starts.filter((at) => now - at < SECOND_MS);
        const oldest = starts[starts.length - maxPerSecond];
        if (oldest === undefined) break;
        if (oldest + SECOND_MS >= endMonoMs) return false;
        await sleep(clock, oldest + SECOND_MS - now, signal).catch(() => undefined);
      }
      starts = [...starts, clock.mono()];
      return true;
    },
  };
}
