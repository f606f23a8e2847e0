import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { deferred, Secret, silentLogger } from '../../../src/core/index.js';
import { createBearer, loginFingerprint } from '../../../src/services/index.js';
import { createSession, sendLogin } from '../../../src/services/thingspace/session.js';
import { createStrikeBook, type ThingspaceVault } from '../../../src/services/thingspace/strike-ledger.js';
import {
  CANDIDATE_STRIKES,
  entryOf,
  holdOf,
  LOGIN_STRIKES,
  MAX_ENTRIES,
  NO_STRIKES,
  nextStrikes,
  type StrikeEvent,
  type StrikeLedger,
  type StrikeOutcome,
  type StrikeRule,
  type StrikeSubject,
  TOKEN_STRIKES,
} from '../../../src/services/thingspace/strikes.js';
import { createWire } from '../../../src/services/thingspace/wire.js';
import type { Disk } from '../../../src/vault/index.js';
import { open, scratch, watchedDisk } from '../../vault/fakes.js';
import { createPeople, createWorld, during, memoryVault, serve, type World } from './world.js';

const LOGIN = '/session/login';
const A: StrikeSubject = { fingerprint: 'a', owner: 'user', epoch: 0 };
const B: StrikeSubject = { fingerprint: 'b', owner: 'user', epoch: 0 };
const sending: StrikeEvent = { is: 'sending', subject: A };
const answered = (outcome: StrikeOutcome, subject = A): StrikeEvent => ({ is: 'answered', subject, outcome, utcMs: 5 });
const missed = (subject: StrikeSubject): StrikeEvent[] => [{ is: 'sending', subject }, answered('refused', subject)];
const after = (rule: StrikeRule, events: readonly StrikeEvent[]): StrikeLedger =>
  events.reduce((ledger, event) => nextStrikes(rule, ledger, event).state, NO_STRIKES);
/** Another set of values, of a user of its own. */
const stranger = (i: number): StrikeSubject => ({ fingerprint: `f${i}`, owner: `u${i}`, epoch: 0 });

const loginsIn = (world: World, vault: ThingspaceVault, rule = LOGIN_STRIKES) =>
  createStrikeBook({ vault, clock: world.clock, log: silentLogger }, 'thingspace-logins').guard({ rule, of: 'login' });

