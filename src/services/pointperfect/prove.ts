// Proves a new identity before it replaces the old one: a real connection up to the far side's yes, then closed again.
import { WaymarkError } from '../../core/index.js';
import type { Identity, KeysIdentity, NtripIdentity } from '../../vault/index.js';

/** Opens a session with that identity (not the current one) and rejects as `openSession` of the mqtt room does. */
export type OpenSessionWith = (identity: KeysIdentity, signal: AbortSignal) => Promise<{ close(): Promise<void> }>;

/** `proveNtrip` with its dependencies. */
export type ProveNtripWith = (identity: NtripIdentity, signal: AbortSignal) => Promise<void>;

/**
 * The `prove` that provisioning asks for: by CONNACK or by a caster's 200. Errors: those of the session or the caster;
 * `ztp.unsupported-plan` for plans that deliver no corrections, and for NTRIP when that is not spoken here.
 */
export function proveByConnect(
  openSession: OpenSessionWith,
  proveNtrip?: ProveNtripWith,
): (identity: Identity, signal: AbortSignal) => Promise<void> {
  return async (identity, signal) => {
    if (identity.shape === 'keys') {
      const session = await openSession(identity, signal);
      await session.close();
    } else if (identity.shape === 'ntrip' && proveNtrip) await proveNtrip(identity, signal);
    else
      throw new WaymarkError('ztp.unsupported-plan', `the plan delivers by ${identity.shape}, which is not used here`);
  };
}
