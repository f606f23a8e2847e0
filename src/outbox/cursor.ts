// The small file beside the log: below which sequence number all is settled, and a gap not told yet. It is written
// lazily and only while a backlog remains. A lost or stale one costs duplicates, never holes, because it names a number
// and numbers only rise: what was settled once stays so.
import { crc32c, systemCode } from '../vault/index.js';
import type { LogDisk } from './log-disk.js';
import type { Gap, GapReason } from './retention.js';
import { setAside } from './segment.js';
import { mayPass } from './unread.js';

export interface Cursor {
  settledBelow: number;
  gap?: Gap;
}

const MAX_BYTES = 4096;
const REASONS: readonly GapReason[] = ['full', 'age', 'memory', 'unreadable', 'quarantined'];
const ID = /^\d{1,10}-\d{1,15}$/;

export const cursorPath = (dir: string): string => `${dir}/cursor.json`;

export function encodeCursor(cursor: Cursor): Buffer {
  const data = JSON.stringify(cursor);
  return Buffer.from(`{"v":1,"crc":"${crc32c(Buffer.from(data)).toString(16)}","data":${data}}\n`);
}

/** Undefined for anything that is not whole and ours. */
export function decodeCursor(bytes: Uint8Array): Cursor | undefined {
  try {
    const { v, crc, data } = JSON.parse(Buffer.from(bytes).toString()) as Readonly<Record<string, unknown>>;
    if (v !== 1 || crc !== crc32c(Buffer.from(JSON.stringify(data))).toString(16)) return undefined;
    const { settledBelow, gap } = data as Readonly<Record<string, unknown>>;
    if (typeof settledBelow !== 'number' || !Number.isSafeInteger(settledBelow) || settledBelow < 0) return undefined;
    const known = gapOf(gap);
    return { settledBelow, ...(known ? { gap: known } : {}) };
  } catch {
    return undefined;
  }
}

function gapOf(value: unknown): Gap | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { firstId, lastId, count, reason } = value as Readonly<Record<string, unknown>>;
  const known = REASONS.find((each) => each === reason);
  if (typeof firstId !== 'string' || typeof lastId !== 'string' || !ID.test(firstId) || !ID.test(lastId))
    return undefined;
  if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 1 || !known) return undefined;
  return { firstId, lastId, count, reason: known };
}

/** What an earlier run left; a damaged file is set aside. Undefined: it cannot be read just now. Never throws. */
export function readCursor(disk: LogDisk, dir: string): Cursor | undefined {
  let bytes: Buffer;
  try {
    bytes = disk.read(cursorPath(dir), 0, MAX_BYTES);
  } catch (error) {
    return mayPass(systemCode(error)) ? undefined : { settledBelow: 0 };
  }
  const cursor = decodeCursor(bytes);
  if (!cursor) setAside(disk, dir, cursorPath(dir));
  return cursor ?? { settledBelow: 0 };
}
