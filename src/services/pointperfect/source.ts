// What the correction sources have in common, and the small interfaces they consume.
import type { SpartnKey } from '../../vault/index.js';

export type CorrectionKind = 'spartn' | 'rtcm3' | 'ubx';

/** Where corrections go: the receiver's one writer. Bytes may hold several frames, or parts of one. */
export interface CorrectionSink {
  /** Takes bytes as they came from the source. Resolves at once, or a little later to hold back a source that outruns the port. */
  feed(kind: CorrectionKind, bytes: Uint8Array): Promise<void> | undefined;
  /** Forget a half frame: the source's connection is new. */
  restart(kind: CorrectionKind): void;
  /** Hands decryption keys to the receiver, now and after each of its restarts. */
  setKeys(keys: readonly SpartnKey[]): void;
}

export interface CorrectionSnapshot {
  source: 'mqtt' | 'ntrip';
  state: 'connecting' | 'connected' | 'flowing' | 'silent' | 'waiting';
  host: string;
  topics: readonly string[];
  messagesIn: number;
  bytesIn: number;
  connects: number;
  lastMessageMonoMs?: number;
  lastReason?: string;
}

/** A correction service: `run` connects, keeps the data flowing and ends only by error or abort. */
export interface CorrectionSource {
  /** Resolves never; rejects with the WaymarkError that ended the connection, or the abort reason. */
  run(options: { signal: AbortSignal; onState: () => void }): Promise<never>;
  /** Asks again for every topic without a new connection (first rung of the network ladder). */
  resubscribe(): void;
  snapshot(): CorrectionSnapshot;
}
