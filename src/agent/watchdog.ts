// A watcher of ourselves: how late the event loop is.
import type { Clock, Logger, Timer } from '../core/index.js';

const SAMPLE_MS = 100;
const WINDOW = 600;
const STALL_MS = 5000;

export interface LoopLag extends Disposable {
  /** Milliseconds over the last minute. */
  read(): { p50: number; p99: number; max: number };
}

/** Samples how late a 100 ms timer comes. */
export function watchLoopLag(clock: Clock, log: Logger): LoopLag {
  const samples = new Float32Array(WINDOW);
  let count = 0;
  let due = clock.mono() + clock.ioBudgetMs(SAMPLE_MS);
  let timer: Timer;
  const tick = (): void => {
    const lag = Math.max(0, clock.mono() - due);
    samples[count++ % WINDOW] = lag;
    if (lag >= STALL_MS) log.warn('loop.stalled', { lagMs: Math.round(lag) });
    arm();
  };
  const arm = (): void => {
    due = clock.mono() + clock.ioBudgetMs(SAMPLE_MS);
    timer = clock.deadline(SAMPLE_MS, tick);
  };
  arm();
  return {
    read() {
      const sorted = samples.slice(0, Math.min(count, WINDOW)).sort();
      const at = (q: number): number => Math.round((sorted[Math.floor((sorted.length - 1) * q)] ?? 0) * 10) / 10;
      return { p50: at(0.5), p99: at(0.99), max: at(1) };
    },
    [Symbol.dispose]: () => timer.cancel(),
  };
}
