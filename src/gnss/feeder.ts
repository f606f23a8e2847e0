// The one writer of the receiver's port. Whole frames wait in a bounded queue; the oldest give way, and none is
// delivered that arrived too long ago: what goes down is fresh or dropped.
//
//   urgent (keys, configuration, polls) ─┐
//                                        ├─ between frames ─→ write, one at a time ─→ port
//   corrections ─ queue ≤ 64 KiB, fresh ─┘  (wait here while the gate is shut, see identity.ts)
//
// A source that outruns a working port is held back a moment; one whose port is stuck never is.
import {
  abortReason,
  type Clock,
  type Deferred,
  DropOldestQueue,
  deferred,
  onAbort,
  type Timer,
} from '../core/index.js';

/** Frames that share one write. */
const BATCH_BYTES = 4096;
/** On a port that blocks, frames go alone and in pieces, so that each write ends within the link's own deadline. */
const SLOW_PIECE_BYTES = 128;
const SLOW_WRITE_MS = 250;
const FAST_WRITE_MS = 20;
/** What a blocking port is assumed to hold in buffers we cannot see. */
const HIDDEN_BUFFER_BYTES = 4096;
const MAX_URGENT = 32;
const HOLD_MS = 100;

export interface FeederCounters {
  framesToReceiver: number;
  bytesToReceiver: number;
  droppedStale: number;
  droppedOverflow: number;
}

export interface FeederPort {
  write(bytes: Uint8Array, options: { signal: AbortSignal }): Promise<void>;
}

export interface Feeder {
  /** A correction frame that arrived now. */
  offer(frame: Uint8Array): void;
  /** A frame that goes before all corrections, but never inside one. */
  offerUrgent(frame: Uint8Array): void;
  /**
   * A promise while the source should wait: the queue is over three quarters and the port makes progress. Lasts at
   * most 100 ms; after one that lasted so long there is none until the queue has emptied.
   */
  hold(): Promise<void> | undefined;
  /** Writes until aborted (rejects with the reason) or the port fails (rejects with its error). */
  run(port: FeederPort, options: { signal: AbortSignal }): Promise<never>;
  /** While it is shut only urgent frames are written; open at first. */
  setOpen(isOpen: boolean): void;
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

interface Batch {
  parts: Uint8Array[];
  bytes: number;
  corrections: number;
}

export function createFeeder(deps: FeederDeps, options: { maxAgeMs: number; maxQueuedBytes: number }): Feeder {
  const { clock } = deps;
  const maxAgeMs = clock.ioBudgetMs(options.maxAgeMs);
  const counters: FeederCounters = { framesToReceiver: 0, bytesToReceiver: 0, droppedStale: 0, droppedOverflow: 0 };
  const queue = new DropOldestQueue<Waiting>(options.maxQueuedBytes, () => counters.droppedOverflow++);
  const urgent: Uint8Array[] = [];
  let wake: Deferred<undefined> | undefined;
  let isRunning = false;
  let isOpen = true;
  let writeStartedMonoMs: number | undefined;
  /** Clock ms a byte takes, while the port blocks. */
  let slowMsPerByte: number | undefined;
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

  /** How long a frame taken now is likely to need; bounded, so that one bad estimate cannot starve the port. */
  const deliveryMs = (bytes: number): number =>
    slowMsPerByte === undefined ? 0 : Math.min((HIDDEN_BUFFER_BYTES + bytes) * slowMsPerByte, maxAgeMs / 2);

  function takeCorrections(): Batch | undefined {
    if (!isOpen) return undefined;
    const batch: Batch = { parts: [], bytes: 0, corrections: 0 };
    const limit = slowMsPerByte === undefined ? BATCH_BYTES : 0;
    for (let next = queue.peek(); next !== undefined; next = queue.peek()) {
      const size = next.frame.length;
      if (batch.corrections > 0 && batch.bytes + size > limit) break;
      queue.shift();
      if (clock.mono() - next.atMonoMs + deliveryMs(size) > maxAgeMs) {
        counters.droppedStale++;
        continue;
      }
      batch.parts.push(next.frame);
      batch.bytes += size;
      batch.corrections++;
    }
    return batch.corrections > 0 ? batch : undefined;
  }

  function take(): Batch | undefined {
    if (urgent.length === 0) return takeCorrections();
    const parts = urgent.splice(0);
    return { parts, bytes: parts.reduce((sum, part) => sum + part.length, 0), corrections: 0 };
  }

  async function write(port: FeederPort, batch: Batch, signal: AbortSignal): Promise<void> {
    const [first] = batch.parts;
    const bytes = batch.parts.length === 1 && first ? first : Buffer.concat(batch.parts);
    const step = slowMsPerByte === undefined ? bytes.length : SLOW_PIECE_BYTES;
    const started = clock.mono();
    for (let at = 0; at < bytes.length; at += step) {
      writeStartedMonoMs = clock.mono();
      await port.write(step >= bytes.length ? bytes : bytes.subarray(at, at + step), { signal });
    }
    const tookMs = clock.mono() - started;
    if (tookMs >= clock.ioBudgetMs(SLOW_WRITE_MS)) slowMsPerByte = tookMs / bytes.length;
    else if (tookMs <= clock.ioBudgetMs(FAST_WRITE_MS)) slowMsPerByte = undefined;
  }

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
    hold() {
      if (queue.weight <= options.maxQueuedBytes * 0.75 || holdsSpent || !isRunning || !isOpen) return undefined;
      const isStuck = writeStartedMonoMs !== undefined && clock.mono() - writeStartedMonoMs > clock.ioBudgetMs(HOLD_MS);
      if (isStuck) return undefined;
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
      return dropped;
    },
    async run(port, { signal }) {
      isRunning = true;
      // One listener for the whole run instead of one for every wait.
      const off = onAbort(signal, rouse);
      try {
        for (;;) {
          if (signal.aborted) throw abortReason(signal);
          const batch = take();
          if (!batch) {
            holdsSpent = false;
            release();
            wake = deferred<undefined>();
            await wake.promise;
            continue;
          }
          await write(port, batch, signal);
          writeStartedMonoMs = undefined;
          counters.bytesToReceiver += batch.bytes;
          if (batch.corrections > 0) {
            counters.framesToReceiver += batch.corrections;
            deps.onWritten?.(batch.corrections);
          }
          if (queue.weight <= options.maxQueuedBytes / 2) release();
        }
      } finally {
        off();
        isRunning = false;
        writeStartedMonoMs = undefined;
        release();
      }
    },
  };
}
