// What a service that can be asked for orbits looks like to whoever decides when: the current one by chipcode, the
// legacy one by token.
import type { CoarsePosition } from '../../core/index.js';
import type { CacheKind } from './cache-entry.js';
import type { AssistPart } from './request.js';
import type { AssistSet } from './set.js';

export interface FetchOptions {
  signal: AbortSignal;
  position?: CoarsePosition | undefined;
}

export interface FetchedSet extends AssistSet {
  /** The host that answered. */
  from: string;
}

/** One look at the credential: good for the requests of one round. */
export interface AssistSession {
  /** Salted fingerprint of the credential. */
  readonly of: string;
  /** What the credential allows of what is wanted. */
  readonly parts: readonly AssistPart[];
  /**
   * One set. The credential learns what became of it, and the memory holds what has to be waited for. Errors:
   * `assist.*` (not `wrong-kind`), those of the HTTPS client, the abort reason.
   */
  fetch(part: AssistPart, options: FetchOptions): Promise<FetchedSet>;
}

export interface AssistService {
  readonly source: 'assistnow' | 'legacy';
  /** Where a part is kept. */
  readonly kinds: Readonly<Record<AssistPart, CacheKind>>;
  /** What the configuration asks for. */
  readonly wants: readonly AssistPart[];
  /**
   * Waits for the credential. Errors: `assist.not-entitled` when it allows nothing of what is wanted,
   * `assist.wrong-kind`, `credential.*`, `secret.*`, those of provisioning, the abort reason.
   */
  open(signal: AbortSignal): Promise<AssistSession>;
}
