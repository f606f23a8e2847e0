// The one writer of the receiver's port. Whole frames wait in a bounded queue; the oldest give way, and none is
// delivered that arrived too long ago: what goes down is fresh or dropped.
//
//   urgent (keys, configuration, polls) ─┐
//   aid (assistance, one at a time) ─────┼─ between frames ─→ write, one at a time ─→ port
//   corrections ─ queue ≤ 64 KiB, fresh ─┤  (both wait here while the gate is shut, see identity.ts)
//   local programs, a frame at a time ───┘  (taken only while the gate is open)
//
// While corrections wait, at most one aid and one frame of a local program go between two of them, and local programs
// have a tenth of the bytes.
// Paced delivery (for a receiver behind a UART without
// flow control, which loses what comes in bursts) cuts everything into small pieces with a pause after each. A source that outruns a working port is held back a moment; one whose port is stuck never is.
import {
  abortReason,
  type Clock,
  type Deferred,
  DropOldestQueue,
  deferred,
  onAbort,
  type Timer,
  WaymarkError,
} from '../core/index.js';
import { createPortWriter, type FeederPort } from './port-writer.js';

const MAX_URGENT = 32;
/** Of local programs: they ask a question now and then. */
const MAX_LOCAL = 32;
/** On a port that is slow or paced; a longer one would hold corrections up for a second. */
const MAX_SLOW_LOCAL_BYTES = 1024;
/** For so many bytes of corrections local programs have one while corrections wait. */
const CORRECTIONS_PER_LOCAL = 9;
/** What they may have saved up. */
const MAX_LOCAL_CREDIT_BYTES = 1024;
const HOLD_MS = 100;

export interface FeederCounters {
  framesToReceiver: number;
  bytesToReceiver: number;
  /** Assistance messages written. */
  aidsToReceiver: number;
  /** Frames of local programs written. */
  localToReceiver: number;
  droppedStale: number;
  droppedOverflow: number;
}

export interface Feeder {
  /** A correction frame that arrived now. */
  offer(frame: Uint8Array): void;
  /** A frame that goes before all corrections, but never inside one. */
  offerUrgent(frame: Uint8Array): void;
  /** A frame of a local program. False: not taken, because no receiver is there for it, too many wait already, or it is too long for a slow port. */
  offerLocal(frame: Uint8Array): boolean;
  /**
   * One assistance message, made when its turn has come (it may hold the time); `make` may return undefined to step back.
   * Resolves when it is written; rejects with `link.closed` when the port goes away before. One waits: a further one
   * takes the place of one whose owner has given up.
   */
  aid(make: () => Uint8Array | undefined): Promise<void>;
  /**
   * A promise while the source should wait: the queue is over three quarters and the port makes progress. Lasts at
   * most 100 ms; after one that lasted so long there is none until the queue has emptied.
   */
  hold(): Promise<void> | undefined;
  /** Writes until aborted (rejects with the reason) or the port fails (rejects with its error). */
  run(port: FeederPort, options: { signal: AbortSignal }): Promise<never>;
  /** While it is shut only urgent frames are written; open at first. */
  setOpen(isOpen: boolean): void;
  /** Small pieces with pauses from the next frame on, or (as at first) whole batches. */
  setPaced(isPaced: boolean): void;
  readonly isPaced: boolean;
  /** Drops everything that waits; returns how many corrections that were. */
  clear(): number;
  readonly counters: Readonly<FeederCounters>;
}

export interface FeederDeps {
  clock: Clock;
  /** Corrections have been written. */
  onWritten?: (frames: number) => void;
}

interface Waiting {
  frame: Uint8Array;
  atMonoMs: number;
}

interface Aid {
  make: () => Uint8Array | undefined;
  written: Deferred<undefined>;
}

interface Batch {
  parts: Uint8Array[];
  bytes: number;
  corrections: number;
  aid?: Aid;
  isLocal?: boolean;
}

