// When a first provisioning may be tried: the module's network lamp, or after two minutes regardless (the gateway may
// have another way out). Without a module there is nothing to wait for.
import { type Clock, linkedController, sleep } from '../core/index.js';
import type { LampBoard } from './lamp-board.js';

const PATIENCE_MS = 120_000;

export function untilNetwork(lamps: LampBoard, clock: Clock): (signal: AbortSignal) => Promise<void> {
  return async (signal) => {
    if (!lamps.isPresent('network') || lamps.isLit('network')) return;
    using wait = linkedController(signal);
    const lit = new Promise<void>((resolve) => {
      const off = lamps.onChange(() => {
        if (!lamps.isLit('network')) return;
        off();
        resolve();
      });
      wait.signal.addEventListener('abort', off, { once: true });
    });
    try {
      await Promise.race([lit, sleep(clock, PATIENCE_MS, wait.signal)]);
    } finally {
      wait.abort();
    }
  };
}
