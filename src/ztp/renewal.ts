// When an identity should be renewed, and whether a cached one may still be used.
import { certificateLife, checkIdentity, type Identity } from '../vault/index.js';
import type { ShapePreference } from './response.js';

const DAY_MS = 86_400_000;
const BEFORE_END_MS = 30 * DAY_MS;

/** min(30 days, 20 % of life) before the certificate's end; undefined for identities without one. */
export function renewAtUtcMs(identity: Identity): number | undefined {
  if (identity.shape !== 'keys') return undefined;
  const { notBeforeUtcMs, notAfterUtcMs } = certificateLife(identity.certificate);
  return notAfterUtcMs - Math.min(BEFORE_END_MS, 0.2 * (notAfterUtcMs - notBeforeUtcMs));
}

/** When the last decryption key of an identity has run out, ms since 1970 UTC; undefined when it holds none. */
export function keysEndUtcMs(identity: Identity | undefined): number | undefined {
  if (identity?.shape !== 'keys') return undefined;
  const ends = [identity.keys.current, identity.keys.next].flatMap((k) => (k ? [k.startUtcMs + k.durationMs] : []));
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/** Does this identity deliver in the preferred way? */
export function isPreferred(identity: Identity, prefer: ShapePreference): boolean {
  switch (identity.shape) {
    case 'keys':
      return prefer !== 'ntrip';
    case 'ntrip':
      return prefer !== 'mqtt';
    case 'chipcode':
      return false;
  }
}

/**
 * May it be tried? It delivers in the preferred way (where one is given), its parts belong together and its end has not
 * passed. A beginning in the future is our clock's fault rather than the certificate's, and no reason to ask for another.
 */
export function isUsable(identity: Identity, wallMs: number, prefer?: ShapePreference): boolean {
  if (prefer !== undefined && !isPreferred(identity, prefer)) return false;
  try {
    checkIdentity(identity, undefined);
    return identity.shape !== 'keys' || wallMs < certificateLife(identity.certificate).notAfterUtcMs;
  } catch {
    return false;
  }
}
