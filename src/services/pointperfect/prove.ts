// Proves a new identity before it replaces the old one: a real connection up to CONNACK, then closed again.
import { WaymarkError } from '../../core/index.js';
import type { Identity, KeysIdentity } from '../../vault/index.js';

/** Opens a session with that identity (not the current one) and rejects as `openSession` of the mqtt room does. */
export type OpenSessionWith = (identity: KeysIdentity, signal: AbortSignal) => Promise<{ close(): Promise<void> }>;

/** The `prove` that provisioning asks for. Errors: those of the session; `ztp.unsupported-plan` for other plans than MQTT. */
export function proveByConnect(
  openSession: OpenSessionWith,
): (identity: Identity, signal: AbortSignal) => Promise<void> {
  return async (identity, signal) => {
    if (identity.shape !== 'keys')
      throw new WaymarkError('ztp.unsupported-plan', `the plan delivers by ${identity.shape}, not by MQTT`);
    const session = await openSession(identity, signal);
    await session.close();
  };
}
