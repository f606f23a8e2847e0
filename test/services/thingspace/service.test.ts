import { describe, expect, test } from 'vitest';
import { aborted, Secret, silentLogger, WaymarkError } from '../../../src/core/index.js';
import { type CarrierPosition, createBearer, type ThingspaceService } from '../../../src/services/index.js';
import { waitAfterMs } from '../../../src/services/thingspace/pace.js';
import { createStrikeBook } from '../../../src/services/thingspace/strike-ledger.js';
import { TOKEN_STRIKES } from '../../../src/services/thingspace/strikes.js';
import { createWire } from '../../../src/services/thingspace/wire.js';
import type { DerivedCredential } from '../../../src/vault/index.js';
import { createPeople, createWorld, credential, during, IMEI, MDN, memoryVault, serve, type World } from './world.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TOKEN = '/oauth2/token';
const LOGIN = '/session/login';
const LOCATE = '/locations';

/** Runs it for a while. */
async function runFor(world: World, service: ThingspaceService, ms: number) {
  const stop = new AbortController();
  const did: string[] = [];
  const run = service
    .run({ signal: stop.signal, ok: () => void did.push('ok'), doing: (what) => void did.push(what) })
    .catch((error: unknown) => error);
  await world.clock.advance(ms);
  const snapshot = service.snapshot();
  stop.abort();
  await Promise.all([run, aborted(stop.signal)]);
  return { did, snapshot };
}

describe('the tokens', () => {
  test('ninety days of life: a token an hour and not one more, each asked for after the end of the one before', async () => {
    const world = createWorld();
    const deps = { ...world, log: silentLogger, credentials: createPeople(world, { password: () => world.password }) };
    const wire = createWire(world, { baseUrl: 'https://thingspace.example' });
    const refusals = createStrikeBook({ ...memoryVault(), ...deps }, 'thingspace-tokens');
    const strikes = refusals.guard({ rule: TOKEN_STRIKES, of: 'token' });
    const bearer = createBearer({ ...deps, wire, strikes, loginEpoch: 0 });
    const tokens = new Set<number>();
    for (let hour = 0; hour < 90 * 24; hour++) {
      // Each time in the last seconds of the token, or once more within its life: it is the same one, or waited for.
      for (const _ of [1, 2]) tokens.add((await during(world, bearer.get())).generation);
      await world.clock.advance(HOUR - 3000);
    }
    expect(tokens.size).toBeGreaterThan(90 * 24 - 10);
    expect(world.count(TOKEN)).toBe(tokens.size);
  });

  test('a week of asking every quarter of an hour: a token an hour, one login, no early refresh', async () => {
    const world = createWorld();
    const { service, positions } = serve(
      world,
      {},
      { location: { intervalSeconds: 900, maxAgeHours: 720, monthlyCurrentBudget: 9, always: true } },
    );
    await runFor(world, service, 7 * DAY);
    // A token lives from its first use for an hour and is fetched with the next question after that.
    expect(world.count(LOCATE)).toBeGreaterThan(7 * 24 * 4 - 20);
    expect(positions.length).toBeGreaterThan(7 * 24 * 4 - 20);
    expect(world.count(LOGIN)).toBe(1);
    expect(world.count(TOKEN)).toBeLessThanOrEqual(7 * 24 + 1);
    expect(world.count(TOKEN)).toBeGreaterThan(7 * 18);
  });

  test('asked in the last seconds of a token, it waits for the next one', async () => {
    const world = createWorld();
    const { service } = serve(world);
    await during(world, service.locate({}));
    await world.clock.advance(HOUR - world.clock.mono() - 2000);
    const asked = service.locate({});
    await world.clock.advance(1500);
    expect(world.count(TOKEN)).toBe(1);
    await during(world, asked, 5000);
    expect(world.count(TOKEN)).toBe(2);
  });

  test('a token somebody else got first lives as long as it says', async () => {
    const world = createWorld();
    world.next = [() => ({ status: 200, body: { access_token: 'nearly-over-token', expires_in: 3 } })];
    const { service } = serve(world);
    await during(world, service.locate({}), 60_000);
    expect(world.count(TOKEN)).toBe(2);
    expect(world.count(LOCATE)).toBe(1);
  });

  test('a session idle for more than twenty minutes is opened again, once', async () => {
    const world = createWorld();
    const { service } = serve(world);
    await during(world, service.locate({}));
    await world.clock.advance(25 * 60_000);
    await during(world, service.locate({}));
    expect([world.count(LOGIN), world.count(LOCATE)]).toEqual([2, 3]);
  });

  test('callers at the same time share one question', async () => {
    const world = createWorld();
    const { service } = serve(world);
    await during(world, Promise.all([service.locate({}), service.locate({}), service.locate({})]));
    expect([world.count(TOKEN), world.count(LOGIN), world.count(LOCATE)]).toEqual([1, 1, 1]);
  });

  test('requests are a second apart and never two at a time', async () => {
    const world = createWorld();
    const at: number[] = [];
    world.next = Array.from({ length: 3 }, () => () => void at.push(world.clock.mono()));
    const { service } = serve(world);
    await during(world, service.locate({}));
    expect(at).toEqual([0, 1000, 2000]);
  });

  test('after a sleep of the machine the next token is asked for at once', async () => {
    const world = createWorld();
    const { service } = serve(world);
    await during(world, service.locate({}));
    // Two hours that our monotonic clock did not count.
    world.hasSlept = true;
    for (const source of service.credentials()) (source as DerivedCredential).clockJumped(2 * HOUR);
    const asked = service.locate({});
    await world.clock.advance(10_000);
    expect(world.count(TOKEN)).toBe(2);
    await during(world, asked);
  });

  test('user and password replaced one after the other are not mixed', async () => {
    const world = createWorld();
    const values = { user: 'user', password: world.password };
    const people = createPeople(world, { password: () => values.password, user: () => values.user });
    const { service } = serve(world, { credentials: people });
    await during(world, service.locate({}));
    await world.clock.advance(25 * 60_000);
    values.user = 'another-user';
    await people.user.reload();
    const asked = service.locate({});
    await world.clock.advance(2000);
    world.password = values.password = 'another-password';
    await people.password.reload();
    await during(world, asked);
    expect([world.count(LOGIN), world.misses]).toEqual([2, 0]);
    expect(world.asked.filter(({ url }) => url.endsWith(LOGIN)).at(-1)?.body).toContain('another-password');
  });

  test('at the end the session is closed, and nothing is revoked', async () => {
    const world = createWorld();
    const { service } = serve(world);
    await during(world, service.locate({}));
    await during(world, Promise.resolve(service[Symbol.asyncDispose]()));
    expect([world.count('/session/logout'), world.count('/oauth2/revoke')]).toEqual([1, 0]);
  });

  test('no secret is in what goes out beside its place', async () => {
    const world = createWorld();
    const { service } = serve(world);
    await during(world, service.locate({}));
    expect(world.asked.every(({ url, headers }) => !/right-|scope/.test(`${url} ${JSON.stringify(headers)}`))).toBe(
      true,
    );
    expect(world.asked[0]?.body).toBe('grant_type=client_credentials');
  });
});

