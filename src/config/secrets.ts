// From a reference in the configuration to a Secret (specs/tokens.md section 5): a private file, a systemd credential,
// or an environment variable that is wiped once read. Never a value written in the configuration, never argv.
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { isWaymarkError, Secret, type SecretKind, scrubber, tokenSecret, WaymarkError } from '../core/index.js';
import type { SecretRef } from './schema.js';
import { SECRET_REF } from './schema-parts.js';

export interface SecretPlace {
  /** Where `env:` looks; the variable is deleted from it after reading. */
  env: NodeJS.ProcessEnv;
  /** Folder of the configuration file: relative paths start here, and symbolic links must stay inside. */
  configDir: string;
  /** `any`: an app token need not fit into an AT line, for the gateway can use it itself (default `module`). */
  appTokenFor?: 'module' | 'any';
}

const MAX_SECRET_BYTES = 16_384;
/** What a module's AT line cannot carry: it would end the parameter or the command. */
const NOT_FOR_AT = /[,";\\]/;
const PRIVATE_KEY =
  /^-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----\r?\n[A-Za-z0-9+/=\r\n:, -]{1,16000}-----END [A-Z ]{0,40}PRIVATE KEY-----\s{0,8}$/;

/** Variables already read and wiped: a credential may be loaded again later. */
const taken = new WeakMap<NodeJS.ProcessEnv, Map<string, Secret>>();

const quoted = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;
const codeOf = (error: unknown): string => {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : 'unknown error';
};

/** Text as a Secret of its kind. Errors: `secret.absent`, `secret.malformed`; neither quotes the text. */
function asSecret(
  kind: SecretKind,
  text: string,
  where: string,
  appTokenFor: SecretPlace['appTokenFor'] = 'module',
): Secret {
  if (kind === 'client-key') {
    const pem = text.replace(/^\uFEFF/, '');
    if (pem.trim() === '') throw new WaymarkError('secret.absent', `${where}: empty`);
    if (!PRIVATE_KEY.test(pem) || pem.split('-----BEGIN').length !== 2) {
      // Whatever it is, it was meant to be secret: have it scrubbed from every output.
      scrubber.register(kind, pem);
      throw new WaymarkError('secret.malformed', `${where}: holds no PEM private key`, {
        hint: 'The file must hold one private key in PEM form, from -----BEGIN … to -----END …, and nothing else.',
      });
    }
    return new Secret(kind, pem);
  }
  let secret: Secret;
  try {
    secret = tokenSecret(kind, text, where);
  } catch (error) {
    if (isWaymarkError(error, 'secret.malformed')) scrubber.register(kind, text.trim());
    throw error;
  }
  // Its value is never quoted; a length other than these could not be a PIN and would cost a try.
  if (kind === 'pin' && !/^\d{4,8}$/.test(secret.reveal()))
    throw new WaymarkError('secret.malformed', `${where}: is not a PIN of four to eight digits`, {
      hint: 'The file must hold the PIN of the SIM alone: four to eight digits.',
    });
  if (kind === 'app-token') {
    const value = secret.reveal();
    if (appTokenFor === 'module' && NOT_FOR_AT.test(value))
      throw new WaymarkError(
        'secret.malformed',
        `${where}: holds a comma, quote, semicolon or backslash, which cannot be told to the module`,
        {
          hint: 'Create an app token of letters and digits in the deviceWISE portal (Developer, App Tokens), or let this gateway speak to deviceWISE itself (deviceWise.road: gateway).',
        },
      );
    if (value.length > 256)
      throw new WaymarkError('secret.malformed', `${where}: longer than the 256 characters the module takes`);
  }
  return secret;
}

async function openSecret(path: string): Promise<FileHandle> {
  try {
    // Not blocking: a fifo in the file's place must not hold up the start. No link: it was resolved before.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new WaymarkError('secret.absent', `${path}: no such file`);
    if (code === 'EACCES' || code === 'EPERM')
      throw new WaymarkError('secret.permission', `${path}: not readable by this user`, {
        hint: `Give the file to the service user: chown ${process.geteuid?.() ?? '"$(id -u)"'} ${quoted(path)} && chmod 600 ${quoted(path)}`,
      });
    if (code === 'ELOOP') throw new WaymarkError('secret.permission', `${path}: is a symbolic link`);
    throw new WaymarkError('secret.absent', `${path}: ${code}`, { cause: error });
  }
}

/** Refuses what others may read or have put there. Errors: `secret.permission` with the command that cures it. */
function checkOwnership(path: string, facts: { uid: number; mode: number }): void {
  const uid = process.geteuid?.();
  if (uid !== undefined && facts.uid !== uid)
    throw new WaymarkError('secret.permission', `${path}: belongs to user ${facts.uid}, not to us (${uid})`, {
      hint: `Give the file to the service user: chown ${uid} ${quoted(path)} && chmod 600 ${quoted(path)}`,
    });
  const mode = facts.mode & 0o7777;
  if (mode !== 0o600 && mode !== 0o400)
    throw new WaymarkError(
      'secret.permission',
      `${path}: mode ${mode.toString(8).padStart(4, '0')}, only 0600 or 0400 is accepted`,
      { hint: `Close the file to others: chmod 600 ${quoted(path)}` },
    );
}

async function readBounded(
  path: string,
  check: (facts: { uid: number; mode: number }) => void,
  maxBytes = MAX_SECRET_BYTES,
): Promise<string> {
  const handle = await openSecret(path);
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw new WaymarkError('secret.malformed', `${path}: is not a regular file`);
    check(facts);
    if (facts.size > maxBytes)
      throw new WaymarkError('secret.malformed', `${path}: larger than ${maxBytes} bytes, this is no secret`);
    const buffer = Buffer.alloc(maxBytes + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The file itself, links followed only as long as they stay in the configuration's folder. */
async function withoutLinks(path: string, configDir: string): Promise<string> {
  let target: string;
  try {
    if (!(await lstat(path)).isSymbolicLink()) return path;
    target = await realpath(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new WaymarkError('secret.absent', `${path}: no such file`);
    throw new WaymarkError('secret.permission', `${path}: ${code}`, { cause: error });
  }
  const inside = relative(await realpath(configDir).catch(() => resolve(configDir)), target);
  if (inside.startsWith('..') || isAbsolute(inside))
    throw new WaymarkError('secret.permission', `${path}: is a symbolic link that leaves ${configDir}`, {
      hint: `Name the file itself in the configuration: ${dirname(target)} is outside of the configuration’s folder.`,
    });
  return target;
}

/**
 * The text of a file that holds secrets among other things: private to the service user, like a secret's own file.
 * Errors: `secret.absent`, `secret.permission` (the hint holds the exact chmod or chown), `secret.malformed` (too large).
 */
export async function readPrivateFile(name: string, configDir: string, maxBytes = MAX_SECRET_BYTES): Promise<string> {
  const path = await withoutLinks(resolve(configDir, name), configDir);
  return readBounded(path, (facts) => checkOwnership(path, facts), maxBytes);
}

async function fromCredential(name: string, env: NodeJS.ProcessEnv): Promise<string> {
  const directory = env['CREDENTIALS_DIRECTORY'];
  if (directory === undefined || directory === '')
    throw new WaymarkError('secret.absent', `credential:${name}: no CREDENTIALS_DIRECTORY in the environment`, {
      hint: `Add LoadCredential=${name}:/path/to/file to the service’s unit, or use file:PATH.`,
    });
  const path = join(directory, name);
  return readBounded(path, ({ mode }) => {
    // The service manager owns these; an access list shows up as group bits, so only the world is looked at.
    if ((mode & 0o007) !== 0)
      throw new WaymarkError('secret.permission', `${path}: readable by everybody`, {
        hint: `Close the file to others: chmod 400 ${quoted(path)}`,
      });
  });
}

function fromEnvironment(name: string, kind: SecretKind, { env, appTokenFor }: SecretPlace, peek: boolean): Secret {
  const value = env[name];
  const kept = taken.get(env)?.get(name);
  if (value === undefined) {
    if (kept) return asSecret(kind, kept.reveal(), `env:${name}`, appTokenFor);
    throw new WaymarkError('secret.absent', `env:${name}: not in the environment`);
  }
  if (!peek) {
    // Later children and crash reports must not inherit it.
    Reflect.deleteProperty(env, name);
    const values = taken.get(env) ?? new Map<string, Secret>();
    taken.set(env, values.set(name, new Secret(kind, value)));
  }
  return asSecret(kind, value, `env:${name}`, appTokenFor);
}

async function read(ref: SecretRef, kind: SecretKind, place: SecretPlace, peek: boolean): Promise<Secret> {
  if (!SECRET_REF.test(ref))
    throw new WaymarkError('secret.malformed', 'a secret reference must be file:PATH, env:NAME or credential:NAME', {
      hint: 'Put the secret into a file of its own, run chmod 600 on it and write file:PATH.',
    });
  const colon = ref.indexOf(':');
  const name = ref.slice(colon + 1);
  switch (ref.slice(0, colon)) {
    case 'env':
      return fromEnvironment(name, kind, place, peek);
    case 'credential':
      return asSecret(kind, await fromCredential(name, place.env), ref, place.appTokenFor);
    default:
      return asSecret(kind, await readPrivateFile(name, place.configDir), ref, place.appTokenFor);
  }
}

/**
 * Reads the secret a reference names. A variable is deleted from `env` once read (and remembered, so that it can be
 * loaded again). `client-key` is a PEM private key; every other kind is a token of printable characters.
 * Errors: `secret.absent`, `secret.permission` (the hint holds the exact chmod or chown), `secret.malformed`.
 */
export function resolveSecret(ref: SecretRef, kind: SecretKind, place: SecretPlace): Promise<Secret> {
  return read(ref, kind, place, false);
}

/**
 * Text that came from elsewhere (a person, a pipe), judged like the file it is meant for.
 * Errors: `secret.absent`, `secret.malformed`; neither quotes the text.
 */
export function secretOfText(
  kind: SecretKind,
  text: string,
  where: string,
  appTokenFor?: SecretPlace['appTokenFor'],
): Secret {
  return asSecret(kind, text, where, appTokenFor);
}

/** What an app token is for by this configuration: a module, which takes fewer characters, or whoever can. */
export const appTokenFor = (config: { deviceWise?: { road: string } | undefined }): 'module' | 'any' =>
  config.deviceWise !== undefined && config.deviceWise.road !== 'module' ? 'any' : 'module';

/** Whether a module can be told it. */
export const fitsModule = (secret: Secret): boolean => !NOT_FOR_AT.test(secret.reveal());

/** The same without touching the environment; for `config check`. */
export function peekSecret(ref: SecretRef, kind: SecretKind, place: SecretPlace): Promise<Secret> {
  return read(ref, kind, place, true);
}