export function createFeeder(deps: FeederDeps, options: { maxAgeMs: number; maxQueuedBytes: number }): Feeder {
  const { clock } = deps;
  const maxAgeMs = clock.ioBudgetMs(options.maxAgeMs);
  const writer = createPortWriter(clock, maxAgeMs);
  const counters: FeederCounters = {
    framesToReceiver: 0,
    bytesToReceiver: 0,
    aidsToReceiver: 0,
    localToReceiver: 0,
    droppedStale: 0,
    droppedOverflow: 0,
  };
  const queue = new DropOldestQueue<Waiting>(options.maxQueuedBytes, () => counters.droppedOverflow++);
  const urgent: Uint8Array[] = [];
  const local: Uint8Array[] = [];
  let wake: Deferred<undefined> | undefined;
  let isRunning = false;
  let isOpen = true;
  let aid: Aid | undefined;
  let wasAid = false;
  let wasLocal = false;
  let localCreditBytes = MAX_LOCAL_CREDIT_BYTES;
  let held: { until: Deferred<undefined>; timer: Timer } | undefined;
  let holdsSpent = false;

  const rouse = (): void => {
    wake?.resolve(undefined);
    wake = undefined;
  };

  const release = (): void => {
    held?.timer.cancel();
    held?.until.resolve(undefined);
    held = undefined;
  };

  function takeCorrections(): Batch | undefined {
    if (!isOpen) return undefined;
    const batch: Batch = { parts: [], bytes: 0, corrections: 0 };
    const limit = writer.batchBytes;
    for (let next = queue.peek(); next !== undefined; next = queue.peek()) {
      const size = next.frame.length;
      if (batch.corrections > 0 && batch.bytes + size > limit) break;
      queue.shift();
      if (clock.mono() - next.atMonoMs + writer.deliveryMs(size) > maxAgeMs) {
        counters.droppedStale++;
        continue;
      }
      batch.parts.push(next.frame);
      batch.bytes += size;
      batch.corrections++;
    }
    localCreditBytes = Math.min(MAX_LOCAL_CREDIT_BYTES, localCreditBytes + batch.bytes / CORRECTIONS_PER_LOCAL);
    return batch.corrections > 0 ? batch : undefined;
  }

  function takeAid(): Batch | undefined {
    if (!isOpen || !aid) return undefined;
    const taken = aid;
    aid = undefined;
    const frame = taken.make();
    if (!frame) {
      taken.written.resolve(undefined);
      return undefined;
    }
    return { parts: [frame], bytes: frame.length, corrections: 0, aid: taken };
  }

  function takeLocal(): Batch | undefined {
    const [first] = local;
    const isCorrectionWaiting = queue.peek() !== undefined;
    if (!isOpen || !first || (isCorrectionWaiting && first.length > localCreditBytes)) return undefined;
    const frame = local.shift();
    if (isCorrectionWaiting) localCreditBytes -= first.length;
    return frame && { parts: [frame], bytes: frame.length, corrections: 0, isLocal: true };
  }

  function take(): Batch | undefined {
    if (urgent.length === 0) {
      const first = wasLocal || queue.peek() === undefined ? undefined : takeLocal();
      wasLocal = first !== undefined;
      if (first) return first;
      const batch = aid && !wasAid ? (takeAid() ?? takeCorrections()) : (takeCorrections() ?? takeAid());
      wasAid = batch?.aid !== undefined;
      return batch ?? takeLocal();
    }
    const parts = urgent.splice(0);
    return { parts, bytes: parts.reduce((sum, part) => sum + part.length, 0), corrections: 0 };
  }

  const strand = (stranded: Aid | undefined): void =>
    stranded?.written.reject(new WaymarkError('link.closed', 'the receiver has gone'));

  return {
    counters,
    offer(frame) {
      queue.push({ frame, atMonoMs: clock.mono() }, frame.length);
      rouse();
    },
    offerUrgent(frame) {
      urgent.push(frame);
      if (urgent.length > MAX_URGENT) {
        urgent.shift();
        counters.droppedOverflow++;
      }
      rouse();
    },
    offerLocal(frame) {
      if (!isRunning || !isOpen || local.length >= MAX_LOCAL) return false;
      if (writer.batchBytes === 0 && frame.length > MAX_SLOW_LOCAL_BYTES) return false;
      local.push(frame);
      rouse();
      return true;
    },
    aid(make) {
      strand(aid);
      aid = { make, written: deferred<undefined>() };
      rouse();
      return aid.written.promise;
    },
    setPaced(value) {
      writer.isPaced = value;
    },
    get isPaced() {
      return writer.isPaced;
    },
    hold() {
      if (queue.weight <= options.maxQueuedBytes * 0.75 || holdsSpent || !isRunning || !isOpen) return undefined;
      if (writer.isStuckFor(HOLD_MS)) return undefined;
      if (!held) {
        const timer = clock.deadline(HOLD_MS, () => {
          holdsSpent = true;
          release();
        });
        held = { until: deferred<undefined>(), timer };
      }
      return held.until.promise;
    },
    setOpen(value) {
      isOpen = value;
      if (value) rouse();
    },
    clear() {
      const dropped = queue.length;
      queue.clear();
      urgent.length = 0;
      local.length = 0;
      strand(aid);
      aid = undefined;
      return dropped;
    },
    async run(port, { signal }) {
      isRunning = true;
      let batch: Batch | undefined;
      // One listener for the whole run instead of one for every wait.
      const off = onAbort(signal, rouse);
      try {
        for (;;) {
          if (signal.aborted) throw abortReason(signal);
          batch = take();
          if (!batch) {
            holdsSpent = false;
            release();
            wake = deferred<undefined>();
            await wake.promise;
            continue;
          }
          const [first] = batch.parts;
          const bytes = batch.parts.length === 1 && first ? first : Buffer.concat(batch.parts);
          await writer.write(port, bytes, signal);
          counters.bytesToReceiver += batch.bytes;
          if (batch.corrections > 0) {
            counters.framesToReceiver += batch.corrections;
            deps.onWritten?.(batch.corrections);
          }
          if (batch.isLocal) counters.localToReceiver++;
          if (batch.aid) {
            counters.aidsToReceiver++;
            batch.aid.written.resolve(undefined);
          }
          if (queue.weight <= options.maxQueuedBytes / 2) release();
        }
      } finally {
        off();
        isRunning = false;
        strand(batch?.aid);
        writer.rest();
        release();
      }
    },
  };
}
