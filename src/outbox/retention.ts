// What has to go when there is no room or no use for it, and what is said about it: one gap record for all that went in a
// row. Pure: the log asks, this answers.
import type { CloudRecord } from '../core/index.js';

/** `quarantined`: kept in a file, but not sent. */
export type GapReason = 'full' | 'age' | 'memory' | 'unreadable' | 'quarantined';

/** The body of a gap record: these were accepted once and are not to be had any more. */
export interface Gap {
  firstId: string;
  lastId: string;
  count: number;
  reason: GapReason;
}

/** Two gaps as one: the ids of the outer ends; of two reasons the later counts. */
export function mergeGaps(first: Gap | undefined, second: Gap): Gap {
  if (!first) return second;
  const low = compareIds(first.firstId, second.firstId) <= 0 ? first.firstId : second.firstId;
  const high = compareIds(first.lastId, second.lastId) >= 0 ? first.lastId : second.lastId;
  return { firstId: low, lastId: high, count: first.count + second.count, reason: second.reason };
}

/** Whether the outer gap speaks of all that the inner one speaks of. */
export const isWithin = (inner: Gap, outer: Gap | undefined): boolean =>
  outer !== undefined &&
  outer.count >= inner.count &&
  compareIds(outer.firstId, inner.firstId) <= 0 &&
  compareIds(outer.lastId, inner.lastId) >= 0;

/** Order of two record ids: by boot, then by sequence. */
export function compareIds(a: string, b: string): number {
  const [bootA = 0, seqA = 0] = a.split('-').map(Number);
  const [bootB = 0, seqB = 0] = b.split('-').map(Number);
  return bootA - bootB || seqA - seqB;
}

export type RecordTime = Pick<CloudRecord, 'boot' | 'monoMs' | 'utcMs' | 'timeQuality'>;

/** Only the time of a record: its body need not stay in memory for that. */
export const timeOf = ({ boot, monoMs, utcMs, timeQuality }: RecordTime): RecordTime => ({
  boot,
  monoMs,
  utcMs,
  timeQuality,
});

export interface Now {
  boot: number;
  monoMs: number;
  wallMs: number;
  /** Whether the wall clock may be believed. */
  isWallTrusted: boolean;
}

/** Age of a record, ms; undefined when nothing trustworthy says. A wrong clock must not throw a week of records away. */
export function ageMsOf(time: RecordTime, now: Now): number | undefined {
  if (time.boot === now.boot) return Math.max(0, now.monoMs - time.monoMs);
  if (time.timeQuality !== 'utc' || !now.isWallTrusted) return undefined;
  const age = now.wallMs - time.utcMs;
  return age < 0 ? undefined : age;
}

/** Whether the oldest segment has to go before `incoming` more bytes are written. */
export function mustDropOldest(usedBytes: number, incomingBytes: number, maxBytes: number): boolean {
  return usedBytes + incomingBytes > maxBytes;
}

/** Least free space left to others: the configured figure, or a twentieth of a file system so small that this is less. */
export function freeFloorBytes(minFreeBytes: number, totalBytes: number): number {
  return Math.min(minFreeBytes, totalBytes * 0.05);
}

/** Bytes of one segment: 256 KiB, or an eighth of a small outbox, because a whole segment goes at a time. */
export function segmentBytesFor(maxBytes: number): number {
  return Math.min(262_144, Math.max(4096, Math.floor(maxBytes / 8)));
}
