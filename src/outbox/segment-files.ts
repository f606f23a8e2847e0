// What is done with the files of the log: made, written, closed, removed, and written anew after a failed fsync. Which
// segment is meant, and what is open in it, the log itself knows (wal.ts).
import { type Logger, WaymarkError } from '../core/index.js';
import { systemCode } from '../vault/index.js';
import type { LogDisk } from './log-disk.js';
import { encodeRecord, SEGMENT_HEADER } from './record-codec.js';
import { freeFloorBytes } from './retention.js';
import { scanSegment } from './scan.js';
import { freshSegment, readSegment, type Segment, segmentName, setAside } from './segment.js';

export class SegmentFiles {
  /** A file was made or removed since the directory was last synced. */
  isDirectoryDirty = false;
  readonly #disk: LogDisk;
  readonly #log: Logger;
  readonly #dir: string;

  constructor(disk: LogDisk, log: Logger, dir: string) {
    this.#disk = disk;
    this.#log = log;
    this.#dir = dir;
  }

  create(segment: Segment): void {
    const make = (): void => {
      segment.fd = this.#disk.create(segment.path);
    };
    try {
      make();
    } catch (error) {
      if (systemCode(error) === 'ENOENT') this.#disk.makeDirectory(this.#dir);
      // A file of that name which was not taken into the log was read and is damaged, or is the rest of a failed attempt:
      // numbers go on above those of files that were not read.
      else if (systemCode(error) === 'EEXIST') setAside(this.#disk, this.#dir, segment.path);
      else throw error;
      make();
    }
    this.isDirectoryDirty = true;
  }

  /** Whether a file of that size leaves others the space that is theirs. */
  hasSpace(bytes: number, minFreeBytes: number): boolean {
    try {
      const { freeBytes, totalBytes } = this.#disk.space(this.#dir);
      return freeBytes - bytes >= freeFloorBytes(minFreeBytes, totalBytes);
    } catch {
      return true;
    }
  }

  /** Throws the system's error; the file is then as before, or `onStuck` has been told that nothing may follow in it. */
  write(segment: Segment, record: Buffer, onStuck: () => void): void {
    const bytes = segment.bytes === 0 ? Buffer.concat([SEGMENT_HEADER, record]) : record;
    const fd = segment.fd ?? -1;
    try {
      const taken = this.#disk.append(fd, bytes);
      if (taken !== bytes.length)
        throw Object.assign(new Error(`only ${taken} of ${bytes.length} bytes taken`), { code: 'ENOSPC' });
    } catch (error) {
      // A part may be there: nothing may follow it.
      try {
        this.#disk.truncate(fd, segment.bytes);
      } catch {
        onStuck();
      }
      throw error;
    }
    segment.bytes += bytes.length;
    segment.unsynced += bytes.length;
  }

  close(segment: Segment): void {
    const { fd } = segment;
    if (fd === undefined || segment.isSyncing) return;
    delete segment.fd;
    try {
      this.#disk.close(fd);
    } catch {
      // What a close says about earlier writes an fsync has said before.
    }
  }

  unlink(path: string): void {
    try {
      this.#disk.unlink(path);
    } catch (error) {
      // Left behind it is read again at the next start: duplicates, never holes.
      this.#log.debug('outbox.not-removed', { path, code: systemCode(error) });
    }
  }

  /**
   * Writes what is open of a segment into a new file, because its fsync failed: pages may be gone that the system will
   * not speak of again. Throws the system's error; the old file is then still the one that counts.
   */
  rewrite(segment: Segment, isOpen: (seq: number) => boolean, isTaken: (name: string) => boolean): Segment {
    const bytes = readSegment(this.#disk, segment);
    const { records } = scanSegment(bytes);
    let generation = segment.generation + 1;
    while (isTaken(segmentName(segment.firstSeq, generation))) generation++;
    const fresh = freshSegment(this.#dir, segment.firstSeq, generation);
    const parts = records
      .filter(({ seq }) => isOpen(seq))
      .map(({ boot, seq, payload }) => encodeRecord(boot, seq, payload));
    const whole = Buffer.concat([SEGMENT_HEADER, ...parts]);
    this.create(fresh);
    try {
      const taken = this.#disk.append(fresh.fd ?? -1, whole);
      if (taken !== whole.length) throw new WaymarkError('outbox.disk', `${fresh.path}: the disk is full`);
    } catch (error) {
      this.close(fresh);
      this.unlink(fresh.path);
      throw error;
    }
    const { lastSeq, left, newest, firstId, lastId } = segment;
    Object.assign(fresh, { lastSeq, left, newest, firstId, lastId, bytes: whole.length, unsynced: whole.length });
    return fresh;
  }
}