describe('the machine', () => {
  const shut: StrikeEvent = { is: 'found', ledger: NO_STRIKES, isDamaged: true, utcMs: 1 };
  const ROWS: readonly [string, StrikeRule, StrikeEvent[], number, string | undefined][] = [
    ['fresh', LOGIN_STRIKES, [], 0, undefined],
    ['one in flight', LOGIN_STRIKES, [sending], 1, undefined],
    ['success clears', LOGIN_STRIKES, [sending, answered('uncertain'), sending, answered('ok')], 0, undefined],
    ['a refusal latches at once', LOGIN_STRIKES, [sending, answered('refused')], 1, 'values'],
    ['one unknown end does not', LOGIN_STRIKES, [sending, answered('uncertain')], 1, undefined],
    ['two do', LOGIN_STRIKES, [sending, answered('uncertain'), sending, answered('uncertain')], 2, 'values'],
    ['two crashes in flight do', LOGIN_STRIKES, [sending, sending], 2, 'values'],
    ['what was not looked at is given back', LOGIN_STRIKES, [sending, answered('not-counted')], 0, undefined],
    ['other values begin anew', LOGIN_STRIKES, missed(B), 0, undefined],
    ['the ones before keep their latch', LOGIN_STRIKES, [...missed(A), ...missed(B)], 1, 'values'],
    [
      'also after a success of others',
      LOGIN_STRIKES,
      [...missed(A), { is: 'sending', subject: B }, answered('ok', B)],
      0,
      'values',
    ],
    [
      'three misses of the user are enough',
      LOGIN_STRIKES,
      [1, 2, 3].flatMap((i) => missed({ ...B, fingerprint: `b${i}` })),
      0,
      'owner',
    ],
    [
      'of another user not',
      LOGIN_STRIKES,
      [1, 2, 3].flatMap((i) => missed({ ...B, fingerprint: `b${i}`, owner: 'x' })),
      0,
      undefined,
    ],
    ['a raised epoch is a new chance', LOGIN_STRIKES, [...missed(A), { is: 'credentials', epoch: 1 }], 0, undefined],
    [
      'the same, or one raised before, is not',
      LOGIN_STRIKES,
      [{ is: 'credentials', epoch: 1 }, ...missed(A), { is: 'credentials', epoch: 0 }, { is: 'credentials', epoch: 1 }],
      1,
      'values',
    ],
    ['a damaged ledger is shut', LOGIN_STRIKES, [shut], 0, 'lost'],
    ['until the epoch is raised', LOGIN_STRIKES, [shut, { is: 'credentials', epoch: 1 }], 0, undefined],
    ['a first candidate may be wrong', CANDIDATE_STRIKES, [sending, answered('refused')], 1, undefined],
    ['a second not', CANDIDATE_STRIKES, [sending, answered('refused'), sending, answered('refused')], 2, 'values'],
    [
      'so many users that one would be forgotten',
      LOGIN_STRIKES,
      Array.from({ length: MAX_ENTRIES }, (_, i) => missed(stranger(i))).flat(),
      0,
      'owner',
    ],
    [
      'key and secret, which nobody locks',
      TOKEN_STRIKES,
      Array.from({ length: 40 }, (_, i) => missed(stranger(i))).flat(),
      0,
      undefined,
    ],
  ];
  test.each(ROWS)('%s', (_name, rule, events, strikes, hold) => {
    const end = after(rule, events);
    expect([entryOf(end, A)?.strikes ?? 0, holdOf(end, rule, A)]).toEqual([strikes, hold]);
    expect(end.entries.length).toBeLessThanOrEqual(MAX_ENTRIES);
  });

  test('each try is written before it is sent, and a success erases', () => {
    const first = nextStrikes(LOGIN_STRIKES, NO_STRIKES, sending);
    expect(first.effects).toEqual([{ do: 'write' }]);
    expect(nextStrikes(LOGIN_STRIKES, first.state, answered('ok')).effects).toEqual([{ do: 'erase' }]);
  });
});

describe('values that go back and forth', () => {
  /** Tries and is refused; true when it was sent. */
  const miss = async (guard: ReturnType<typeof loginsIn>, subject: StrikeSubject): Promise<boolean> => {
    try {
      await guard.check(subject);
      await guard.spend();
    } catch {
      return false;
    }
    await guard.settle('refused');
    return true;
  };

  test('are each tried once, also across restarts', async () => {
    await using dir = await scratch();
    const world = createWorld();
    const sent: boolean[] = [];
    for (let i = 0; i < 10; i++) sent.push(await miss(loginsIn(world, await open(dir.path)), i % 2 ? B : A));
    expect(sent.filter(Boolean).length).toBe(2);
  });

  test('and candidates of the same user count with them', async () => {
    const world = createWorld();
    const book = createStrikeBook({ ...memoryVault(), clock: world.clock, log: silentLogger }, 'thingspace-logins');
    const inForce = book.guard({ rule: LOGIN_STRIKES, of: 'login' });
    const trials = book.guard({ rule: CANDIDATE_STRIKES, of: 'login' });
    const sent: boolean[] = [];
    for (let i = 0; i < 5; i++) {
      sent.push(await miss(inForce, { ...A, fingerprint: `in force ${i}` }));
      sent.push(await miss(trials, { ...A, fingerprint: 'candidate' }));
    }
    expect(sent.filter(Boolean).length).toBe(3);
    await expect(inForce.check(B)).rejects.toMatchObject({
      hint: expect.stringMatching(/raise thingspace.loginEpoch/),
    });
  });
});