describe('money', () => {
  const OLD = 48 * HOUR;
  const location = { intervalSeconds: 900, maxAgeHours: 24, monthlyCurrentBudget: 2, always: true };

  test('a young cached position is enough', async () => {
    const world = createWorld();
    const found = await during(world, serve(world).service.locate({}));
    expect(found).toMatchObject({ origin: 'cached', latitudeDeg: 33.45324, longitudeDeg: -84.59621, radiusM: 5571 });
    expect(world.billed).toBe(0);
  });

  test('an old one, or none, is worth a current one, as long as the month has room', async () => {
    const world = createWorld();
    const { service } = serve(world, {}, { location });
    const origins: string[] = [];
    for (let i = 0; i < 3; i++) {
      world.cached = { atUtcMs: world.clock.wall() - OLD };
      origins.push((await during(world, service.locate({}))).origin);
    }
    world.cached = undefined;
    await expect(during(world, service.locate({}))).rejects.toMatchObject({ code: 'thingspace.budget' });
    expect(origins).toEqual(['current', 'current', 'cached']);
    expect(service.snapshot().budget).toEqual({ used: 2, left: 0 });
    await world.clock.advance(31 * DAY);
    expect((await during(world, service.locate({}))).origin).toBe('current');
  });

  test('the count outlives the process, and is written before the request', async () => {
    const world = createWorld();
    const { vault, state } = memoryVault();
    world.cached = undefined;
    world.isReachable = false;
    await expect(
      during(world, serve(world, { vault }, { location }).service.locate({}), 120_000),
    ).rejects.toMatchObject({
      code: 'thingspace.no-position',
    });
    expect(state.kept.get('thingspace-budget')).toEqual({ month: '2026-11', used: 2 });
    await expect(during(world, serve(world, { vault }, { location }).service.locate({}))).rejects.toMatchObject({
      code: 'thingspace.budget',
    });
  });

  test.each([
    ['an untrusted clock', { isWallTrusted: () => false }, undefined],
    ['a disk that takes no count', {}, 'full'],
    ['a count that was lost', {}, 'lost'],
  ] as const)('%s leaves nothing to spend', async (_name, over, what) => {
    const world = createWorld();
    const { vault, state } = memoryVault();
    const { service } = serve(world, { vault, ...over }, { location });
    await during(world, service.locate({}));
    world.cached = undefined;
    state.isFull = what === 'full';
    if (what === 'lost') state.alarms.push({ file: '/s/thingspace-budget.prev', what: 'all zeros', atUtcMs: 0 });
    await expect(during(world, service.locate({}))).rejects.toMatchObject({ code: /budget|ledger/ });
    expect(world.billed).toBe(0);
  });

  test('a device out of sight is looked for once more after a minute', async () => {
    const world = createWorld();
    world.cached = undefined;
    world.isReachable = false;
    const asked = serve(world).service.locate({});
    await world.clock.advance(30_000);
    world.isReachable = true;
    expect((await during(world, asked, 60_000)).origin).toBe('current');
  });
});

