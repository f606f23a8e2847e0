// Where records of class A wait: in the log, or, while the disk takes nothing, in memory (2 MiB), from where they go to
// the log as soon as it can be written again.
//
//   ok ── a write or fsync fails ──> memory (no space, I/O error) | readonly (read-only, not permitted)
//   ^                                   |
//   └── all in memory is on the disk ───┘   tried again after 1 s, 2 s … 60 s
//
// While the disk is not well everything goes to memory, so that the order in the log stays the order of the numbers.
import type { Clock, CloudRecord, Logger, Timer } from '../core/index.js';
import { systemCode } from '../vault/index.js';
import { cursorPath, encodeCursor } from './cursor.js';
import type { LogDisk } from './log-disk.js';
import { decodePayload, RECORD_HEADER_BYTES } from './record-codec.js';
import { type Gap, mergeGaps, type RecordTime } from './retention.js';
import { createGroupSync, type GroupSync } from './sync.js';
import type { Wal } from './wal.js';
import type { StoredRecord } from './wal-reader.js';

const MEMORY_BYTES = 2 * 1024 * 1024;
const RETRY_MS = { first: 1000, cap: 60_000 };
/** The cursor only saves duplicates after a crash: it is not worth a write every few seconds. */
const CURSOR_EVERY_MS = 30_000;
const OLDEST_EVERY_MS = 5000;

export interface StoreDeps {
  clock: Clock;
  log: Logger;
  disk: LogDisk;
  dir: string;
  wal: Wal;
  /** Class B goes first when room is short; says how many went. */
  dropClassB: () => number;
  onChange: () => void;
}

type Waiting = StoredRecord & { time: RecordTime; bytes: number };

export class Store {
  readonly sync: GroupSync;
  state: 'ok' | 'memory' | 'readonly' = 'ok';
  /** Lost to bounds, with those of class B. */
  dropped = 0;
  readonly #deps: StoreDeps;
  readonly #memory = new Map<number, Waiting>();
  #memoryBytes = 0;
  #gap: Gap | undefined;
  #telling: Gap | undefined;
  #isGapSaving = false;
  #retryMs = RETRY_MS.first;
  #retry: Timer | undefined;
  #nextSeq = 0;
  #oldest: { time: RecordTime | undefined; untilMs: number } | undefined;
  #savedBelow = 0;
  #savedAtMs = Number.NEGATIVE_INFINITY;
  #saving: Promise<void> = Promise.resolve();
  #hasCursorFile: boolean;
  #isClosed = false;

  constructor(deps: StoreDeps, cursor: { settledBelow: number; gap?: Gap }) {
    this.#deps = deps;
    this.#gap = cursor.gap;
    this.#savedBelow = cursor.settledBelow;
    this.#hasCursorFile = cursor.settledBelow > 0 || cursor.gap !== undefined;
    this.sync = createGroupSync(deps, {
      onFailure: (error) => this.#failed(error),
      onGroup: () => this.#saveNowAndThen(),
    });
  }

  /** Records of class A not settled. */
  get count(): number {
    return this.#deps.wal.left + this.#memory.size;
  }

  get bytes(): number {
    return this.#deps.wal.bytes + this.#memoryBytes;
  }

  /**
   * When the oldest record waiting happened, as far as it can be read; as of a few seconds ago, because a replay changes it
   * with each record and the log reads a segment for each.
   */
  oldestTime(): RecordTime | undefined {
    if (this.count === 0) return undefined;
    const nowMs = this.#deps.clock.mono();
    if (!this.#oldest || nowMs >= this.#oldest.untilMs) {
      const [first] = this.#memory.values();
      this.#oldest = { time: this.#deps.wal.oldestTime() ?? first?.time, untilMs: nowMs + OLDEST_EVERY_MS };
    }
    return this.#oldest.time;
  }

  /** Up to here the backlog has been read; what is below and still open is the reader's to keep. */
  get nextSeq(): number {
    return this.#nextSeq;
  }

  /** What went and has not been told. */
  get gap(): Gap | undefined {
    return this.#gap;
  }

  /** The gap to be told now; it stays on the disk until `gapTold`. */
  takeGap(): Gap | undefined {
    this.#telling = this.#gap;
    this.#gap = undefined;
    return this.#telling;
  }

