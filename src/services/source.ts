// What correction and assistance services have in common, and the small interfaces they consume.
import type { BackoffPolicy, CoarsePosition, Secret } from '../core/index.js';
import type { SpartnKey } from '../vault/index.js';

export type CorrectionKind = 'spartn' | 'rtcm3' | 'ubx';

/** Where corrections go: the receiver's one writer. Bytes may hold several frames, or parts of one. */
export interface CorrectionSink {
  /** Takes bytes as they came from the source. Resolves at once, or a little later to hold back a source that outruns the port. */
  feed(kind: CorrectionKind, bytes: Uint8Array): Promise<void> | undefined;
  /** Whole valid correction frames found in what was fed, ever. Only these are a sign of life: any peer can send bytes. */
  readonly framesTaken: number;
  /** Forget a half frame: the source's connection is new. */
  restart(kind: CorrectionKind): void;
  /** Hands decryption keys to the receiver, now and after each of its restarts. */
  setKeys(keys: readonly SpartnKey[]): void;
}

/** Roughly where the gateway is, whoever says so. */
export interface PositionSource {
  /** The best position known now; undefined while nobody knows any. */
  current(): CoarsePosition | undefined;
  /** Resolves once there is one. */
  whenKnown(signal: AbortSignal): Promise<CoarsePosition>;
}

/** Takes assistance data that came beside the corrections (-MGA mountpoints, `/pp/ubx/mga`). */
export interface AssistanceSink {
  /** Whole UBX-MGA frames in the order they came; the bytes belong to the taker. */
  offer(frames: readonly Uint8Array[], from: string): void;
  /** Is there something fresh already? Then a billed fetch is not made again. */
  isFresh(): boolean;
}

export interface CorrectionSnapshot {
  source: 'mqtt' | 'ntrip';
  state: 'connecting' | 'connected' | 'flowing' | 'silent' | 'waiting';
  host: string;
  /** Topics, or the mountpoint. */
  topics: readonly string[];
  messagesIn: number;
  bytesIn: number;
  connects: number;
  lastMessageMonoMs?: number;
  lastReason?: string;
  /** One sentence for people: region and tile, or mountpoint, protocol and who the position comes from. */
  detail?: string;
}

/** A correction service: `run` connects, keeps the data flowing and ends only by error or abort. */
export interface CorrectionSource {
  /** Resolves never; rejects with the WaymarkError that ended the connection, or the abort reason. */
  run(options: { signal: AbortSignal; onState: () => void }): Promise<never>;
  /** Asks again without a new connection: every topic, or a position sent at once (first rung of the network ladder). */
  resubscribe(): void;
  /** How long to leave the service alone after the run that has just ended, where it has manners of its own. */
  backoff?(): BackoffPolicy;
  snapshot(): CorrectionSnapshot;
}

export interface CellPosition {
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeM: number;
  /** Radius that holds the true place with 50 % probability, metres. */
  uncertaintyM: number;
  sensor: 'last' | 'gnss' | 'cell' | 'hybrid';
  /** ms since 1970 UTC, as the module says it. */
  utcMs?: number;
}

export interface CellLocateRequest {
  token: Secret;
  primary: string;
  secondary: string;
  scan: 'normal' | 'deep';
  timeoutSeconds: number;
  accuracyM: number;
}

/** The module's own CellLocate client. */
export interface ModuleCellLocate {
  /**
   * One position. Errors: `celllocate.*`, `modem.*`, `link.*`, `network.*`, the abort reason. A refused token is
   * `celllocate.token` with evidence `{step, result}`.
   */
  locate(request: CellLocateRequest, options: { signal: AbortSignal }): Promise<CellPosition>;
}
