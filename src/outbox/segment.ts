// One file of the log: its name, what is known of it without an index of its records, and how it is read or set aside.
//
// Names are `<sequence of its first record>-<generation>.wal`, so that their order is the order of the records. A second
// generation replaces a file whose fsync failed.
import type { LogDisk } from './log-disk.js';
import type { RecordTime } from './retention.js';

export interface Segment {
  path: string;
  generation: number;
  /** Lower bound of its sequence numbers, from its name. */
  firstSeq: number;
  /** Its last sequence number; below `firstSeq` while it holds none. */
  lastSeq: number;
  /** Good bytes; what is behind them is not ours. */
  bytes: number;
  /** Records not settled yet. */
  left: number;
  /** When its last record happened. */
  newest?: RecordTime;
  firstId?: string;
  lastId?: string;
  /** Kept in corrupt/ instead of being removed. */
  isDamaged: boolean;
  fd?: number;
  /** Bytes written since the last fsync began. */
  unsynced: number;
  isSyncing: boolean;
  /** The last fsync of its descriptor failed: the file is replaced, the descriptor never synced again. */
  hasLostPages: boolean;
}

export const SEGMENT_NAME = /^(\d{15})-(\d{3})\.wal$/;
const KEEP_CORRUPT = 3;

export const segmentName = (firstSeq: number, generation: number): string =>
  `${String(firstSeq).padStart(15, '0')}-${String(generation).padStart(3, '0')}.wal`;

export function freshSegment(dir: string, firstSeq: number, generation = 0): Segment {
  return {
    path: `${dir}/${segmentName(firstSeq, generation)}`,
    generation,
    firstSeq,
    lastSeq: firstSeq - 1,
    bytes: 0,
    left: 0,
    isDamaged: false,
    unsynced: 0,
    isSyncing: false,
    hasLostPages: false,
  };
}

/** The segment's good bytes from `from` on. Throws the system's error. */
export function readSegment(disk: LogDisk, segment: Segment, from = 0): Buffer {
  const wanted = segment.bytes - from;
  return segment.fd === undefined ? disk.read(segment.path, from, wanted) : disk.readOpen(segment.fd, from, wanted);
}

/**
 * Moves a file to corrupt/, of which the newest three stay: nothing may come here that has not been read. Never throws: on
 * a read-only disk it stays where it is.
 */
export function setAside(disk: LogDisk, dir: string, path: string): void {
  const folder = `${dir}/corrupt`;
  try {
    disk.makeDirectory(folder);
    const names = disk.list(folder).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
    const next = Number.parseInt(names.at(-1) ?? '0', 10) + 1;
    for (const name of names.slice(0, Math.max(0, names.length - KEEP_CORRUPT + 1))) disk.unlink(`${folder}/${name}`);
    disk.rename(path, `${folder}/${next || 1}-${path.slice(path.lastIndexOf('/') + 1)}`);
  } catch {
    // Looked at again at the next start.
  }
}
