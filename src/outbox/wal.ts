// The log on the disk: segments appended to at the end, read from the front, removed when all in them is settled.
//
//   oldest                                                          active
//   [ settled | settled ]   [ settled | open | open ]   [ open | open |      ]
//     removed at once         `nextSeq` reads here         appended here; fsync in groups
//
// Nothing is kept per record: what is settled is a set of ranges, what is open is a count per segment. When everything is
// settled the active segment is cut to nothing before the system writes it back: a healthy link costs next to no flash.
import type { Clock, Logger } from '../core/index.js';
import { systemCode } from '../vault/index.js';
import { type FoundLog, readLate, type UnreadFiles } from './find.js';
import type { LogDisk } from './log-disk.js';
import { OpenRecords } from './open-records.js';
import { encodeRecord, idOf } from './record-codec.js';
import { type Gap, type GapReason, mustDropOldest, type RecordTime, segmentBytesFor, timeOf } from './retention.js';
import { freshSegment, SEGMENT_NAME, type Segment, setAside } from './segment.js';
import { SegmentFiles } from './segment-files.js';
import { SettledSet } from './settled.js';
import { mayPass, Unread } from './unread.js';
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
  readonly unread: Unread;
  readonly #disk: LogDisk;
  readonly #log: Logger;
  readonly #options: WalOptions;
  readonly #segmentBytes: number;
  readonly #onGap: (gap: Gap) => void;
  readonly #reader: WalReader;
  readonly #files: SegmentFiles;
  readonly #open: OpenRecords;
  #isListed: boolean;
  /** Dropped, and still on the disk until their gap is. */
  readonly #dropped: Segment[] = [];
  #hasRead = false;
  #active: Segment | undefined;
  /** The last segment of an earlier run, whole to its end: written on rather than left with one record. */
  #reusable: Segment | undefined;

  constructor(
    deps: { clock: Clock; disk: LogDisk; log: Logger; onGap: (gap: Gap) => void; onReadable: () => void },
    options: WalOptions,
    found: FoundLog,
  ) {
    this.#disk = deps.disk;
    this.#log = deps.log;
    this.#onGap = deps.onGap;
    this.#options = options;
    this.#segmentBytes = segmentBytesFor(options.maxBytes);
    this.segments = found.segments;
    this.#isListed = found.isListed;
    this.#files = new SegmentFiles(deps.disk, deps.log, options.dir);
    this.#open = new OpenRecords(deps.disk, this.settled);
    this.unread = new Unread(deps.clock, found.unread, {
      read: (files) => this.#join(files),
      onOver: deps.onReadable,
    });
    this.#reader = new WalReader(deps.disk, {
      segments: this.segments,
      onDamage: (segment) => this.#recount(segment),
      onUnreadable: (segment, error) => this.#unreadable(segment, systemCode(error)),
      onRead: () => this.unread.wasRead(),
    });
    if (found.endsClean) this.#reusable = found.segments.at(-1);
    for (const [first, last] of found.holes) this.settled.add(first, last);
    for (const segment of [...this.segments]) if (segment.left === 0) this.#remove(segment);
  }

  /** A file was made or removed since the directory was last synced. */
  get isDirectoryDirty(): boolean {
    return this.#files.isDirectoryDirty;
  }

  set isDirectoryDirty(is: boolean) {
    this.#files.isDirectoryDirty = is;
  }

  get bytes(): number {
    return byteCount(this.segments);
  }

  get left(): number {
    return this.segments.reduce((sum, { left }) => sum + left, 0);
  }

  /** The lowest sequence number not settled, in files not read yet as well; undefined when all are. */
  get firstOpen(): number | undefined {
    const lowest = Math.min(
      this.#firstOpenRead ?? Number.POSITIVE_INFINITY,
      this.unread.firstSeq ?? Number.POSITIVE_INFINITY,
    );
    return lowest === Number.POSITIVE_INFINITY ? undefined : this.settled.firstMissing(lowest);
  }

  get #firstOpenRead(): number | undefined {
    const segment = this.segments.find(({ left }) => left > 0);
    return segment && this.settled.firstMissing(segment.firstSeq);
  }

  /** Writes a record at the end. Throws the system's error; the log is then as before. */
  append(record: StoredRecord, time: RecordTime): void {
    if (!this.#isListed) this.#list();
    const bytes = encodeRecord(record.boot, record.seq, record.payload);
    this.#makeRoom(bytes.length);
    const segment = this.#writable(record.seq, bytes.length);
    this.#files.write(segment, bytes, () => this.#retire());
    segment.left++;
    segment.lastSeq = record.seq;
    segment.newest = timeOf(time);
    segment.lastId = idOf(record.boot, record.seq);
    segment.firstId ??= segment.lastId;
  }

  /** Nothing is written beside files that nobody has seen: their numbers may be the same. */
  #list(): void {
    if (this.#disk.list(this.#options.dir).some((name) => SEGMENT_NAME.test(name)))
      throw Object.assign(new Error('a log is here that could not be listed at the start'), { code: 'EBUSY' });
    this.#isListed = true;
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
        this.#files.close(old);
      }
    }
    this.#keepFree();
    const segment = freshSegment(this.#options.dir, seq);
    this.#files.create(segment);
    this.segments.push(segment);
    this.#active = segment;
    return segment;
  }

  /** Ends the active segment; its descriptor is closed after its last fsync. */
  #retire(): void {
    const active = this.#active;
    this.#active = undefined;
    if (active && (active.left === 0 || active.unsynced === 0)) this.#files.close(active);
    if (active && active.left === 0) this.#remove(active);
  }

  /** After an fsync: closes what is not written any more. */
  closeIdle(segment: Segment): void {
    if (segment !== this.#active) this.#files.close(segment);
  }

  #makeRoom(incoming: number): void {
    while (mustDropOldest(this.bytes, incoming, this.#options.maxBytes)) {
      if (this.segments.length === 1 && this.segments[0] === this.#active) this.#retire();
      if (!this.dropOldest('full')) return;
    }
  }

  /** A new segment takes space from others only down to the floor; beyond it our own oldest makes room. */
  #keepFree(): void {
    const { minFreeBytes } = this.#options;
    if (this.#files.hasSpace(this.#segmentBytes, minFreeBytes)) return;
    if (!this.dropOldest('full'))
      throw Object.assign(new Error('the free space left to others is reached'), { code: 'ENOSPC' });
  }

  /** Drops whole segments that are too old by their newest record. */
  dropExpired(isTooOld: (time: RecordTime) => boolean): void {
    for (let first = this.segments[0]; first?.newest && isTooOld(first.newest); first = this.segments[0])
      if (!this.dropOldest('age')) return;
  }

  /** When the oldest open record happened, as far as it can be read. */
  oldestTime(): RecordTime | undefined {
    const seq = this.#firstOpenRead;
    return seq === undefined
      ? undefined
      : this.#open.timeOf(
          seq,
          this.segments.find(({ left }) => left > 0),
        );
  }

  /** Drops the oldest segment with what is open in it, except the one being written. False when there is none. */
  dropOldest(reason: GapReason): boolean {
    const segment = this.segments[0];
    if (!segment || segment === this.#active) return false;
    const open = this.#open.idsOf(segment) ?? [];
    const gap =
      open.length > 0
        ? { firstId: open[0] ?? '', lastId: open.at(-1) ?? '', count: open.length }
        : { firstId: segment.firstId ?? '', lastId: segment.lastId ?? '', count: segment.left };
    this.settled.add(segment.firstSeq, segment.lastSeq);
    segment.left = 0;
    this.#remove(segment, gap.count > 0);
    if (gap.count > 0) this.#onGap({ ...gap, reason });
    return true;
  }

  /** What was dropped and is still on the disk: to be discarded once its gap is there. A kill till then costs duplicates. */
  takeDropped(): Segment[] {
    return this.#dropped.splice(0);
  }

  discard({ isDamaged, path }: Segment): void {
    if (isDamaged) setAside(this.#disk, this.#options.dir, path);
    else this.#files.unlink(path);
  }

  #remove(segment: Segment, isGapToTell = false): void {
    const at = this.segments.indexOf(segment);
    if (at >= 0) this.segments.splice(at, 1);
    if (this.#active === segment) this.#active = undefined;
    this.#reader.forget(segment);
    this.#files.close(segment);
    const first = this.segments[0];
    if (first) this.#forgetBelow(first.firstSeq);
    this.isDirectoryDirty = true;
    if (isGapToTell) this.#dropped.push(segment);
    else this.discard(segment);
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
    this.#forgetBelow(segment.lastSeq);
  }

  #forgetBelow(seq: number): void {
    this.settled.forgetBelow(Math.min(seq, this.unread.firstSeq ?? seq));
  }

  /** The first open record from `nextSeq` on that `skip` does not name. */
  next(nextSeq: number, skip: (seq: number) => boolean): StoredRecord | undefined {
    if (this.unread.isPaused) return undefined;
    const record = this.#reader.next(nextSeq, (seq) => this.settled.has(seq) || skip(seq));
    if (record) this.#hasRead = true;
    return record;
  }

  /** A link is there: what could not be read is tried again, if that does not upset the order. */
  retryUnread(): void {
    if (!this.#hasRead) this.unread.startOver();
  }

  /** Files that could not be read at the start: false when they still cannot be. */
  #join(files: UnreadFiles): boolean {
    const late = readLate(this.#disk, this.#log, this.#options.dir, files, this.settled.firstMissing(files.firstSeq));
    if (!late) return false;
    this.corrupt += late.corrupt;
    for (const [first, last] of late.holes) this.settled.add(first, last);
    if (late.gap) this.#onGap(late.gap);
    const { segment } = late;
    if (!segment) return true;
    const at = this.segments.findIndex(({ firstSeq }) => firstSeq > files.firstSeq);
    this.segments.splice(at < 0 ? this.segments.length : at, 0, segment);
    if (segment.left === 0) this.#remove(segment);
    return true;
  }

  /** Nothing is to be had from it: now, or for ever. False: it is tried again. */
  #unreadable(segment: Segment, code: string): boolean {
    this.#log.warn('outbox.unreadable', { file: segment.path, code });
    if (!mayPass(code)) this.#spoilt(segment);
    else if (this.unread.pause()) return false;
    else this.#leave(segment);
    return true;
  }

  /** It stays where it is, for the next start. */
  #leave(segment: Segment): void {
    if (segment === this.#active) this.#active = undefined;
    this.segments.splice(this.segments.indexOf(segment), 1);
    this.#reader.forget(segment);
    this.#files.close(segment);
    const { firstSeq, lastSeq, path } = segment;
    const names = [path.slice(path.lastIndexOf('/') + 1)];
    this.unread.leave({ firstSeq, upTo: lastSeq, names, isNewer: false, isLeft: true });
  }

  /** Some of its records went bad after they were written: they are a gap, the rest goes on. */
  #recount(segment: Segment): void {
    const left = segment.isDamaged ? undefined : this.#open.idsOf(segment)?.length;
    if (left === undefined) return;
    this.corrupt++;
    segment.isDamaged = true;
    const { firstId = '', lastId = '' } = segment;
    const count = segment.left - left;
    if (count > 0) this.#onGap({ firstId, lastId, count, reason: 'unreadable' });
    segment.left = left;
    if (left > 0) return;
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

  /** A new file for what is open of a segment whose fsync failed. Throws the system's error; the old one then counts. */
  replace(segment: Segment): Segment {
    return this.#files.rewrite(
      segment,
      (seq) => !this.settled.has(seq),
      (name) => this.unread.has(name),
    );
  }

  /** Puts the replacement where the old segment was; it is the end of the log if that was. */
  exchange(old: Segment, fresh: Segment): void {
    const at = this.segments.indexOf(old);
    if (at < 0) return;
    this.segments[at] = fresh;
    if (this.#active === old) this.#active = fresh;
    this.#reader.forget(old);
    this.#files.close(old);
    this.#files.unlink(old.path);
  }

  closeAll(): void {
    this.unread.stop();
    for (const segment of this.segments) this.#files.close(segment);
    this.#active = undefined;
  }
}
