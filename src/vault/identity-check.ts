// Is an identity usable at all? Asked before it is tried on a real connection, so that a broken pair of certificate and
// key never costs a refused handshake (specs/reliability.md 3.3, specs/ublox.md 1.8).
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { type Secret, WaymarkError } from '../core/index.js';
import type { Identity } from './identity.js';

/** From when to when a certificate says it is good, ms since 1970 UTC. */
export interface CertificateLife {
  notBeforeUtcMs: number;
  notAfterUtcMs: number;
}

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new WaymarkError('identity.invalid', 'the certificate cannot be read as PEM', { cause: error });
  }
}

function parseKey(key: Secret): KeyObject {
  try {
    return createPrivateKey(key.reveal());
  } catch {
    // The library's error may describe the key's inner structure: it is not passed on.
    throw new WaymarkError('identity.invalid', 'the private key cannot be read as PEM');
  }
}

function lifeOf(certificate: X509Certificate): CertificateLife {
  // Node 20 gives the dates as text only ("Nov  2 05:19:00 2034 GMT").
  const life = { notBeforeUtcMs: Date.parse(certificate.validFrom), notAfterUtcMs: Date.parse(certificate.validTo) };
  if (!Number.isFinite(life.notBeforeUtcMs) || !Number.isFinite(life.notAfterUtcMs))
    throw new WaymarkError('identity.invalid', 'the dates of the certificate cannot be read');
  return life;
}

/** When a PEM certificate begins and ends. Errors: `identity.invalid`. */
export function certificateLife(pem: string): CertificateLife {
  return lifeOf(parseCertificate(pem));
}

/** True when the key is that of the certificate. Errors: `identity.invalid` when either cannot be read. */
export function belongTogether(certificatePem: string, key: Secret): boolean {
  return parseCertificate(certificatePem).checkPrivateKey(parseKey(key));
}

/**
 * Checks that certificate and key of a `keys` identity parse, belong together and are within their dates; the other
 * shapes have nothing to check offline. Without a time (`undefined`: the clock is not trusted) the dates are left alone.
 * Errors: `identity.invalid`.
 */
export function checkIdentity(identity: Identity, nowUtcMs: number | undefined): void {
  if (identity.shape !== 'keys') return;
  const certificate = parseCertificate(identity.certificate);
  const key = parseKey(identity.privateKey);
  if (!certificate.checkPrivateKey(key))
    throw new WaymarkError('identity.invalid', 'certificate and private key do not belong together');
  const life = lifeOf(certificate);
  if (nowUtcMs === undefined) return;
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  if (nowUtcMs < life.notBeforeUtcMs)
    throw new WaymarkError('identity.invalid', `the certificate is good only from ${day(life.notBeforeUtcMs)} on`, {
      hint: 'Check the clock first; if it is right, the certificate was issued for later.',
      evidence: { notBefore: day(life.notBeforeUtcMs), now: day(nowUtcMs) },
    });
  if (nowUtcMs >= life.notAfterUtcMs)
    throw new WaymarkError('identity.invalid', `the certificate ended on ${day(life.notAfterUtcMs)}`, {
      hint: 'Provision again, or put a renewed certificate and key in place.',
      evidence: { notAfter: day(life.notAfterUtcMs), now: day(nowUtcMs) },
    });
}
