// Reads the log from the front, a segment at a time (256 KiB in memory at most), and goes on where it was. It knows no
// record by heart: what is settled or under way is skipped as it comes by.
import type { LogDisk } from './log-disk.js';
import { SEGMENT_HEADER } from './record-codec.js';
import { scanAt } from './scan.js';
import { readSegment, type Segment } from './segment.js';

export interface StoredRecord {
  boot: number;
  seq: number;
  payload: Buffer;
}

export interface WalReaderHooks {
  segments: readonly Segment[];
  /** A damaged place with good records behind it. */
  onDamage: (segment: Segment) => void;
  /** Nothing is to be had from it. True: it is off the list, and the rest goes on; false: all wait for it. */
  onUnreadable: (segment: Segment, error: unknown) => boolean;
  onRead: () => void;
}

export class WalReader {
  readonly #disk: LogDisk;
  readonly #hooks: WalReaderHooks;
  /** `from`: where `bytes` begin in the file; `at`: the next record, in the file. */
  #reading: { segment: Segment; bytes: Buffer; from: number; at: number } | undefined;

  constructor(disk: LogDisk, hooks: WalReaderHooks) {
    this.#disk = disk;
    this.#hooks = hooks;
  }

  /** The file is gone, or its bytes are others now. */
  forget(segment: Segment): void {
    if (this.#reading?.segment === segment) this.#reading = undefined;
  }

  /** The first record from `nextSeq` on that `skip` does not name. */
  next(nextSeq: number, skip: (seq: number) => boolean): StoredRecord | undefined {
    let from = nextSeq;
    for (;;) {
      const segment = this.#hooks.segments.find(({ lastSeq, left }) => lastSeq >= from && left > 0);
      if (!segment) return undefined;
      const reading = this.#load(segment);
      if (reading === 'waits') return undefined;
      if (reading === 'gone') continue;
      const step = scanAt(reading.bytes, reading.at - reading.from);
      if (step.is === 'end') {
        from = segment.lastSeq + 1;
        continue;
      }
      if (step.is === 'torn') {
        this.#hooks.onUnreadable(segment, new Error('damaged up to its end'));
        continue;
      }
      reading.at = reading.from + step.end;
      if (step.is === 'bad') this.#hooks.onDamage(segment);
      else if (step.seq >= from && !skip(step.seq)) return { boot: step.boot, seq: step.seq, payload: step.payload };
    }
  }

  /** Stands in this segment with all of its bytes. */
  #load(segment: Segment): { bytes: Buffer; from: number; at: number } | 'waits' | 'gone' {
    const now = this.#reading;
    if (now?.segment === segment && now.from + now.bytes.length >= segment.bytes) return now;
    const from = now?.segment === segment ? now.at : 0;
    try {
      const bytes = readSegment(this.#disk, segment, from);
      if (from + bytes.length < segment.bytes)
        throw Object.assign(new Error('shorter than written'), { code: 'ENODATA' });
      const hasHeader = from === 0 && bytes.compare(SEGMENT_HEADER, 0, 4, 0, Math.min(4, bytes.length)) === 0;
      this.#reading = { segment, bytes, from, at: hasHeader ? SEGMENT_HEADER.length : from };
      this.#hooks.onRead();
      return this.#reading;
    } catch (error) {
      return this.#hooks.onUnreadable(segment, error) ? 'gone' : 'waits';
    }
  }
}
