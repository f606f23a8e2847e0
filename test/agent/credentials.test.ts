import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CredentialSet, createCredentials } from '../../src/agent/credentials.js';
import { inspectCredentials } from '../../src/agent/inspect.js';
import { type Config, parseConfig } from '../../src/config/index.js';
import { createFakeClock, Secret, silentLogger } from '../../src/core/index.js';
import { type Identity, identityCodec, openVault } from '../../src/vault/index.js';
import { createAuthority, type Issued } from '../helpers/pki.js';

const DAY = 86_400_000;
const UUID = '01234567-89ab-cdef-0123-456789abcdef';
const LOCATION = 'gQJx7LocationToken';

let dir: string;
let pair: Issued;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'waymark-credentials-'));
  pair = await (await createAuthority()).issue({
    name: 'gateway',
    notBeforeUtcMs: Date.UTC(2026, 0, 1),
    notAfterUtcMs: Date.UTC(2030, 0, 1),
  });
  for (const [name, value] of [
    ['uuid', UUID],
    ['location', LOCATION],
    ['password', 'caster-pass'],
  ] as const)
    await writeFile(join(dir, name), value, { mode: 0o600 });
});
afterAll(() => rm(dir, { recursive: true }));

function configOf(yaml: string): Config {
  const { config, problems } = parseConfig(`version: 1\nstateDir: s\nruntimeDir: r\n${yaml}`, join(dir, 'w.yaml'));
  if (!config) throw new Error(JSON.stringify(problems));
  return config;
}

interface World extends Disposable {
  set: CredentialSet;
  clock: ReturnType<typeof createFakeClock>;
  be(identity: Identity): Promise<void>;
  states(): Record<string, string>;
}

async function world(yaml: string): Promise<World> {
  const clock = createFakeClock(Date.UTC(2026, 5, 1));
  let identity: Identity | undefined;
  const set = createCredentials({
    config: configOf(yaml),
    configDir: dir,
    env: {},
    clock,
    log: silentLogger,
    vault: undefined,
    isWallTrusted: () => true,
    identity: () => identity,
  });
  const reload = async (): Promise<void> => {
    for (const credential of set.all()) await credential.reload();
  };
  await reload();
  return {
    set,
    clock,
    async be(next) {
      identity = next;
      set.identityChanged();
      await reload();
    },
    states: () => Object.fromEntries(set.all().map((c) => [c.status().id, c.status().state])),
    [Symbol.dispose]: () => set[Symbol.dispose](),
  };
}

const key = (startUtcMs: number, durationMs: number, byte: string) => ({
  startUtcMs,
  durationMs,
  value: new Secret('spartn-key', byte.repeat(32)),
});
const keysIdentity = (keys: { current?: ReturnType<typeof key>; next?: ReturnType<typeof key> }): Identity => ({
  shape: 'keys',
  version: 1,
  clientId: 'c',
  certificate: pair.cert,
  privateKey: new Secret('client-key', pair.key),
  host: 'h',
  port: 8883,
  topics: ['t'],
  keys,
  supports: { ip: true, lband: false },
});
const ntripIdentity = (password: string): Identity => ({
  shape: 'ntrip',
  version: 1,
  host: 'h',
  port: 2101,
  userName: 'u',
  password: new Secret('password', password),
  mountPoint: 'M',
});

const PROVISIONED = 'ztp: {token: "file:uuid"}\ncorrections: {}\ngnss: {}\n';

describe('which credentials are shown', () => {
  test('those of the shape in force; what the other way needs is not missed', async () => {
    using w = await world(PROVISIONED);
    expect(w.states()).toEqual({ 'ztp-token': 'valid', 'client-certificate': 'missing' });
    await w.be(ntripIdentity('account-pass'));
    expect(w.states()).toEqual({ 'ztp-token': 'valid', 'ntrip-account': 'valid' });
    await w.be(keysIdentity({}));
    expect(w.states()).toMatchObject({ 'ztp-token': 'valid', 'client-certificate': 'valid' });
    expect(w.states()).not.toHaveProperty('ntrip-account');
  });

  test('an account that must come is missed before there is an identity', async () => {
    using w = await world(PROVISIONED.replace('corrections: {}', 'corrections: {source: ntrip}'));
    expect(w.states()).toEqual({ 'ztp-token': 'valid', 'ntrip-account': 'missing' });
  });

  test('the account of a caster of one’s own stands in its file', async () => {
    using w = await world(
      'gnss: {}\ncorrections: {ntrip: {host: c.test, mountPoint: M, userName: u, password: "file:password"}}\n',
    );
    expect(w.states()).toEqual({ 'ntrip-account': 'valid' });
    expect((await w.set.ntripAccount?.get())?.value.reveal()).toBe('caster-pass');
    w.set.ntripAccount?.report(w.set.ntripAccount.status(), {
      is: 'refused',
      state: 'rejected',
      reason: 'refused',
      evidence: {},
    });
    expect(w.set.ntripAccount?.status().remedy).toContain('corrections.ntrip.password');
  });

  test('a caster without a password has no credential', async () => {
    using w = await world('gnss: {}\ncorrections: {ntrip: {host: c.test, mountPoint: M}}\n');
    expect(w.states()).toEqual({});
  });
});

