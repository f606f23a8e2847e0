// Single flight: one run at a time, joined by all who want its result; it is cancelled when the last of them has gone.
import { abortable, onAbort, WaymarkError } from '../core/index.js';

/** `wait`: keep at it until it works. `once`: give up at the first setback. */
export type Patience = 'wait' | 'once';

export interface Flight<T> {
  join(patience: Patience, signal: AbortSignal): Promise<T>;
  /** `once` only while nobody on board is ready to wait. */
  patience(): Patience;
}

interface Running<T> {
  promise: Promise<T>;
  controller: AbortController;
  passengers: Set<{ patience: Patience }>;
}

export function createFlight<T>(run: (signal: AbortSignal) => Promise<T>): Flight<T> {
  let flight: Running<T> | undefined;

  const start = (): Running<T> => {
    const controller = new AbortController();
    const promise = run(controller.signal).finally(() => {
      flight = undefined;
    });
    // Everybody may have left by the time it ends.
    promise.catch(() => undefined);
    return { controller, promise, passengers: new Set() };
  };

  return {
    patience: () => {
      const all = [...(flight?.passengers ?? [])];
      return all.length > 0 && all.every((p) => p.patience === 'once') ? 'once' : 'wait';
    },
    async join(patience, signal) {
      signal.throwIfAborted();
      // One that is being cancelled has to be through with its files before the next begins.
      while (flight?.controller.signal.aborted)
        await abortable(
          flight.promise.catch(() => undefined),
          signal,
        );
      const boarded = (flight ??= start());
      const ticket = { patience };
      boarded.passengers.add(ticket);
      const off = onAbort(signal, () => {
        boarded.passengers.delete(ticket);
        if (boarded.passengers.size === 0)
          boarded.controller.abort(new WaymarkError('core.cancelled', 'nobody waits for provisioning any more'));
      });
      try {
        return await abortable(boarded.promise, signal);
      } finally {
        off();
        boarded.passengers.delete(ticket);
      }
    },
  };
}
