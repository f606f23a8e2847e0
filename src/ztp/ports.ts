// What provisioning needs of other rooms, as small as it uses it.
import type { Secret } from '../core/index.js';
import type { HttpsRequest, HttpsResponse } from '../net/index.js';
import type { Identity } from '../vault/index.js';

export interface TokenLease {
  value: Secret;
  generation: number;
  fingerprint: string;
}

export type TokenOutcome =
  | { is: 'ok' }
  | {
      is: 'refused';
      state: 'rejected' | 'deactivated';
      reason:
        | 'refused'
        | 'malformed'
        | 'wrong-account'
        | 'wrong-kind'
        | 'not-listed'
        | 'no-plan'
        | 'not-activated'
        | 'operator-said';
      evidence: Readonly<Record<string, string | number>>;
      retryAtMonoMs?: number;
    }
  | { is: 'weather'; retryAfterMs?: number };

/** The ZTP token's credential. */
export interface TokenSource {
  get(options: { signal: AbortSignal }): Promise<TokenLease>;
  report(lease: TokenLease, outcome: TokenOutcome): void;
  /** Called when the value or its state changes; returns the unsubscribe. */
  onChange(callback: () => void): () => void;
}

export interface IdentityStore {
  read(): Promise<{ value: Identity } | undefined>;
  stage(value: Identity): Promise<void>;
  staged(): Promise<Identity | undefined>;
  promote(): Promise<void>;
  discard(): Promise<void>;
}

export interface MemoryStore {
  read(): Promise<{ value: ZtpMemory } | undefined>;
  write(value: ZtpMemory): Promise<void>;
}

export interface ZtpHttp {
  request(request: HttpsRequest): Promise<HttpsResponse>;
}

/** Tries a new identity on a real connection. Rejects with the WaymarkError that connection ended with. */
export type Prove = (identity: Identity, signal: AbortSignal) => Promise<void>;

/** What AssistNow's provisioning asks of the receiver: both whole UBX frames. */
export interface ReceiverFrames {
  secUniqid: Uint8Array;
  monVer: Uint8Array;
}

/** What survives a restart beside the identity; no secret in it. Times are ms since 1970 UTC. */
export interface ZtpMemory {
  /** Chosen once: another one would make a second, billed device. */
  hardwareId?: string;
  /** When the service was called, oldest first. */
  calls: readonly number[];
  /** Of the request the current identity answers (see `requestHash`). */
  identityOf?: string;
  /** Of the request the staged identity answers. */
  stagedOf?: string;
  /** When an identity was last promoted. */
  promotedUtcMs?: number;
  /** After a refusal: not before then, unless the request is another one. */
  hold?: { request: string; untilUtcMs: number; refusals: number; code: string };
  /** Answers to one request that lacked what activation brings, in a row, and when the first of them came. */
  incomplete?: { request: string; answers: number; sinceUtcMs: number };
}
