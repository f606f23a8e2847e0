// Finds the files that earlier runs left. Only what was read is judged: a file that cannot be read just now, or that a newer
// version wrote, stays where it is (unread.ts tries again), and the numbers go on above it.
//
// A loss between good records is told. Bytes that are no record, with a hole in the numbers beside them, were records once.
// Not so at the end of a run: what a crash tears off there nobody knows of.
import type { Logger } from '../core/index.js';
import { systemCode } from '../vault/index.js';
import type { LogDisk } from './log-disk.js';
import { decodePayload, idOf } from './record-codec.js';
import { type Gap, mergeGaps, timeOf } from './retention.js';
import { type SegmentScan, scanSegment } from './scan.js';
import { freshSegment, SEGMENT_NAME, type Segment, setAside } from './segment.js';

/** A segment is 256 KiB and one record at most; anything far beyond is no segment of ours. */
const MAX_SEGMENT_BYTES = 1_048_576;
/** No record is smaller: so many bytes of damage are one record at most. */
const MIN_RECORD_BYTES = 60;
/** More numbers than one segment spans, those of class B among them included. */
const SEGMENT_SPAN = 2 ** 30;

/** The generations of one segment, when not all of them could be read. */
export interface UnreadFiles {
  firstSeq: number;
  /** No number in them is higher. */
  upTo: number;
  names: string[];
  /** Written by a version that knows more. */
  isNewer: boolean;
  /** Not tried again for now. */
  isLeft: boolean;
}

export interface FoundLog {
  /** False when nobody knows which files there are. */
  isListed: boolean;
  segments: Segment[];
  unread: UnreadFiles[];
  corrupt: number;
  lastSeq: number;
  /** Ranges of numbers no record has: they are not in the log, and count as done. */
  holes: [first: number, last: number][];
  /** What damage has cost. */
  gap?: Gap;
  /** The last segment ends in a whole record, so that it may be written on. */
  endsClean: boolean;
}

/** Where the walk through the numbers is. */
export interface Place {
  lastSeq: number;
  lastBoot?: number;
  /** Bytes behind the last good record that are none. */
  tornBytes: number;
}

/** The segments of earlier runs, oldest first. `settledBelow`: what the cursor says is done. Never throws. */
export async function findSegments(
  disk: LogDisk,
  log: Logger,
  dir: string,
  settledBelow: number,
  yieldTurn: () => Promise<unknown>,
): Promise<FoundLog> {
  const found: FoundLog = {
    ...{ isListed: true, segments: [], unread: [], corrupt: 0, lastSeq: 0, holes: [], endsClean: false },
  };
  const groups = new Map<number, string[]>();
  try {
    for (const name of disk.list(dir).sort()) {
      const first = SEGMENT_NAME.exec(name)?.[1];
      if (first !== undefined) groups.set(Number(first), [...(groups.get(Number(first)) ?? []), name]);
    }
  } catch (error) {
    found.isListed = systemCode(error) === 'ENOENT';
    if (!found.isListed)
      log.warn('outbox.unreadable', { dir, code: systemCode(error) }, 'The outbox cannot be listed.');
    return found;
  }
  const place: Place = { lastSeq: 0, tornBytes: 0 };
  for (const [firstSeq, names] of groups) {
    if (found.holes.length === 0) {
      found.holes.push([1, firstSeq - 1]);
      place.lastSeq = firstSeq - 1;
    }
    const before = found.unread.at(-1);
    if (before && before.upTo === Number.POSITIVE_INFINITY) {
      before.upTo = firstSeq - 1;
      place.lastSeq = Math.max(place.lastSeq, firstSeq - 1);
    }
    const read = readFiles(disk, log, dir, firstSeq, names);
    if (read.is === 'unread') {
      found.holes.push([place.lastSeq + 1, firstSeq - 1]);
      place.lastSeq = Math.max(place.lastSeq, firstSeq - 1);
      place.tornBytes = 0;
      const { isNewer } = read;
      found.unread.push({ firstSeq, upTo: Number.POSITIVE_INFINITY, names, isNewer, isLeft: isNewer });
      // What is appended now must not be before it.
      found.endsClean = false;
    } else {
      found.corrupt += read.foreign + (read.scan?.corrupt ?? 0);
      place.tornBytes += read.foreignBytes;
      if (read.segment && read.scan) {
        const { holes, gap } = admit(read.segment, read.scan, place, settledBelow);
        found.holes.push(...holes);
        if (gap) found.gap = mergeGaps(found.gap, gap);
        found.endsClean = !read.scan.isTorn && read.scan.corrupt === 0 && read.scan.goodBytes > 0;
        found.segments.push(read.segment);
      }
    }
    await yieldTurn();
  }
  const last = found.unread.at(-1);
  if (last?.upTo === Number.POSITIVE_INFINITY) {
    last.upTo = last.firstSeq + SEGMENT_SPAN;
    place.lastSeq = Math.max(place.lastSeq, last.upTo);
  }
  found.lastSeq = place.lastSeq;
  return found;
}

