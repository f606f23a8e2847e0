// The dates of the identity in force, parsed once per certificate: the status object asks every second.
import { type CertificateLife, certificateLife, type Identity } from '../vault/index.js';

const known = new WeakMap<Identity, CertificateLife>();

/** Undefined for identities without a certificate, and for one that cannot be read (reported elsewhere). */
export function certificateDates(identity: Identity | undefined): CertificateLife | undefined {
  if (identity?.shape !== 'keys') return undefined;
  const cached = known.get(identity);
  if (cached) return cached;
  try {
    const life = certificateLife(identity.certificate);
    known.set(identity, life);
    return life;
  } catch {
    return undefined;
  }
}
