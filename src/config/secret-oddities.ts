// What is odd about values the configuration names, judged without a network (specs/tokens.md section 7): worth a word,
// no obstacle, because only the service can say for certain. No sentence repeats a value.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { jwtHints, type Secret } from '../core/index.js';

const DAY_MS = 86_400_000;
const SOON_MS = 30 * DAY_MS;
/** Life of a temporary location token. */
const TEMPORARY_MS = 90 * DAY_MS;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Lengths seen so far, with room; anything else was probably cut, or copied with something beside it. */
const PLAUSIBLE: Readonly<Record<string, readonly [number, number]>> = {
  'thingspace.key': [16, 128],
  'thingspace.secret': [16, 128],
  'thingspace.user': [3, 64],
  'thingspace.password': [6, 64],
  'thingspace.identity.bearer': [16, 4096],
  'losant.accessKey': [16, 64],
  'losant.accessSecret': [32, 128],
  'losant.enrol.token': [16, 8192],
  'modem.deviceWise.appToken': [8, 64],
  'deviceWise.appToken': [8, 64],
  'assistNow.legacy.token': [8, 64],
  'modem.cellLocate.token': [8, 64],
};

const dayOf = (utcMs: number): string => new Date(utcMs).toISOString().slice(0, 10);

/** Words for an end that has come or is near. */
export function endOddity(what: string, endUtcMs: number, nowUtcMs: number): string | undefined {
  if (endUtcMs <= nowUtcMs) return `${what} ended on ${dayOf(endUtcMs)}`;
  return endUtcMs - nowUtcMs < SOON_MS ? `${what} ends on ${dayOf(endUtcMs)}, in less than 30 days` : undefined;
}

function tokenOddity(value: string, nowUtcMs: number): string | undefined {
  const hints = jwtHints(value);
  if (!hints) return 'the token is no JSON Web Token, as application tokens are: copy all of it, from eyJ to its end';
  const end = hints.expiresAtUtcMs;
  return end === undefined ? undefined : endOddity('the token says of itself that it', end, nowUtcMs);
}

/** What is odd about a value, if anything is. `path` is its key in the configuration. */
export function oddityOf(
  path: string,
  secret: Secret,
  { nowUtcMs, isApplicationToken = false }: { nowUtcMs: number; isApplicationToken?: boolean },
): string | undefined {
  const value = secret.reveal();
  // Thingstream's two kinds of tokens look different (specs/ublox.md 0.1).
  const isUuid = UUID.test(value);
  if (secret.kind === 'ztp-token' && !isUuid)
    return 'the token is no UUID, so it is no ZTP token: a location token belongs into the file of assistNow.legacy.token or modem.cellLocate.token';
  if (secret.kind === 'location-token' && isUuid)
    return 'the token is a UUID, so it is a ZTP token: it belongs into the file of assistNow.token or ztp.token';
  if (path === 'thingspace.password' && /['<\\]/.test(value))
    return "the password holds ' or < or \\, which ThingSpace does not take: choose another one in the portal";
  if (secret.kind === 'application-token' || isApplicationToken) return tokenOddity(value, nowUtcMs);
  const [min, max] = PLAUSIBLE[path] ?? [0, Number.POSITIVE_INFINITY];
  if (value.length < min) return `the value has ${value.length} characters, fewer than such values have: was it cut?`;
  if (value.length > max)
    return `the value has ${value.length} characters, more than such values have: does something stand beside it?`;
  return undefined;
}

/** What is odd about the day of issue of a temporary token. */
export const temporaryOddity = (issuedAt: string, nowUtcMs: number): string | undefined =>
  endOddity('the temporary token', Date.parse(`${issuedAt}T00:00:00Z`) + TEMPORARY_MS, nowUtcMs);

/** What is odd about a certificate and, where it is there, its key. */
export function certificateOddities(pem: string, key: Secret | undefined, nowUtcMs: number): string[] {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return ['the certificate cannot be read as PEM'];
  }
  const odd: (string | undefined)[] = [];
  const from = Date.parse(certificate.validFrom);
  if (from > nowUtcMs) odd.push(`the certificate is good only from ${dayOf(from)} on: check the clock`);
  odd.push(endOddity('the certificate', Date.parse(certificate.validTo), nowUtcMs));
  if (key)
    try {
      if (!certificate.checkPrivateKey(createPrivateKey(key.reveal())))
        odd.push('certificate and key do not belong together: take both of one and the same device');
    } catch {
      odd.push('the private key cannot be read: it may be encrypted, which is not supported');
    }
  return odd.filter((words) => words !== undefined);
}
