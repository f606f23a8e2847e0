import { describe, expect, test } from 'vitest';
import { authCommand, type FrontBench, GOOD, PING, post, signIn, startFronts } from './devicewise-fronts.js';
import { until } from './helpers.js';

const SESSION_GONE = { success: false, errorCodes: [-90_000] };
const at = (value: number) => ({ '1': { command: 'property.publish', params: { key: 't', value } } });
const values = ({ devicewise }: FrontBench) =>
  devicewise.platform.stored('gateway-1').properties.map(({ value }) => value);

describe('sessions', () => {
  test('an app token opens one; it is named in the body or in a header', async () => {
    const bench = await startFronts();
    const { status, json } = await post(bench, { auth: authCommand(bench) });
    expect([status, json]).toEqual([
      200,
      { auth: { success: true, params: { sessionId: expect.stringMatching(/^\w{16,}$/) } } },
    ]);
    const { sessionId } = json.auth.params;
    expect((await post(bench, { auth: { sessionId }, ...PING })).json).toEqual(GOOD);
    expect((await post(bench, PING, { headers: { sessionId } })).json).toEqual(GOOD);
    expect(bench.devicewise.platform.ledger.admissions).toMatchObject([{ thingKey: 'gateway-1', via: 'http' }]);
  });

  test('authentication and commands may come together', async () => {
    const bench = await startFronts();
    const { json } = await post(bench, { auth: authCommand(bench), ...PING, '2': { command: 'no.such' } });
    expect(json).toMatchObject({ auth: { success: true }, ...GOOD, '2': { success: false } });
  });

  test.each([
    ['auth', { auth: { success: false, errorCodes: [-7], errorMessages: ['Authentication failed.'] } }],
    ['root', { success: false, errorCodes: [-7], errorMessages: ['Authentication failed.'] }],
  ] as const)('a wrong token is refused with status 200 (httpRefusal=%s)', async (httpRefusal, answer) => {
    const bench = await startFronts({ httpRefusal, authErrorCode: -7 });
    const wrong = await post(bench, { auth: authCommand(bench, { appToken: 'wrong' }), ...at(1) });
    expect([wrong.status, wrong.json]).toEqual([200, answer]);
    expect((await post(bench, { auth: { command: 'api.authenticate' } })).json).toEqual(answer);
    const user = { command: 'api.authenticate', params: { username: 'a@example.com', password: 'b' } };
    expect((await post(bench, { auth: user })).json).toEqual(answer);
    expect(bench.devicewise.http.sessions.live).toBe(0);
    expect(values(bench)).toEqual([]);
  });

  test('after its life, or without one: failed at the root, status 200', async () => {
    const bench = await startFronts({ sessionTtlS: 2 });
    const sessionId = await signIn(bench);
    await bench.clock.advance(1999);
    expect((await post(bench, { auth: { sessionId }, ...PING })).json).toEqual(GOOD);
    await bench.clock.advance(1);
    for (const auth of [{ sessionId }, { sessionId: 'made-up' }, {}, 7, null]) {
      const { status, json } = await post(bench, { auth, ...PING });
      expect([status, json]).toMatchObject([200, SESSION_GONE]);
    }
    expect((await post(bench, PING)).json).toMatchObject(SESSION_GONE);
    expect(bench.devicewise.seen.calls.at(-1)).toMatchObject({ status: 200, rootCode: -90_000, isAuth: false });
    expect((await post(bench, { auth: { sessionId: await signIn(bench) }, ...PING })).json).toEqual(GOOD);
  });

  test('session.end and a restart of the platform end it early', async () => {
    const bench = await startFronts();
    const sessionId = await signIn(bench);
    const end = { '9': { command: 'session.end', params: { id: sessionId } } };
    expect((await post(bench, { auth: { sessionId }, ...end })).json).toMatchObject({ '9': { success: true } });
    expect((await post(bench, { auth: { sessionId }, ...PING })).json).toMatchObject(SESSION_GONE);
    const next = await signIn(bench);
    bench.devicewise.http.sessions.endAll();
    expect((await post(bench, { auth: { sessionId: next }, ...PING })).json).toMatchObject(SESSION_GONE);
  });
});