  /** It could not be told: it becomes part of what is still to be told. */
  gapNotTold(): void {
    if (this.#telling) this.#gap = this.#gap ? mergeGaps(this.#telling, this.#gap) : this.#telling;
    this.#telling = undefined;
  }

  addGap(gap: Gap): void {
    // What is put aside is counted as that.
    const isLoss = gap.reason !== 'quarantined';
    if (isLoss) this.dropped += gap.count;
    if (isLoss && !this.#gap)
      this.#deps.log.warn('outbox.full', { ...gap }, 'Records are lost; a gap record will say which.');
    this.#gap = mergeGaps(this.#gap, gap);
    // One write for a whole run of losses.
    if (this.#isGapSaving) return;
    this.#isGapSaving = true;
    void Promise.resolve().then(() => {
      this.#isGapSaving = false;
      return this.save();
    });
  }

  /** The gap has been told. */
  gapTold(): void {
    this.#telling = undefined;
    void this.save();
  }

  /** Keeps a record. Where that takes an fsync, resolves after it; never throws or rejects. */
  put(record: StoredRecord, time: RecordTime, isSync: boolean): Promise<void> | undefined {
    if (this.state !== 'ok') {
      this.#remember({ ...record, time });
      return undefined;
    }
    try {
      this.#deps.wal.append(record, time);
    } catch (error) {
      this.#failed(error);
      this.#remember({ ...record, time });
      return undefined;
    }
    if (isSync) return this.sync.now();
    this.sync.wrote();
    return undefined;
  }

  #remember(record: StoredRecord & { time: RecordTime }): void {
    const bytes = record.payload.length + RECORD_HEADER_BYTES;
    if (this.#memoryBytes + bytes > MEMORY_BYTES) this.dropped += this.#deps.dropClassB();
    this.#memory.set(record.seq, { ...record, bytes });
    this.#memoryBytes += bytes;
    for (const [seq, old] of this.#memory) {
      if (this.#memoryBytes <= MEMORY_BYTES) break;
      this.#forget(seq);
      const id = `${old.boot}-${old.seq}`;
      this.#deps.wal.settled.add(seq);
      this.addGap({ firstId: id, lastId: id, count: 1, reason: 'memory' });
    }
  }

  #forget(seq: number): void {
    this.#memoryBytes -= this.#memory.get(seq)?.bytes ?? 0;
    this.#memory.delete(seq);
  }

  isSettled(seq: number): boolean {
    return this.#deps.wal.settled.has(seq);
  }

  /** The record needs no more. Repeated calls are harmless. */
  settle(seq: number): void {
    const { wal } = this.#deps;
    if (wal.settled.has(seq)) return;
    if (this.#memory.has(seq)) {
      this.#forget(seq);
      wal.settled.add(seq);
    } else wal.settle(seq);
    if (this.count > 0) return;
    this.#oldest = undefined;
    this.#clearCursor();
  }

  /** The next record of the backlog, oldest first, that is open and not named by `skip`. */
  next(skip: (seq: number) => boolean): CloudRecord | undefined {
    const { wal } = this.#deps;
    // What is passed over is not read again: should it come back, it is for whoever has it now to keep.
    const passOver = (seq: number): boolean => {
      const isSkipped = skip(seq);
      if (isSkipped) this.#nextSeq = Math.max(this.#nextSeq, seq + 1);
      return isSkipped;
    };
    for (;;) {
      // While part of the log cannot be read, what is in memory comes after it.
      const found =
        wal.next(this.#nextSeq, passOver) ?? (wal.unread.isPaused ? undefined : this.#nextInMemory(passOver));
      if (!found) return undefined;
      this.#nextSeq = found.seq + 1;
      const record = decodePayload(found.boot, found.seq, found.payload);
      if (record) return record;
      // A whole record of a form this version does not know: it cannot be sent.
      wal.corrupt++;
      const id = `${found.boot}-${found.seq}`;
      this.settle(found.seq);
      this.addGap({ firstId: id, lastId: id, count: 1, reason: 'unreadable' });
    }
  }

  #nextInMemory(skip: (seq: number) => boolean): StoredRecord | undefined {
    for (const [seq, record] of this.#memory) if (seq >= this.#nextSeq && !skip(seq)) return record;
    return undefined;
  }

  /** The system refused: from now on memory, and a new attempt in a while. */
  #failed(error: unknown): void {
    const code = systemCode(error) || 'unknown';
    const before = this.state;
    this.state = ['EROFS', 'EACCES', 'EPERM'].includes(code) ? 'readonly' : 'memory';
    if (before === 'ok')
      this.#deps.log.error('outbox.disk', { code, state: this.state }, 'Records are kept in memory for now.');
    this.#retry ??= this.#deps.clock.after(this.#retryMs, () => {
      this.#retry = undefined;
      void this.#tryDisk();
    });
    this.#retryMs = Math.min(RETRY_MS.cap, this.#retryMs * 2);
    if (before !== this.state) this.#deps.onChange();
  }

  /** Moves what is in memory into the log. */
  async #tryDisk(): Promise<void> {
    if (this.#isClosed) return;
    const flushed = this.#flushMemory();
    if (flushed !== undefined) {
      this.#failed(flushed.error);
      return;
    }
    const before = this.#retry;
    await this.sync.now();
    // A failed fsync has arranged for the next attempt by itself. Meanwhile more may have come to memory.
    if (this.#retry !== before) return;
    const more = this.#flushMemory();
    if (more !== undefined) {
      this.#failed(more.error);
      return;
    }
    this.state = 'ok';
    this.#retryMs = RETRY_MS.first;
    this.sync.wrote();
    if (this.#gap) void this.save();
    this.#deps.log.info('outbox.disk-back', {}, 'The outbox is written to the disk again.');
    this.#deps.onChange();
  }

  #flushMemory(): { error: unknown } | undefined {
    for (const [seq, waiting] of this.#memory) {
      try {
        this.#deps.wal.append(waiting, waiting.time);
      } catch (error) {
        return { error };
      }
      this.#forget(seq);
    }
    return undefined;
  }

  #saveNowAndThen(): void {
    const firstOpen = this.#deps.wal.firstOpen ?? 0;
    const isDue =
      this.#deps.wal.settled.has(firstOpen - 1) && this.#deps.clock.mono() - this.#savedAtMs >= CURSOR_EVERY_MS;
    if (isDue && firstOpen > this.#savedBelow) void this.save();
  }

  /** Writes the cursor and the gap; never rejects. */
  save(): Promise<void> {
    const { clock, disk, dir, log, wal } = this.#deps;
    this.#saving = this.#saving.then(async () => {
      const settledBelow = wal.firstOpen ?? 0;
      const gap = this.#telling && this.#gap ? mergeGaps(this.#telling, this.#gap) : (this.#telling ?? this.#gap);
      const dropped = wal.takeDropped();
      const isNothingToSay = settledBelow === 0 && !gap;
      if (this.state !== 'ok' || isNothingToSay) {
        for (const segment of dropped) wal.discard(segment);
        if (this.state === 'ok') this.#clearCursor();
        return;
      }
      this.#savedAtMs = clock.mono();
      try {
        this.#hasCursorFile = true;
        await disk.replace(cursorPath(dir), encodeCursor({ settledBelow, ...(gap ? { gap } : {}) }));
        this.#savedBelow = settledBelow;
        // All may have been settled while it was written.
        if (this.count === 0) this.#clearCursor();
      } catch (error) {
        log.debug('outbox.cursor-not-kept', { code: systemCode(error) });
      }
      for (const segment of dropped) wal.discard(segment);
    });
    return this.#saving;
  }

  #clearCursor(): void {
    if (!this.#hasCursorFile || this.#gap || this.#telling) return;
    this.#hasCursorFile = false;
    this.#savedBelow = 0;
    try {
      this.#deps.disk.unlink(cursorPath(this.#deps.dir));
    } catch {
      // A stale one is harmless: what it names as settled is.
    }
  }

  #cancelRetry(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
  }

  /** Brings to the disk what can be brought, and closes the files. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRetry();
    if (this.state !== 'ok' && this.#flushMemory() === undefined) this.state = 'ok';
    this.sync.stop();
    if (this.#deps.wal.left > 0) await this.sync.now();
    await this.save();
    this.sync.stop();
    this.#cancelRetry();
    this.#deps.wal.closeAll();
  }
}
