// The identity from files: checked like a secret, taken up again when they change.
import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { identityFromFiles } from '../../src/agent/identity-files.js';
import { createIdentitySource, type ReportingIdentitySource } from '../../src/agent/identity-source.js';
import { type Config, inspectConfig, parseConfig } from '../../src/config/index.js';
import { createFakeClock, type FakeClock, Secret, silentLogger } from '../../src/core/index.js';
import { createMeter } from '../../src/net/index.js';
import type { Credential, Identity, KeysIdentity } from '../../src/vault/index.js';
import { type Authority, createAuthority, type Issued } from '../helpers/pki.js';
import { ucenterFile } from '../ztp/fakes.js';

let authority: Authority;
let pair: Issued;
let other: Issued;
beforeAll(async () => {
  authority = await createAuthority();
  pair = await authority.issue({ name: 'gateway' });
  other = await authority.issue({ name: 'gateway' });
});

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'waymark-identity-'));
  path = join(dir, 'ucenter.json');
});
afterEach(() => rm(dir, { recursive: true }));

const put = async (text: string): Promise<void> => {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
};

const YAML = 'version: 1\ngnss: {}\ncorrections: {}\nidentity: {ucenterConfigFile: ucenter.json}\n';
function configOf(yaml: string): Config {
  const { config, problems } = parseConfig(yaml, join(dir, 'w.yaml'));
  if (!config) throw new Error(JSON.stringify(problems));
  return config;
}

async function source(
  clock: FakeClock,
  yaml = YAML,
  more: { identity?: Identity; token?: Credential } = {},
): Promise<ReportingIdentitySource> {
  const made = await createIdentitySource({
    config: configOf(yaml),
    configDir: dir,
    clock,
    log: silentLogger,
    meter: createMeter(),
    memory: {
      identity: { read: () => Promise.resolve(more.identity && { value: more.identity, generation: 'current' }) },
    } as never,
    modem: undefined,
    credentials: { ztpToken: more.token } as never,
    prove: () => Promise.resolve(),
  });
  if (!made) throw new Error('no source');
  return made;
}