describe('decryption keys', () => {
  test('are expiring in their last week, expired after the last of them, and good again with newer ones', async () => {
    using w = await world(PROVISIONED);
    const now = w.clock.wall();
    await w.be(keysIdentity({ current: key(now - 20 * DAY, 28 * DAY, 'a'), next: key(now + 8 * DAY, 28 * DAY, 'b') }));
    expect(w.states()['spartn-keys']).toBe('valid');
    await w.clock.advance(30 * DAY);
    expect(w.states()['spartn-keys']).toBe('expiring');
    await w.clock.advance(7 * DAY);
    expect(w.states()['spartn-keys']).toBe('expired');
    expect(w.set.spartnKeys?.status().remedy).toContain('encrypted corrections');
    await w.be(keysIdentity({ current: key(w.clock.wall(), 28 * DAY, 'c') }));
    expect(w.states()['spartn-keys']).toBe('valid');
  });

  test('an identity without any is not reproached for it', async () => {
    using w = await world(PROVISIONED);
    await w.be(keysIdentity({}));
    expect(w.states()).not.toHaveProperty('spartn-keys');
  });
});

describe('AssistNow and CellLocate', () => {
  const assist = (token: string, legacy = ''): string => `gnss: {}\nassistNow: {${token}${legacy}}\n`;

  test('the token of the profile, and the chipcode once it is held', async () => {
    using w = await world(assist('token: "file:uuid"'));
    expect(w.states()).toEqual({ 'assistnow-token': 'valid', 'assistnow-chipcode': 'missing' });
    expect(w.set.assistToken?.status().kind).toBe('ztp-token');
    await w.set.holdChipcode({
      shape: 'chipcode',
      version: 1,
      chipcode: new Secret('chipcode', 'QUJD'),
      serviceUrl: 'https://a.test',
      allowedData: [],
    });
    // At once: what the service says of it next must not be lost.
    expect(w.states()['assistnow-chipcode']).toBe('valid');
  });

  test('either token in the other’s place shows before any call, and says where it belongs', async () => {
    using w = await world(assist('token: "file:location"', ', legacy: {token: "file:uuid"}'));
    expect(w.states()).toMatchObject({ 'assistnow-token': 'rejected', 'assistnow-legacy-token': 'rejected' });
    for (const credential of [w.set.assistToken, w.set.legacyToken]) {
      expect(credential?.status()).toMatchObject({ reason: 'wrong-kind', latched: true });
      await expect(credential?.get()).rejects.toMatchObject({ code: 'assist.wrong-kind' });
    }
    expect(w.set.assistToken?.status().remedy).toContain('assistNow.legacy.token');
    expect(w.set.legacyToken?.status().remedy).toContain('assistNow.token');
  });

  test('a temporary token ends ninety days after its day of issue', async () => {
    using w = await world(assist('', 'legacy: {token: "file:location", kind: temporary, issuedAt: "2026-05-01"}'));
    expect(w.set.legacyToken?.status()).toMatchObject({
      state: 'valid',
      expirySource: 'config',
      expiresAt: Date.UTC(2026, 4, 1) + 90 * DAY,
    });
    await w.clock.advance(46 * DAY);
    expect(w.states()['assistnow-legacy-token']).toBe('expiring');
    await w.clock.advance(16 * DAY);
    expect(w.states()['assistnow-legacy-token']).toBe('expired');
  });

  test('without a day of issue its first use counts', async () => {
    using w = await world('modem: {cellLocate: {token: "file:location", kind: temporary}}\n');
    const token = w.set.cellLocateToken;
    token?.report(token.status(), { is: 'ok' });
    expect(token?.status()).toMatchObject({ expirySource: 'first-use', expiresAt: w.clock.wall() + 90 * DAY });
  });

  test('a refused location token is tried about once an hour', async () => {
    using w = await world('modem: {cellLocate: {token: "file:location"}}\n');
    const token = w.set.cellLocateToken;
    token?.report(token.status(), { is: 'refused', state: 'rejected', reason: 'ambiguous-400', evidence: {} });
    const waitMs = (token?.status().retryAt ?? 0) - w.clock.wall();
    expect(waitMs).toBeGreaterThanOrEqual(3_600_000);
    expect(waitMs).toBeLessThanOrEqual(7_200_000);
  });
});

