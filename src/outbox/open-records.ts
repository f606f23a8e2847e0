// What is open in a segment, for the few who ask: read from the disk each time, because nothing is kept per record.
import type { LogDisk } from './log-disk.js';
import { decodePayload, idOf } from './record-codec.js';
import { type RecordTime, timeOf } from './retention.js';
import { scanSegment } from './scan.js';
import { readSegment, type Segment } from './segment.js';
import type { SettledSet } from './settled.js';
import type { StoredRecord } from './wal-reader.js';

export class OpenRecords {
  readonly #disk: LogDisk;
  readonly #settled: SettledSet;
  #oldest: { seq: number; time: RecordTime | undefined } | undefined;

  constructor(disk: LogDisk, settled: SettledSet) {
    this.#disk = disk;
    this.#settled = settled;
  }

  #in(segment: Segment): StoredRecord[] | undefined {
    try {
      return scanSegment(readSegment(this.#disk, segment)).records.filter(({ seq }) => !this.#settled.has(seq));
    } catch {
      return undefined;
    }
  }

  /** Undefined when it cannot be read. */
  idsOf(segment: Segment): string[] | undefined {
    return this.#in(segment)?.map(({ boot, seq }) => idOf(boot, seq));
  }

  /** When the first open record of the segment happened; `seq` is its number, and it is read once for each. */
  timeOf(seq: number, segment: Segment | undefined): RecordTime | undefined {
    if (this.#oldest?.seq === seq) return this.#oldest.time;
    const first = segment && this.#in(segment)?.[0];
    const record = first && decodePayload(first.boot, first.seq, first.payload);
    this.#oldest = { seq, time: record && timeOf(record) };
    return this.#oldest.time;
  }
}
