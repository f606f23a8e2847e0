// Secrets are a type first: a value that cannot be printed by accident. What is shown instead is a salted fingerprint,
// so that two installations' logs cannot be joined and a short token cannot be guessed from a public log.
import { createHmac, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { WaymarkError } from './errors.js';
import { scrubber } from './scrub.js';

export type SecretKind =
  | 'ztp-token'
  | 'app-token'
  | 'client-key'
  | 'spartn-key'
  | 'api-token'
  | 'session-token'
  | 'password'
  | 'chipcode'
  | 'location-token'
  | 'pin'
  /** ThingSpace: application pair, and the account’s UWS user. */
  | 'thingspace-key'
  | 'thingspace-secret'
  | 'uws-user'
  /** Losant. */
  | 'access-key'
  | 'access-secret'
  | 'application-token'
  | 'device-token'
  /** deviceWISE: the client id a thing is bound to, and the session over HTTP. */
  | 'application-id'
  | 'devicewise-session'
  /** What a device shows an operator’s endpoint. */
  | 'enrolment-token'
  /** What a page shows the agent it belongs to. */
  | 'page-token';

let installSalt: Buffer = randomBytes(16);

/** Sets the installation's salt (kept in the vault) so that fingerprints are stable across restarts. */
export function setFingerprintSalt(salt: Uint8Array): void {
  installSalt = Buffer.from(salt);
}

/** First 8 hex digits of HMAC-SHA-256(installation salt, value). */
export function fingerprintOf(value: string): string {
  return createHmac('sha256', installSalt).update(value).digest('hex').slice(0, 8);
}

/** A text that must not be shown. Making one registers it (and its encoded forms) with the scrubber. */
export class Secret {
  readonly kind: SecretKind;
  readonly #value: string;

  constructor(kind: SecretKind, value: string) {
    this.kind = kind;
    this.#value = value;
    scrubber.register(kind, value);
  }

  /** The value itself. Only transport layers may call this (enforced by lint). */
  reveal(): string {
    return this.#value;
  }

  get fingerprint(): string {
    return fingerprintOf(this.#value);
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  /** True for the same value; the other text is not remembered. */
  is(text: string): boolean {
    return this.#value === text;
  }

  toString(): string {
    return `[secret ${this.kind} fp:${this.fingerprint}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

const TOKEN = /^[\x21-\x7e]+$/;
const MAX_TOKEN = 512;
/** Signed tokens that list what they are good for grow long. */
const MAX_SIGNED_TOKEN = 8192;
const SIGNED: readonly SecretKind[] = ['application-token', 'enrolment-token', 'api-token', 'device-token'];

/**
 * Makes a Secret of text from a file or variable: one trailing line end and a BOM go, anything else outside printable
 * ASCII is refused (`secret.malformed`), because roads differ in what they silently trim.
 */
export function tokenSecret(kind: SecretKind, text: string, where: string): Secret {
  const value = text.replace(/^\uFEFF/, '').replace(/\r?\n$/, '');
  if (value === '') throw new WaymarkError('secret.absent', `${where}: empty`);
  const max = SIGNED.includes(kind) ? MAX_SIGNED_TOKEN : MAX_TOKEN;
  if (value.length > max)
    throw new WaymarkError('secret.malformed', `${where}: longer than the ${max} characters such a value can have`);
  if (!TOKEN.test(value))
    throw new WaymarkError('secret.malformed', `${where}: holds blanks or characters outside printable ASCII`);
  return new Secret(kind, value);
}

/** An identifier (IMEI, ICCID, IMSI) as shown at info level: its last four characters. */
export function maskIdentifier(value: string): string {
  return value.length <= 4 ? '…' : `…${value.slice(-4)}`;
}