describe('the salt of the fingerprints', () => {
  test('a new one shuts a ledger that has counted, until the epoch is raised', async () => {
    await using dir = await scratch();
    const world = createWorld();
    expect((await life(world, await open(dir.path), 'wrong')).result).toBe('thingspace.login-refused');
    for (let i = 0; i < 5; i++) {
      for (const name of ['salt', 'salt.prev']) await rm(`${dir.path}/${name}`, { force: true });
      expect((await life(world, await open(dir.path), 'wrong')).result).toBe('thingspace.latched');
    }
    expect(world.count(LOGIN)).toBe(1);
    expect((await life(world, await open(dir.path), 'right-password', 1)).result).toBe('in');
  });

  test('one that is not kept allows no login, and is kept as soon as there is room', async () => {
    await using dir = await scratch();
    const world = createWorld();
    let isFull = true;
    const disk: Disk = watchedDisk((what, path) => {
      if (isFull && what === 'create' && path.includes('/salt'))
        throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    });
    const vault = await open(dir.path, disk);
    expect((await life(world, vault, 'right-password')).result).toBe('thingspace.ledger');
    expect(world.count(LOGIN)).toBe(0);
    isFull = false;
    expect((await life(world, vault, 'right-password')).result).toBe('in');
    expect(await (await open(dir.path)).keptSalt()).toBe(await vault.keptSalt());
  });
});

/** One life of the process: its own credentials and tokens, the vault of the directory. */
async function life(world: World, vault: ThingspaceVault, password: string, loginEpoch = 0) {
  const deps = {
    wire: createWire(world, { baseUrl: 'https://thingspace.example' }),
    clock: world.clock,
    log: silentLogger,
  };
  const credentials = createPeople(world, { password: () => password });
  const book = (slot: string) => createStrikeBook({ ...deps, vault }, slot);
  const refusals = book('thingspace-tokens').guard({ rule: TOKEN_STRIKES, of: 'token' });
  const bearer = createBearer({ ...deps, credentials, strikes: refusals, loginEpoch });
  const strikes = book('thingspace-logins').guard({ rule: LOGIN_STRIKES, of: 'login' });
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
      const guard = loginsIn(world, vault);
      // Nothing is settled: the process is gone.
      const sent = guard.check(A).then(() => guard.spend());
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
    // What was refused before is not tried again because something else has worked.
    expect((await life(world, await open(dir.path), 'wrong', 1)).result).toBe('thingspace.latched');
    expect([world.misses, world.isLocked]).toEqual([0, false]);
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

  test('an abort while the strike is on its way to the disk gives it back, and sends nothing', async () => {
    const world = createWorld();
    const { vault, state } = memoryVault();
    const write = deferred<undefined>();
    state.beforeWrite = () => write.promise;
    const strikes = loginsIn(world, vault);
    await strikes.check(A);
    const stop = new AbortController();
    const pair = { user: new Secret('uws-user', 'user-name'), password: new Secret('password', 'right-password') };
    const wire = createWire(world, { baseUrl: 'https://thingspace.example' });
    const login = sendLogin(wire, new Secret('api-token', 'some-token'), pair, strikes, stop.signal).catch(String);
    await world.clock.advance(10);
    stop.abort();
    write.resolve(undefined);
    await during(world, login);
    expect([world.asked.length, strikes.status().strikes, state.kept.size]).toEqual([0, 0, 0]);
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

  test('every part changes the fingerprint', () => {
    const parts = ['a', 'b', 'c', 'd'].map((text) => new Secret('password', `${text}-value-of-a-part`));
    const other = new Secret('password', 'e-value-of-a-part');
    const prints = new Set(parts.map((_, i) => loginFingerprint(parts.with(i, other))));
    for (const of of ['in force', 'candidate']) prints.add(loginFingerprint(parts, of));
    expect(prints.size).toBe(6);
  });
});
