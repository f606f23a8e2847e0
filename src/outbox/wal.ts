// The log on the disk: segments appended to at the end, read from the front, removed when all in them is settled.
//
//   oldest                                                          active
//   [ settled | settled ]   [ settled | open | open ]   [ open | open |      ]
//     removed at once         `nextSeq` reads here         appended here; fsync in groups
//
// Nothing is kept per record: what is settled is a set of ranges, what is open is a count per segment. When everything is
// settled the active segment is cut to nothing before the system writes it back: a healthy link costs next to no flash.
import { type Logger, WaymarkError } from '../core/index.js';
import { systemCode } from '../vault/index.js';
import type { LogDisk } from './log-disk.js';
import { decodePayload, encodeRecord, idOf, SEGMENT_HEADER } from './record-codec.js';
import {
  freeFloorBytes,
  type Gap,
  type GapReason,
  mustDropOldest,
  type RecordTime,
  segmentBytesFor,
  timeOf,
} from './retention.js';
import { scanSegment } from './scan.js';
import { freshSegment, readSegment, type Segment, setAside } from './segment.js';
import { SettledSet } from './settled.js';
import { type StoredRecord, WalReader } from './wal-reader.js';

export interface WalOptions {
  dir: string;
  maxBytes: number;
  minFreeBytes: number;
}

const byteCount = (segments: readonly Segment[]): number => segments.reduce((sum, { bytes }) => sum + bytes, 0);

export class Wal {
  readonly segments: Segment[];
  readonly settled = new SettledSet();
  /** Damaged places found while reading. */
  corrupt = 0;
  /** A file was made or removed since the directory was last synced. */
  isDirectoryDirty = false;
  readonly #disk: LogDisk;
  readonly #log: Logger;
  readonly #options: WalOptions;
  readonly #segmentBytes: number;
  readonly #onGap: (gap: Gap) => void;
  readonly #reader: WalReader;
  #active: Segment | undefined;
  /** The last segment of an earlier run, whole to its end: written on rather than left with one record. */
  #reusable: Segment | undefined;
  #oldest: { seq: number; time: RecordTime | undefined } | undefined;