/** Looks at the files `n` times; real file system calls take real time in between. */
async function looks(clock: FakeClock, n: number): Promise<void> {
  const armed = async (): Promise<void> => {
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  for (let i = 0; i < n; i++) {
    await armed();
    await clock.advance(2000);
  }
}

/** Looks at the files until something has come of it. */
async function looksUntil(clock: FakeClock, is: () => boolean): Promise<void> {
  while (!is()) await clock.advance(2000);
}

const never = new AbortController().signal;

describe('a u-center file', () => {
  test('is the identity, with its keys and authorities', async () => {
    await put(ucenterFile(pair, { RootCA: authority.ca }));
    const identity = await identityFromFiles({ ucenterConfigFile: path, port: 8883 }, dir, undefined);
    expect(identity.keys.current).toBeDefined();
    expect(identity.caPem).toContain('BEGIN CERTIFICATE');
  });

  test.each([0o644, 0o640, 0o666])(
    'that others may read (%o) is refused with the command that cures it',
    async (mode) => {
      await put(ucenterFile(pair));
      await chmod(path, mode);
      await expect(identityFromFiles({ ucenterConfigFile: path, port: 8883 }, dir, undefined)).rejects.toMatchObject({
        code: 'secret.permission',
        hint: expect.stringContaining(`chmod 600 '${path}'`),
      });
    },
  );

  test('that is not there, or far too large, is said to be so', async () => {
    const files = { ucenterConfigFile: path, port: 8883 };
    await expect(identityFromFiles(files, dir, undefined)).rejects.toMatchObject({ code: 'secret.absent' });
    await put(' '.repeat(300_000));
    await expect(identityFromFiles(files, dir, undefined)).rejects.toMatchObject({ code: 'secret.malformed' });
  });

  test('whose certificate has ended is refused with the date', async () => {
    await put(ucenterFile(pair));
    const late = Date.now() + 100 * 365 * 86_400_000;
    await expect(identityFromFiles({ ucenterConfigFile: path, port: 8883 }, dir, late)).rejects.toMatchObject({
      code: 'identity.invalid',
    });
  });

  test('passes the configuration’s own check, and fails it for loose modes', async () => {
    const file = join(dir, 'w.yaml');
    await writeFile(file, YAML);
    await put(ucenterFile(pair, { RootCA: authority.ca.repeat(40) }));
    expect((await inspectConfig(file, { env: {} })).problems).toEqual([]);
    await chmod(path, 0o644);
    expect((await inspectConfig(file, { env: {} })).problems.map((p) => p.path)).toEqual([
      'identity.ucenterConfigFile',
    ]);
  });
});

describe('files that change', () => {
  test('are due once they hold something else that is good, and are taken up then', async () => {
    const clock = createFakeClock(Date.now());
    await put(ucenterFile(pair));
    const s = await source(clock);
    expect(await s.ensure({ signal: never })).toMatchObject({ certificate: expect.stringContaining('BEGIN') });
    expect(s.state()).toEqual({ state: 'have', callsToday: 0 });
    let due = '';
    void s.whenDue?.(never).then((why) => (due = why));
    await looks(clock, 3);
    expect(due).toBe('');
    // The same again, then damage: neither is taken up, and the damage is said.
    await put(ucenterFile(pair));
    await looks(clock, 4);
    await put('{"MQTT": ');
    await looksUntil(clock, () => s.state().reason?.code === 'identity.invalid');
    expect(due).toBe('');
    await put(ucenterFile(other));
    await looksUntil(clock, () => due !== '');
    const renewed = (await s.renew?.({ signal: never, reason: due })) as KeysIdentity;
    expect(renewed.privateKey.equals(new Secret('client-key', other.key))).toBe(true);
    expect(s.state()).toEqual({ state: 'have', callsToday: 0 });
  });

  test('that are not usable at first are waited for, with the reason shown', async () => {
    const clock = createFakeClock(Date.now());
    const s = await source(clock);
    expect(await s.cached()).toBeUndefined();
    const seen: (string | undefined)[] = [];
    s.onSetback?.((setback) => seen.push(setback?.error.code));
    const ensured = s.ensure({ signal: never });
    await expect.poll(() => seen).toEqual(['secret.absent']);
    expect(s.state()).toMatchObject({ state: 'need', reason: { code: 'secret.absent' } });
    await looks(clock, 2);
    await put(ucenterFile(pair));
    await looksUntil(clock, () => seen.at(-1) === undefined);
    expect(await ensured).toMatchObject({ shape: 'keys' });
  });

  test('nobody who has gone keeps them watched', async () => {
    const clock = createFakeClock(Date.now());
    const s = await source(clock);
    const controller = new AbortController();
    const ensured = s.ensure({ signal: controller.signal }).catch((error: unknown) => String(error));
    await looks(clock, 1);
    controller.abort(new Error('enough'));
    expect(await ensured).toContain('enough');
    expect(clock.pending).toBe(0);
  });
});

test('a kept identity of another way than the forced one counts as none', async () => {
  const clock = createFakeClock();
  const identity = { shape: 'keys' } as unknown as Identity;
  const token = { onChange: () => () => undefined } as unknown as Credential;
  const yaml = (corrections: string): string =>
    `version: 1\ngnss: {}\nztp: {token: "file:t"}\ncorrections: {${corrections}}\n`;
  const cached = async (corrections: string): Promise<Identity | undefined> =>
    (await source(clock, yaml(corrections), { identity, token })).cached();
  expect(await cached('')).toBe(identity);
  expect(await cached('source: mqtt')).toBe(identity);
  expect(await cached('source: ntrip')).toBeUndefined();
  expect(await cached('source: ntrip, ntrip: {host: c.test, mountPoint: M}')).toBe(identity);
});
