// One file of the log: its name, what is known of it without an index of its records, and how those left behind by
// earlier runs are found again.
//
// Names are `<sequence of its first record>-<generation>.wal`, so that their order is the order of the records. A second
// generation replaces a file whose fsync failed.
import type { Logger } from '../core/index.js';
import { systemCode } from '../vault/index.js';
import type { LogDisk } from './log-disk.js';
import { decodePayload, idOf } from './record-codec.js';
import { type RecordTime, timeOf } from './retention.js';
import { type SegmentScan, scanSegment } from './scan.js';

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

const NAME = /^(\d{15})-(\d{3})\.wal$/;
/** A segment is 256 KiB and one record at most; anything far beyond is no segment of ours. */
const MAX_SEGMENT_BYTES = 1_048_576;
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

/** Moves a file to corrupt/, of which the newest three stay. Never throws: on a read-only disk it stays where it is. */
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

export interface FoundLog {
  segments: Segment[];
  corrupt: number;
  lastSeq: number;
  /** Ranges of numbers no record has: they were never in the log, and count as done. */
  holes: [first: number, last: number][];
  /** The last segment ends in a whole record, so that it may be written on. */
  endsClean: boolean;
}

/** The segments of earlier runs, oldest first. `settledBelow`: what the cursor says is done. Never throws. */
export async function findSegments(
  disk: LogDisk,
  log: Logger,
  dir: string,
  settledBelow: number,
  yieldTurn: () => Promise<unknown>,
): Promise<FoundLog> {
  const found: FoundLog = { segments: [], corrupt: 0, lastSeq: 0, holes: [], endsClean: false };
  let names: string[];
  try {
    names = disk.list(dir).filter((name) => NAME.test(name));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT')
      log.warn('outbox.unreadable', { dir, code: systemCode(error) }, 'The outbox cannot be listed.');
    return found;
  }
  let best: { segment: Segment; scan: SegmentScan } | undefined;
  const take = (): void => {
    if (!best) return;
    addScan(found, best.segment, best.scan, settledBelow);
    best = undefined;
  };
  for (const name of names.sort()) {
    const [, first = '', generation = ''] = NAME.exec(name) ?? [];
    const segment = freshSegment(dir, Number(first), Number(generation));
    const scan = readScan(disk, segment.path);
    if (!scan || scan.is !== 'good') {
      log.warn('outbox.unreadable', { file: segment.path, why: scan?.is ?? 'cannot be read' });
      if (scan?.is !== 'newer') found.corrupt++;
      setAside(disk, dir, segment.path);
      continue;
    }
    if (best && best.segment.firstSeq !== segment.firstSeq) take();
    // Two generations of one file: a crash came between the replacement and the removal. The fuller one counts.
    if (best && best.scan.records.length > scan.records.length) setAside(disk, dir, segment.path);
    else {
      if (best) setAside(disk, dir, best.segment.path);
      best = { segment, scan };
    }
    await yieldTurn();
  }
  take();
  return found;
}

function readScan(disk: LogDisk, path: string): SegmentScan | undefined {
  try {
    const bytes = disk.read(path, 0, MAX_SEGMENT_BYTES + 1);
    return bytes.length > MAX_SEGMENT_BYTES ? undefined : scanSegment(bytes);
  } catch {
    return undefined;
  }
}

function addScan(found: FoundLog, segment: Segment, scan: SegmentScan, settledBelow: number): void {
  found.corrupt += scan.corrupt;
  segment.isDamaged = scan.corrupt > 0;
  segment.bytes = scan.goodBytes;
  for (const { boot, seq } of scan.records) {
    if (seq <= found.lastSeq) continue;
    found.holes.push([found.lastSeq + 1, seq - 1]);
    found.lastSeq = seq;
    segment.lastSeq = seq;
    if (seq < settledBelow) continue;
    segment.left++;
    segment.firstId ??= idOf(boot, seq);
    segment.lastId = idOf(boot, seq);
  }
  const last = scan.records.at(-1);
  const record = last && decodePayload(last.boot, last.seq, last.payload);
  if (record) segment.newest = timeOf(record);
  found.endsClean = !scan.isTorn && scan.corrupt === 0 && scan.goodBytes > 0;
  found.segments.push(segment);
}
