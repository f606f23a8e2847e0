// Identities as stored JSON and back. Secrets are opened only while encoding; the file is 0600. Decoding believes
// nothing, and no message here quotes what it read.
import { Secret, type SecretKind } from '../core/index.js';
import type { ChipcodeIdentity, Identity, KeysIdentity, NtripIdentity, SpartnKey } from './identity.js';
import type { Codec } from './record.js';

type Json = Readonly<Record<string, unknown>>;

const MAX_TEXT = 16_384;
const MAX_TOPICS = 256;

function record(value: unknown, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name} is no object`);
  return value as Json;
}

function text(from: Json, key: string): string {
  const value = from[key];
  if (typeof value !== 'string' || value === '' || value.length > MAX_TEXT) throw new Error(`${key} is no text`);
  return value;
}

function secret(from: Json, key: string, kind: SecretKind): Secret {
  return new Secret(kind, text(from, key));
}

function finite(from: Json, key: string): number {
  const value = from[key];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`${key} is no number`);
  return value;
}

function port(from: Json, key: string): number {
  const value = finite(from, key);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) throw new Error(`${key} is no port`);
  return value;
}

function texts(from: Json, key: string): string[] {
  const value = from[key];
  if (!Array.isArray(value) || value.length > MAX_TOPICS) throw new Error(`${key} is no list`);
  return value.map((item) => {
    if (typeof item !== 'string' || item.length > MAX_TEXT) throw new Error(`${key} holds something else than text`);
    return item;
  });
}

const encodeKey = (key: SpartnKey): Json => ({
  startUtcMs: key.startUtcMs,
  durationMs: key.durationMs,
  value: key.value.reveal(),
});

function decodeKey(value: unknown): SpartnKey {
  const from = record(value, 'key');
  return {
    startUtcMs: finite(from, 'startUtcMs'),
    durationMs: finite(from, 'durationMs'),
    value: secret(from, 'value', 'spartn-key'),
  };
}

function encodeKeys(identity: KeysIdentity): Json {
  const { current, next } = identity.keys;
  return {
    ...identity,
    privateKey: identity.privateKey.reveal(),
    keys: { ...(current ? { current: encodeKey(current) } : {}), ...(next ? { next: encodeKey(next) } : {}) },
  };
}

function decodeKeys(from: Json): KeysIdentity {
  const keys = record(from['keys'], 'keys');
  const supports = record(from['supports'], 'supports');
  return {
    shape: 'keys',
    version: 1,
    clientId: text(from, 'clientId'),
    certificate: text(from, 'certificate'),
    privateKey: secret(from, 'privateKey', 'client-key'),
    host: text(from, 'host'),
    port: port(from, 'port'),
    topics: texts(from, 'topics'),
    keys: {
      ...(keys['current'] === undefined ? {} : { current: decodeKey(keys['current']) }),
      ...(keys['next'] === undefined ? {} : { next: decodeKey(keys['next']) }),
    },
    supports: { ip: supports['ip'] === true, lband: supports['lband'] === true },
    ...(from['caPem'] === undefined ? {} : { caPem: text(from, 'caPem') }),
  };
}

function decodeNtrip(from: Json): NtripIdentity {
  return {
    shape: 'ntrip',
    version: 1,
    host: text(from, 'host'),
    port: port(from, 'port'),
    ...(from['tlsPort'] === undefined ? {} : { tlsPort: port(from, 'tlsPort') }),
    userName: text(from, 'userName'),
    password: secret(from, 'password', 'password'),
    mountPoint: text(from, 'mountPoint'),
  };
}

function decodeChipcode(from: Json): ChipcodeIdentity {
  return {
    shape: 'chipcode',
    version: 1,
    chipcode: secret(from, 'chipcode', 'chipcode'),
    serviceUrl: text(from, 'serviceUrl'),
    allowedData: texts(from, 'allowedData'),
    ...(from['receiver'] === undefined ? {} : { receiver: text(from, 'receiver') }),
  };
}

/** Identities of all three shapes. */
export const identityCodec: Codec<Identity> = {
  encode(identity) {
    switch (identity.shape) {
      case 'keys':
        return encodeKeys(identity);
      case 'ntrip':
        return { ...identity, password: identity.password.reveal() };
      case 'chipcode':
        return { ...identity, chipcode: identity.chipcode.reveal() };
    }
  },
  decode(data) {
    const from = record(data, 'identity');
    if (from['version'] !== 1) throw new Error('version is not 1');
    switch (from['shape']) {
      case 'keys':
        return decodeKeys(from);
      case 'ntrip':
        return decodeNtrip(from);
      case 'chipcode':
        return decodeChipcode(from);
      default:
        throw new Error('shape is unknown');
    }
  },
};
