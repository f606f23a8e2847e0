import { inspect } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Identity, KeysIdentity } from '../../src/vault/index.js';
import { decodeAssistAnswer, decodeZtpAnswer, type ShapePreference } from '../../src/ztp/index.js';
import { createAuthority, type Issued } from '../helpers/pki.js';
import { keysAnswer } from './fakes.js';

let pair: Issued;
beforeAll(async () => {
  pair = await (await createAuthority()).issue({ name: 'gateway' });
});

const bytesOf = (body: unknown): Buffer => Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
const decode = (body: unknown, prefer?: ShapePreference): Identity =>
  decodeZtpAnswer(bytesOf(body), prefer === undefined ? {} : { prefer });
const decodeAssist = (body: unknown): Identity => decodeAssistAnswer(bytesOf(body));
const keys = (extra: Record<string, unknown> = {}): KeysIdentity => decode(keysAnswer(pair, extra)) as KeysIdentity;
const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'taken';
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const code = (body: unknown, prefer?: ShapePreference): string => codeOf(() => decode(body, prefer));
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
    ['too many paths', { subscriptions: [{ path: Array.from({ length: 129 }, (_, i) => `t${i}`).join(';') }] }],
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

  test('a TLS port under another name or of a wrong shape is put up with', () => {
    expect(decode({ rtcmCredentials: { ...rtcm, tlsPort: 2102 } })).toMatchObject({ tlsPort: 2102 });
    expect(decode({ rtcmCredentials: { ...rtcm, httpsPort: 'x' } })).not.toHaveProperty('tlsPort');
    expect(decode({ rtcmCredentials: { ...rtcm, httpsPort: null, tlsPort: '2102' } })).toMatchObject({ tlsPort: 2102 });
  });

  const whole = { rtcmCredentials: rtcm };
  const half = { rtcmCredentials: { ...rtcm, endpoint: '' } };
  const odd = { rtcmCredentials: { ...rtcm, httpPort: 'x' } };
  /** What the answer holds, then what becomes of it for auto, ntrip and mqtt. */
  const PREFERENCES: [string, () => Record<string, unknown>, [string, string, string]][] = [
    ['both', () => keysAnswer(pair, whole), ['ntrip', 'ntrip', 'keys']],
    ['NTRIP', () => whole, ['ntrip', 'ntrip', 'ztp.unsupported-plan']],
    ['NTRIP with a client id', () => ({ ...whole, clientId: 'x' }), ['ntrip', 'ntrip', 'ztp.unsupported-plan']],
    [
      'NTRIP beside empty members of MQTT',
      () => ({ ...whole, certificate: '', privateKey: null, subscriptions: [], dynamickeys: {} }),
      ['ntrip', 'ntrip', 'ztp.unsupported-plan'],
    ],
    ['certificates', () => keysAnswer(pair), ['keys', 'ztp.unsupported-plan', 'keys']],
    [
      'certificates beside an empty account',
      () => keysAnswer(pair, { rtcmCredentials: {} }),
      ['keys', 'ztp.unsupported-plan', 'keys'],
    ],
    ['certificates and half an account', () => keysAnswer(pair, half), ['keys', 'ztp.incomplete', 'keys']],
    ['certificates and an odd account', () => keysAnswer(pair, odd), ['keys', 'ztp.malformed', 'keys']],
    ['half an account', () => half, ['ztp.incomplete', 'ztp.incomplete', 'ztp.incomplete']],
    ['an account, certificates to come', () => ({ ...whole, brokerHost: 'b' }), ['ntrip', 'ntrip', 'ztp.incomplete']],
    ['half the certificates', () => without('privateKey'), ['ztp.incomplete', 'ztp.incomplete', 'ztp.incomplete']],
    ['only a client id', () => ({ clientId: 'x' }), ['ztp.incomplete', 'ztp.incomplete', 'ztp.incomplete']],
    ['only empty members', () => ({ certificate: '' }), ['ztp.incomplete', 'ztp.incomplete', 'ztp.incomplete']],
  ];
  test.each(PREFERENCES)('%s, by preference auto, ntrip, mqtt', (_holds, answer, expected) => {
    const outcome = (prefer: ShapePreference): string => {
      const is = code(answer(), prefer);
      return is === 'taken' ? decode(answer(), prefer).shape : is;
    };
    expect([outcome('auto'), outcome('ntrip'), outcome('mqtt')]).toEqual(expected);
    expect(codeOf(() => decode(answer()))).toBe(codeOf(() => decode(answer(), 'auto')));
  });

  test('what the plan offers instead, and what to set, is said', () => {
    const hint = (body: unknown, prefer: ShapePreference): string => {
      try {
        decode(body, prefer);
        return '';
      } catch (error) {
        return (error as { hint: string }).hint;
      }
    };
    expect(hint(whole, 'mqtt')).toMatch(/over NTRIP only.*corrections\.source to auto \(or ntrip\)/);
    expect(hint(keysAnswer(pair), 'ntrip')).toMatch(/over MQTT only.*corrections\.source to auto \(or mqtt\)/);
  });

  test('chipcode, its data list as text or list', () => {
    const base = { chipcode: 'QUJD+/=', serviceUrl: 'https://assist.test/Get.ashx' };
    const wrong = (extra: Record<string, unknown>): string => codeOf(() => decodeAssist({ ...base, ...extra }));
    expect(decodeAssist({ ...base, allowedData: 'ualm, uporb_1' })).toMatchObject({ allowedData: ['ualm', 'uporb_1'] });
    expect(decodeAssist({ ...base, allowedData: ['ualm'] })).toMatchObject({
      shape: 'chipcode',
      allowedData: ['ualm'],
    });
    expect(wrong({ allowedData: 5 })).toBe('ztp.malformed');
    expect(decodeAssist({ ...base, allowedData: ' ualm ,,' })).toMatchObject({ allowedData: ['ualm'] });
    for (const word of ['ualm\nidentity: lit', 'a b', '\u001b[2Jx', 'ä', 'x'.repeat(65)])
      for (const allowedData of [word, ['ualm', word]]) expect(wrong({ allowedData })).toBe('ztp.malformed');
    expect(wrong({ serviceUrl: 'http://assist.test/' })).toBe('ztp.malformed');
    expect(wrong({ chipcode: 'a b' })).toBe('ztp.malformed');
    expect(wrong({ chipcode: '' })).toBe('ztp.incomplete');
    expect(wrong({ chipcode: undefined, serviceUrl: undefined })).toBe('ztp.malformed');
  });

  test('a token in the other service’s place is told by the answer', () => {
    const chipcode = { chipcode: 'QUJD', serviceUrl: 'https://assist.test/Get.ashx', allowedData: '' };
    expect(code(chipcode)).toBe('assist.wrong-kind');
    expect(codeOf(() => decodeAssist(keysAnswer(pair)))).toBe('assist.wrong-kind');
    expect(codeOf(() => decodeAssist(whole))).toBe('assist.wrong-kind');
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

  test('a parser’s words, which would quote the answer, go nowhere', () => {
    let thrown: unknown;
    try {
      decode('{"password":"canary-31b7" x}');
    } catch (error) {
      thrown = error;
    }
    expect(inspect(thrown, { depth: 9 })).not.toContain('canary');
  });

  test('deep nesting does no harm', () => {
    expect(code(`{"dynamickeys":${'['.repeat(30_000)}${']'.repeat(30_000)}}`)).toBe('ztp.incomplete');
  });

  test('a byte order mark is put up with', () => {
    expect(decode(`\uFEFF${JSON.stringify(keysAnswer(pair))}`).shape).toBe('keys');
  });
});
