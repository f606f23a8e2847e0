import { beforeAll, describe, expect, test } from 'vitest';
import type { KeysIdentity } from '../../src/vault/index.js';
import { decodeZtpAnswer } from '../../src/ztp/index.js';
import { createAuthority, type Issued } from '../helpers/pki.js';
import { keysAnswer } from './fakes.js';

let pair: Issued;
beforeAll(async () => {
  pair = await (await createAuthority()).issue({ name: 'gateway' });
});

const decode = (body: unknown) => decodeZtpAnswer(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
const keys = (extra: Record<string, unknown> = {}): KeysIdentity => decode(keysAnswer(pair, extra)) as KeysIdentity;
const code = (body: unknown): string => {
  try {
    decode(body);
    return 'taken';
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const without = (name: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(keysAnswer(pair)).filter(([key]) => key !== name));

describe('the keys answer', () => {
  test('becomes an identity with every single topic once', () => {
    const identity = keys();
    expect(identity).toMatchObject({
      shape: 'keys',
      host: 'pp.services.test',
      port: 8883,
      clientId: '2f4d5e6a-0000-4000-8000-000000000001',
      topics: ['/pp/ubx/0236/ip', '/pp/ip/eu', '/pp/ip/eu/gad'],
      supports: { ip: true, lband: false },
    });
    expect(identity.certificate).toBe(pair.cert);
    expect(identity.privateKey.reveal()).toBe(pair.key);
    expect(identity.keys.current).toMatchObject({ startUtcMs: 1668815982000, durationMs: 2419199999 });
    expect(identity.keys.next?.value.reveal()).toBe('ffeeddccbbaa99887766554433221100');
  });

  test.each(['dynamickeys', 'dynamicKeys', 'DynamicKeys'])('keys are found under %s', (name) => {
    const { dynamickeys, ...rest } = keysAnswer(pair);
    expect((decode({ ...rest, [name]: dynamickeys }) as KeysIdentity).keys.current).toBeDefined();
  });

  test('an answer without keys is whole: they come on the key topic', () => {
    expect((decode(without('dynamickeys')) as KeysIdentity).keys).toEqual({});
    expect(keys({ dynamickeys: { current: null } }).keys).toEqual({});
  });

  test.each([
    ['pp.test', 'pp.test', 8883],
    ['pp.test:8884', 'pp.test', 8884],
    ['ssl://pp.test:8883', 'pp.test', 8883],
    ['127.0.0.1:1', '127.0.0.1', 1],
  ])('broker %s', (brokerHost, host, port) => {
    expect(keys({ brokerHost })).toMatchObject({ host, port });
  });

  test.each(['a b', 'pp.test:0', 'pp.test:65536', 'pp.test:x', 'pp.test/path', 'user@pp.test', '-x', '::1', 5])(
    'broker %s is malformed',
    (brokerHost) => {
      expect(code(keysAnswer(pair, { brokerHost }))).toBe('ztp.malformed');
    },
  );

  test.each(['certificate', 'privateKey', 'clientId', 'brokerHost', 'subscriptions'])(
    'without %s activation is still running',
    (name) => {
      expect(code(without(name))).toBe('ztp.incomplete');
      expect(code({ ...keysAnswer(pair), [name]: null })).toBe('ztp.incomplete');
    },
  );

  test.each([
    ['a number for the certificate', { certificate: 5 }],
    ['a certificate that is none', { certificate: 'hello' }],
    [
      'a key in the place of the certificate',
      { certificate: '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----' },
    ],
    [
      'a certificate of 20 kB',
      { certificate: `-----BEGIN CERTIFICATE-----${'a'.repeat(20_000)}-----END CERTIFICATE-----` },
    ],
    ['a client id with a blank', { clientId: 'a b' }],
    ['a client id of 200', { clientId: 'a'.repeat(200) }],
    ['subscriptions that are no list', { subscriptions: {} }],
    ['a subscription without path', { subscriptions: [{ description: 'x' }] }],
    ['a path with a control', { subscriptions: [{ path: 'a\u0000b' }] }],
    ['too many paths', { subscriptions: [{ path: Array.from({ length: 65 }, (_, i) => `t${i}`).join(';') }] }],
    ['a short key', { dynamickeys: { current: { start: 1, duration: 1, value: 'aa' } } }],
    ['a key without start', { dynamickeys: { current: { duration: 1, value: '0'.repeat(32) } } }],
    ['keys in a list', { dynamickeys: [] }],
  ])('%s is malformed, and nothing of it is taken', (_rule, extra) => {
    expect(code(keysAnswer(pair, extra))).toBe('ztp.malformed');
  });
});

describe('the other answers', () => {
  const rtcm = {
    endpoint: 'ntrip.test',
    httpPort: '2101',
    userName: 'u',
    password: 'pass-word',
    mountPoint: 'NEAR-RTCM',
  };

  test('ntrip, its port as text or number, TLS port when there', () => {
    expect(decode({ rtcmCredentials: rtcm })).toMatchObject({ shape: 'ntrip', host: 'ntrip.test', port: 2101 });
    expect(decode({ rtcmCredentials: { ...rtcm, httpPort: 2101, httpsPort: '2102' } })).toMatchObject({
      tlsPort: 2102,
    });
  });

  test('ntrip without an endpoint is incomplete, with a wrong port malformed', () => {
    expect(code({ rtcmCredentials: { ...rtcm, endpoint: undefined } })).toBe('ztp.incomplete');
    expect(code({ rtcmCredentials: { ...rtcm, endpoint: '' } })).toBe('ztp.incomplete');
    expect(code({ rtcmCredentials: { ...rtcm, httpPort: 'x' } })).toBe('ztp.malformed');
    expect(code({ rtcmCredentials: 'x' })).toBe('ztp.malformed');
  });

  test('certificates win where both ways are offered', () => {
    expect(keys({ rtcmCredentials: rtcm }).shape).toBe('keys');
  });

  test('chipcode, its data list as text or list', () => {
    const base = { chipcode: 'QUJD+/=', serviceUrl: 'https://assist.test/Get.ashx' };
    expect(decode({ ...base, allowedData: 'ualm, uporb_1' })).toMatchObject({ allowedData: ['ualm', 'uporb_1'] });
    expect(decode({ ...base, allowedData: ['ualm'] })).toMatchObject({ shape: 'chipcode', allowedData: ['ualm'] });
    expect(code({ ...base, allowedData: 5 })).toBe('ztp.malformed');
    expect(code({ ...base, serviceUrl: 'http://assist.test/' })).toBe('ztp.malformed');
    expect(code({ ...base, chipcode: 'a b' })).toBe('ztp.malformed');
  });
});

describe('what is not an answer', () => {
  test.each([
    ['nothing', ''],
    ['blanks', '  \r\n'],
    ['a web page', '<!DOCTYPE html><html><body>Please log in</body></html>'],
    ['JSON cut short', '{"certificate":"-----BEGIN'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"ok"'],
    ['an object of something else', '{"status":"ok"}'],
    ['an empty object', '{}'],
    ['members of the prototype', '{"__proto__":{"certificate":"x","privateKey":"y"}}'],
    ['more than 64 KiB', `{"certificate":"${'a'.repeat(66_000)}"}`],
  ])('%s is malformed', (_rule, body) => {
    expect(code(body)).toBe('ztp.malformed');
  });

  test('deep nesting does no harm', () => {
    expect(code(`{"dynamickeys":${'['.repeat(30_000)}${']'.repeat(30_000)}}`)).toBe('ztp.incomplete');
  });

  test('a byte order mark is put up with', () => {
    expect(decode(`\uFEFF${JSON.stringify(keysAnswer(pair))}`).shape).toBe('keys');
  });
});
