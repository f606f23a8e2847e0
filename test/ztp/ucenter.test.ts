import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { isWaymarkError, scrubber } from '../../src/core/index.js';
import { MAX_UCENTER_BYTES, parseUcenterConfig } from '../../src/ztp/index.js';
import { type Authority, createAuthority, type Issued } from '../helpers/pki.js';
import { type UcenterParts, ucenterFile } from './fakes.js';

let authority: Authority;
let pair: Issued;
beforeAll(async () => {
  authority = await createAuthority();
  pair = await authority.issue({ name: 'gateway' });
});

const file = (parts: Partial<UcenterParts> = {}): string => ucenterFile(pair, parts);
const bare = (pem: string): string => pem.replace(/-----[A-Z ]+-----/g, '').replaceAll('\n', '');
const refusal = (text: string): { message: string; hint: string } => {
  try {
    parseUcenterConfig(text);
  } catch (error) {
    if (isWaymarkError(error, 'identity.invalid')) return error;
    throw error;
  }
  return { message: 'taken', hint: 'taken' };
};

describe('a whole file', () => {
  test('becomes an identity with every topic once, those of the keys first', () => {
    const identity = parseUcenterConfig(file());
    expect(identity).toMatchObject({
      shape: 'keys',
      clientId: '2f4d5e6a-0000-4000-8000-000000000001',
      host: 'pp.services.test',
      port: 8883,
      topics: ['/pp/ubx/0236/ip', '/pp/ubx/mga', '/pp/ip/eu', '/pp/ip/eu/gad', '/pp/ip/us'],
      supports: { ip: true, lband: false },
    });
    expect(identity.keys.current).toMatchObject({ startUtcMs: 1668815982000, durationMs: 2419199999 });
    expect(identity.keys.next?.value.reveal()).toBe('ffeeddccbbaa99887766554433221100');
    expect(identity.caPem).toBeUndefined();
  });

  test.each(['dynamicKeys', 'dynamickeys', 'DYNAMICKEYS'])('keys are found under %s', (name) => {
    expect(parseUcenterConfig(file().replace('dynamicKeys', name)).keys.current).toBeDefined();
  });

  test('sections that are not there are done without', () => {
    const tree = JSON.parse(file()) as { MQTT: { dynamicKeys?: unknown; Subscriptions: { AssistNow?: unknown } } };
    delete tree.MQTT.dynamicKeys;
    delete tree.MQTT.Subscriptions.AssistNow;
    const identity = parseUcenterConfig(`\uFEFF${JSON.stringify(tree)}\r\n`);
    expect(identity.keys).toEqual({});
    expect(identity.topics).not.toContain('/pp/ubx/mga');
  });

  test('the authorities that come with it are kept', () => {
    expect(parseUcenterConfig(file({ RootCA: bare(authority.ca) })).caPem).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
    const two = parseUcenterConfig(file({ RootCA: authority.ca + authority.ca })).caPem ?? '';
    expect(two.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  });

  test.each([
    ['ssl://pp.test:8884', 'pp.test', 8884],
    ['mqtts://pp.test', 'pp.test', 8883],
    ['SSL://pp.test:8883/', 'pp.test', 8883],
    ['pp.test', 'pp.test', 8883],
    ['pp.test:1', 'pp.test', 1],
  ])('server %s', (ServerURI, host, port) => {
    expect(parseUcenterConfig(file({ ServerURI }))).toMatchObject({ host, port });
  });

  test('topics of an L-band plan are told from those over IP', () => {
    const of = (...topics: string[]): unknown => parseUcenterConfig(file({ DataTopics: topics })).supports;
    expect(of('/pp/Lb/eu;/pp/Lb/eu/gad')).toEqual({ ip: false, lband: true });
    expect(of('/pp/Lb/eu', '/pp/ip/eu')).toEqual({ ip: true, lband: true });
    expect(of('corrections/mine')).toEqual({ ip: true, lband: false });
  });
});

describe('certificate and key in the forms they are seen in', () => {
  const forms: [string, (pem: string) => string][] = [
    ['PEM', (pem) => pem],
    ['PEM with CR LF', (pem) => pem.replaceAll('\n', '\r\n')],
    ['PEM on one line', (pem) => pem.replaceAll('\n', '')],
    ['PEM with written-out line ends', (pem) => pem.replaceAll('\n', '\\n')],
    ['PEM with written-out CR LF', (pem) => pem.replaceAll('\n', '\\r\\n')],
    ['base64 without armour', bare],
    ['base64 in lines', (pem) => pem.replace(/-----[A-Z ]+-----/g, '').trim()],
    ['base64 in lines of 76', (pem) => bare(pem).replace(/(.{76})/g, '$1\n')],
  ];
  test.each(forms)('%s', (_form, turn) => {
    const identity = parseUcenterConfig(file({ Cert: turn(pair.cert), Key: turn(pair.key) }));
    expect(bare(identity.certificate)).toBe(bare(pair.cert));
    expect(bare(identity.privateKey.reveal())).toBe(bare(pair.key));
  });

  const kinds: [string, () => string][] = [
    ['PKCS #8', () => pair.key],
    ['SEC 1', () => String(createPrivateKey(pair.key).export({ type: 'sec1', format: 'pem' }))],
    [
      'SEC 1 after its curve parameters',
      () =>
        `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${String(
          createPrivateKey(pair.key).export({ type: 'sec1', format: 'pem' }),
        )}`,
    ],
  ];
  test.each(kinds)('a key as %s, armoured and bare, is read', (_kind, pem) => {
    const key = pem();
    expect(parseUcenterConfig(file({ Key: key })).privateKey.reveal()).toContain('PRIVATE KEY');
    const last = key.slice(key.lastIndexOf('-----BEGIN'));
    expect(parseUcenterConfig(file({ Key: bare(last) })).privateKey.reveal()).toContain('PRIVATE KEY');
  });

  test('an RSA key, armoured or bare, is known for what it is', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const pem = String(privateKey.export({ type: 'pkcs1', format: 'pem' }));
    // It belongs to no certificate here: read it is, and then found not to fit.
    for (const form of [pem, bare(pem)]) expect(refusal(file({ Key: form })).message).toContain('belong together');
  });
});

