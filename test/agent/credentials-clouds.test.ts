import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CredentialSet, createCredentials } from '../../src/agent/credentials.js';
import { parseConfig } from '../../src/config/index.js';
import { createFakeClock, type FakeClock, silentLogger, WaymarkError } from '../../src/core/index.js';
import { createDerived } from '../../src/vault/index.js';
import { createAuthority } from '../helpers/pki.js';

const DAY = 86_400_000;
const START = Date.UTC(2026, 5, 1);

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'waymark-clouds-'));
});
afterEach(() => rm(dir, { recursive: true }));

const put = (name: string, text: string, mode = 0o600): Promise<void> => writeFile(join(dir, name), text, { mode });

async function world(yaml: string): Promise<{ set: CredentialSet; clock: FakeClock } & Disposable> {
  const { config, problems } = parseConfig(`version: 1\nstateDir: s\nruntimeDir: r\n${yaml}`, join(dir, 'w.yaml'));
  if (!config) throw new Error(JSON.stringify(problems));
  const clock = createFakeClock(START);
  const set = createCredentials({
    ...{ config, configDir: dir, env: {}, clock, log: silentLogger, vault: undefined },
    ...{ isWallTrusted: () => true, identity: () => undefined },
  });
  for (const credential of set.all()) await credential.reload();
  return { set, clock, [Symbol.dispose]: () => set[Symbol.dispose]() };
}

const THINGSPACE = `modem: {}
thingspace:
  {mode: direct, accountName: "0000123456-00001", acceptAccountWideRisk: true,
   key: "file:key", secret: "file:secret", user: "file:user", password: "file:password"}
`;
const LOSANT = `losant: {deviceId: "0123456789abcdef01234567", accessKey: "file:key", accessSecret: "file:secret"}\n`;
const APPLICATION = (more = ''): string =>
  `losant: {transport: rest, applicationId: "0123456789abcdef01234567", deviceId: "0123456789abcdef01234567", applicationToken: "file:token"${more}}\n`;

