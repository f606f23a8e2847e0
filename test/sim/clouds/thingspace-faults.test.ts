// What goes wrong in front of the simulated ThingSpace: rows 36 to 38 of specs/thingspace.md section 11, what refusals look
// like, and what its log tells.
import { describe, expect, test } from 'vitest';
import { THINGSPACE_PATHS as PATHS } from '../../../src/sim/clouds/index.js';
import { start, started } from './thingspace-helpers.js';

describe('row 36: too often', () => {
  test.each([
    ['absent', undefined],
    ['seconds', '30'],
    ['date', 'Thu, 01 Jan 2026 00:00:30 GMT'],
  ] as const)('429 with Retry-After %s, and a minute later it is over', async (retryAfter, header) => {
    const one = await started();
    one.sim.configure({ ratePerMinute: 2, retryAfter });
    const statuses = [await one.locate(), await one.devices()].map(({ status }) => status);
    const got = await one.locate();
    expect([...statuses, got.status, got.headers['retry-after']]).toEqual([200, 200, 429, header]);
    await one.clock.advance(60_000);
    expect((await one.locate()).status).toBe(200);
  });
});

describe('row 37: outages', () => {
  test('a page instead of the service, as often as pushed, and only for the call named', async () => {
    const one = await started();
    one.sim.pushFault(
      { is: 'status', status: 503, retryAfter: { as: 'date', seconds: 60 } },
      { call: 'locations', times: 2 },
    );
    expect((await one.devices()).status).toBe(200);
    const got = await one.locate();
    expect([got.status, got.headers['content-type'], got.headers['retry-after']]).toEqual([
      503,
      'text/html',
      'Thu, 01 Jan 2026 00:01:00 GMT',
    ]);
    one.sim.clearFaults();
    expect((await one.locate()).status).toBe(200);
  });

  test('in front of a login it costs no try; behind one it does', async () => {
    const one = await start();
    await one.token();
    one.sim.pushFault({ is: 'status', status: 503 }, { call: 'login' });
    expect((await one.login({ password: 'wrong' })).status).toBe(503);
    expect(one.sim.user.failCount).toBe(0);
    for (const is of ['cut', 'reset'] as const) {
      one.sim.pushFault({ is }, { call: 'login' });
      await expect(one.login({ password: 'wrong' })).rejects.toThrow(/aborted|hang up|ECONNRESET/);
    }
    expect(one.sim.user.failCount).toBe(2);
    expect(one.sim.requests.slice(-2).map(({ call, status, fault }) => [call, status, fault])).toEqual([
      ['login', 400, 'cut'],
      ['login', 400, 'reset'],
    ]);
  });

  test('silence for as long as told, then the end', async () => {
    const one = await started();
    one.sim.pushFault({ is: 'stall', forMs: 30_000 });
    const got = one.locate().then(
      () => 'answered',
      () => 'cut',
    );
    // The request itself takes real time.
    while (one.sim.requests.at(-1)?.fault !== 'stall') await one.clock.advance(0);
    await one.clock.advance(29_999);
    expect(one.clock.pending).toBe(1);
    await one.clock.advance(1);
    expect(await got).toBe('cut');
  });

  test('307 to another host, whose name nobody should follow', async () => {
    const one = await started();
    one.sim.pushFault({ is: 'redirect' }, { call: 'login' });
    const got = await one.login();
    const location = String(got.headers['location']);
    expect([got.status, new URL(location).hostname]).toEqual([307, '127.0.0.1']);
    // Whoever does is seen.
    await one.with(new URL(location).pathname);
    expect(one.sim.requests.at(-1)).toMatchObject({
      call: 'other',
      path: `/elsewhere${PATHS.login}`,
      credentials: { bearer: 'live', session: 'live' },
    });
    one.sim.pushFault({ is: 'redirect', location: 'https://elsewhere.invalid/' });
    expect((await one.login()).headers['location']).toBe('https://elsewhere.invalid/');
  });

  test('more than anybody wants, and half of it', async () => {
    const one = await started();
    one.sim.pushFault({ is: 'oversized', bytes: 100_000 });
    expect((await one.locate()).text.length).toBe(100_000);
    one.sim.pushFault({ is: 'malformed' });
    const got = await one.locate();
    expect(got.status).toBe(200);
    expect(() => got.json()).toThrow();
  });
});

describe('row 38: another path', () => {
  test('is 404 text, or under one API by a knob 400 with the gateway’s code', async () => {
    const one = await started();
    for (const path of ['/', '/api/m2m/v1/other', '/api/loc/v1/other', '/api/loc/v1/subscriptions/a/b/c/d'])
      expect((await one.with(path)).status).toBe(404);
    one.sim.configure({ wrongPath: 'fault' });
    const got = await one.with('/api/m2m/v1/other');
    expect([got.status, got.json()['fault']]).toEqual([400, expect.objectContaining({ code: '900906' })]);
    expect((await one.with('/api/loc/v1/other')).status).toBe(404);
    expect((await one.with(PATHS.locations, undefined, 'GET')).status).toBe(405);
  });

  test('more than a body may be is 413', async () => {
    const one = await started();
    const got = await one.call(PATHS.locations, { body: 'x'.repeat(1024 * 1024 + 1) });
    expect(got.status).toBe(413);
  });
});

describe('what a refusal looks like', () => {
  test('the gateway’s fault bare, with its code as a number', async () => {
    const one = await start();
    one.sim.configure({ faultWrapped: false, faultCode: 'number' });
    expect((await one.locate()).json()).toMatchObject({ code: 900902, message: expect.any(String) });
  });

  test.each([
    ['xml', 'application/xml', /^<ams:fault .*900902/],
    ['html', 'text/html', /^<html>/],
    ['empty', 'application/json', /^$/],
  ] as const)('as %s; good answers stay', async (errorBody, type, body) => {
    const one = await start();
    one.sim.configure({ errorBody });
    const got = await one.locate();
    expect([got.status, got.headers['content-type'], got.text]).toEqual([401, type, expect.stringMatching(body)]);
    expect((await one.token()).json()['token_type']).toBe('Bearer');
  });
});

test('the log names credentials and headers, and holds the value of none', async () => {
  const one = await started();
  await one.locate();
  await one.operator(PATHS.operatorToken);
  expect(one.sim.requests.map(({ call, credentials }) => [call, credentials])).toEqual([
    ['token', { basic: 'good' }],
    ['login', { bearer: 'live', password: 'good' }],
    ['locations', { bearer: 'live', session: 'live' }],
    ['operator-token', { bearer: 'enrolment' }],
  ]);
  expect(one.sim.requests[2]?.headers).toEqual(expect.arrayContaining(['authorization', 'vz-m2m-token']));
  const log = JSON.stringify(one.sim.requests);
  const { key, secret, username, password, enrolmentToken } = one.sim.description;
  for (const value of [key, secret, username, password, enrolmentToken, one.bearer, one.session])
    expect(log).not.toContain(value);
});

test('a certificate of another authority is for the client to refuse', async () => {
  const one = await start();
  await one.sim.show('foreign');
  await expect(one.token()).rejects.toThrow(/certificate|verify/);
  await one.sim.show('normal');
  expect((await one.token()).status).toBe(200);
});