describe('the run', () => {
  test('nothing is asked while somebody knows better', async () => {
    const world = createWorld();
    const { service } = serve(
      world,
      { isNeeded: () => world.clock.mono() >= HOUR },
      { location: { intervalSeconds: 900, maxAgeHours: 24, monthlyCurrentBudget: 0, always: false } },
    );
    const { did } = await runFor(world, service, HOUR + 60_000);
    expect(did.slice(0, 3)).toEqual(['spared', 'ok', 'asking']);
    expect(world.count(LOCATE)).toBe(1);
  });

  test('an outage is waited out, and no state of a credential changes', async () => {
    const world = createWorld();
    const credentials = createPeople(world, { password: () => world.password });
    const { service } = serve(world, { credentials });
    await during(world, service.locate({}));
    world.next = Array.from({ length: 5 }, () => () => ({ status: 503, body: '<html>' }));
    const { snapshot, did } = await runFor(world, service, 120_000);
    expect(did.filter((what) => what === 'paused').length).toBe(5);
    expect(snapshot.state).toBe('known');
    expect(Object.values(credentials).map((one) => one.status().state)).toEqual(['valid', 'valid', 'valid', 'valid']);
  });

  test('a locked-out login sends nothing for a day, and a new password at once', async () => {
    const world = createWorld();
    let password = 'wrong-password';
    const credentials = createPeople(world, { password: () => password });
    const { service } = serve(world, { credentials });
    const stop = new AbortController();
    const run = service.run({ signal: stop.signal, ok: () => {}, doing: () => {} }).catch(() => undefined);
    await world.clock.advance(DAY);
    expect([world.count(LOGIN), world.count(LOCATE)]).toEqual([1, 0]);
    expect(service.snapshot()).toMatchObject({ sentence: expect.stringMatching(/./), reason: { hint: /five misses/ } });
    password = world.password;
    await Promise.all([credentials.password.reload(), world.clock.advance(10_000)]);
    expect([world.count(LOGIN), world.billed]).toEqual([2, 1]);
    stop.abort();
    await run;
  });

  test('full jitter from two seconds to a quarter of an hour; what was asked for is the least', () => {
    const weather = new WaymarkError('thingspace.weather', 'x');
    expect([1, 2, 3, 99].map((n) => waitAfterMs(weather, n, 900_000, 1))).toEqual([2000, 4000, 8000, 900_000]);
    expect(waitAfterMs(weather, 9, 900_000, 0)).toBe(1000);
    const asked = new WaymarkError('thingspace.weather', 'x', { retryAfterMs: 30_000 });
    expect(waitAfterMs(asked, 1, 900_000, 1)).toBe(30_000);
    expect(waitAfterMs(new WaymarkError('thingspace.not-subscribed', 'x'), 1, 900_000, 0)).toBe(HOUR);
  });
});