const jwt = (claims: object): string =>
  [{ alg: 'HS256', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.') + '.c2lnbmF0dXJl';

const stateOf = (set: CredentialSet, id: string) => set.statuses().find((status) => status.id === id);
const settle = async (fact: () => boolean | Promise<boolean>): Promise<void> => {
  // Real files take real time; the fake clock stands still meanwhile.
  const end = performance.now() + 10_000;
  while (!(await fact()) && performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
  expect(await fact()).toBe(true);
};

describe('which there are', () => {
  test('of ThingSpace in mode direct, with their kinds', async () => {
    for (const name of ['key', 'secret', 'user']) await put(name, `value-of-${name}`);
    using w = await world(THINGSPACE);
    expect(w.set.statuses().map(({ id, kind, state }) => [id, kind, state])).toEqual([
      ['thingspace-key', 'thingspace-key', 'valid'],
      ['thingspace-secret', 'thingspace-secret', 'valid'],
      ['thingspace-user', 'uws-user', 'valid'],
      ['thingspace-password', 'password', 'missing'],
    ]);
  });

  test('of an operator’s endpoint: the certificate ends with its date, and a key of another one is refused', async () => {
    const authority = await createAuthority();
    const dates = { notBeforeUtcMs: START - DAY, notAfterUtcMs: START + 100 * DAY };
    const [one, other] = await Promise.all([
      authority.issue({ name: 'one', ...dates }),
      authority.issue({ name: 'other', ...dates }),
    ]);
    await put('cert.pem', one.cert);
    await put('key.pem', one.key);
    const yaml =
      'thingspace: {mode: delegated, imei: "490154203237518", tokenEndpoint: "https://op.test/t", identity: {certFile: cert.pem, keyFile: key.pem, bearer: "file:bearer"}}\n';
    using w = await world(yaml);
    expect(stateOf(w.set, 'thingspace-certificate')).toMatchObject({
      ...{ state: 'valid', expirySource: 'certificate', kind: 'client-certificate' },
    });
    expect(stateOf(w.set, 'thingspace-enrolment')).toMatchObject({ state: 'missing', kind: 'enrolment-token' });
    await w.clock.advance(81 * DAY);
    expect(stateOf(w.set, 'thingspace-certificate')?.state).toBe('expiring');
    await put('key.pem', other.key);
    await w.set.thingspace?.certificate?.reload();
    expect(stateOf(w.set, 'thingspace-certificate')).toMatchObject({ state: 'missing', reason: 'malformed' });
  });

  test('an application token with a day of its end is warned of a month ahead, and ends with that day', async () => {
    await put('token', jwt({ sub: 'x', scope: Array.from({ length: 40 }, (_, i) => `device.scopeNumber${i}`) }));
    using w = await world(APPLICATION(', applicationTokenExpires: "2026-08-01"'));
    expect(stateOf(w.set, 'losant-application-token')).toMatchObject({ state: 'valid', expirySource: 'config' });
    await w.clock.advance(33 * DAY);
    expect(stateOf(w.set, 'losant-application-token')?.state).toBe('expiring');
    await w.clock.advance(29 * DAY);
    expect(stateOf(w.set, 'losant-application-token')?.state).toBe('expired');
  });

  test('what the token says of itself is a hint: it warns, and ends nothing', async () => {
    await put('token', jwt({ exp: (START + 20 * DAY) / 1000 }));
    using w = await world(APPLICATION());
    expect(stateOf(w.set, 'losant-application-token')).toMatchObject({ state: 'expiring', expirySource: 'jwt-hint' });
    await w.clock.advance(40 * DAY);
    expect(stateOf(w.set, 'losant-application-token')?.state).toBe('expiring');
    const lease = await w.set.losant?.applicationToken?.get();
    expect(lease).not.toHaveProperty('notAfterMono');
  });
});

test('a machine that slept looks at its ends soon after it woke, and tells those added', async () => {
  await put('token', jwt({}));
  using w = await world(APPLICATION(', applicationTokenExpires: "2026-12-01"'));
  w.set.watch();
  // Watching reads them again: half a minute of the clock must not pass while a real file is being read.
  for (const credential of w.set.all()) await credential.reload();
  const slept: number[] = [];
  const status = () => ({ ...w.set.losant!.applicationToken!.status(), id: 'losant-device-token' });
  w.set.add({ status, onChange: () => () => undefined, clockJumped: (byMs) => slept.push(byMs) });
  expect(stateOf(w.set, 'losant-application-token')?.state).toBe('valid');
  w.clock.stepWall(200 * DAY);
  await w.clock.advance(31_000);
  await settle(() => stateOf(w.set, 'losant-application-token')?.state === 'expired');
  expect(slept).toEqual([200 * DAY]);
});

describe('what waits for what', () => {
  test('a session waits for the key its token is made from; the trouble is told once', async () => {
    for (const name of ['key', 'secret', 'user', 'password']) await put(name, `value-of-${name}`);
    using w = await world(THINGSPACE);
    const { thingspace } = w.set;
    const fetch = () => Promise.reject(new WaymarkError('thingspace.weather', 'x'));
    const deps = { clock: w.clock, log: silentLogger };
    const from = [thingspace!.key!, thingspace!.secret!];
    const token = createDerived(deps, { id: 'thingspace-api-token', kind: 'api-token', from, fetch });
    const session = createDerived(deps, { id: 'thingspace-session', kind: 'session-token', from: [token], fetch });
    w.set.add(token);
    const takeAway = w.set.add(session);
    expect(w.set.statuses().filter(({ waitsFor }) => waitsFor !== undefined)).toEqual([]);
    expect(stateOf(w.set, 'thingspace-session')?.isOnDemand).toBe(true);
    thingspace?.key?.report(thingspace.key.status(), {
      is: 'refused',
      state: 'rejected',
      reason: 'refused',
      evidence: {},
    });
    expect(w.set.statuses().map(({ id, waitsFor }) => [id, waitsFor])).toEqual([
      ['thingspace-key', undefined],
      ['thingspace-secret', undefined],
      ['thingspace-user', undefined],
      ['thingspace-password', undefined],
      ['thingspace-api-token', 'thingspace-key'],
      ['thingspace-session', 'thingspace-key'],
    ]);
    takeAway();
    expect(stateOf(w.set, 'thingspace-session')).toBeUndefined();
  });
});

describe('trying one', () => {
  const never = new AbortController().signal;

  test('a parked credential that works again is no longer parked, and whoever waits hears of it', async () => {
    await put('key', 'a-good-key');
    await put('secret', 'a-good-secret');
    using w = await world(LOSANT);
    const key = w.set.losant?.accessKey;
    key?.report(key.status(), { is: 'refused', state: 'rejected', reason: 'locked-risk', evidence: {} });
    expect(key?.status()).toMatchObject({ state: 'rejected', latched: true });
    let heard = 0;
    key?.onChange(() => heard++);
    const tried: (string | undefined)[] = [];
    w.set.registerTests('losant-access-key', {
      test: async () => void tried.push((await w.set.peek('losant-access-key'))?.reveal()),
    });
    await w.set.test('losant-access-key', never);
    expect(tried).toEqual(['a-good-key']);
    expect(key?.status()).toMatchObject({ state: 'valid', tested: true, latched: false });
    expect(heard).toBe(1);
  });

  test('what the far side says comes back, and weather changes nothing', async () => {
    await put('key', 'a-good-key');
    using w = await world(LOSANT);
    const off = w.set.registerTests('losant-access-key', {
      prove: () => Promise.reject(new WaymarkError('net.dns', 'no name')),
    });
    await expect(w.set.test('losant-access-key', never)).rejects.toMatchObject({ code: 'net.dns' });
    expect(stateOf(w.set, 'losant-access-key')).toMatchObject({ state: 'valid', tested: false });
    await expect(w.set.test('losant-access-secret', never)).rejects.toMatchObject({ code: 'token.not-testable' });
    off();
    await expect(w.set.test('losant-access-key', never)).rejects.toMatchObject({ code: 'token.not-testable' });
    await expect(w.set.test('losant-token', never)).rejects.toMatchObject({
      ...{ code: 'cli.usage', hint: expect.stringContaining('losant-access-key') as string },
    });
  });

  test('a missing one is told as missing, with its cure', async () => {
    using w = await world(LOSANT);
    w.set.registerTests('losant-access-key', { test: async () => undefined });
    await expect(w.set.test('losant-access-key', never)).rejects.toMatchObject({ code: 'secret.absent' });
  });

  test.each(['ztp-token', 'sim-pin'])('%s is never tried, and the reason is given', async (id) => {
    await put('ztp', '01234567-89ab-cdef-0123-456789abcdef');
    await put('pin', '4711');
    using w = await world('ztp: {token: "file:ztp"}\ncorrections: {}\ngnss: {}\nmodem: {sim: {pin: "file:pin"}}\n');
    const error = await w.set.test(id, never).catch((thrown: unknown) => thrown as WaymarkError);
    expect(error).toMatchObject({ code: 'token.not-testable' });
    expect((error as WaymarkError).message).toMatch(/one-shot|blocks the SIM/);
  });
});

describe('rotation by files', () => {
  test('a pair beside its files is proved together and comes into force without a restart', async () => {
    for (const name of ['key', 'secret']) await put(name, `old-${name}-value`);
    using w = await world(LOSANT);
    const proved: unknown[] = [];
    w.set.registerTests('losant-access-key', {
      prove: async (candidate, _signal, all) => void proved.push([candidate.reveal(), Object.keys(all)]),
    });
    w.set.watch();
    await put('key.next', 'new-key-value');
    await put('secret.next', 'new-secret-value');
    await w.set.rotate('losant-access-key');
    expect(proved).toEqual([['new-key-value', ['losant-access-key', 'losant-access-secret']]]);
    expect(w.set.losant?.accessKey?.status()).toMatchObject({ generation: 2, tested: true, state: 'valid' });
    expect((await w.set.losant?.accessSecret?.get())?.value.reveal()).toBe('new-secret-value');
    expect((await readdir(dir)).sort()).toEqual(['key', 'key.prev', 'secret', 'secret.prev']);
    expect(stateOf(w.set, 'losant-access-key')?.rotation).toMatchObject({ state: 'probation' });
    // Nothing more to do, and said so.
    await expect(w.set.rotate('losant-access-key')).rejects.toMatchObject({ code: 'cli.usage' });
  });

  test('a file noticed by the watch waits for a prover, and is tried when one comes', async () => {
    for (const name of ['key', 'secret']) await put(name, `old-${name}-value`);
    await put('key.next', 'new-key-value');
    await put('secret.next', 'new-secret-value');
    using w = await world(LOSANT);
    w.set.watch();
    await settle(() => stateOf(w.set, 'losant-access-key')?.rotation?.state === 'waiting');
    expect(stateOf(w.set, 'losant-access-key')?.rotation?.sentence).toContain('nothing here can try it');
    w.set.registerTests('losant-access-secret', { prove: async () => undefined });
    await settle(() => w.set.losant?.accessKey?.status().generation === 2);
  });

  test('a refused candidate leaves the old one in force', async () => {
    await put('token', jwt({}));
    await put('token.next', jwt({ exp: 1 }));
    using w = await world(APPLICATION());
    w.set.registerTests('losant-application-token', {
      prove: () => Promise.reject(new WaymarkError('losant.token-refused', 'no')),
    });
    await expect(w.set.rotate('losant-application-token')).rejects.toMatchObject({ code: 'token.not-rotated' });
    expect(stateOf(w.set, 'losant-application-token')).toMatchObject({
      state: 'valid',
      rotation: { state: 'refused' },
    });
    expect(await readFile(join(dir, 'token'), 'utf8')).toBe(jwt({}));
  });

  test('a candidate that others can read is not tried', async () => {
    await put('token', jwt({}));
    await put('token.next', jwt({ exp: 1 }), 0o644);
    using w = await world(APPLICATION());
    w.set.registerTests('losant-application-token', { prove: async () => undefined });
    await expect(w.set.rotate('losant-application-token')).rejects.toMatchObject({
      ...{ code: 'token.waits', hint: expect.stringContaining('chmod 600') as string },
    });
  });

  test('what does not come from a file is replaced where it comes from', async () => {
    const yaml = LOSANT.replaceAll('file:', 'credential:');
    using w = await world(yaml);
    await expect(w.set.rotate('losant-access-key')).rejects.toMatchObject({
      ...{ code: 'cli.usage', hint: expect.stringContaining('credential') as string },
    });
    await expect(w.set.rotate('client-certificate')).rejects.toMatchObject({ code: 'cli.usage' });
  });
});
