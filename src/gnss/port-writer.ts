// How bytes go to the port: in one write as long as it is quick, in small writes once it blocks, and in small pieces
// with pauses (paced) when the receiver behind it loses what comes in bursts.
import { type Clock, sleep } from '../core/index.js';

/** Frames that share one write. */
const BATCH_BYTES = 4096;
/** On a port that blocks, frames go alone and in pieces, so that each write ends within the link's own deadline. */
const SLOW_PIECE_BYTES = 128;
const SLOW_WRITE_MS = 250;
const FAST_WRITE_MS = 20;
/** What a blocking port is assumed to hold in buffers we cannot see. */
const HIDDEN_BUFFER_BYTES = 4096;
/** 3200 bytes a second: what 38 400 baud carries, and more than any correction service sends. */
const PACED_PIECE_BYTES = 32;
const PACED_PAUSE_MS = 10;

export interface FeederPort {
  write(bytes: Uint8Array, options: { signal: AbortSignal }): Promise<void>;
}

export interface PortWriter {
  write(port: FeederPort, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  /** A write has taken longer than this and is not over. */
  isStuckFor(ms: number): boolean;
  /** No write is under way any more. */
  rest(): void;
  /** How long this many bytes are likely to need; bounded, so that one bad estimate cannot starve the port. */
  deliveryMs(bytes: number): number;
  /** How many bytes of several frames may share a write; 0: each frame alone. */
  readonly batchBytes: number;
  isPaced: boolean;
}

export function createPortWriter(clock: Clock, maxAgeMs: number): PortWriter {
  const pauseMs = clock.ioBudgetMs(PACED_PAUSE_MS);
  let isPaced = false;
  /** Clock ms a byte takes, while the port blocks. */
  let slowMsPerByte: number | undefined;
  let startedMonoMs: number | undefined;

  async function writePieces(port: FeederPort, bytes: Uint8Array, step: number, signal: AbortSignal): Promise<number> {
    let tookMs = 0;
    for (let at = 0; at < bytes.length; at += step) {
      const started = clock.mono();
      startedMonoMs = started;
      await port.write(step >= bytes.length ? bytes : bytes.subarray(at, at + step), { signal });
      tookMs += clock.mono() - started;
      if (!isPaced) continue;
      // The pause is ours: it does not make the port a stuck one.
      startedMonoMs = undefined;
      await sleep(clock, pauseMs, signal);
    }
    return tookMs;
  }

  return {
    async write(port, bytes, signal) {
      const step = isPaced ? PACED_PIECE_BYTES : slowMsPerByte === undefined ? bytes.length : SLOW_PIECE_BYTES;
      const tookMs = await writePieces(port, bytes, step, signal);
      startedMonoMs = undefined;
      if (tookMs >= clock.ioBudgetMs(SLOW_WRITE_MS)) slowMsPerByte = tookMs / bytes.length;
      else if (tookMs <= clock.ioBudgetMs(FAST_WRITE_MS)) slowMsPerByte = undefined;
    },
    isStuckFor: (ms) => startedMonoMs !== undefined && clock.mono() - startedMonoMs > clock.ioBudgetMs(ms),
    rest() {
      startedMonoMs = undefined;
    },
    deliveryMs(bytes) {
      const slowMs = slowMsPerByte === undefined ? 0 : (HIDDEN_BUFFER_BYTES + bytes) * slowMsPerByte;
      const pacedMs = isPaced ? Math.ceil(bytes / PACED_PIECE_BYTES) * pauseMs : 0;
      return Math.min(slowMs + pacedMs, maxAgeMs / 2);
    },
    get batchBytes() {
      return slowMsPerByte === undefined && !isPaced ? BATCH_BYTES : 0;
    },
    get isPaced() {
      return isPaced;
    },
    set isPaced(value) {
      isPaced = value;
    },
  };
}