test('offline, every configured credential is told with its remedy and without its value', async () => {
  const views = await inspectCredentials({
    config: configOf(`${PROVISIONED}assistNow: {token: "file:uuid", legacy: {token: "file:location"}}\n`),
    configDir: dir,
    clock: createFakeClock(),
    env: {},
  });
  expect(views.map((view) => [view.id, view.state])).toEqual([
    ['ztp-token', 'valid'],
    ['client-certificate', 'missing'],
    ['assistnow-token', 'valid'],
    ['assistnow-chipcode', 'missing'],
    ['assistnow-legacy-token', 'valid'],
  ]);
  expect(JSON.stringify(views)).not.toContain(LOCATION);
});

describe('offline, what the last agent left', () => {
  const YAML = `${PROVISIONED}assistNow: {token: "file:uuid"}\nmodem: {cellLocate: {token: "file:location"}}\n`;
  const look = (): ReturnType<typeof inspectCredentials> =>
    inspectCredentials({ config: configOf(YAML), configDir: dir, clock: createFakeClock(), env: {} });

  /** Every file of the state directory, with its bytes and its time. */
  const contents = async (): Promise<unknown[]> => {
    const names = (await readdir(join(dir, 's'))).sort();
    const facts = async (name: string): Promise<unknown> => {
      const path = join(dir, 's', name);
      return [name, (await stat(path)).mtimeMs, (await readFile(path)).toString('hex')];
    };
    return Promise.all(names.map(facts));
  };

  test('is nothing where no agent ever ran, and nothing is made', async () => {
    expect((await look()).map(({ state }) => state)).toEqual(['valid', 'missing', 'valid', 'missing', 'valid']);
    await expect(stat(join(dir, 's'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('is shown with what became of it, and not changed', async () => {
    const clock = createFakeClock();
    const vault = await openVault(join(dir, 's'), { clock, log: silentLogger });
    const account: Identity = {
      ...{ shape: 'ntrip', version: 1, host: 'h', port: 2101, userName: 'u', mountPoint: 'M' },
      password: new Secret('password', 'provisioned-pass'),
    };
    await vault.slot('identity', identityCodec).write(account);
    await vault.slot('identity-assistnow', identityCodec).write({
      ...{ shape: 'chipcode', version: 1, serviceUrl: 'https://assist.example/x', allowedData: [] },
      chipcode: new Secret('chipcode', 'chip-code-of-the-receiver'),
    });
    {
      using set = createCredentials({
        ...{ config: configOf(YAML), configDir: dir, env: {}, clock, log: silentLogger, vault },
        ...{ isWallTrusted: () => true, identity: () => account },
      });
      for (const credential of set.all()) await credential.reload();
      const { cellLocateToken: token } = set;
      token?.report(token.status(), {
        ...{ is: 'refused', state: 'rejected', reason: 'ambiguous-400', evidence: { step: 2, result: 8 } },
      });
      set.ntripAccount?.report(set.ntripAccount.status(), { is: 'ok' });
      await set.flush();
    }
    const before = await contents();
    const views = await look();
    expect(await contents()).toEqual(before);
    expect(views).toMatchObject([
      { id: 'ztp-token', state: 'valid' },
      { id: 'ntrip-account', state: 'valid', tested: true },
      { id: 'assistnow-token', state: 'valid' },
      { id: 'assistnow-chipcode', state: 'valid' },
      { id: 'celllocate-token', state: 'rejected', reason: 'ambiguous-400', evidence: { step: 2, result: 8 } },
    ]);
    for (const secret of ['provisioned-pass', 'chip-code-of-the-receiver', LOCATION])
      expect(JSON.stringify(views)).not.toContain(secret);
  });
});
