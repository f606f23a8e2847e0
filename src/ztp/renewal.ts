// When a certificate should be renewed, and whether a cached identity may still be used.
import { certificateLife, checkIdentity, type Identity } from '../vault/index.js';

const DAY_MS = 86_400_000;
const BEFORE_END_MS = 30 * DAY_MS;

/** min(30 days, 20 % of life) before the certificate's end; undefined for identities without one. */
export function renewAtUtcMs(identity: Identity): number | undefined {
  if (identity.shape !== 'keys') return undefined;
  const { notBeforeUtcMs, notAfterUtcMs } = certificateLife(identity.certificate);
  return notAfterUtcMs - Math.min(BEFORE_END_MS, 0.2 * (notAfterUtcMs - notBeforeUtcMs));
}

/**
 * May it be tried? Its parts belong together and its end has not passed. A beginning in the future is our clock's
 * fault rather than the certificate's, and no reason to ask for another.
 */
export function isUsable(identity: Identity, wallMs: number): boolean {
  try {
    checkIdentity(identity, undefined);
    return identity.shape !== 'keys' || wallMs < certificateLife(identity.certificate).notAfterUtcMs;
  } catch {
    return false;
  }
}