  constructor(
    deps: { disk: LogDisk; log: Logger; onGap: (gap: Gap) => void },
    options: WalOptions,
    found: { segments: Segment[]; endsClean: boolean },
  ) {
    this.#disk = deps.disk;
    this.#log = deps.log;
    this.#onGap = deps.onGap;
    this.#options = options;
    this.#segmentBytes = segmentBytesFor(options.maxBytes);
    this.segments = found.segments;
    this.#reader = new WalReader(deps.disk, {
      segments: this.segments,
      onDamage: (segment) => this.#recount(segment),
      onUnreadable: (segment, error) => {
        this.#log.warn('outbox.unreadable', { file: segment.path, code: systemCode(error) });
        this.#spoilt(segment);
      },
    });
    if (found.endsClean) this.#reusable = found.segments.at(-1);
    for (const segment of [...this.segments]) if (segment.left === 0) this.#remove(segment);
  }

  get bytes(): number {
    return byteCount(this.segments);
  }

  get left(): number {
    return this.segments.reduce((sum, { left }) => sum + left, 0);
  }

  /** The lowest sequence number not settled; undefined when all are. */
  get firstOpen(): number | undefined {
    const segment = this.segments.find(({ left }) => left > 0);
    return segment && this.settled.firstMissing(segment.firstSeq);
  }

  /** Writes a record at the end. Throws the system's error; the log is then as before. */
  append(record: StoredRecord, time: RecordTime): void {
    const bytes = encodeRecord(record.boot, record.seq, record.payload);
    this.#makeRoom(bytes.length);
    const segment = this.#writable(record.seq, bytes.length);
    this.#write(segment, bytes);
    segment.left++;
    segment.lastSeq = record.seq;
    segment.newest = timeOf(time);
    segment.lastId = idOf(record.boot, record.seq);
    segment.firstId ??= segment.lastId;
  }

  #write(segment: Segment, record: Buffer): void {
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
        this.#retire();
      }
      throw error;
    }
    segment.bytes += bytes.length;
    segment.unsynced += bytes.length;
  }

  /** The segment to append to, made when there is none or it is full. */
  #writable(seq: number, incoming: number): Segment {
    if (this.#active && this.#active.bytes > 0 && this.#active.bytes + incoming > this.#segmentBytes) this.#retire();
    if (this.#active) return this.#active;
    const old = this.#reusable;
    this.#reusable = undefined;
    if (old && this.segments.includes(old) && old.bytes + incoming <= this.#segmentBytes) {
      try {
        old.fd = this.#disk.openForAppend(old.path);
        this.#disk.truncate(old.fd, old.bytes);
        this.#active = old;
        return old;
      } catch {
        this.#close(old);
      }
    }
    this.#keepFree();
    const segment = freshSegment(this.#options.dir, seq);
    this.#create(segment);
    this.segments.push(segment);
    this.#active = segment;
    return segment;
  }

  #create(segment: Segment): void {
    const make = (): void => {
      segment.fd = this.#disk.create(segment.path);
    };
    try {
      make();
    } catch (error) {
      if (systemCode(error) === 'ENOENT') this.#disk.makeDirectory(this.#options.dir);
      // A file of that name which was not taken into the log is damaged, or the rest of a failed attempt.
      else if (systemCode(error) === 'EEXIST') setAside(this.#disk, this.#options.dir, segment.path);
      else throw error;
      make();
    }
    this.isDirectoryDirty = true;
  }

  /** Ends the active segment; its descriptor is closed after its last fsync. */
  #retire(): void {
    const active = this.#active;
    this.#active = undefined;
    if (active && (active.left === 0 || active.unsynced === 0)) this.#close(active);
    if (active && active.left === 0) this.#remove(active);
  }

  #close(segment: Segment): void {
    const { fd } = segment;
    if (fd === undefined || segment.isSyncing) return;
    delete segment.fd;
    try {
      this.#disk.close(fd);
    } catch {
      // What a close says about earlier writes an fsync has said before.
    }
  }

  /** After an fsync: closes what is not written any more. */
  closeIdle(segment: Segment): void {
    if (segment !== this.#active) this.#close(segment);
  }

  #makeRoom(incoming: number): void {
    while (mustDropOldest(this.bytes, incoming, this.#options.maxBytes)) {
      if (this.segments.length === 1 && this.segments[0] === this.#active) this.#retire();
      if (!this.dropOldest('full')) return;
    }
  }

  /** A new segment takes space from others only down to the floor; beyond it our own oldest makes room. */
  #keepFree(): void {
    let space: { freeBytes: number; totalBytes: number };
    try {
      space = this.#disk.space(this.#options.dir);
    } catch {
      return;
    }
    if (space.freeBytes - this.#segmentBytes >= freeFloorBytes(this.#options.minFreeBytes, space.totalBytes)) return;
    if (!this.dropOldest('full'))
      throw Object.assign(new Error('the free space left to others is reached'), { code: 'ENOSPC' });
  }

  /** Drops whole segments that are too old by their newest record. */
  dropExpired(isTooOld: (time: RecordTime) => boolean): void {
    for (let first = this.segments[0]; first?.newest && isTooOld(first.newest); first = this.segments[0])
      if (!this.dropOldest('age')) return;
  }

  /** When the oldest open record happened; read from the disk once for each new oldest. */
  oldestTime(): RecordTime | undefined {
    const seq = this.firstOpen;
    if (seq === undefined) return undefined;
    if (this.#oldest?.seq === seq) return this.#oldest.time;
    const segment = this.segments.find(({ left }) => left > 0);
    let time: RecordTime | undefined;
    try {
      const bytes = segment ? readSegment(this.#disk, segment) : Buffer.alloc(0);
      const first = scanSegment(bytes).records.find((record) => !this.settled.has(record.seq));
      const record = first && decodePayload(first.boot, first.seq, first.payload);
      if (record) time = timeOf(record);
    } catch {
      // Not readable: its age is not known.
    }
    this.#oldest = { seq, time };
    return time;
  }

  /** Drops the oldest segment with what is open in it, except the one being written. False when there is none. */
  dropOldest(reason: GapReason): boolean {
    const segment = this.segments[0];
    if (!segment || segment === this.#active) return false;
    const open = this.#openOf(segment);
    const gap =
      open.length > 0
        ? { firstId: open[0] ?? '', lastId: open.at(-1) ?? '', count: open.length }
        : { firstId: segment.firstId ?? '', lastId: segment.lastId ?? '', count: segment.left };
    this.settled.add(segment.firstSeq, segment.lastSeq);
    segment.left = 0;
    this.#remove(segment);
    if (gap.count > 0) this.#onGap({ ...gap, reason });
    return true;
  }

  #openOf(segment: Segment): string[] {
    try {
      return scanSegment(readSegment(this.#disk, segment))
        .records.filter(({ seq }) => !this.settled.has(seq))
        .map(({ boot, seq }) => idOf(boot, seq));
    } catch {
      return [];
    }
  }

  #remove(segment: Segment): void {
    const at = this.segments.indexOf(segment);
    if (at >= 0) this.segments.splice(at, 1);
    if (this.#active === segment) this.#active = undefined;
    this.#reader.forget(segment);
    this.#close(segment);
    const first = this.segments[0];
    if (first) this.settled.forgetBelow(first.firstSeq);
    this.isDirectoryDirty = true;
    if (segment.isDamaged) setAside(this.#disk, this.#options.dir, segment.path);
    else this.#unlink(segment.path);
  }

  #unlink(path: string): void {
    try {
      this.#disk.unlink(path);
    } catch (error) {
      // Left behind it is read again at the next start: duplicates, never holes.
      this.#log.debug('outbox.not-removed', { path, code: systemCode(error) });
    }
  }

  /** Marks a record as done; the caller knows that it is in the log and was not settled before. */
  settle(seq: number): void {
    this.settled.add(seq);
    const segment = this.segments.find((each) => seq >= each.firstSeq && seq <= each.lastSeq);
    if (!segment || segment.left === 0) return;
    segment.left--;
    if (segment.left > 0) return;
    if (segment !== this.#active) this.#remove(segment);
    else if (this.segments.length === 1) this.#reset(segment);
  }

  /** Everything is settled: the pages not written back yet are taken back, and nothing is synced. */
  #reset(segment: Segment): void {
    if (segment.isDamaged || segment.hasLostPages) {
      this.#retire();
      return;
    }
    try {
      this.#disk.truncate(segment.fd ?? -1, 0);
    } catch {
      this.#retire();
      return;
    }
    segment.bytes = 0;
    segment.unsynced = 0;
    delete segment.firstId;
    this.#reader.forget(segment);
    this.settled.forgetBelow(segment.lastSeq);
  }

  /** The first open record from `nextSeq` on that `skip` does not name. */
  next(nextSeq: number, skip: (seq: number) => boolean): StoredRecord | undefined {
    return this.#reader.next(nextSeq, (seq) => this.settled.has(seq) || skip(seq));
  }

  /** Some of its records went bad after they were written: they are a gap, the rest goes on. */
  #recount(segment: Segment): void {
    if (segment.isDamaged) return;
    this.corrupt++;
    segment.isDamaged = true;
    const { firstId = '', lastId = '' } = segment;
    const open = this.#openOf(segment).length;
    const count = segment.left - open;
    if (count > 0) this.#onGap({ firstId, lastId, count, reason: 'unreadable' });
    segment.left = open;
    if (open === 0) this.#retireOrRemove(segment);
  }

  #retireOrRemove(segment: Segment): void {
    if (segment === this.#active) this.#retire();
    else this.#remove(segment);
  }

  /** Records that were written cannot be read back: they are a gap, and the file is kept for a look. */
  #spoilt(segment: Segment): void {
    this.corrupt++;
    segment.isDamaged = true;
    if (segment === this.#active) this.#retire();
    const { left, firstId = '', lastId = '' } = segment;
    if (left > 0) this.#onGap({ firstId, lastId, count: left, reason: 'unreadable' });
    this.settled.add(segment.firstSeq, segment.lastSeq);
    segment.left = 0;
    this.#remove(segment);
  }

  /**
   * Writes what is open of a segment into a new file, because its fsync failed: pages may be gone that the system will
   * not speak of again. Throws the system's error; the old file is then still the one that counts.
   */
  replace(segment: Segment): Segment {
    const bytes = readSegment(this.#disk, segment);
    const { records } = scanSegment(bytes);
    const fresh = freshSegment(this.#options.dir, segment.firstSeq, segment.generation + 1);
    const parts = records
      .filter(({ seq }) => !this.settled.has(seq))
      .map(({ boot, seq, payload }) => encodeRecord(boot, seq, payload));
    const whole = Buffer.concat([SEGMENT_HEADER, ...parts]);
    this.#create(fresh);
    try {
      const taken = this.#disk.append(fresh.fd ?? -1, whole);
      if (taken !== whole.length) throw new WaymarkError('outbox.disk', `${fresh.path}: the disk is full`);
    } catch (error) {
      this.#close(fresh);
      this.#unlink(fresh.path);
      throw error;
    }
    const { lastSeq, left, newest, firstId, lastId } = segment;
    Object.assign(fresh, { lastSeq, left, newest, firstId, lastId, bytes: whole.length, unsynced: whole.length });
    return fresh;
  }

  /** Puts the replacement where the old segment was; it is the end of the log if that was. */
  exchange(old: Segment, fresh: Segment): void {
    const at = this.segments.indexOf(old);
    if (at < 0) return;
    this.segments[at] = fresh;
    if (this.#active === old) this.#active = fresh;
    this.#reader.forget(old);
    this.#close(old);
    this.#unlink(old.path);
  }

  closeAll(): void {
    for (const segment of this.segments) this.#close(segment);
    this.#active = undefined;
  }
}