export type FilesRead =
  | { is: 'read'; segment?: Segment; scan?: SegmentScan; foreign: number; foreignBytes: number }
  | { is: 'unread'; isNewer: boolean };

/** Reads all generations of one segment; when one of them cannot be read, all stay as they are. Never throws. */
export function readFiles(
  disk: LogDisk,
  log: Logger,
  dir: string,
  firstSeq: number,
  names: readonly string[],
): FilesRead {
  const good: { segment: Segment; scan: SegmentScan }[] = [];
  const foreign: string[] = [];
  let foreignBytes = 0;
  for (const name of names) {
    const segment = freshSegment(dir, firstSeq, Number(SEGMENT_NAME.exec(name)?.[2] ?? 0));
    try {
      const bytes = disk.read(segment.path, 0, MAX_SEGMENT_BYTES + 1);
      const scan = bytes.length > MAX_SEGMENT_BYTES ? undefined : scanSegment(bytes);
      if (scan?.is === 'newer') {
        log.warn('outbox.unreadable', { file: segment.path, why: 'newer' }, 'Left for the version that wrote it.');
        return { is: 'unread', isNewer: true };
      }
      if (scan?.is === 'good') good.push({ segment, scan });
      else {
        foreign.push(segment.path);
        foreignBytes += bytes.length;
      }
    } catch (error) {
      log.warn('outbox.unreadable', { file: segment.path, code: systemCode(error) }, 'It stays where it is.');
      return { is: 'unread', isNewer: false };
    }
  }
  for (const path of foreign) {
    log.warn('outbox.unreadable', { file: path, why: 'foreign' });
    setAside(disk, dir, path);
  }
  // Two generations of one file: a crash came between the replacement and the removal. The fuller one counts.
  let best: { segment: Segment; scan: SegmentScan } | undefined;
  for (const one of good) {
    const isFuller = !best || one.scan.records.length >= best.scan.records.length;
    const other = isFuller ? best : one;
    if (isFuller) best = one;
    if (other) setAside(disk, dir, other.segment.path);
  }
  return { is: 'read', ...best, foreign: foreign.length, foreignBytes };
}

/** Files that could not be read at the start. Undefined when they still cannot be. */
export function readLate(
  disk: LogDisk,
  log: Logger,
  dir: string,
  files: UnreadFiles,
  settledBelow: number,
): (Pick<FoundLog, 'holes' | 'gap' | 'corrupt'> & { segment?: Segment }) | undefined {
  const read = readFiles(disk, log, dir, files.firstSeq, files.names);
  if (read.is === 'unread') {
    files.isNewer = read.isNewer;
    files.isLeft = read.isNewer;
    return undefined;
  }
  const { segment, scan, foreign } = read;
  const place: Place = { lastSeq: files.firstSeq - 1, tornBytes: 0 };
  const admitted = segment && scan ? { segment, ...admit(segment, scan, place, settledBelow) } : undefined;
  const holes: FoundLog['holes'] = [...(admitted?.holes ?? []), [place.lastSeq + 1, files.upTo]];
  return { ...admitted, holes, corrupt: foreign + (scan?.corrupt ?? 0) };
}

/** Fills in what the segment holds, and moves on to its end. */
export function admit(
  segment: Segment,
  scan: SegmentScan,
  place: Place,
  settledBelow: number,
): { holes: [first: number, last: number][]; gap?: Gap } {
  const holes: [first: number, last: number][] = [];
  let gap: Gap | undefined;
  let damagedBytes = 0;
  segment.isDamaged = scan.corrupt > 0;
  segment.bytes = scan.goodBytes;
  for (const record of scan.records) {
    const { boot, seq } = record;
    damagedBytes += record.damagedBytes;
    const isTornBefore = place.tornBytes > 0 && (place.lastBoot ?? boot) === boot;
    place.tornBytes = 0;
    if (seq <= place.lastSeq) continue;
    if (seq > place.lastSeq + 1) {
      holes.push([place.lastSeq + 1, seq - 1]);
      const first = Math.max(place.lastSeq + 1, settledBelow, isTornBefore ? 0 : segment.firstSeq);
      // How many is not known: numbers are used up by class B, too. A file torn within a run may have been cut.
      const most = isTornBefore ? seq - first : Math.floor(damagedBytes / MIN_RECORD_BYTES);
      const count = Math.min(seq - first, most);
      const firstId = idOf(place.lastBoot ?? boot, first);
      if (count > 0) gap = mergeGaps(gap, { firstId, lastId: idOf(boot, seq - 1), count, reason: 'unreadable' });
    }
    damagedBytes = 0;
    place.lastSeq = seq;
    place.lastBoot = boot;
    segment.lastSeq = seq;
    if (seq < settledBelow) continue;
    segment.left++;
    segment.firstId ??= idOf(boot, seq);
    segment.lastId = idOf(boot, seq);
  }
  place.tornBytes += scan.tornBytes;
  const last = scan.records.at(-1);
  const record = last && decodePayload(last.boot, last.seq, last.payload);
  if (record) segment.newest = timeOf(record);
  return { holes, ...(gap ? { gap } : {}) };
}
