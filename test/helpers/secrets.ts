// Looking for secrets in what a gateway shows: every form in which a value could get out. No value is part of an answer.
import { lstatSync } from 'node:fs';
import { expect } from 'vitest';
import { createClock, type Secret, silentLogger } from '../../src/core/index.js';
import { type Identity, identityCodec, openVault } from '../../src/vault/index.js';
import { filesBelow } from './outside.js';

/** By name, the forms of each secret. */
export type Secrets = Readonly<Record<string, readonly string[]>>;

/** As it is, as encoders write it, as other encoders write that. */
export function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const json = JSON.stringify(value).slice(1, -1);
  return [
    ...new Set([
      value,
      json,
      JSON.stringify(json).slice(1, -1),
      bytes.toString('base64'),
      bytes.toString('base64').replace(/=+$/, ''),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      encodeURIComponent(value),
      encodeURI(value),
    ]),
  ];
}

/** A password alone, and as Basic authorization carries it. */
export const formsOfAccount = (userName: string, password: string): string[] => [
  ...formsOf(password),
  ...formsOf(`${userName}:${password}`),
];

/** ZTP tokens are sent in lower case, whatever the file has. */
export const formsOfUuid = (token: string): string[] =>
  [token, token.toLowerCase(), token.toUpperCase()].flatMap(formsOf);

/** A key whose text is base64 or hex could also get out as its bytes in another form. */
export function formsOfPem(pem: string): string[] {
  const lines = pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  const der = Buffer.from(lines.join(''), 'base64');
  const words = [...lines.filter((line) => line.length >= 16), lines.join(''), der.toString('hex'), pem.trim()];
  return words.flatMap(formsOf);
}

export const formsOfHexKey = (hex: string): string[] => [
  ...formsOf(hex),
  hex.toUpperCase(),
  Buffer.from(hex, 'hex').toString('base64'),
];

/** What is secret in an identity that the vault in `stateDir` keeps. */
export async function identitySecrets(stateDir: string, slot = 'identity'): Promise<Secrets> {
  const vault = await openVault(stateDir, { clock: createClock(), log: silentLogger });
  const identity: Identity | undefined = (await vault.slot(slot, identityCodec).read())?.value;
  switch (identity?.shape) {
    case 'keys': {
      const { current, next } = identity.keys;
      const keys = [current, next].filter((key) => key !== undefined).map((key): Secret => key.value);
      expect(keys).toHaveLength(2);
      return {
        'private key': formsOfPem(identity.privateKey.reveal()),
        'SPARTN keys': keys.flatMap((key) => formsOfHexKey(key.reveal())),
      };
    }
    case 'ntrip':
      return { 'NTRIP account': formsOfAccount(identity.userName, identity.password.reveal()) };
    case 'chipcode':
      return { chipcode: formsOf(identity.chipcode.reveal()) };
    default:
      throw new Error(`no identity in ${slot}`);
  }
}

/** Which secrets stand in a text. */
export const found = (text: string, secrets: Secrets): string[] =>
  Object.entries(secrets)
    .filter(([, forms]) => forms.some((form) => text.includes(form)))
    .map(([name]) => name);

export function expectClosedToOthers(dir: string): void {
  const open = [{ path: dir, kind: 'folder' }, ...filesBelow(dir)]
    .filter(({ kind }) => kind !== 'other')
    .filter(({ path, kind }) => (lstatSync(path).mode & 0o777) !== (kind === 'file' ? 0o600 : 0o700));
  expect(open).toEqual([]);
}
