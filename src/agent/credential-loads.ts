// How the values of single credentials are read, with what is known of their ends.
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { readCertificates, resolveSecret, type SecretPlace, type SecretRef } from '../config/index.js';
import { WaymarkError } from '../core/index.js';
import {
  belongTogether,
  certificateLife,
  hintsOf,
  type Identity,
  isZtpTokenShape,
  type LoadedCredential,
  TEMPORARY_TOKEN_MS,
} from '../vault/index.js';

type Load = () => Promise<LoadedCredential>;
type CurrentIdentity = () => Identity | undefined;

const absent = (what: string): Promise<never> =>
  Promise.reject(new WaymarkError('secret.absent', `no ${what} yet`, { hint: 'It comes with provisioning.' }));

export function loadCertificate(current: CurrentIdentity): Load {
  return () => {
    const identity = current();
    if (identity?.shape !== 'keys') return absent('client certificate');
    const life = certificateLife(identity.certificate);
    return Promise.resolve({
      value: identity.privateKey,
      validFromUtcMs: life.notBeforeUtcMs,
      expiresAtUtcMs: life.notAfterUtcMs,
      expirySource: 'certificate' as const,
    });
  };
}

/** The NTRIP account of the provisioning answer. */
export function loadAccount(current: CurrentIdentity): Load {
  return () => {
    const identity = current();
    return identity?.shape === 'ntrip' ? Promise.resolve({ value: identity.password }) : absent('NTRIP account');
  };
}

/** The decryption keys as one thing that ends with the last of them (specs/tokens.md T14). */
export function loadSpartnKeys(current: CurrentIdentity): Load {
  return () => {
    const identity = current();
    const { current: now, next } = identity?.shape === 'keys' ? identity.keys : {};
    const last = next ?? now;
    if (!last) return absent('decryption keys');
    return Promise.resolve({
      value: last.value,
      validFromUtcMs: (now ?? last).startUtcMs,
      expiresAtUtcMs: last.startUtcMs + last.durationMs,
      expirySource: 'server' as const,
    });
  };
}

export function loadAssistToken(ref: SecretRef, place: SecretPlace): Load {
  return async () => {
    const value = await resolveSecret(ref, 'ztp-token', place);
    if (isZtpTokenShape(value)) return { value };
    return {
      value,
      objection: new WaymarkError('assist.wrong-kind', 'assistNow.token is no UUID, so it is no ZTP token', {
        hint: 'A location token belongs into the file that assistNow.legacy.token names; assistNow.token is the ZTP token of an AssistNow device profile.',
      }),
    };
  };
}

/** A Thingstream location token with what the configuration says of its life (specs/tokens.md T1, T2). */
export function loadLocationToken(
  settings: { token: SecretRef; kind: 'permanent' | 'temporary'; issuedAt?: string },
  place: SecretPlace,
): Load {
  const { token, kind, issuedAt } = settings;
  const issuedUtcMs = issuedAt === undefined ? undefined : Date.parse(`${issuedAt}T00:00:00Z`);
  return async () => {
    const value = await resolveSecret(token, 'location-token', place);
    return {
      value,
      terms: kind === 'permanent' ? kind : `${kind} since ${issuedAt ?? 'an unknown day'}`,
      ...(kind === 'permanent'
        ? {}
        : issuedUtcMs === undefined
          ? { lifeMs: TEMPORARY_TOKEN_MS }
          : { expiresAtUtcMs: issuedUtcMs + TEMPORARY_TOKEN_MS, expirySource: 'config' as const }),
      ...(isZtpTokenShape(value)
        ? { objection: new WaymarkError('assist.wrong-kind', 'a UUID is a ZTP token, not a location token') }
        : {}),
    };
  };
}

const DAY_MS = 86_400_000;

/**
 * An application token: the day a person has written down counts; what the token says of itself is only a hint
 * (specs/tokens.md T9). It is good until the end of that day.
 */
export function loadApplicationToken(ref: SecretRef, expires: string | undefined, place: SecretPlace): Load {
  const dayUtcMs = expires === undefined ? Number.NaN : Date.parse(`${expires}T00:00:00Z`);
  return async () => {
    const value = await resolveSecret(ref, 'application-token', place);
    const hint = hintsOf(value)?.expiresAtUtcMs;
    return {
      value,
      ...(Number.isFinite(dayUtcMs)
        ? { expiresAtUtcMs: dayUtcMs + DAY_MS, expirySource: 'config' as const, terms: `until ${expires ?? ''}` }
        : hint === undefined
          ? {}
          : { expiresAtUtcMs: hint, expirySource: 'jwt-hint' as const }),
    };
  };
}

/** Certificate and private key for the operator’s endpoint; the value is the key, the end the certificate’s. */
export function loadOperatorCertificate(
  { certFile, keyFile }: { certFile: string; keyFile: string },
  place: SecretPlace,
): Load {
  return async () => {
    const value = await resolveSecret(`file:${keyFile}`, 'client-key', place);
    const [certificate = ''] = await readCertificates(resolve(place.configDir, certFile)).catch((cause: unknown) => {
      throw new WaymarkError('secret.absent', `${certFile}: cannot be read`, {
        cause,
        ...(cause instanceof WaymarkError ? { hint: cause.hint } : {}),
      });
    });
    if (!belongTogether(certificate, value))
      throw new WaymarkError('secret.malformed', `${keyFile}: is not the key of the certificate ${certFile}`, {
        hint: 'Put certificate and key of one and the same device into the two files.',
      });
    const life = certificateLife(certificate);
    return {
      value,
      validFromUtcMs: life.notBeforeUtcMs,
      expiresAtUtcMs: life.notAfterUtcMs,
      expirySource: 'certificate' as const,
      // The key may stay where the certificate is another one, and what was said of the one before no longer holds.
      terms: `certificate ${createHash('sha256').update(certificate).digest('hex').slice(0, 16)}`,
    };
  };
}
