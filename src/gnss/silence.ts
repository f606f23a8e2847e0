// When too little comes: no byte for the allowed time, or (where the line speed matters) bytes without a single frame.
import type { Clock, Timer } from '../core/index.js';

export interface SilenceDeps {
  clock: Clock;
  /** Monotonic times of the last byte and of the last whole frame or sentence of this connection. */
  lastByteMonoMs: () => number;
  lastClearMonoMs: () => number;
  /** How long no byte may come, and how long nothing but garbled ones; 0: for ever. `mayChange`: not the last word yet. */
  limits: () => { silentMs: number; garbledMs: number; mayChange: boolean };
  onSilent: (afterMs: number) => void;
  onGarbled: (afterMs: number) => void;
}

const CHECK_MS = 1000;

/** Looks until the returned function is called or one of the two has been told. */
export function watchSilence(deps: SilenceDeps): () => void {
  const { clock } = deps;
  let timer: Timer;
  const leftMs = (since: number, limitMs: number): number =>
    limitMs === 0 ? Number.POSITIVE_INFINITY : clock.ioBudgetMs(limitMs) - (clock.mono() - since);
  const check = (): void => {
    const { silentMs, garbledMs, mayChange } = deps.limits();
    const silentLeft = leftMs(deps.lastByteMonoMs(), silentMs);
    const garbledLeft = leftMs(deps.lastClearMonoMs(), garbledMs);
    const lookLeft = mayChange ? clock.ioBudgetMs(CHECK_MS) : Number.POSITIVE_INFINITY;
    const leastLeft = Math.min(silentLeft, garbledLeft, lookLeft);
    if (silentLeft <= 0) deps.onSilent(silentMs);
    else if (garbledLeft <= 0) deps.onGarbled(garbledMs);
    else if (Number.isFinite(leastLeft)) timer = clock.after(leastLeft, check);
  };
  timer = clock.after(0, check);
  return () => timer.cancel();
}
