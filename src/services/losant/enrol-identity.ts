// What an enrolment ends with and what it notes on the way, as stored JSON and back (slots `losant-identity` and
// `losant-enrolment`, files of mode 0600). Secrets are opened only while encoding; no message quotes what was read.
import { Secret } from '../../core/index.js';
import type { Codec } from '../../vault/index.js';
import { ENROL_PHASES, type EnrolPhase, type EnrolState, MAX_LISTED } from './enrol-machine.js';

export interface LosantIdentity {
  /** 24 hexadecimal digits, like `deviceId`. */
  applicationId: string;
  deviceId: string;
  key: Secret;
  secret: Secret;
  /** Host, with a port where it is not 443; absent: the one configured. */
  apiHost?: string;
  /** Host, with a port where it is not 8883. */
  brokerHost?: string;
}

type Json = Readonly<Record<string, unknown>>;

const HEX_ID = /^[0-9a-f]{24}$/;
const PRINTABLE = /^[\x21-\x7e]{1,512}$/;
const HOST = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::(\d{1,5}))?$/i;
const MAX_PORT = 65_535;
const NAME = /^[\w.-]{1,64}$/;

function text(from: Json, name: string, shape: RegExp): string {
  const value = Object.hasOwn(from, name) ? from[name] : undefined;
  if (typeof value !== 'string' || !shape.test(value)) throw new Error(`${name} has a wrong shape`);
  return value;
}

/**
 * `host` or `host:port`, also out of a URL; undefined for anything else: then the host of the configuration is taken, for
 * the key in the same answer may be shown only once.
 */
function hostOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const bare = value.replace(/^(?:https|mqtts|ssl|tls):\/\//i, '').replace(/\/$/, '');
  const read = HOST.exec(bare);
  if (!read) return undefined;
  // Nothing behind the name: the usual port.
  const port = read[1] ?? '443';
  return port.startsWith('0') || Number(port) > MAX_PORT ? undefined : bare;
}

/** The identity in an object from outside. Throws on a wrong shape, naming the member. */
export function readIdentity(value: unknown): LosantIdentity {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is no object');
  const from = value as Json;
  const host = (name: 'apiHost' | 'brokerHost'): Partial<LosantIdentity> => {
    const known = hostOf(Object.hasOwn(from, name) ? from[name] : undefined);
    return known === undefined ? {} : { [name]: known };
  };
  return {
    applicationId: text(from, 'applicationId', HEX_ID),
    deviceId: text(from, 'deviceId', HEX_ID),
    key: new Secret('access-key', text(from, 'key', PRINTABLE)),
    secret: new Secret('access-secret', text(from, 'secret', PRINTABLE)),
    ...host('apiHost'),
    ...host('brokerHost'),
  };
}

export const isLosantId = (value: unknown): value is string => typeof value === 'string' && HEX_ID.test(value);

export const losantIdentityCodec: Codec<LosantIdentity> = {
  encode: (identity) => ({ ...identity, key: identity.key.reveal(), secret: identity.secret.reveal() }),
  decode: readIdentity,
};

function names(from: Json, name: string): string[] {
  const list = from[name];
  if (
    !Array.isArray(list) ||
    list.length > MAX_LISTED ||
    !list.every((each) => typeof each === 'string' && NAME.test(each))
  )
    throw new Error(`${name} is no list of names`);
  return list as string[];
}

export const losantEnrolmentCodec: Codec<EnrolState> = {
  encode: (state) => ({ ...state }),
  decode(data) {
    if (typeof data !== 'object' || data === null) throw new Error('it is no object');
    const from = data as Json;
    const { mode, keyTries, disprovedUtcMs } = from;
    if (mode !== 'operator' && mode !== 'application-token') throw new Error('mode is unknown');
    if (!(ENROL_PHASES as readonly unknown[]).includes(from['phase'])) throw new Error('phase is unknown');
    if (typeof keyTries !== 'number' || !Number.isSafeInteger(keyTries) || keyTries < 0)
      throw new Error('keyTries is no count');
    return {
      mode,
      imei: text(from, 'imei', /^\d{14,17}$/),
      phase: from['phase'] as EnrolPhase,
      hasCreated: from['hasCreated'] === true,
      ...(from['deviceId'] === undefined ? {} : { deviceId: text(from, 'deviceId', HEX_ID) }),
      others: names(from, 'others'),
      orphans: names(from, 'orphans'),
      keyTries,
      ...(typeof disprovedUtcMs === 'number' && Number.isFinite(disprovedUtcMs) ? { disprovedUtcMs } : {}),
    };
  },
};
