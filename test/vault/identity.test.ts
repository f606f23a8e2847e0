import { readFile, stat } from 'node:fs/promises';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { isWaymarkError, Secret } from '../../src/core/index.js';
import {
  certificateLife,
  checkIdentity,
  type Identity,
  identityCodec,
  type KeysIdentity,
} from '../../src/vault/index.js';
import { createAuthority } from '../helpers/pki.js';
import { open, scratch } from './fakes.js';

const authority = await createAuthority();
const NOW = Date.UTC(2026, 5, 1);
const issued = await authority.issue({
  name: 'gateway',
  notBeforeUtcMs: Date.UTC(2026, 0, 1),
  notAfterUtcMs: Date.UTC(2026, 11, 31),
});
const other = await authority.issue({ name: 'other' });
const CANARY = 'canary-5f1d8c77e2';

const keysIdentity: KeysIdentity = {
  shape: 'keys',
  version: 1,
  clientId: '01234567-89ab-cdef-0123-456789abcdef',
  certificate: issued.cert,
  privateKey: new Secret('client-key', issued.key),
  host: 'broker.example',
  port: 8883,
  topics: ['/pp/ip/eu', '/pp/ubx/0236/ip'],
  keys: {
    current: { startUtcMs: NOW, durationMs: 2_419_200_000, value: new Secret('spartn-key', 'aa'.repeat(16)) },
    next: {
      startUtcMs: NOW + 2_419_200_000,
      durationMs: 2_419_200_000,
      value: new Secret('spartn-key', 'bb'.repeat(16)),
    },
  },
  supports: { ip: true, lband: false },
};
const SHAPES: Record<string, Identity> = {
  keys: keysIdentity,
  'keys without dynamic keys': { ...keysIdentity, keys: {} },
  'keys with authorities of their own': { ...keysIdentity, caPem: authority.ca },
  ntrip: {
    shape: 'ntrip',
    version: 1,
    host: 'caster.example',
    port: 2101,
    tlsPort: 2102,
    userName: 'user',
    password: new Secret('password', CANARY),
    mountPoint: 'NEAR-RTCM',
  },
  'ntrip without a TLS port': {
    shape: 'ntrip',
    version: 1,
    host: 'caster.example',
    port: 2101,
    userName: 'user',
    password: new Secret('password', CANARY),
    mountPoint: 'NEAR-RTCM',
  },
  chipcode: {
    shape: 'chipcode',
    version: 1,
    chipcode: new Secret('chipcode', CANARY),
    serviceUrl: 'https://assistnow.example',
    allowedData: ['uporb_1', 'ualm'],
  },
  'a chipcode bound to its receiver': {
    shape: 'chipcode',
    version: 1,
    chipcode: new Secret('chipcode', CANARY),
    serviceUrl: 'https://assistnow.example',
    allowedData: [],
    receiver: 'ab'.repeat(32),
  },
};

/** The identity with its secrets opened, for comparing. */
const opened = (identity: Identity | undefined): unknown => identity && identityCodec.encode(identity);

describe('stored identities', () => {
  test.each(Object.entries(SHAPES))('%s survives the disk, with its secrets', async (_, identity) => {
    await using dir = await scratch();
    const slot = (await open(dir.path)).slot('identity', identityCodec);
    await slot.write(identity);
    expect((await stat(`${dir.path}/identity`)).mode & 0o777).toBe(0o600);
    const read = await slot.read();
    expect(opened(read?.value)).toEqual(opened(identity));
    expect(Object.keys(read?.value ?? {}).sort()).toEqual(Object.keys(identity).sort());
    expect(inspect(read, { depth: 9 }) + JSON.stringify(read)).not.toContain(CANARY);
  });

  const encoded = identityCodec.encode(keysIdentity) as Record<string, unknown>;
  test.each([
    ['no object', 7],
    ['a null', null],
    ['an unknown shape', { ...encoded, shape: 'psk' }],
    ['a later version', { ...encoded, version: 2 }],
    ['no private key', { ...encoded, privateKey: undefined }],
    ['an empty client id', { ...encoded, clientId: '' }],
    ['a port out of range', { ...encoded, port: 65_536 }],
    ['topics that are no list', { ...encoded, topics: 'a;b' }],
    ['a topic that is no text', { ...encoded, topics: [1] }],
    ['a dynamic key without a value', { ...encoded, keys: { current: { startUtcMs: 1, durationMs: 1 } } }],
    ['endless topics', { ...encoded, topics: Array.from({ length: 1000 }, () => 't') }],
  ])('%s is no identity, and the message does not quote it', (_, data) => {
    try {
      identityCodec.decode(data, 1);
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(60);
    }
  });

  test('an identity of wrong shape on disk gives way to the generation before', async () => {
    await using dir = await scratch();
    const vault = await open(dir.path);
    const slot = vault.slot('identity', identityCodec);
    await slot.write(keysIdentity);
    await vault
      .slot('identity', { encode: (value: unknown) => value, decode: (data) => data })
      .write({ shape: 'keys' });
    expect(await slot.read()).toMatchObject({ generation: 'previous' });
    expect(await readFile(`${dir.path}/identity.prev`, 'utf8')).toContain('keys');
  });
});

describe('checking an identity', () => {
  const refusal = (identity: Identity, nowUtcMs: number | undefined): string => {
    try {
      checkIdentity(identity, nowUtcMs);
      return 'accepted';
    } catch (error) {
      if (!isWaymarkError(error, 'identity.invalid')) throw error;
      expect(error.message).not.toContain(issued.key.slice(40, 80));
      return error.message;
    }
  };

  test('a matching pair within its dates is accepted', () => {
    expect(refusal(keysIdentity, NOW)).toBe('accepted');
  });

  test('shapes without a certificate have nothing to check', () => {
    expect(refusal(SHAPES['ntrip']!, NOW)).toBe('accepted');
    expect(refusal(SHAPES['chipcode']!, NOW)).toBe('accepted');
  });

  test('a key of another certificate is refused', () => {
    expect(refusal({ ...keysIdentity, privateKey: new Secret('client-key', other.key) }, NOW)).toContain(
      'belong together',
    );
  });

  test('a certificate past its end is refused, with the date', () => {
    expect(refusal(keysIdentity, Date.UTC(2027, 0, 1))).toContain('ended on 2026-12-31');
  });

  test('a certificate from the future is refused, with the clock named first', () => {
    expect(refusal(keysIdentity, Date.UTC(1970, 0, 1))).toContain('only from 2026-01-01');
  });

  test('while the clock is not trusted the dates are left alone', () => {
    expect(refusal(keysIdentity, undefined)).toBe('accepted');
  });

  test.each([
    ['an empty certificate', { certificate: '' }],
    ['a cut certificate', { certificate: issued.cert.slice(0, 200) }],
    ['a cut key', { privateKey: new Secret('client-key', issued.key.slice(0, 80)) }],
    ['a certificate for a key', { privateKey: new Secret('client-key', issued.cert) }],
  ])('%s is refused', (_, part) => {
    expect(refusal({ ...keysIdentity, ...part }, NOW)).not.toBe('accepted');
  });

  test('the end of the certificate is told in epoch milliseconds', () => {
    expect(certificateLife(issued.cert)).toEqual({
      notBeforeUtcMs: Date.UTC(2026, 0, 1),
      notAfterUtcMs: Date.UTC(2026, 11, 31),
    });
  });
});
