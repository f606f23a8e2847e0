// Waiting for a device node: a stat four times a second costs nothing, opening an absent port does.
import { statSync } from 'node:fs';
import { type Clock, onAbort, sleep } from '../../core/index.js';

const POLL_MS = 250;
/** udev may still be setting permissions when the node appears. */
const SETTLE_MS = 200;

/** Which node stands at the path; undefined when none can be reached (absent, a dangling or circular link, no access). */
function nodeAt(path: string): string | undefined {
  try {
    const node = statSync(path);
    return `${node.dev}:${node.ino}:${node.rdev}:${node.ctimeMs}`;
  } catch {
    return undefined;
  }
}

/**
 * Resolves shortly after a node has come to `address`, however long that takes. A node that is there already and yet
 * could not be used gets `waitMs`, or less when another one takes its place: opening it again at once, for ever, would
 * only fill the log. A network address has no node and gets `waitMs` too.
 */
export async function nodeIsBack(address: string, waitMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const before = address.startsWith('tcp://') ? undefined : nodeAt(address);
  if (before !== undefined || address.startsWith('tcp://')) {
    const endMonoMs = clock.mono() + waitMs;
    for (let leftMs = waitMs; leftMs > 0; leftMs = endMonoMs - clock.mono()) {
      await sleep(clock, Math.min(leftMs, POLL_MS), signal);
      if (before !== undefined && nodeAt(address) !== before) return nodeAppears(address, clock, signal);
    }
    return;
  }
  await nodeAppears(address, clock, signal);
}

async function nodeAppears(address: string, clock: Clock, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (nodeAt(address) !== undefined) {
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
