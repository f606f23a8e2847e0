// The REST side: which bearer, one new token and one more try, the pause, and arrays with one bad state in them.
import { describe, expect, test } from 'vitest';
import { sleep, type Verdict, WaymarkError } from '../../../src/core/index.js';
import { createLosantRest } from '../../../src/services/index.js';
import { createPoster } from '../../../src/services/losant/batch.js';
import {
  APP,
  AUTHED,
  base,
  credential,
  DEVICE,
  goodApi,
  OK,
  type Reply,
  record,
  type Seen,
  scriptedHttp,
  UNAUTHORISED,
} from './fakes.js';

const signal = new AbortController().signal;
const STATE = { data: { uptime: 1 } };

function rig(
  script: (seen: Seen) => Reply | undefined,
  options: { applicationId?: string; isTokenMode?: boolean } = {},
) {
  const { clock, log, random, accessKey, accessSecret } = base();
  const http = scriptedHttp(script);
  const applicationToken = credential('application-token', 'app-token', clock);
  const credentials = options.isTokenMode ? { applicationToken } : { accessKey, accessSecret, applicationToken };
  const rest = createLosantRest(
    { clock, log, random, http, credentials },
    {
      apiUrl: 'https://api.example',
      deviceId: DEVICE,
      ...(options.applicationId ? { applicationId: options.applicationId } : {}),
    },
  );
  return { clock, http, rest, accessKey, accessSecret, applicationToken };
}

describe('bearer', () => {
  test('a device token is fetched once with the key, and says which application', async () => {
    const { rest, http, accessSecret } = rig(goodApi);
    await rest.postState(STATE, { signal });
    await rest.postState([STATE, STATE], { signal });
    expect(http.seen).toEqual([
      {
        method: 'POST',
        path: '/auth/device',
        bearer: undefined,
        body: { deviceId: DEVICE, key: 'key-1', secret: 'secret-1' },
      },
      { method: 'POST', path: '/state', bearer: 'Bearer tok-1', body: STATE },
      { method: 'POST', path: '/state', bearer: 'Bearer tok-1', body: [STATE, STATE] },
    ]);
    expect([rest.applicationId, rest.token?.status().state]).toEqual([APP, 'valid']);
    expect(accessSecret.outcomes).toEqual([{ is: 'ok' }]);
  });

  test('a 401 costs one new token and one more try', async () => {
    let tokens = 0;
    const { rest, http } = rig(({ path, bearer }) => {
      if (path === '/auth/device') return [200, { applicationId: APP, token: `tok-${++tokens}` }];
      return bearer === 'Bearer tok-2' ? OK : UNAUTHORISED;
    });
    await rest.postState(STATE, { signal });
    expect(http.seen.map(({ path }) => path)).toEqual(['/auth/device', '/state', '/auth/device', '/state']);
  });

  test('refused again with a new token: it is not the key, and not asked a third time', async () => {
    const { rest, http, accessSecret } = rig(({ path }) => (path === '/auth/device' ? AUTHED : UNAUTHORISED));
    await expect(rest.postState(STATE, { signal })).rejects.toMatchObject({
      code: 'losant.config',
      retryAfterMs: 3_600_000,
    });
    expect(http.seen).toHaveLength(4);
    expect(accessSecret.status().state).toBe('valid');
  });

  test('a refused key parks the secret: 15 min, then an hour; the token waits for it', async () => {
    const { rest, http, clock, accessSecret } = rig(() => UNAUTHORISED);
    await expect(rest.postState(STATE, { signal })).rejects.toMatchObject({
      code: 'losant.refused',
      retryAfterMs: 900_000,
    });
    await expect(rest.postState(STATE, { signal })).rejects.toMatchObject({ code: 'credential.refused' });
    expect(http.seen).toHaveLength(1);
    expect(rest.token?.status()).toMatchObject({ waitsFor: 'access-secret' });
    await clock.advance(900_000);
    await expect(rest.postState(STATE, { signal })).rejects.toMatchObject({
      code: 'losant.refused',
      retryAfterMs: 3_600_000,
    });
    expect(accessSecret.outcomes).toMatchObject([
      { is: 'refused', state: 'rejected', reason: 'refused', evidence: { http: 401, oracle: 'refused' } },
      { is: 'refused' },
    ]);
  });

  test('the application token is shown where there is no key, never in its place', async () => {
    const { rest, http, applicationToken } = rig(goodApi, { isTokenMode: true, applicationId: APP });
    await rest.setConnectionStatus({ status: 'connected' }, { signal });
    expect(http.seen.map(({ bearer }) => bearer)).toEqual(['Bearer app-token']);
    expect(applicationToken.outcomes).toEqual([{ is: 'ok' }]);
  });

  test('a refused application token is tried again rarely', async () => {
    const { rest, applicationToken } = rig(() => UNAUTHORISED, { isTokenMode: true, applicationId: APP });
    await expect(rest.postState(STATE, { signal })).rejects.toMatchObject({ code: 'losant.token-refused' });
    expect(applicationToken.outcomes).toMatchObject([{ is: 'refused', state: 'rejected', retryAtMonoMs: 900_000 }]);
  });

  test('without an application id nothing is asked with an application token', async () => {
    const { rest, http } = rig(goodApi, { isTokenMode: true });
    await expect(rest.postState(STATE, { signal })).rejects.toMatchObject({ code: 'losant.config' });
    expect(http.seen).toEqual([]);
  });

  test('a device that is gone is told by the oracle, if the key once worked', async () => {
    let isThere = true;
    const { rest, accessSecret } = rig((seen) => (isThere ? goodApi(seen) : undefined));
    await rest.postState(STATE, { signal });
    isThere = false;
    await expect(rest.postState(STATE, { signal })).rejects.toMatchObject({ code: 'losant.deleted' });
    await expect(rest.postState(STATE, { signal })).rejects.toMatchObject({ code: 'losant.deleted' });
    expect(accessSecret.status().state).toBe('deactivated');
  });

  test('a refusal of half an old pair is held against neither half', async () => {
    const { rest, accessKey, accessSecret } = rig(() => {
      accessKey.replace('key-2');
      return UNAUTHORISED;
    });
    expect(await rest.oracle.ask({ signal })).toMatchObject({ is: 'weather' });
    expect(accessSecret.outcomes).toEqual([]);
  });

  test('an unknown device with a key that never worked is a wrong id', async () => {
    const { rest, accessSecret } = rig(() => undefined);
    await expect(rest.postState(STATE, { signal })).rejects.toMatchObject({ code: 'losant.config' });
    expect(accessSecret.outcomes).toEqual([]);
  });
});

