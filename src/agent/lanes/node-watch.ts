// Waiting for a device node: a stat four times a second costs nothing, opening an absent port does.
import { statSync } from 'node:fs';
import { type Clock, onAbort, sleep } from '../../core/index.js';

const POLL_MS = 250;
/** udev may still be setting permissions when the node appears. */
const SETTLE_MS = 200;

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Resolves shortly after `address` exists; a network address has no node and is simply tried again after a second. */
export async function nodeIsBack(address: string, clock: Clock, signal: AbortSignal): Promise<void> {
  if (address.startsWith('tcp://')) return sleep(clock, 1000, signal);
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (exists(address)) {
        off();
        resolve();
        return;
      }
      timer = clock.deadline(POLL_MS, look);
    };
    let timer = clock.deadline(POLL_MS, look);
    const off = onAbort(signal, () => {
      timer.cancel();
      reject(signal.reason instanceof Error ? signal.reason : new Error('cancelled'));
    });
  });
  await sleep(clock, SETTLE_MS, signal);
}
