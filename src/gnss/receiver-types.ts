// What the rest of the house sees of a receiver: its options, its counters, its interface. The identity and assistance
// shapes are those of the services room, which this room may not import: they fit by structure.
import type { CoarsePosition, Fix } from '../core/index.js';
import type { UseAnswer } from './answer-use.js';
import type { CorrectionVerdict, CorrectionWindow } from './health.js';
import type { IdentityFrames } from './identification.js';
import type { Trust } from './identity.js';
import type { FeedKind } from './intake.js';
import type { LocalWriter } from './local-writer.js';
import type { Satellite } from './nav-reports.js';
import type { SpartnKeyInput } from './spartn-key.js';

export interface ReceiverOptions {
  port: string;
  baudRate: number;
  /** Try other line speeds when nothing understandable comes at `baudRate`; without effect on USB ports (default false). */
  baudSearch?: boolean;
  /** `nmea`: not a u-blox receiver (or one we may not configure): lines only, nothing but corrections and keys sent. */
  protocol: 'ubx' | 'nmea';
  /** Corrections older than this since their arrival are not delivered. */
  maxAgeMs: number;
  maxQueuedBytes: number;
  /** GPS time minus UTC, seconds (18 since 2017), until the receiver says it itself. */
  leapSeconds: number;
  configure: boolean;
  /** Keep the configuration in battery-backed memory and flash, too (default false). */
  save?: boolean;
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
  /** Assistance messages written. */
  aidsToReceiver: number;
  /** Frames of local programs written. */
  localToReceiver: number;
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

export interface ReceiverConfiguration {
  /** Positions over UBX. */
  mandatory: 'accepted' | 'refused' | 'silent';
  /** What this receiver lacks, one sentence each. */
  refused: readonly string[];
  /** Names of settings without an answer. */
  unanswered: readonly string[];
}

export interface ReceiverSnapshot {
  running: boolean;
  port: string;
  /** In use now or at last; the configured one until another has been found. */
  baudRate: number;
  /** While running: what the far side has shown itself to be on this connection. */
  identified?: Trust;
  /** Upper-case hex: 10 digits, from newer receivers 12. */
  uniqueId?: string;
  model?: string;
  /** Such as `HPG 1.50`. */
  firmware?: string;
  /** Such as `27.50`. */
  protocolVersion?: string;
  /** The last answer to our configuration; absent while there is none. */
  configuration?: ReceiverConfiguration;
  /** Restarts behind an open port, over all connections. */
  restarts: number;
  fix: Fix;
  /** At most 64; empty when there is no fresh list. */
  satellites: readonly Satellite[];
  /** GPS time minus UTC in use, seconds. */
  leapSeconds: number;
  counters: ReceiverCounters;
  /** Corrections were last written to the port. */
  lastFedMonoMs?: number;
  /** A frame last came from the receiver. */
  lastFrameMonoMs?: number;
  /** The receiver last said it used a correction, or (without such reports) gave a position with corrections in it. */
  lastUsedMonoMs?: number;
  /** `paced`: in small pieces with pauses, since bursts got lost. */
  delivery: 'direct' | 'paced';
  corrections: CorrectionVerdict;
  /** Are they used? With a number and a sentence. */
  use: UseAnswer;
  window: CorrectionWindow;
}

export interface AssistRequest {
  /** Whole UBX-MGA frames, in the order they are to be sent; time and position are put before them. */
  frames: readonly Uint8Array[];
  /** UTC when this request is made, ms since 1970, with its accuracy; absent: no time is sent. */
  utc?: { ms: number; accuracyMs: number };
  position?: CoarsePosition;
}

/** `accepted + refused + unanswered` is all messages that were sent, each counted once. */
export interface AssistReport {
  accepted: number;
  refused: number;
  unanswered: number;
  /** How often each refusal reason (infoCode of UBX-MGA-ACK) came. */
  infoCodes: Readonly<Record<number, number>>;
  tookMs: number;
}

export interface Receiver {
  /**
   * Opens the port and serves it. Rejects with the WaymarkError that ended the connection (`link.*`, `gnss.silent`,
   * `gnss.wrong-device`) or the abort reason; may then be called again.
   */
  run(options: { signal: AbortSignal }): Promise<never>;
  /** Bytes as they came from a source. A promise asks the source to wait a moment (at most 100 ms). */
  feed(kind: FeedKind, bytes: Uint8Array): Promise<void> | undefined;
  /** Whole valid frames found in what was fed, whether or not a receiver was there to get them. */
  readonly framesTaken: number;
  /** Forgets a half frame: the source's connection is new. */
  restart(kind: FeedKind): void;
  /** Current and next key; kept, and sent on each connection once a receiver has shown itself. Unusable keys are left out. */
  setKeys(keys: readonly SpartnKeyInput[]): void;
  /** Resolves with both whole frames once this connection's receiver (or that of a later one) has sent them. */
  whenIdentified(signal: AbortSignal): Promise<IdentityFrames>;
  /**
   * Injects with flow control; one at a time, further ones wait. Errors: `link.closed` when there is no identified u-blox
   * receiver or it goes away meanwhile, the abort reason.
   */
  assist(request: AssistRequest, options: { signal: AbortSignal }): Promise<AssistReport>;
  /**
   * Called when a receiver has shown itself and is configured, after opening and after each restart: it has nothing then.
   * Also when delivery becomes paced: what was sent before may never have arrived.
   */
  onNeedy(listener: () => void): () => void;
  onFix(cb: (fix: Fix) => void): () => void;
  /** ms since 1970 UTC, at the moment of the call. */
  onUtc(cb: (utcMs: number) => void): () => void;
  /** Every byte the port gives, over all connections; a view that is valid for good. Costs nothing without listeners. */
  onBytes(cb: (chunk: Uint8Array) => void): () => void;
  /** A way in for one local program: whole UBX, NMEA, RTCM3 and SPARTN frames of it go between all others. */
  localWriter(): LocalWriter;
  snapshot(): ReceiverSnapshot;
}