describe('what is wrong is named', () => {
  const rows: [string, () => string, RegExp][] = [
    ['nothing', () => '', /the whole/],
    ['no JSON', () => '{"MQTT": ', /the whole/],
    ['a list', () => '[]', /the whole/],
    ['another JSON file', () => '{"version":1}', /MQTT/],
    ['no connectivity', () => '{"MQTT":{}}', /MQTT\.Connectivity/],
    ['a section that is none', () => '{"MQTT":{"Connectivity":5}}', /MQTT\.Connectivity/],
    ['no certificate', () => file({ Cert: '' }), /ClientCredentials\.Cert/],
    ['a certificate that is none', () => file({ Cert: 'AAAA' }), /ClientCredentials\.Cert/],
    ['a key for the certificate', () => file({ Cert: pair.key }), /ClientCredentials\.Cert/],
    ['no key', () => file({ Key: null }), /ClientCredentials\.Key/],
    ['a certificate for the key', () => file({ Key: pair.cert }), /ClientCredentials\.Key/],
    ['two keys', () => file({ Key: pair.key + pair.key }), /ClientCredentials\.Key/],
    ['a number for the key', () => file({ Key: 5 }), /ClientCredentials\.Key/],
    ['a bare key cut short', () => file({ Key: bare(pair.key).slice(0, 40) }), /ClientCredentials\.Key/],
    [
      'an encrypted key',
      () =>
        file({
          Key: String(
            createPrivateKey(pair.key).export({
              type: 'pkcs8',
              format: 'pem',
              cipher: 'aes-256-cbc',
              passphrase: 'x',
            }),
          ),
        }),
      /ClientCredentials\.Key/,
    ],
    ['authorities that are none', () => file({ RootCA: 'hello!' }), /ClientCredentials\.RootCA/],
    ['no client id', () => file({ ClientID: undefined }), /Connectivity\.ClientID/],
    ['a client id with a blank', () => file({ ClientID: 'a b' }), /Connectivity\.ClientID/],
    ['no server', () => file({ ServerURI: undefined }), /Connectivity\.ServerURI/],
    ['a web socket', () => file({ ServerURI: 'wss://pp.test/mqtt' }), /Connectivity\.ServerURI/],
    ['a server with a path', () => file({ ServerURI: 'ssl://pp.test/x' }), /Connectivity\.ServerURI/],
    ['a port out of range', () => file({ ServerURI: 'pp.test:65536' }), /Connectivity\.ServerURI/],
    ['topics that are none', () => file({ DataTopics: [5] }), /Data\.DataTopics/],
    ['a topic with a control', () => file({ DataTopics: ['a\u0001'] }), /MQTT\.Subscriptions/],
    ['too many topics', () => file({ DataTopics: Array.from({ length: 200 }, (_, i) => `t${i}`) }), /Subscriptions/],
    ['a key of the wrong length', () => file({ current: { start: 1, duration: 1, value: 'aa' } }), /dynamicKeys/],
  ];
  test.each(rows)('%s', (_rule, text, member) => {
    const { message, hint } = refusal(text());
    expect(message).toMatch(member);
    expect(hint).toMatch(member);
    expect(hint).toContain('ucenterConfigFile');
  });

  test('a file of the wrong kind is not read to its end', () => {
    expect(refusal(' '.repeat(MAX_UCENTER_BYTES + 1)).message).toContain('256 KiB');
  });

  test('no error shows anything of the file, and a key in any form is scrubbed from outputs', async () => {
    const stranger = await authority.issue({ name: 'other' });
    const secret = bare(stranger.key);
    for (const text of [file({ Key: stranger.key }), file({ Key: secret.slice(0, 60) }), `${file({ Key: secret })}x`]) {
      let thrown: unknown;
      try {
        parseUcenterConfig(text);
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toBeDefined();
      expect(inspect(thrown, { depth: 9, showHidden: true })).not.toContain(secret.slice(20, 60));
    }
    expect(scrubber.scrub(`key ${secret} end`)).not.toContain(secret.slice(20, 60));
  });
});
