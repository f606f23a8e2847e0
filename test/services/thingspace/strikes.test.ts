import { readdir, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { Secret, silentLogger } from '../../../src/core/index.js';
import { createBearer, loginFingerprint } from '../../../src/services/index.js';
import { createSession } from '../../../src/services/thingspace/session.js';
import { createStrikeGuard } from '../../../src/services/thingspace/strike-ledger.js';
import {
  CANDIDATE_STRIKES,
  isLatched,
  LOGIN_STRIKES,
  NO_STRIKES,
  nextStrikes,
  type StrikeEvent,
  type StrikeRule,
} from '../../../src/services/thingspace/strikes.js';
import { createWire } from '../../../src/services/thingspace/wire.js';
import type { Disk, Vault } from '../../../src/vault/index.js';
import { open, scratch, watchedDisk } from '../../vault/fakes.js';
import { createPeople, createWorld, during, memoryVault, serve, type World } from './world.js';

const LOGIN = '/session/login';
const sending: StrikeEvent = { is: 'sending' };
const answered = (outcome: 'ok' | 'refused' | 'uncertain' | 'not-counted'): StrikeEvent => ({
  is: 'answered',
  outcome,
  utcMs: 5,
});

describe('the machine', () => {
  const ROWS: readonly [string, StrikeRule, StrikeEvent[], number, boolean][] = [
    ['fresh', LOGIN_STRIKES, [], 0, false],
    ['one in flight', LOGIN_STRIKES, [sending], 1, false],
    ['success clears', LOGIN_STRIKES, [sending, answered('uncertain'), sending, answered('ok')], 0, false],
    ['a refusal latches at once', LOGIN_STRIKES, [sending, answered('refused')], 1, true],
    ['one unknown end does not', LOGIN_STRIKES, [sending, answered('uncertain')], 1, false],
    ['two do', LOGIN_STRIKES, [sending, answered('uncertain'), sending, answered('uncertain')], 2, true],
    ['two crashes in flight do', LOGIN_STRIKES, [sending, sending], 2, true],
    ['what was not looked at is given back', LOGIN_STRIKES, [sending, answered('not-counted')], 0, false],
    [
      'another value re-arms',
      LOGIN_STRIKES,
      [sending, answered('refused'), { is: 'credentials', fingerprint: 'b' }],
      0,
      false,
    ],
    [
      'the same does not',
      LOGIN_STRIKES,
      [sending, answered('refused'), { is: 'credentials', fingerprint: '' }],
      1,
      true,
    ],
    [
      'a damaged ledger is shut',
      LOGIN_STRIKES,
      [{ is: 'found', ledger: NO_STRIKES, isDamaged: true, utcMs: 1 }],
      0,
      true,
    ],
    ['a first candidate may be wrong', CANDIDATE_STRIKES, [sending, answered('refused')], 1, false],
    ['a second not', CANDIDATE_STRIKES, [sending, answered('refused'), sending, answered('refused')], 2, true],
  ];
  test.each(ROWS)('%s', (_name, rule, events, strikes, latched) => {
    const end = events.reduce((ledger, event) => nextStrikes(rule, ledger, event).state, NO_STRIKES);
    expect([end.strikes, isLatched(end, rule)]).toEqual([strikes, latched]);
  });

  test('each try is written before it is sent, and a success erases', () => {
    const first = nextStrikes(LOGIN_STRIKES, NO_STRIKES, sending);
    expect(first.effects).toEqual([{ do: 'write' }]);
    expect(nextStrikes(LOGIN_STRIKES, first.state, answered('ok')).effects).toEqual([{ do: 'erase' }]);
  });
});

/** One life of the process: its own credentials and tokens, the vault of the directory. */
async function life(world: World, vault: Pick<Vault, 'slot' | 'alarms'>, password: string, loginEpoch = 0) {
  const deps = {
    wire: createWire(world, { baseUrl: 'https://thingspace.example' }),
    clock: world.clock,
    log: silentLogger,
  };
  const credentials = createPeople(world, { password: () => password });
  const guard = (slot: string, of: 'login' | 'token') =>
    createStrikeGuard({ ...deps, vault }, { slot, rule: LOGIN_STRIKES, of });
  const bearer = createBearer({ ...deps, credentials, strikes: guard('thingspace-tokens', 'token'), loginEpoch });
  const strikes = guard('thingspace-logins', 'login');
  const session = createSession({ ...deps, bearer, credentials, strikes, loginEpoch });
  const result = await during(
    world,
    session.get().then(
      () => 'in',
      (error: unknown) => (error as { code: string }).code,
    ),
    120_000,
  );
  const status = credentials.password.status();
  bearer[Symbol.dispose]();
  session[Symbol.dispose]();
  return { result, status };
}

describe('a wrong password', () => {
  test('eleven starts of the program send one login, and say what to do', async () => {
    await using dir = await scratch();
    const world = createWorld();
    const results: string[] = [];
    for (let i = 0; i < 11; i++) {
      const { result, status } = await life(world, await open(dir.path), 'wrong');
      results.push(result);
      expect(status).toMatchObject({ state: 'rejected', latched: true, reason: 'locked-risk' });
      expect(status.remedy).toContain('five misses lock the account');
    }
    expect(results).toEqual(['thingspace.login-refused', ...Array<string>(10).fill('thingspace.latched')]);
    expect(world.count(LOGIN)).toBe(1);
  });

  test('eleven starts that each end while the login is in flight send two', async () => {
    await using dir = await scratch();
    const world = createWorld();
    for (let i = 0; i < 11; i++) {
      const vault = await open(dir.path);
      const guard = createStrikeGuard(
        { vault, clock: world.clock, log: silentLogger },
        { slot: 'thingspace-logins', rule: LOGIN_STRIKES, of: 'login' },
      );
      // Nothing is settled: the process is gone.
      const sent = guard.check('same').then(() => guard.spend());
      await sent.then(
        () => world.misses++,
        () => undefined,
      );
    }
    expect(world.misses).toBe(2);
  });

  test('another password, or a raised epoch, is tried again', async () => {
    await using dir = await scratch();
    const world = createWorld();
    await life(world, await open(dir.path), 'wrong');
    expect((await life(world, await open(dir.path), 'wrong', 1)).result).toBe('thingspace.login-refused');
    expect((await life(world, await open(dir.path), 'right-password', 1)).result).toBe('in');
    expect((await readdir(dir.path)).filter((name) => name.startsWith('thingspace-logins'))).toEqual([]);
    expect(world.isLocked).toBe(false);
  });

  test('without a ledger that can be written there is no login at all', async () => {
    await using dir = await scratch();
    const world = createWorld();
    const disk: Disk = watchedDisk((what, path) => {
      if (what === 'create' && path.includes('thingspace-logins'))
        throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    });
    expect((await life(world, await open(dir.path, disk), 'right-password')).result).toBe('thingspace.ledger');
    expect(world.count(LOGIN)).toBe(0);
  });

  test('a damaged ledger is shut, also for the next start, until the epoch is raised', async () => {
    await using dir = await scratch();
    const world = createWorld();
    for (const name of ['thingspace-logins', 'thingspace-logins.prev']) await writeFile(`${dir.path}/${name}`, 'xx');
    expect((await life(world, await open(dir.path), 'right-password')).result).toBe('thingspace.latched');
    expect((await life(world, await open(dir.path), 'right-password')).result).toBe('thingspace.latched');
    expect(world.count(LOGIN)).toBe(0);
    expect((await life(world, await open(dir.path), 'right-password', 1)).result).toBe('in');
  });

  test.each([
    ["pass'word", 'an apostrophe'],
    ['pass<word', 'a less-than sign'],
    ['pass\\word', 'a backslash'],
  ])('%s is refused by name before any login', async (password, name) => {
    const world = createWorld();
    const { result, status } = await life(world, memoryVault().vault, password);
    expect(result).toBe('secret.malformed');
    expect(status).toMatchObject({ state: 'rejected', reason: 'malformed', evidence: { why: `holds ${name}` } });
    expect(world.asked).toEqual([]);
  });
});

describe('what counts', () => {
  test('a login whose answer never came counts, and the second latches', async () => {
    const world = createWorld();
    const { vault } = memoryVault();
    world.next = [() => undefined, () => new Error('reset'), () => undefined, () => new Error('reset')];
    await life(world, vault, 'right-password');
    await life(world, vault, 'right-password');
    expect((await life(world, vault, 'right-password')).result).toBe('thingspace.latched');
    expect(world.count(LOGIN)).toBe(2);
  });

  test('a bearer that the gateway refuses at the login costs nothing, and is replaced once', async () => {
    const world = createWorld();
    const { vault, state } = memoryVault();
    world.next = [() => undefined, () => ({ status: 401, body: { fault: { code: '900901' } } })];
    // The same token comes again, and after a pause once more: that is given up, without a strike.
    expect((await life(world, vault, 'right-password')).result).toBe('thingspace.token-refused');
    expect(world.count(LOGIN)).toBe(1);
    expect(world.count('/oauth2/token')).toBe(3);
    expect(state.kept.size).toBe(0);
  });

  test('a refused secret is asked once, also after a restart', async () => {
    const world = createWorld();
    const { vault } = memoryVault();
    world.secret = 'another-secret';
    const people = () => createPeople(world, { password: () => 'x', secret: () => 'wrong-secret' });
    const credentials = people();
    const first = serve(world, { vault, credentials });
    await expect(during(world, first.service.locate({}))).rejects.toMatchObject({ code: 'thingspace.refused' });
    expect(credentials.secret.status()).toMatchObject({ state: 'rejected', latched: true });
    expect(first.service.credentials()[1]?.status()).toMatchObject({
      waitsFor: expect.stringMatching(/^thingspace-(key|secret)$/),
    });
    const second = serve(world, { vault, credentials: people() });
    await expect(during(world, second.service.locate({}))).rejects.toMatchObject({ code: 'thingspace.latched' });
    expect(world.asked.length).toBe(1);
  });

  test('every part and the epoch change the fingerprint', () => {
    const parts = ['a', 'b', 'c', 'd'].map((text) => new Secret('password', `${text}-value-of-a-part`));
    const other = new Secret('password', 'e-value-of-a-part');
    const prints = new Set(parts.map((_, i) => loginFingerprint(parts.with(i, other), 0)));
    for (const epoch of [0, 1]) prints.add(loginFingerprint(parts, epoch));
    expect(prints.size).toBe(6);
  });
});
