// The operator's endpoints in front of the simulated ThingSpace: rows 39 and 40 of specs/thingspace.md section 11, and the
// contract of section 7.1.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { type OperatorMood, THINGSPACE_PATHS as PATHS } from '../../../src/sim/clouds/index.js';
import { start } from './thingspace-helpers.js';

const rejected = (kind: 'api' | 'session') => ({ reason: 'rejected', rejected: { kind, fp: '01234567' } });

describe('a pair of tokens', () => {
  test('row 39: for a good identity, and the pair is good for locating', async () => {
    const one = await start();
    const { account, mdn } = one.sim.description;
    const pair = (await one.operator(PATHS.operatorToken)).json();
    expect(pair).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      session_token: expect.any(String),
      session_idle_s: 1200,
      account_name: account,
      mdn,
    });
    one.use({ bearer: String(pair['access_token']), session: String(pair['session_token']) });
    expect((await one.locate()).status).toBe(200);
    await one.clock.advance(600_000);
    expect((await one.operator(PATHS.operatorToken, { reason: 'expired' })).json()).toEqual({
      ...pair,
      expires_in: 3000,
    });
    expect(one.sim.counters.logins).toBe(0);
  });

  test('a certificate of the simulated authority does as well, and a wrong bearer does not', async () => {
    const one = await start();
    const { identity } = one.sim.description;
    expect((await one.operator(PATHS.operatorToken, {}, { identity })).status).toBe(200);
    expect(one.sim.requests.at(-1)?.credentials).toEqual({ certificate: 'good' });
    for (const headers of [{}, { authorization: 'Bearer another' }])
      expect((await one.operator(PATHS.operatorToken, {}, { headers })).status).toBe(401);
  });

  test('the certificate counts on a resumed connection, too', async () => {
    const one = await start();
    const { certFile, keyFile } = one.sim.description.identity;
    const agent = new Agent({ ca: one.pki.caPem, cert: readFileSync(certFile), key: readFileSync(keyFile) });
    const path = PATHS.operatorLocate;
    const ask = () =>
      new Promise<boolean>((resolve, reject) => {
        const outgoing = request({ agent, host: 'localhost', port: one.sim.door.port, path, method: 'POST' }, (got) => {
          const isResumed = got.socket instanceof TLSSocket && got.socket.isSessionReused();
          got.resume().once('end', () => resolve(isResumed));
        });
        outgoing.once('error', reject).end('{}');
      });
    expect([await ask(), await ask()]).toEqual([false, true]);
    expect(one.sim.requests.map(({ credentials }) => credentials)).toEqual([
      { certificate: 'good' },
      { certificate: 'good' },
    ]);
  });

  test('a rejected session is replaced; a rejected bearer only when it has really ended', async () => {
    const one = await start();
    const first = (await one.operator(PATHS.operatorToken)).json();
    const second = (await one.operator(PATHS.operatorToken, rejected('session'))).json();
    expect(second['access_token']).toBe(first['access_token']);
    expect(second['session_token']).not.toBe(first['session_token']);
    expect((await one.operator(PATHS.operatorToken, rejected('api'))).json()).toEqual(second);
    one.sim.revokeToken();
    const third = (await one.operator(PATHS.operatorToken, rejected('api'))).json();
    expect(third['access_token']).not.toBe(first['access_token']);
  });

  test('row 40: by a knob the very pair that was rejected comes again', async () => {
    const one = await start();
    const first = (await one.operator(PATHS.operatorToken)).json();
    one.sim.configure({ isOperatorStale: true });
    for (const kind of ['session', 'api'] as const)
      expect((await one.operator(PATHS.operatorToken, rejected(kind))).json()).toEqual(first);
  });

  const later = { operatorRetryAfter: 'date' } as const;
  test.each<[number, OperatorMood, object, string | undefined]>([
    [202, 'pending', { operatorRetryAfter: 'seconds' }, '30'],
    [401, 'unauthorized', {}, undefined],
    [403, 'forbidden', {}, undefined],
    [404, 'unknown', {}, undefined],
    [409, 'latched', {}, undefined],
    [410, 'gone', {}, undefined],
    [429, 'busy', { operatorRetryAfter: 'seconds', operatorRetryAfterS: 7200 }, '7200'],
    [503, 'down', later, 'Thu, 01 Jan 2026 00:00:30 GMT'],
  ])('row 40: %i by the knob %s, at both endpoints', async (status, operator, knobs, retryAfter) => {
    const one = await start();
    one.sim.configure({ operator, ...knobs });
    for (const path of [PATHS.operatorToken, PATHS.operatorLocate]) {
      const got = await one.operator(path);
      expect([got.status, got.headers['retry-after']]).toEqual([status, retryAfter]);
    }
    if (operator === 'latched') expect((await one.operator(PATHS.operatorToken)).json()).toEqual({ error: 'latched' });
  });

  test.each([
    [{ operatorExpiresIn: 'absent' }, { expires_in: undefined }],
    [{ operatorExpiresIn: 'too-long' }, { expires_in: 7200 }],
    [{ operatorExpiresIn: 'text' }, { expires_in: 'soon' }],
    [{ doesOperatorSendSession: false }, { session_token: undefined, session_idle_s: undefined }],
    [{ operatorNotBeforeS: 60 }, { not_before_s: 60 }],
  ] as const)('by the knob %j', async (knobs, shown) => {
    const one = await start();
    one.sim.configure(knobs);
    const pair = (await one.operator(PATHS.operatorToken)).json();
    for (const [name, value] of Object.entries(shown)) expect(pair[name]).toBe(value);
  });

  test.each([
    [{ provider: 'other' }, 400],
    [{ reason: 'bored' }, 400],
    [{ device: {} }, 400],
    [{ device: { imei: '353000000000000' } }, 404],
  ])('%j is refused with %i', async (body, status) => {
    const one = await start();
    expect((await one.operator(PATHS.operatorToken, body)).status).toBe(status);
  });
});

describe('a position', () => {
  test('is the cached one while it is young enough, else a current one', async () => {
    const one = await start();
    const at = { lat: 38.9822, lon: -94.6708, radius_m: 2400, source: 'carrier-cell' };
    const ask = (max_age_s?: number) => one.operator(PATHS.operatorLocate, { max_age_s });
    expect((await ask(3600)).json()).toEqual({ ...at, fix_time: '2026-01-01T00:00:00.000Z' });
    await one.clock.advance(60_000);
    expect((await ask(3600)).json()).toEqual({ ...at, fix_time: '2026-01-01T00:00:00.000Z' });
    expect((await ask(30)).json()).toEqual({ ...at, fix_time: '2026-01-01T00:01:00.000Z' });
    expect((await ask()).status).toBe(200);
    expect(one.sim.counters.billed).toBe(3);
  });

  test('of a device nobody finds comes later, perhaps', async () => {
    const one = await start();
    one.sim.changeDevice(one.device.id, { isReachable: false });
    const got = await one.operator(PATHS.operatorLocate, { max_age_s: 60 });
    expect([got.status, got.headers['retry-after']]).toEqual([503, '60']);
  });
});