describe('trying a value', () => {
  test('two candidates may be wrong, a third is not sent', async () => {
    const world = createWorld();
    const { service } = serve(world);
    const signal = new AbortController().signal;
    const codes: string[] = [];
    for (const text of ['first-candidate', 'second-candidate', 'third-candidate'])
      await during(
        world,
        service
          .prove('thingspace-password', { 'thingspace-password': new Secret('password', text) }, { signal })
          .catch((error: unknown) => void codes.push((error as WaymarkError).code)),
      );
    expect(codes).toEqual(['thingspace.login-refused', 'thingspace.login-refused', 'token.waits']);
    expect(world.misses).toBe(2);
    await during(world, service.test('thingspace-secret', { signal }));
    await during(world, service.test('thingspace-password', { signal }));
    await expect(service.test('losant-key', { signal })).rejects.toMatchObject({ code: 'token.not-testable' });
  });

  test.each<[string, (world: World) => void, { salt?: undefined }, string]>([
    ['key and secret are refused', (world) => void (world.secret = 'another-secret'), {}, 'token.waits'],
    ['the ledger cannot be kept', () => undefined, { salt: undefined }, 'thingspace.ledger'],
    [
      'the path of the login is wrong',
      (world) => void (world.next = [() => undefined, () => ({ status: 404 })]),
      {},
      'token.waits',
    ],
  ])('that %s is not the candidate’s fault', async (_name, spoil, kept, code) => {
    const world = createWorld();
    const { vault, state } = memoryVault();
    Object.assign(state, kept);
    const credentials = createPeople(world, { password: () => 'x', secret: () => 'right-secret' });
    const { service } = serve(world, { vault, credentials });
    spoil(world);
    const candidates = { 'thingspace-password': new Secret('password', world.password) };
    const { signal } = new AbortController();
    const proof = during(world, service.prove('thingspace-password', candidates, { signal }));
    await expect(proof).rejects.toMatchObject({ code, retry: 'backoff' });
  });

  test('what is malformed is the fault of whose it is', async () => {
    const world = createWorld();
    const { service } = serve(world);
    const { signal } = new AbortController();
    const prove = (id: string, value: Secret): Promise<void> =>
      during(world, service.prove(id, { [id]: value }, { signal }));
    await expect(prove('thingspace-password', new Secret('password', "pass'word-here"))).rejects.toMatchObject({
      code: 'secret.malformed',
    });
    await expect(prove('thingspace-key', new Secret('thingspace-key', 'key:with-colon'))).rejects.toMatchObject({
      code: 'secret.malformed',
    });
    const { service: other } = serve(world, { credentials: createPeople(world, { password: () => "old'password" }) });
    const user = { 'thingspace-user': new Secret('uws-user', 'another-user') };
    await expect(during(world, other.prove('thingspace-user', user, { signal }))).rejects.toMatchObject({
      code: 'token.waits',
      evidence: { code: 'secret.malformed' },
    });
    expect(world.count(LOGIN)).toBe(0);
  });

  test('a good candidate is logged in and out', async () => {
    const world = createWorld();
    const { service } = serve(world, { credentials: createPeople(world, { password: () => 'old-password' }) });
    const { signal } = new AbortController();
    await during(
      world,
      service.prove(
        'thingspace-password',
        { 'thingspace-password': new Secret('password', world.password) },
        { signal },
      ),
    );
    expect([world.count(LOGIN), world.count('/session/logout')]).toEqual([1, 1]);
  });
});