describe('calls', () => {
  test('429 makes a pause of 15 s, doubled each time, during which nothing is asked', async () => {
    let isThrottled = true;
    const { rest, http, clock } = rig((seen) => (isThrottled && seen.path === '/state' ? [429, {}] : goodApi(seen)));
    const posted = (): Promise<unknown> => rest.postState(STATE, { signal }).catch((error: unknown) => error);
    expect(await posted()).toMatchObject({ code: 'losant.throttled', retryAfterMs: 15_000 });
    await clock.advance(10_000);
    expect(await posted()).toMatchObject({ code: 'losant.throttled', retryAfterMs: 5000 });
    expect(http.seen).toHaveLength(2);
    await clock.advance(5000);
    expect(await posted()).toMatchObject({ retryAfterMs: 30_000 });
    isThrottled = false;
    await clock.advance(30_000);
    expect(await posted()).toBeUndefined();
  });

  test('the history of commands, as list or with items; anything else is malformed', async () => {
    const answers: unknown[] = [[{ name: 'a' }], { items: [{ name: 'b' }] }, { count: 0 }];
    const { rest, http } = rig((seen) => (seen.path.startsWith('/command') ? [200, answers.shift()] : goodApi(seen)));
    const since = { startUtcMs: 5, limit: 10 };
    expect(await rest.commandHistory(since, { signal })).toEqual([{ name: 'a' }]);
    expect(await rest.commandHistory(since, { signal })).toEqual([{ name: 'b' }]);
    await expect(rest.commandHistory(since, { signal })).rejects.toMatchObject({ code: 'losant.malformed' });
    expect(http.seen[1]?.path).toBe('/command?start=5&limit=10&sortDirection=asc');
  });

  test('an access key that is good for other devices too is said', async () => {
    const { rest } = rig(() => [200, { applicationId: APP, token: 't', restricted: false }]);
    await rest.oracle.ask({ signal });
    expect(rest.isRestricted).toBe(false);
  });

  test.each<[string, Reply]>([
    ['no token', [200, { applicationId: APP }]],
    ['a token with blanks', [200, { token: 'a b' }]],
    ['an outage', new WaymarkError('net.closed', 'cut')],
    ['502', [502, {}]],
  ])('%s from the oracle is weather', async (_, reply) => {
    const { rest, accessSecret } = rig(() => reply);
    expect(await rest.oracle.ask({ signal })).toMatchObject({ is: 'weather' });
    expect(accessSecret.outcomes).toEqual([{ is: 'weather' }]);
  });
});

