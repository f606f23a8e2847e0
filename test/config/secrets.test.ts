import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { readCertificates, resolveSecret, type SecretRef } from '../../src/config/index.js';
import { isWaymarkError, type Secret, type SecretKind, type WaymarkError } from '../../src/core/index.js';

const TOKEN = 'canary-c0ffee-4711';
const KEY = `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(64)}\n${'b'.repeat(20)}==\n-----END PRIVATE KEY-----\n`;

/** A configuration folder with a secret file in it. */
async function folder(): Promise<
  AsyncDisposable & { path: string; put(name: string, text: string | Buffer, mode?: number): Promise<string> }
> {
  const path = await mkdtemp(join(tmpdir(), 'waymark-secret-'));
  return {
    path,
    async put(name, text, mode = 0o600) {
      await writeFile(`${path}/${name}`, text);
      await chmod(`${path}/${name}`, mode);
      return `${path}/${name}`;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

const get = (
  ref: string,
  configDir: string,
  kind: SecretKind = 'ztp-token',
  env: NodeJS.ProcessEnv = {},
): Promise<Secret> => resolveSecret(ref as SecretRef, kind, { env, configDir });

async function refusal(promise: Promise<unknown>): Promise<WaymarkError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isWaymarkError(error)) throw new Error(`not refused: ${String(error)}`);
  expect(inspect(error, { depth: 5 })).not.toContain(TOKEN);
  return error;
}

describe('a secret file', () => {
  test.each([0o600, 0o400])('of mode %o is read', async (mode) => {
    await using dir = await folder();
    await dir.put('token', TOKEN, mode);
    expect((await get('file:token', dir.path)).reveal()).toBe(TOKEN);
  });

  test('may be named by an absolute path', async () => {
    await using dir = await folder();
    const path = await dir.put('token', TOKEN);
    expect((await get(`file:${path}`, '/nowhere')).reveal()).toBe(TOKEN);
  });

  test.each([
    ['one trailing newline', `${TOKEN}\n`],
    ['CR LF at the end', `${TOKEN}\r\n`],
    ['a byte order mark', `\uFEFF${TOKEN}`],
  ])('%s is trimmed', async (_, text) => {
    await using dir = await folder();
    await dir.put('token', text);
    expect((await get('file:token', dir.path)).reveal()).toBe(TOKEN);
  });

  test.each([
    ['a blank inside', `${TOKEN} x`],
    ['a blank in front', ` ${TOKEN}`],
    ['two newlines', `${TOKEN}\n\n`],
    ['a tab', `${TOKEN}\tx`],
    ['a NUL', `${TOKEN}\0`],
    ['a letter beyond ASCII', `${TOKEN}é`],
    ['bytes that are no text', Buffer.concat([Buffer.from(TOKEN), Buffer.from([0xff, 0xfe])])],
    ['more than 16 KiB', `${TOKEN}${'x'.repeat(16_384)}`],
  ])('%s is refused', async (_, text) => {
    await using dir = await folder();
    await dir.put('token', text);
    expect((await refusal(get('file:token', dir.path))).code).toBe('secret.malformed');
  });

  test.each([0o644, 0o640, 0o604, 0o660, 0o666, 0o700, 0o602, 0o4600])(
    'of mode %o is refused with the exact chmod',
    async (mode) => {
      await using dir = await folder();
      const path = await dir.put('token', TOKEN, mode);
      const error = await refusal(get('file:token', dir.path));
      expect(error.code).toBe('secret.permission');
      expect(error.hint).toContain(`chmod 600 '${path}'`);
      execFileSync('sh', ['-c', /chmod 600 .*$/.exec(error.hint)![0]]);
      expect((await get('file:token', dir.path)).reveal()).toBe(TOKEN);
    },
  );

  test('the chmod shown works for a name with quotes and blanks in it', async () => {
    await using dir = await folder();
    const path = await dir.put(`it's a "token"`, TOKEN, 0o644);
    const error = await refusal(get(`file:${path}`, dir.path));
    execFileSync('sh', ['-c', /chmod 600 .*$/.exec(error.hint)![0]]);
    expect((await get(`file:${path}`, dir.path)).reveal()).toBe(TOKEN);
  });

  test('of another user is refused with the exact chown', async () => {
    await using dir = await folder();
    let path = await dir.put('token', TOKEN);
    // Only root can give a file away; anybody else finds one that is not theirs.
    if (process.geteuid?.() === 0) await chown(path, 12_345, 12_345);
    else path = '/etc/hostname';
    const error = await refusal(get(`file:${path}`, dir.path));
    expect(error.code).toBe('secret.permission');
    expect(error.hint).toContain(`chown ${process.geteuid?.()} '${path}'`);
  });

  test('that is not there, or is empty, is absent', async () => {
    await using dir = await folder();
    await dir.put('empty', '\n');
    expect((await refusal(get('file:nothing', dir.path))).code).toBe('secret.absent');
    expect((await refusal(get('file:empty', dir.path))).code).toBe('secret.absent');
    expect((await refusal(get('file:empty/below', dir.path))).code).toBe('secret.absent');
  });

  test('a link inside the folder is followed, one that leaves it is refused', async () => {
    await using dir = await folder();
    await using elsewhere = await folder();
    await dir.put('real', TOKEN);
    const outside = await elsewhere.put('real', TOKEN);
    await symlink('real', `${dir.path}/inside`);
    await symlink(outside, `${dir.path}/outside`);
    await symlink('nothing', `${dir.path}/dangling`);
    expect((await get('file:inside', dir.path)).reveal()).toBe(TOKEN);
    expect((await refusal(get('file:outside', dir.path))).code).toBe('secret.permission');
    expect((await refusal(get('file:dangling', dir.path))).code).toBe('secret.absent');
  });

  test('a folder or a fifo in its place is refused without waiting', async () => {
    await using dir = await folder();
    await mkdir(`${dir.path}/folder`);
    execFileSync('mkfifo', ['-m', '600', `${dir.path}/fifo`]);
    expect((await refusal(get('file:folder', dir.path))).code).toBe('secret.malformed');
    expect((await refusal(get('file:fifo', dir.path))).code).toBe('secret.malformed');
  });
});

describe('a reference', () => {
  test.each([
    '',
    TOKEN,
    'file:',
    'env:',
    'env:A B',
    'credential:../x',
    'credential:a/b',
    'credential:..',
    'http://x',
    'file:a\nb',
  ])('%j is refused without repeating it', async (ref) => {
    expect((await refusal(get(ref, '/'))).code).toBe('secret.malformed');
  });
});

describe('an environment variable', () => {
  test('is deleted once read, and can still be loaded again', async () => {
    const env: NodeJS.ProcessEnv = { TOKEN, OTHER: 'x' };
    expect((await get('env:TOKEN', '/', 'ztp-token', env)).reveal()).toBe(TOKEN);
    expect(env).toEqual({ OTHER: 'x' });
    expect((await get('env:TOKEN', '/', 'ztp-token', env)).reveal()).toBe(TOKEN);
  });

  test('that is not set, or empty, is absent', async () => {
    expect((await refusal(get('env:TOKEN', '/'))).code).toBe('secret.absent');
    expect((await refusal(get('env:TOKEN', '/', 'ztp-token', { TOKEN: '' }))).code).toBe('secret.absent');
  });
});

describe('a systemd credential', () => {
  test('is read from the credentials directory', async () => {
    await using dir = await folder();
    await dir.put('ztp', TOKEN, 0o440);
    const env = { CREDENTIALS_DIRECTORY: dir.path };
    expect((await get('credential:ztp', '/', 'ztp-token', env)).reveal()).toBe(TOKEN);
    expect((await refusal(get('credential:other', '/', 'ztp-token', env))).code).toBe('secret.absent');
  });

  test('readable by everybody, or a link, is refused', async () => {
    await using dir = await folder();
    await dir.put('ztp', TOKEN, 0o444);
    await symlink(`${dir.path}/ztp`, `${dir.path}/link`);
    const env = { CREDENTIALS_DIRECTORY: dir.path };
    expect((await refusal(get('credential:ztp', '/', 'ztp-token', env))).code).toBe('secret.permission');
    expect((await refusal(get('credential:link', '/', 'ztp-token', env))).code).toBe('secret.permission');
  });

  test('without a service manager is absent, with the unit’s line in the hint', async () => {
    const error = await refusal(get('credential:ztp', '/'));
    expect(error).toMatchObject({
      code: 'secret.absent',
      hint: expect.stringContaining('LoadCredential=ztp:') as string,
    });
  });
});

describe('a private key', () => {
  test('keeps its lines', async () => {
    await using dir = await folder();
    await dir.put('key', KEY);
    expect((await get('file:key', dir.path, 'client-key')).reveal()).toBe(KEY);
  });

  test.each([
    ['text', TOKEN],
    ['a certificate', KEY.replaceAll('PRIVATE KEY', 'CERTIFICATE')],
    ['a cut key', KEY.slice(0, 60)],
    ['two keys', KEY + KEY],
  ])('%s is not one', async (_, text) => {
    await using dir = await folder();
    await dir.put('key', text);
    expect((await refusal(get('file:key', dir.path, 'client-key'))).code).toBe('secret.malformed');
  });

  test('readable by others is refused like any secret', async () => {
    await using dir = await folder();
    await dir.put('key', KEY, 0o644);
    expect((await refusal(get('file:key', dir.path, 'client-key'))).code).toBe('secret.permission');
  });
});

describe('certificate files', () => {
  test('give every certificate in their order, whatever stands around them', async () => {
    await using dir = await folder();
    const pem = (body: string): string => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`;
    const path = await dir.put('ca.pem', `# one\n${pem('AAAA')}\nsubject=x\n${pem('BBBB')}\n`, 0o644);
    expect(await readCertificates(path)).toEqual([pem('AAAA'), pem('BBBB')]);
  });

  test('without a certificate, or not there, are unreadable', async () => {
    await using dir = await folder();
    const path = await dir.put('ca.pem', 'nothing', 0o644);
    for (const name of [path, dir.path, `${dir.path}/nothing`])
      expect((await refusal(readCertificates(name))).code).toBe('config.unreadable');
  });
});

test.each([
  ['1234', true],
  ['12345678', true],
  ['123', false],
  ['123456789', false],
  ['12a4', false],
])('a PIN file holding %j is usable: %s, and its content is never quoted', async (pin, isUsable) => {
  const outcome = await resolveSecret('env:PIN_HERE', 'pin', { env: { PIN_HERE: pin }, configDir: '/' }).catch(
    (error: unknown) => error,
  );
  if (isUsable) expect((outcome as { reveal(): string }).reveal()).toBe(pin);
  else expect((outcome as Error).message).toBe('env:PIN_HERE: is not a PIN of four to eight digits');
});
