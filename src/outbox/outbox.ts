// The outbox of one destination: durable, bounded, in order. What is put here is with the system before `put` resolves,
// and stays until the cloud has said that it has it (specs/reliability.md section 2.4).
//
// Order. Without a backlog records go out in the order they were put. While a backlog is replayed, what is put goes ahead
// of it, in order among itself, so that live data never waits for old data; the backlog follows, oldest first, marked as
// replay. At most 64 records are ahead at a time; more of them join the backlog. What is tried again is marked, too.
//
// Bounds. Size and age are kept by dropping the oldest, a segment of 256 KiB (an eighth of a small outbox) at a time,
// class B before that; one gap record says what went and is sent before the rest of the backlog.
//
// A record larger than 64 KiB, or one that is no JSON, is never cut: `put` rejects with `outbox.quarantined`, and its
// beginning is put aside for a look. A bad disk never makes `put` reject.
//
// Files: <sequence>-<generation>.wal, cursor.json, quarantine/, corrupt/ (the last three damaged files).
// Nothing goes to corrupt/ that has not been read.
import { setImmediate as turn } from 'node:timers/promises';
import {
  type Clock,
  type CloudLink,
  type CloudRecord,
  type ErrorCode,
  type Logger,
  type NewRecord,
  sleep,
  toWaymarkError,
  type WaymarkError,
} from '../core/index.js';
import { readCursor } from './cursor.js';
import { findSegments } from './find.js';
import { type LogDisk, realLogDisk, sweepTemporaries } from './log-disk.js';
import { createQuarantine } from './quarantine.js';
import { idOf, payloadOf } from './record-codec.js';
import { ageMsOf, type Gap, isWithin, type RecordTime } from './retention.js';
import { Sender } from './sender.js';
import type { OutboxStatus } from './status.js';
import { Store } from './store.js';
import { Wal } from './wal.js';

export interface Outbox extends AsyncDisposable {
  /**
   * Takes a record; resolves with it once its bytes are with the system (survives kill -9), or on the disk with `sync`.
   * Never rejects for a bad disk: the record is then kept in memory (2 MiB) and the status says `outbox.disk`. Class B
   * replaces the newest undelivered B of its kind in memory and is not written. Errors: `outbox.quarantined` for a record
   * that is too large or no JSON.
   */
  put(record: NewRecord): Promise<CloudRecord>;
  /** Hands records to the link until `signal` aborts; then resolves. Called again after each reconnect. */
  drain(link: CloudLink, options: { signal: AbortSignal }): Promise<void>;
  status(): OutboxStatus;
  /** Called after whatever changes the status; returns the unsubscribe. */
  onChange(callback: () => void): () => void;
  /** Forces what is open to the disk now. */
  flush(): Promise<void>;
}

export interface OutboxDeps {
  clock: Clock;
  log: Logger;
  /** Stand-in for the file system (tests). */
  disk?: LogDisk;
  /** Whether the wall clock may be believed (default: yes). The age of earlier boots' records counts only then. */
  isTimeTrusted?: () => boolean;
}

export interface OutboxOptions {
  /** `<stateDir>/outbox/<destination>`; made 0700. */
  dir: string;
  destination: string;
  /** Which run of the gateway this is; never the same twice, because ids are `<boot>-<sequence>`. */
  boot: number;
  maxBytes: number;
  maxAgeMs: number;
  /** Free space left to others, or a twentieth of the file system where that is less. */
  minFreeBytes: number;
  /** Every record as if marked `sync`. */
  sync: boolean;
}

const SWEEP_EVERY_MS = 60_000;
/** Looks at a folder that cannot be read, and the time between. */
const LOOKS = 5;
const LOOK_EVERY_MS = 200;
const EXCERPT_CHARS = 1024;

