// One at a time on the road: the life of the session, or the proof of another token. Whoever comes first goes first.
import { abortable, deferred } from '../../core/index.js';

export interface Gate {
  /** Waits its turn, then runs `fn`; rejects with the abort reason while it waits. */
  hold<T>(signal: AbortSignal, fn: () => Promise<T>): Promise<T>;
}

export function createGate(): Gate {
  let last: Promise<unknown> = Promise.resolve();
  return {
    async hold(signal, fn) {
      const before = last;
      const done = deferred<undefined>();
      // Whoever gives up waiting does not let the next one past those before.
      last = before.then(() => done.promise);
      try {
        await abortable(before, signal);
        return await fn();
      } finally {
        done.resolve(undefined);
      }
    },
  };
}
