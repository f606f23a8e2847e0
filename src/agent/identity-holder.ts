// The identity in force, for everyone who waits for one. A renewed identity ends the session that runs on the old one.
import { abortable, type Deferred, deferred } from '../core/index.js';
import type { Identity, KeysIdentity, NtripIdentity } from '../vault/index.js';

/** The shapes a correction session can stand on. */
export type CorrectionIdentity = KeysIdentity | NtripIdentity;

export interface IdentityHolder {
  current(): Identity | undefined;
  /** Resolves with an identity that can open a correction session. */
  whenUsable(signal: AbortSignal): Promise<CorrectionIdentity>;
  set(identity: Identity): void;
  /** The same identity with newer decryption keys: no reason to end a session. */
  updateKeys(keys: KeysIdentity['keys']): KeysIdentity | undefined;
  /** Called when a new identity is in force. */
  onChange(listener: (identity: Identity) => void): () => void;
  /** Called when anything of the identity is other than before: a new one is in force, or it has newer keys. */
  onUpdate(listener: () => void): () => void;
  /** Asks the identity lane to renew: the far side refused what we have. */
  requestRenewal(reason: string): void;
  /** Resolves with the reason of the next request. */
  renewalRequested(signal: AbortSignal): Promise<string>;
}

export function createIdentityHolder(): IdentityHolder {
  let identity: Identity | undefined;
  let usable: Deferred<CorrectionIdentity> = deferred();
  let asked: Deferred<string> = deferred();
  const listeners = new Set<(identity: Identity) => void>();
  const updateListeners = new Set<() => void>();
  const updated = (): void => {
    for (const listener of updateListeners) listener();
  };
  return {
    current: () => identity,
    whenUsable: (signal) => abortable(usable.promise, signal),
    set(next) {
      identity = next;
      // A refusal of the old one that came meanwhile is no reason to renew the new one.
      asked = deferred();
      if (next.shape !== 'chipcode') {
        usable.resolve(next);
        usable = deferred();
        usable.resolve(next);
      }
      updated();
      for (const listener of listeners) listener(next);
    },
    updateKeys(keys) {
      if (identity?.shape !== 'keys') return undefined;
      identity = { ...identity, keys };
      usable = deferred();
      usable.resolve(identity);
      updated();
      return identity;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onUpdate(listener) {
      updateListeners.add(listener);
      return () => void updateListeners.delete(listener);
    },
    requestRenewal(reason) {
      asked.resolve(reason);
    },
    async renewalRequested(signal) {
      const reason = await abortable(asked.promise, signal);
      asked = deferred();
      return reason;
    },
  };
}
