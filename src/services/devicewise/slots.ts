// So many requests at once, and a short queue before them: what answers the cloud (mailbox traffic) goes first in it.
import { type Clock, deferred, onAbort } from '../../core/index.js';

/** Nobody waits longer for its turn; whoever asked has its own queue. */
const MAX_WAIT_MS = 10_000;
const MAX_WAITING = 64;

export interface Slots {
  /** The way to give the slot back; undefined when none came free, or the signal aborted, or it is all over. */
  take(options: { isUrgent: boolean; signal: AbortSignal }): Promise<(() => void) | undefined>;
  /** Nobody waits any more. */
  end(): void;
}

export function createSlots(clock: Clock, count: number): Slots {
  const waiting: (() => void)[] = [];
  let free = count;
  let hasEnded = false;

  const lend = (): (() => void) => {
    let isOut = true;
    free--;
    return () => {
      if (!isOut) return;
      isOut = false;
      free++;
      if (!hasEnded) waiting.shift()?.();
    };
  };

  return {
    async take({ isUrgent, signal }) {
      if (hasEnded || signal.aborted) return undefined;
      if (free > 0) return lend();
      if (waiting.length >= MAX_WAITING) return undefined;
      const turn = deferred<(() => void) | undefined>();
      // Taken in the same step it came free: nobody slips in between.
      const called = (): void => turn.resolve(hasEnded ? undefined : lend());
      if (isUrgent) waiting.unshift(called);
      else waiting.push(called);
      const giveUp = (): void => {
        const at = waiting.indexOf(called);
        if (at >= 0) waiting.splice(at, 1);
        if (at >= 0) turn.resolve(undefined);
      };
      const timer = clock.after(MAX_WAIT_MS, giveUp);
      const off = onAbort(signal, giveUp);
      try {
        return await turn.promise;
      } finally {
        timer.cancel();
        off();
      }
    },
    end() {
      hasEnded = true;
      for (const called of waiting.splice(0)) called();
    },
  };
}