describe('with an operator', () => {
  const PAIR = { access_token: 'handed-down-access', expires_in: 1800, session_token: 'handed-down-session' };
  const identityOf = (world: World) => ({
    bearer: credential(world, 'thingspace-enrolment', 'enrolment-token', () => 'enrolled'),
  });
  const delegated = (world: World) => {
    const identity = identityOf(world);
    return {
      identity,
      ...serve(
        world,
        { credentials: undefined, identity },
        { mode: 'delegated', tokenEndpoint: 'https://operator.example/tokens' },
      ),
    };
  };
  const here = [{ msid: MDN, pd: { time: '20261101000000', x: '1.5', y: '2.5', radius: '900' } }];
  const bodyOf = (world: World, i: number) => JSON.parse(world.asked[i]?.body ?? '{}') as unknown;

  test('both tokens come with one question, and are used for the location only', async () => {
    const world = createWorld();
    const { service } = delegated(world);
    world.next = [() => ({ status: 200, body: PAIR }), () => ({ status: 200, body: here })];
    expect(await during(world, service.locate({}))).toMatchObject({
      latitudeDeg: 1.5,
      longitudeDeg: 2.5,
      radiusM: 900,
    });
    expect(bodyOf(world, 0)).toEqual({ provider: 'thingspace', device: { imei: IMEI }, reason: 'initial' });
    expect(world.asked.map(({ url }) => new URL(url).pathname)).toEqual(['/tokens', '/api/loc/v1/locations']);
    expect(world.asked[1]?.headers).toMatchObject({
      Authorization: 'Bearer handed-down-access',
      'VZ-M2M-Token': 'handed-down-session',
    });
  });

  test('a refused session is asked for by its fingerprint, never by a login; the same again is a failure', async () => {
    const world = createWorld();
    const { service } = delegated(world);
    const expired = () => ({ status: 400, body: { errorCode: 'A.REQUEST_FAILED.SessionToken.Expired' } });
    world.next = [() => ({ status: 200, body: PAIR }), expired, () => ({ status: 200, body: PAIR })];
    await expect(during(world, service.locate({}))).rejects.toMatchObject({ code: 'thingspace.token-refused' });
    const fp = new Secret('session-token', PAIR.session_token).fingerprint;
    expect(bodyOf(world, 2)).toMatchObject({ reason: 'rejected', rejected: { kind: 'session', fp } });
    expect(world.count(LOGIN)).toBe(0);
  });

  test.each([
    [401, 'thingspace.endpoint-refused', 'rejected'],
    [403, 'thingspace.endpoint-refused', 'rejected'],
    [404, 'thingspace.deactivated', 'deactivated'],
    [410, 'thingspace.deactivated', 'deactivated'],
    [409, 'thingspace.endpoint-held', 'valid'],
    [429, 'thingspace.weather', 'valid'],
    [503, 'thingspace.weather', 'valid'],
    [418, 'thingspace.malformed', 'valid'],
  ])('the endpoint answers %i: %s', async (status, code, state) => {
    const world = createWorld();
    const { service, identity } = delegated(world);
    world.next = [() => ({ status, body: {}, retryAfterMs: 2 * HOUR })];
    const failed = during(world, service.locate({}));
    await expect(failed).rejects.toMatchObject({ code, ...(status === 503 ? { retryAfterMs: HOUR } : {}) });
    expect(identity.bearer.status().state).toBe(state);
  });

  test.each([
    ['no end', { access_token: 'a-token-without-end', session_token: 'some-session' }],
    ['a token with a line end', { ...PAIR, access_token: 'a\r\nX: y' }],
    ['a list', []],
    ['no session', { access_token: 'a-token-alone', expires_in: 60 }],
  ])('%s is no answer', async (_name, body) => {
    const world = createWorld();
    const { service } = delegated(world);
    world.next = [() => ({ status: 200, body })];
    await expect(during(world, service.locate({}))).rejects.toMatchObject({ code: 'thingspace.malformed' });
    expect(world.asked.length).toBe(1);
  });

  test('as a proxy it answers the position itself', async () => {
    const world = createWorld();
    const answers: [unknown, Partial<CarrierPosition> | string][] = [
      [
        { lat: 48.2, lon: 16.37, radius_m: 1200, fix_time: '2026-11-01T00:00:00Z', source: 'x' },
        { origin: 'operator', radiusM: 1200, fixUtcMs: Date.UTC(2026, 10, 1) },
      ],
      [{ lat: null, lon: null }, 'thingspace.no-position'],
      [{ lat: 95, lon: 16, radius_m: 5 }, 'thingspace.malformed'],
    ];
    const { service } = serve(
      world,
      { credentials: undefined, identity: identityOf(world) },
      { mode: 'proxy', locateEndpoint: 'https://operator.example/locate' },
    );
    for (const [body, expected] of answers) {
      world.next = [() => ({ status: 200, body })];
      const asked = during(world, service.locate({}));
      if (typeof expected === 'string') await expect(asked).rejects.toMatchObject({ code: expected });
      else expect(await asked).toMatchObject(expected);
    }
    expect(bodyOf(world, 0)).toEqual({ device: { imei: IMEI }, max_age_s: 86_400 });
    expect(service.credentials()).toEqual([]);
  });

  test('a mode without what it needs says so', () => {
    const world = createWorld();
    expect(() => serve(world, { credentials: undefined }, { mode: 'proxy' })).toThrow(/identity is missing/);
    expect(() => serve(world, {}, { accountName: undefined })).toThrow(/accountName is missing/);
  });
});