describe('requests', () => {
  test.each(['{oops', '[]', '"text"', ''])('%j is a failure of the whole', async (body) => {
    const bench = await startFronts();
    const { status, json } = await post(bench, body);
    expect(status).toBe(200);
    expect(json).toMatchObject({ success: false, errorCodes: [expect.any(Number)] });
  });

  test('a session and nothing else is a failure of the whole, too; so is rootCase=lower', async () => {
    const bench = await startFronts({ rootCase: 'lower' });
    const { json } = await post(bench, { auth: { sessionId: await signIn(bench) } });
    expect(json).toMatchObject({ success: false, errorcodes: [expect.any(Number)] });
    expect(bench.devicewise.seen.calls.at(-1)?.rootCode).toBeLessThan(0);
  });

  test('only POST /api is there', async () => {
    const bench = await startFronts();
    expect((await post(bench, PING, { method: 'PUT' })).status).toBe(405);
    expect((await post(bench, PING, { path: '/rest' })).status).toBe(404);
    expect((await post(bench, PING, { path: '/api?a=b' })).json).toMatchObject(SESSION_GONE);
    expect((await post(bench, 'x'.repeat(4 * 1024 * 1024 + 1))).status).toBe(413);
    expect(bench.devicewise.seen.calls.map(({ path }) => path)).toEqual(['/api', '/rest', '/api', '/api']);
  });
});

describe('what is wrong', () => {
  test.each([
    [{ is: 'status' }, 503, ''],
    [{ is: 'status', status: 429, body: 'later' }, 429, 'later'],
    [{ is: 'html' }, 502, /Bad Gateway/],
    [{ is: 'garbage' }, 200, 'the service is not available'],
    [{ is: 'json', body: '[1]' }, 200, '[1]'],
  ] as const)('%j, once, without an effect', async (fault, status, text) => {
    const bench = await startFronts();
    const auth = { sessionId: await signIn(bench) };
    bench.devicewise.pushFault(fault, { front: 'http' });
    const spoilt = await post(bench, { auth, ...at(1) });
    expect(spoilt.status).toBe(status);
    expect(spoilt.text).toMatch(text);
    expect(values(bench)).toEqual([]);
    expect((await post(bench, { auth, ...at(2) })).json).toEqual(GOOD);
  });

  test.each([
    ['reset', 'before', []],
    ['reset', 'after', [1]],
    ['truncated', 'before', [1]],
  ] as const)('%s, %s: the effect is %j', async (is, when, stored) => {
    const bench = await startFronts();
    const auth = { sessionId: await signIn(bench) };
    bench.devicewise.pushFault({ is, when });
    const got = await post(bench, { auth, ...at(1) }).catch((error: unknown) => String(error));
    if (is === 'reset') expect(got).toMatch(/hang up|ECONNRESET/);
    else expect(got).toMatchObject({ status: 200, json: undefined });
    expect(values(bench)).toEqual(stored);
  });

  test('a slow body ends in time; a silence does not', async () => {
    const bench = await startFronts();
    const { devicewise, clock } = bench;
    const auth = { sessionId: await signIn(bench) };
    devicewise.pushFault({ is: 'slow', forMs: 5000 });
    const slow = post(bench, { auth, ...PING });
    await until('half of it is out', () => devicewise.seen.calls.at(-1)?.fault === 'slow');
    await clock.advance(5000);
    expect((await slow).json).toEqual(GOOD);
    devicewise.pushFault({ is: 'stall', forMs: 5000 });
    const cut = expect(post(bench, { auth, ...at(1) })).rejects.toThrow(/hang up|ECONNRESET/);
    await until('silence', () => devicewise.seen.calls.at(-1)?.fault === 'stall');
    await clock.advance(5000);
    await cut;
    expect(values(bench)).toEqual([]);
  });

  test('a fault for the other front stays for it', async () => {
    const bench = await startFronts();
    bench.devicewise.pushFault({ is: 'mute' });
    bench.devicewise.pushFault({ is: 'garbage' }, { front: 'mqtt' });
    expect((await post(bench, PING)).json).toMatchObject(SESSION_GONE);
  });

  test.each(['refused', 'close', 'half-open', 'black-hole'] as const)('outage %s, and back', async (outage) => {
    const bench = await startFronts();
    const { http } = bench.devicewise;
    await http.setOutage(outage);
    const before = http.door.connections;
    const failed = expect(post(bench, PING)).rejects.toThrow();
    if (outage !== 'refused') await until('somebody came', () => http.door.connections > before);
    await http.setOutage('off');
    await failed;
    expect(bench.devicewise.seen.calls).toEqual([]);
    expect((await post(bench, PING)).status).toBe(200);
  });
});
