// The service's answer may be the very account that the caster has just refused. Then nothing is won by asking again soon:
// the call may be billed, and the session's own slow tries notice when the account is accepted again (specs/ublox.md 2.1:
// provisioned once, then held).
import { isWaymarkError, WaymarkError } from '../core/index.js';
import type { Identity } from '../vault/index.js';
import type { IdentityStore } from './ports.js';
import { isProofRefused } from './refusal.js';

const HOLD_MS = 86_400_000;

function isSameAccount(a: Identity, b: Identity | undefined): boolean {
  return (
    a.shape === 'ntrip' &&
    b?.shape === 'ntrip' &&
    a.host === b.host &&
    a.userName === b.userName &&
    a.password.equals(b.password)
  );
}

/** The error a proof of `fresh` ended with; held for a day when it refuses what is in force already. */
export async function heldIfInForce(
  store: Pick<IdentityStore, 'read'>,
  fresh: Identity,
  error: unknown,
): Promise<unknown> {
  if (!isWaymarkError(error) || !isProofRefused(error)) return error;
  if (!isSameAccount(fresh, (await store.read())?.value)) return error;
  return new WaymarkError(error.code, `${error.message}; provisioning gave the same account as before`, {
    hint: error.hint,
    evidence: error.evidence,
    retryAfterMs: HOLD_MS,
    cause: error,
  });
}