describe('arrays', () => {
  const stateOf = ({ id, body }: { id: string; body: Readonly<Record<string, unknown>> }) =>
    body['count'] === 3
      ? ({ is: 'rejected', code: 'losant.time', reason: 'old' } as const)
      : ({ is: 'state', json: { data: { id } } } as const);

  test('one bad state costs itself, not its neighbours', async () => {
    const { clock } = base();
    const arrays: number[] = [];
    const rest = {
      async postState(states: unknown) {
        const list = [states].flat() as { data: { id: string } }[];
        arrays.push(list.length);
        if (list.some(({ data }) => data.id === '1-2'))
          throw new WaymarkError('losant.bad-request', 'x', { evidence: { text: 'why' } });
      },
    };
    const post = createPoster({ clock, rest, stateOf });
    // As the outbox does: what was not tried comes again.
    const known = new Map<string, Verdict>();
    let left = [1, 2, 3, 4, 5].map((n) => record(n));
    for (let calls = 0; left.length > 0 && calls < 3; calls++) {
      const pending = post(left, { signal, isReplay: true });
      await clock.advance(10_000);
      for (const [i, verdict] of (await pending).entries())
        if (verdict.is !== 'busy') known.set(left[i]?.id ?? '', verdict);
      left = left.filter(({ id }) => !known.has(id));
    }
    expect(Object.fromEntries(known)).toEqual({
      '1-1': { is: 'accepted' },
      '1-2': { is: 'rejected', code: 'losant.bad-request', reason: 'why' },
      '1-3': { is: 'rejected', code: 'losant.time', reason: 'old', isLocal: true },
      '1-4': { is: 'accepted' },
      '1-5': { is: 'accepted' },
    });
    expect(arrays).toEqual([4, 2, 1, 2, 1, 1, 1]);
  });

  test('a call says in time what it knows, and goes on with smaller arrays where the road is slow', async () => {
    const { clock } = base();
    const sizes: number[] = [];
    const rest = {
      async postState(states: unknown, { signal: over }: { signal: AbortSignal }) {
        const { length } = [states].flat();
        sizes.push(length);
        // Half a second a state.
        await sleep(clock, 500 * length, over);
      },
    };
    const post = createPoster({ clock, rest, stateOf });
    const records = Array.from({ length: 100 }, (_, i) => record(i + 10));
    const words: string[][] = [];
    for (const _ of [1, 2]) {
      const pending = post(records, { signal, isReplay: true });
      await clock.advance(26_000);
      words.push((await Promise.race([pending, Promise.resolve([])])).map(({ is }) => is));
    }
    expect(words[0]).toEqual(records.map(() => 'timeout'));
    // 50 states need 25 s: too long; the next ones are 25.
    expect(words[1]?.slice(50)).toEqual(records.slice(50).map(() => 'busy'));
    const pending = post(records, { signal, isReplay: true });
    await clock.advance(26_000);
    expect((await pending).filter(({ is }) => is === 'accepted')).toHaveLength(25);
    expect(sizes).toEqual([100, 50, 25]);
  });

  test('trouble that is not the records’ holds all of them, and is told', async () => {
    const { clock } = base();
    const told: string[] = [];
    const rest = {
      postState: async () => Promise.reject(new WaymarkError('losant.scope', 'x', { retryAfterMs: 7000 })),
    };
    const post = createPoster({ clock, rest, stateOf, onTrouble: ({ code }) => told.push(code) });
    expect(await post([record(1), record(2)], { signal, isReplay: true })).toEqual([
      { is: 'busy', retryAfterMs: 7000 },
      { is: 'busy', retryAfterMs: 7000 },
    ]);
    expect(told).toEqual(['losant.scope']);
  });

  test('no array is larger than 100 states', async () => {
    const { clock } = base();
    const sizes: number[] = [];
    const rest = { postState: async (states: unknown) => void sizes.push([states].flat().length) };
    const post = createPoster({ clock, rest, stateOf });
    const pending = post(
      Array.from({ length: 150 }, (_, i) => record(i + 10)),
      { signal, isReplay: true },
    );
    await clock.advance(1000);
    expect(new Set((await pending).map(({ is }) => is))).toEqual(new Set(['accepted']));
    expect(sizes).toEqual([100, 50]);
  });
});
