// One thing at a time with the module: messages are fetched before the next request goes, so that the inbox stays empty;
// but a flood of rings does not keep requests back for ever.
import type { Logger } from '../../../core/index.js';

export type Job = () => Promise<void>;

/** After so many fetches in a row a request has its turn. */
const MAX_FETCHES = 20;

export interface Lane {
  /** Goes on until nothing is left. Call it whenever there may be something to do. */
  wake(): void;
}

/** `fetch` and `send` give the next job of their kind, or nothing. */
export function createLane(
  log: Logger,
  next: { fetch: () => Job | undefined; send: () => Job | undefined; isEnded: () => boolean },
): Lane {
  let isRunning = false;
  let fetches = 0;

  const take = (): Job | undefined => {
    const turn = fetches >= MAX_FETCHES ? next.send() : undefined;
    const fetch = turn ? undefined : next.fetch();
    fetches = fetch ? fetches + 1 : 0;
    return turn ?? fetch ?? next.send();
  };

  const go = async (): Promise<void> => {
    for (let job = take(); job; job = next.isEnded() ? undefined : take()) {
      try {
        await job();
      } catch (error) {
        log.error('devicewise.defect', { error });
      }
    }
    // In the same breath as the look that found nothing, so that no call of `wake` is lost.
    isRunning = false;
  };

  return {
    wake() {
      if (isRunning || next.isEnded()) return;
      isRunning = true;
      void go();
    },
  };
}
