// Notices that a file was replaced, by looking: rename-safe, needs no watch handles, works on every file system
// (specs/tokens.md section 5, rotation without restart).
import type { Clock, Timer } from '../core/index.js';
import { type Disk, realDisk } from './disk.js';

const POLL_MS = 2000;

/**
 * Calls `onChange` when the file (or what its name leads to) differs from the last look and has then stayed the same
 * for one more look, so that a file still being written is not read. Coming and going count as changes.
 */
export function watchFile(
  deps: { clock: Clock; disk?: Pick<Disk, 'stat'> },
  path: string,
  onChange: () => void,
  pollMs = POLL_MS,
): Disposable {
  const disk = deps.disk ?? realDisk;
  let timer: Timer | undefined;
  let isStopped = false;
  let told: string | undefined;
  let seen: string | undefined;

  const look = async (): Promise<void> => {
    let stamp = 'absent';
    try {
      const facts = await disk.stat(path);
      stamp = `${facts.inode}:${facts.size}:${facts.mtimeMs}:${facts.mode}:${facts.uid}`;
    } catch {
      // Not there or not reachable: both are "absent" until they are not.
    }
    if (isStopped) return;
    told ??= stamp;
    const isSettled = stamp === seen;
    seen = stamp;
    if (isSettled && stamp !== told) {
      told = stamp;
      onChange();
    }
    timer = deps.clock.after(pollMs, () => void look());
  };
  void look();
  return {
    [Symbol.dispose]() {
      isStopped = true;
      timer?.cancel();
    },
  };
}
