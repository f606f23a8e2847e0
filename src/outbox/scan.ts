// Walks through the bytes of a segment. A bad place with a good record behind it is damage: it is skipped and counted. A
// bad place with nothing good behind it is the torn end a crash leaves: it is cut.
import { MAGIC, RECORD_HEADER_BYTES, recordAt, SEGMENT_HEADER, SEGMENT_VERSION } from './record-codec.js';

export type ScanStep =
  | { is: 'record'; boot: number; seq: number; payload: Buffer; end: number }
  /** Damage; go on at `end`. */
  | { is: 'bad'; end: number }
  /** Nothing good from here on. */
  | { is: 'torn' }
  | { is: 'end' };

/** CRCs tried on one damaged place: each may cost 64 KiB of arithmetic. */
const MAX_TRIES = 256;

/** What is at `at`: a record, damage, or the end. */
export function scanAt(bytes: Buffer, at: number): ScanStep {
  if (at >= bytes.length) return { is: 'end' };
  const record = recordAt(bytes, at);
  if (record) return { is: 'record', ...record };
  let next = at;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    next = bytes.indexOf(MAGIC, next + 1);
    if (next < 0 || next + RECORD_HEADER_BYTES > bytes.length) return { is: 'torn' };
    if (recordAt(bytes, next)) return { is: 'bad', end: next };
  }
  return { is: 'torn' };
}

export interface SegmentScan {
  /** `newer`: written by a version that knows more; left alone. `foreign`: not one good record and not empty. */
  is: 'good' | 'newer' | 'foreign';
  /** `damagedBytes`: of the damage in front of it. */
  records: { boot: number; seq: number; payload: Buffer; damagedBytes: number }[];
  /** Bytes up to the end of the last good record. */
  goodBytes: number;
  /** Damaged places with good records behind them. */
  corrupt: number;
  /** The file ends in bytes that are no record, so many of them. */
  isTorn: boolean;
  tornBytes: number;
}

/** Reads a whole segment; never throws, whatever the bytes are. */
export function scanSegment(bytes: Buffer): SegmentScan {
  const scan: SegmentScan = { is: 'good', records: [], goodBytes: 0, corrupt: 0, isTorn: false, tornBytes: 0 };
  if (bytes.length === 0) return scan;
  const hasHeader = bytes.length >= 8 && bytes.compare(SEGMENT_HEADER, 0, 4, 0, 4) === 0;
  if (hasHeader && (bytes[4] ?? 0) > SEGMENT_VERSION) return { ...scan, is: 'newer' };
  // A damaged file header costs nothing but its own place: records are found by their magic.
  let at = hasHeader ? SEGMENT_HEADER.length : 0;
  scan.goodBytes = at;
  let damagedBytes = 0;
  for (;;) {
    const step = scanAt(bytes, at);
    if (step.is === 'end') break;
    if (step.is === 'torn') {
      scan.isTorn = true;
      scan.tornBytes = bytes.length - at;
      break;
    }
    if (step.is === 'bad') {
      scan.corrupt++;
      damagedBytes += step.end - at;
      at = step.end;
      continue;
    }
    at = step.end;
    scan.goodBytes = at;
    scan.records.push({ boot: step.boot, seq: step.seq, payload: step.payload, damagedBytes });
    damagedBytes = 0;
  }
  // A crash may leave part of the very first write; anything longer without one good record is not ours to judge.
  if (scan.records.length === 0 && bytes.length > SEGMENT_HEADER.length && !hasHeader) scan.is = 'foreign';
  return scan;
}
