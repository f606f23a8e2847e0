// What the rest of the house sees of a receiver: its options, its counters, its interface.
import type { Fix } from '../core/index.js';
import type { CorrectionVerdict } from './health.js';
import type { Trust } from './identity.js';
import type { FeedKind } from './intake.js';
import type { SpartnKeyInput } from './spartn-key.js';

export interface ReceiverOptions {
  port: string;
  baudRate: number;
  /** `nmea`: not a u-blox receiver (or one we may not configure): lines only, nothing but corrections and keys sent. */
  protocol: 'ubx' | 'nmea';
  /** Corrections older than this since their arrival are not delivered. */
  maxAgeMs: number;
  maxQueuedBytes: number;
  /** GPS time minus UTC, seconds (18 since 2017). */
  leapSeconds: number;
  configure: boolean;
  /**
   * No byte from the receiver for this long is `gnss.silent` (default 15 000; 0: never). 0 together with
   * `configure: false` means one-way wiring: what goes down is then sent without waiting for a sign of a receiver.
   */
  silentAfterMs?: number;
}

export interface ReceiverCounters {
  /** Valid frames and sentences from the receiver, and candidates that were not. */
  framesIn: number;
  badFrames: number;
  /** Whole valid frames from correction sources, candidates that were not, bytes outside frames. */
  correctionFramesIn: number;
  correctionBadFrames: number;
  correctionSkippedBytes: number;
  framesToReceiver: number;
  bytesToReceiver: number;
  droppedStale: number;
  droppedOverflow: number;
  droppedNotRunning: number;
  /** UBX messages from a source that may not reach the receiver. */
  refused: number;
  keysSent: number;
  /** By the receiver's own reports. */
  used: number;
  notDecrypted: number;
  crcErrors: number;
}

export interface ReceiverSnapshot {
  running: boolean;
  port: string;
  /** While running: what the far side has shown itself to be on this connection. */
  identified?: Trust;
  model?: string;
  fix: Fix;
  counters: ReceiverCounters;
  /** Corrections were last written to the port. */
  lastFedMonoMs?: number;
  /** A frame last came from the receiver. */
  lastFrameMonoMs?: number;
  /** The receiver last said it used a correction. */
  lastUsedMonoMs?: number;
  corrections: CorrectionVerdict;
}

export interface Receiver {
  /**
   * Opens the port and serves it. Rejects with the WaymarkError that ended the connection (`link.*`, `gnss.silent`,
   * `gnss.wrong-device`) or the abort reason; may then be called again.
   */
  run(options: { signal: AbortSignal }): Promise<never>;
  /** Bytes as they came from a source. A promise asks the source to wait a moment (at most 100 ms). */
  feed(kind: FeedKind, bytes: Uint8Array): Promise<void> | undefined;
  /** Forgets a half frame: the source's connection is new. */
  restart(kind: FeedKind): void;
  /** Current and next key; kept, and sent on each connection once a receiver has shown itself. Unusable keys are left out. */
  setKeys(keys: readonly SpartnKeyInput[]): void;
  onFix(cb: (fix: Fix) => void): () => void;
  /** ms since 1970 UTC, at the moment of the call. */
  onUtc(cb: (utcMs: number) => void): () => void;
  snapshot(): ReceiverSnapshot;
}
