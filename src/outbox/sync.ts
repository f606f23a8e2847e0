// fsync in groups: five seconds after the first unsynced byte, or at 64 KiB, whichever comes first, and not at all for
// what has been settled meanwhile. `now` is for records marked `sync`: all that wait share one fsync.
//
// After a failed fsync the descriptor is never synced again: Linux reports a lost page once, and the second call may
// succeed although the data is gone. What is open in the file is written into a new one.
import type { Clock, Logger, Timer } from '../core/index.js';
import { systemCode } from '../vault/index.js';
import type { LogDisk } from './log-disk.js';
import type { Segment } from './segment.js';
import type { Wal } from './wal.js';

const GROUP_MS = 5000;
const GROUP_BYTES = 65_536;

export interface GroupSync {
  /** Bytes were written: arranges for their fsync. */
  wrote(): void;
  /** Forces what is open to the disk; resolves also when that fails (then `onFailure` has been told). */
  now(): Promise<void>;
  stop(): void;
}

export function createGroupSync(
  deps: { clock: Clock; log: Logger; disk: LogDisk; dir: string; wal: Wal },
  { onFailure, onGroup }: { onFailure: (error: unknown) => void; onGroup: () => void },
): GroupSync {
  const { clock, log, disk, wal } = deps;
  let timer: Timer | undefined;
  let running: Promise<void> | undefined;
  /** One more round after the running one, for bytes it may have missed; shared by all who ask meanwhile. */
  let following: Promise<void> | undefined;

  const waiting = (): Segment[] => wal.segments.filter(({ unsynced, left }) => unsynced > 0 && left > 0);

  const syncSegment = async (segment: Segment): Promise<void> => {
    if (segment.fd === undefined) return;
    const bytes = segment.unsynced;
    segment.unsynced = 0;
    segment.isSyncing = true;
    const { fd } = segment;
    try {
      await disk.sync(fd);
    } catch (error) {
      segment.hasLostPages = true;
      segment.unsynced += bytes;
      throw error;
    } finally {
      segment.isSyncing = false;
      // Removed while the system was at it: nobody else closes it.
      if (!wal.segments.includes(segment)) wal.closeIdle(segment);
    }
    wal.closeIdle(segment);
  };

  /** A new file for what is open in the old one; throws when that cannot be had either. */
  const replaced = async (segment: Segment, cause: unknown): Promise<void> => {
    log.error('outbox.fsync-failed', { file: segment.path, code: systemCode(cause) }, 'A new file is started.');
    if (!wal.segments.includes(segment) || segment.left === 0) return;
    const fresh = wal.replace(segment);
    wal.exchange(segment, fresh);
    await syncSegment(fresh);
  };

  const round = async (): Promise<void> => {
    try {
      for (const segment of waiting())
        if (segment.hasLostPages) await replaced(segment, new Error('an earlier fsync failed'));
        else
          try {
            await syncSegment(segment);
          } catch (error) {
            await replaced(segment, error);
          }
      if (wal.isDirectoryDirty && wal.left > 0) {
        wal.isDirectoryDirty = false;
        await disk.syncDirectory(deps.dir);
      }
    } catch (error) {
      onFailure(error);
    }
  };

  const start = (): Promise<void> => {
    timer?.cancel();
    timer = undefined;
    running = round().finally(() => {
      running = undefined;
    });
    return running;
  };

  const now = (): Promise<void> => {
    if (!running) return start();
    following ??= running.then(() => {
      following = undefined;
      return start();
    });
    return following;
  };

  return {
    wrote() {
      const bytes = wal.segments.reduce((sum, { unsynced }) => sum + unsynced, 0);
      if (bytes >= GROUP_BYTES) {
        if (!following) void now();
        return;
      }
      timer ??= clock.after(GROUP_MS, () => {
        timer = undefined;
        onGroup();
        if (waiting().length > 0) void now();
      });
    },
    now,
    stop() {
      timer?.cancel();
      timer = undefined;
    },
  };
}
