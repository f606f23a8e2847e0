// What other rooms see of a credential: a loan, a report, a status (specs/tokens.md sections 2 and 3).
import type { CredentialReason, CredentialState, Evidence, ExpirySource, RefusedState } from './credential-model.js';
import type { CredentialKind } from './remedies.js';

/** A loan of the value; `report` with it says what became of it. */
export interface Lease<T> {
  value: T;
  generation: number;
  fingerprint: string;
  /** Monotonic ms after which it is of no use, when an end is known. */
  notAfterMono?: number;
}

export type CredentialOutcome =
  | { is: 'ok' }
  | {
      is: 'refused';
      state: RefusedState;
      reason: CredentialReason;
      /** Codes and short fragments; never the value. */
      evidence: Evidence;
      retryAtMonoMs?: number;
    }
  /** Time-outs, 408, 429, 5xx: never changes the state. */
  | { is: 'weather'; retryAfterMs?: number };

/** A new value on its way into force (`<name>.next`), or one that came into force lately. */
export interface RotationStatus {
  state: 'waiting' | 'proving' | 'refused' | 'read-only' | 'probation';
  /** Of the new value; absent while it cannot be read. */
  fingerprint?: string;
  /** One sentence: what is awaited, or what to do. */
  sentence: string;
}

/** What status shows of a credential; holds no secret. Times are ms since 1970 UTC. */
export interface CredentialStatus {
  id: string;
  kind: CredentialKind;
  state: CredentialState;
  since: number;
  /** Has this very value ever worked? */
  tested: boolean;
  reason?: CredentialReason;
  evidence?: Evidence & { readonly atUtcMs: number };
  expiresAt?: number;
  expirySource?: ExpirySource;
  /** When the next try is allowed. */
  retryAt?: number;
  /** True when no further try is made before the value is replaced. */
  latched: boolean;
  fingerprint?: string;
  generation: number;
  /** The credential this one is made from, or lent after, that has to be mended first: the root of the trouble. */
  waitsFor?: string;
  /** There is no value now and nothing is wrong: the next use gets one (T6, T8, T11 of specs/tokens.md). */
  isOnDemand?: boolean;
  /** A new value beside the one in force, and what becomes of it. */
  rotation?: RotationStatus;
  /** One sentence: what a person has to do. */
  remedy: string;
}

/** What rooms that use a credential see of it (specs/tokens.md section 3). */
export interface CredentialSource<T> {
  /**
   * Lends the value; concurrent calls share one load. Never lends a value known to be bad, except one probe at a time
   * once the retry time has come. Errors: `secret.*` from loading, `credential.refused`, `credential.expired`, each with
   * the remedy as hint and, where another try is planned, `retryAfterMs`.
   */
  get(options?: { signal?: AbortSignal | undefined }): Promise<Lease<T>>;
  /** What became of a lease; one of an old generation is ignored. */
  report(lease: Pick<Lease<T>, 'generation'>, outcome: CredentialOutcome): void;
  status(): CredentialStatus;
  /** Called after each visible change; returns the unsubscribe. */
  onChange(callback: () => void): () => void;
}
