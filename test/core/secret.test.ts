import { format, inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  fingerprintOf,
  maskIdentifier,
  Secret,
  type SecretKind,
  setFingerprintSalt,
  tokenSecret,
  WaymarkError,
} from '../../src/core/index.js';

const VALUE = 'correct-horse-battery-staple';

describe('secret', () => {
  test.each<[string, (s: Secret) => string]>([
    ['toString', (s) => s.toString()],
    ['a template', (s) => `a ${s as unknown as string} b`],
    ['concatenation', (s) => `a${String(s)}`],
    ['JSON', (s) => JSON.stringify({ deep: [{ s }] })],
    ['inspect', (s) => inspect(s)],
    ['inspect with hidden members', (s) => inspect({ s }, { showHidden: true, depth: 9, getters: true })],
    ['inspect without custom inspection', (s) => inspect(s, { customInspect: false, showHidden: true })],
    ['format %o and %O', (s) => format('%o %O %j %s', s, s, s, s)],
    ['its own keys and values', (s) => JSON.stringify([Object.entries(s), Object.getOwnPropertyNames(s)])],
    ['a structured clone', (s) => inspect(structuredClone(Object.assign({}, s)))],
    ['an error message', (s) => inspect(new Error(`refused ${String(s)}`))],
  ])('%s never shows the value', (_how, show) => {
    const shown = show(new Secret('app-token', VALUE));
    expect(shown).not.toContain(VALUE);
    for (let i = 0; i + 6 <= VALUE.length; i++) expect(shown).not.toContain(VALUE.slice(i, i + 6));
  });

  test('what is shown is its kind and a fingerprint that depends on the installation', () => {
    setFingerprintSalt(new Uint8Array(16).fill(1));
    const secret = new Secret('ztp-token', VALUE);
    const first = secret.fingerprint;
    expect(String(secret)).toBe(`[secret ztp-token fp:${first}]`);
    expect(first).toMatch(/^[0-9a-f]{8}$/);
    expect(fingerprintOf(VALUE)).toBe(first);
    setFingerprintSalt(new Uint8Array(16).fill(2));
    expect(secret.fingerprint).not.toBe(first);
  });

  test('only reveal gives the value; equality is of values', () => {
    const secret = new Secret('password', VALUE);
    expect(secret.reveal()).toBe(VALUE);
    expect(secret.equals(new Secret('api-token', VALUE))).toBe(true);
    expect(secret.equals(new Secret('password', 'other-value'))).toBe(false);
  });
});

describe('token text from a file or variable', () => {
  const kind: SecretKind = 'ztp-token';

  test.each([`${VALUE}\n`, `${VALUE}\r\n`, `\uFEFF${VALUE}`, VALUE])(
    'one line end and a BOM are forgiven (%j)',
    (text) => expect(tokenSecret(kind, text, 'x').reveal()).toBe(VALUE),
  );

  test.each([` ${VALUE}`, `${VALUE} `, `${VALUE}\n\n`, `a\tb`, 'a\nb', 'pässword', 'a\0b', 'x'.repeat(513)])(
    'blanks and anything outside printable ASCII are refused (%j)',
    (text) => {
      const attempt = (): Secret => tokenSecret(kind, text, 'token file');
      expect(attempt).toThrow(WaymarkError);
      expect(attempt).toThrow(/^token file: /);
      expect(attempt).not.toThrow(text.trim());
    },
  );

  test.each(['', '\n', '\r\n', '\uFEFF'])('nothing is an absent secret (%j)', (text) => {
    try {
      tokenSecret(kind, text, 'x');
      expect.unreachable();
    } catch (error) {
      expect((error as WaymarkError).code).toBe('secret.absent');
    }
  });
});

test('an identifier shows its last four characters, a short one none', () => {
  expect(maskIdentifier('356938035643809')).toBe('…3809');
  expect(maskIdentifier('3809')).toBe('…');
  expect(maskIdentifier('')).toBe('…');
});