/** Opens the outbox and finds what earlier runs left in it. Never rejects for a bad disk or damaged files. */
export async function openOutbox(deps: OutboxDeps, options: OutboxOptions): Promise<Outbox> {
  const { clock } = deps;
  const disk = deps.disk ?? realLogDisk;
  const log = deps.log.child('outbox');
  const { dir, boot } = options;
  try {
    disk.makeDirectory(dir);
  } catch {
    // The first record finds out, and keeps trying.
  }
  sweepTemporaries(disk, dir);
  let cursor = readCursor(disk, dir);
  let found = await findSegments(disk, log, dir, cursor?.settledBelow ?? 0, turn);
  // Without the list of its files nothing can be written, without the cursor a gap may never be told.
  for (let tries = 1; tries < LOOKS && !(cursor && found.isListed); tries++) {
    await sleep(clock, LOOK_EVERY_MS);
    cursor ??= readCursor(disk, dir);
    if (!found.isListed) found = await findSegments(disk, log, dir, cursor?.settledBelow ?? 0, turn);
  }
  cursor ??= { settledBelow: 0 };
  let seq = Math.max(found.lastSeq, cursor.settledBelow);
  let isChangeTold = false;
  let sweptAtMs = clock.mono();
  const listeners = new Set<() => void>();

  /** Told once for all that happens in one turn. */
  const changed = (): void => {
    if (isChangeTold || listeners.size === 0) return;
    isChangeTold = true;
    queueMicrotask(() => {
      isChangeTold = false;
      for (const listener of [...listeners]) listener();
    });
  };

  const ageMs = (time: RecordTime): number | undefined =>
    ageMsOf(time, {
      boot,
      monoMs: clock.mono(),
      wallMs: clock.wall(),
      isWallTrusted: deps.isTimeTrusted?.() ?? true,
    });
  const isTooOld = (time: RecordTime): boolean => (ageMs(time) ?? 0) > options.maxAgeMs;

  const onGap = (gap: Gap): void => {
    store.dropped += sender.dropNewest();
    store.addGap(gap);
  };
  const onReadable = (): void => {
    sender.resume();
    changed();
  };
  const wal = new Wal({ clock, disk, log, onGap, onReadable }, options, found);
  wal.settled.add(1, cursor.settledBelow - 1);
  const dropClassB = (): number => sender.dropNewest();
  const store = new Store({ clock, log, disk, dir, wal, dropClassB, onChange: changed }, cursor);
  // Told already by an earlier run that found it, it waits in the cursor.
  if (found.gap && !isWithin(found.gap, cursor.gap)) store.addGap(found.gap);
  const quarantine = createQuarantine({ disk, log, dir });

  const gapRecord = (gap: Gap): { record: CloudRecord; seq: number } => {
    const mine = ++seq;
    wal.settled.add(mine);
    const isTrusted = deps.isTimeTrusted?.() ?? true;
    return {
      seq: mine,
      record: {
        id: idOf(boot, mine),
        kind: 'gap',
        class: 'A',
        utcMs: isTrusted ? clock.wall() : 0,
        timeQuality: isTrusted ? 'utc' : 'none',
        boot,
        monoMs: clock.mono(),
        body: { ...gap },
      },
    };
  };
  const sender = new Sender({ clock, log, store, quarantine, gapRecord, isTooOld, onChange: changed });

  const sweep = (): void => {
    // Asking the time costs as much as writing a record.
    if (seq % 32 !== 0 || clock.mono() - sweptAtMs < SWEEP_EVERY_MS) return;
    sweptAtMs = clock.mono();
    wal.dropExpired(isTooOld);
  };

  const refuse = async (record: CloudRecord, error: WaymarkError): Promise<never> => {
    let excerpt = '';
    try {
      excerpt = JSON.stringify(record.body).slice(0, EXCERPT_CHARS);
    } catch {
      // No JSON: there is nothing to show.
    }
    sender.counts.quarantined++;
    changed();
    await quarantine.add({
      record: { ...record, body: { excerpt } },
      code: 'too-large',
      reason: error.message,
      atUtcMs: clock.wall(),
    });
    throw error;
  };

  return {
    async put(given) {
      const mine = ++seq;
      const record: CloudRecord = {
        id: idOf(boot, mine),
        kind: given.kind,
        class: given.class,
        utcMs: given.utcMs,
        timeQuality: given.timeQuality,
        boot,
        monoMs: given.monoMs,
        body: given.body,
      };
      let payload: Buffer;
      try {
        payload = payloadOf(record);
      } catch (error) {
        wal.settled.add(mine);
        return refuse(record, toWaymarkError(error));
      }
      changed();
      if (record.class === 'B') {
        wal.settled.add(mine);
        sender.offerNewest(record, mine);
        return record;
      }
      sweep();
      const kept = store.put({ boot, seq: mine, payload }, record, (given.sync ?? false) || options.sync);
      sender.offer(record, mine);
      if (kept) await kept;
      return record;
    },
    drain(link, { signal }) {
      wal.retryUnread();
      return sender.drain(link, signal);
    },
    status() {
      const oldest = store.oldestTime();
      const oldestAgeMs = oldest && ageMs(oldest);
      const records = store.count + sender.newestCount;
      const reason: ErrorCode | undefined =
        store.state !== 'ok'
          ? 'outbox.disk'
          : ((records > 0 ? sender.heldReason : undefined) ??
            (store.gap && store.gap.reason !== 'quarantined' ? 'outbox.full' : undefined));
      return {
        destination: options.destination,
        state: store.state,
        ...(reason ? { reason } : {}),
        records,
        bytes: store.bytes,
        ...(oldestAgeMs === undefined ? {} : { oldestAgeMs }),
        inFlight: sender.inFlight,
        ...sender.counts,
        dropped: store.dropped + quarantine.dropped,
        corrupt: found.corrupt + wal.corrupt + wal.unread.count,
        isDraining: sender.isDraining,
        replayLeft: sender.replayLeft,
      };
    },
    onChange(callback) {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
    flush: () => store.sync.now(),
    async [Symbol.asyncDispose]() {
      sender.stop();
      listeners.clear();
      await store.close();
    },
  };
}
