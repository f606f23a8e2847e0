// Rows R1 to R29 of specs/losant.md, at every position of the knobs that touch them.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFakeClock, silentLogger } from '../../../src/core/index.js';
import { createSimLosant, type LosantFault } from '../../../src/sim/clouds/index.js';
import { openPki } from '../../../src/sim/clouds/pki.js';
import { scratch } from './helpers.js';
import { authBody, deviceToken, type LosantBench, pathsOf, payloadOf, rest, startLosant } from './losant-helpers.js';

const DAY_MS = 86_400_000;
const REFUSAL = { type: expect.any(String), message: expect.any(String) };

const send = async (bench: LosantBench, body: unknown, token?: string) =>
  rest(bench, `POST ${pathsOf(bench).device}/state`, { token: token ?? bench.losant.description.narrowToken, body });

describe('/auth/device (R1 to R6)', () => {
  test('the ready key gets a token without an end, or with one', async () => {
    const bench = await startLosant();
    const reply = await rest(bench, 'POST /auth/device', { body: authBody(bench) });
    const { applicationId, deviceId } = bench.losant.description;
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({ applicationId, deviceId, deviceClass: 'standalone', filterType: 'none' });
    expect(reply.json).not.toHaveProperty('restricted');
    expect(payloadOf(String(reply.json.token))).not.toHaveProperty('exp');
    const nowS = bench.clock.wall() / 1000;
    expect(payloadOf(await deviceToken(bench, { tokenTTL: 60 }))['exp']).toBe(nowS + 60);
    bench.losant.configure({ tokenTtlUnit: 'ms' });
    expect(payloadOf(await deviceToken(bench, { tokenTTL: 60_000 }))['exp']).toBe(nowS + 60);
  });

  test('restricted may be told', async () => {
    const bench = await startLosant({ restricted: 'sent' });
    expect((await rest(bench, 'POST /auth/device', { body: authBody(bench) })).json.restricted).toBe(true);
    const made = await rest(bench, `POST ${pathsOf(bench).keys}`, {
      token: bench.losant.description.applicationToken,
      body: { name: 'wide' },
    });
    const body = { ...authBody(bench), key: made.json.key, secret: made.json.secret };
    expect((await rest(bench, 'POST /auth/device', { body })).json.restricted).toBe(false);
  });

  test.each<[what: string, status: number, before: (bench: LosantBench) => unknown, body?: Record<string, unknown>]>([
    ['a wrong secret', 401, () => 0, { secret: 'f'.repeat(64) }],
    ['an unknown key', 401, () => 0, { key: 'nobody' }],
    ['an inactive key', 401, ({ losant }) => losant.changeKey('inactive')],
    ['a deleted key', 401, ({ losant }) => losant.changeKey('delete')],
    ['a malformed device id', 400, () => 0, { deviceId: 'gateway' }],
    ['a bad lifetime', 400, () => 0, { tokenTTL: -1 }],
    ['a member nobody knows', 400, () => 0, { tokenTtl: 1 }],
    ['a deleted device', 404, ({ losant }) => losant.changeDevice('delete')],
    [
      'a deleted device, the other way',
      401,
      ({ losant }) => {
        losant.configure({ deletedDevice: '401' });
        losant.changeDevice('delete');
      },
    ],
  ])('%s is %i', async (_what, status, before, body = {}) => {
    const bench = await startLosant();
    before(bench);
    const reply = await rest(bench, 'POST /auth/device', { body: { ...authBody(bench), ...body } });
    expect([reply.status, reply.json]).toEqual([status, REFUSAL]);
  });

  test('a key of another device is 401, an inactive one that is active again is good', async () => {
    const bench = await startLosant();
    const { applicationToken: token } = bench.losant.description;
    const other = await rest(bench, `POST ${pathsOf(bench).devices}`, { token, body: { name: 'other' } });
    const body = { ...authBody(bench), deviceId: other.json.deviceId };
    expect((await rest(bench, 'POST /auth/device', { body })).status).toBe(401);
    bench.losant.changeKey('inactive');
    bench.losant.changeKey('active');
    expect((await rest(bench, 'POST /auth/device', { body: authBody(bench) })).status).toBe(200);
  });
});

describe('states (R7 to R14)', () => {
  test('a state is stored, a hundred in one request, too', async () => {
    const bench = await startLosant();
    const now = bench.clock.wall();
    expect((await send(bench, { data: { uptime: 1 } }, await deviceToken(bench))).json).toEqual({ success: true });
    expect(bench.losant.stored()).toEqual([{ timeMs: now, data: { uptime: 1 } }]);
    const many = Array.from({ length: 100 }, (_, i) => ({ data: { uptime: i }, time: now - 1000 - i }));
    expect((await send(bench, many)).status).toBe(200);
    expect(bench.losant.stored()).toHaveLength(101);
    expect(bench.losant.ledger.states[0]).toMatchObject({ via: 'rest', arrivedMs: now, timeMs: now, isStored: true });
  });

  test.each([
    [{ data: { uptime: null } }],
    [{ data: { uptime: { value: 1 } } }],
    [{ data: { uptime: [1] } }],
    [{ data: { 'up time': 1 } }],
    [{ data: [] }],
    [{ uptime: 1 }],
    [{ data: {}, more: 1 }],
    [{ data: {}, time: 'yesterday' }],
    [{ data: { operator: 'x'.repeat(65_537) } }],
    [[{ data: { uptime: 1 } }, { data: { uptime: null } }]],
    ['not JSON'],
  ])('%# is 400 and nothing is stored', async (body) => {
    const bench = await startLosant();
    const reply = await send(bench, body);
    expect([reply.status, reply.json]).toEqual([400, REFUSAL]);
    expect(bench.losant.stored()).toEqual([]);
  });

  test('undeclared attributes are not stored', async () => {
    const bench = await startLosant();
    await send(bench, { data: { uptime: 1, shoe_size: 44, cred_ntrip: 'usable' } });
    expect(bench.losant.stored()[0]?.data).toEqual({ uptime: 1, cred_ntrip: 'usable' });
    bench.losant.configure({ declared: ['shoe_size'] });
    expect((await send(bench, { data: { cred_ntrip: 'usable' }, time: -1 })).status).toBe(200);
    await send(bench, { data: { shoe_size: 44 }, time: -2 });
    expect(bench.losant.stored().map(({ data }) => data)).toEqual([
      { shoe_size: 44 },
      { uptime: 1, cred_ntrip: 'usable' },
    ]);
    expect(bench.losant.ledger.states.map(({ why }) => why)).toEqual(['1 undeclared', '1 undeclared', undefined]);
  });

  test.each<[what: string, time: (now: number) => unknown, stored: (now: number) => number | undefined]>([
    ['40 days old', (now) => now - 40 * DAY_MS, () => undefined],
    ['2 days ahead', (now) => ({ $date: new Date(now + 2 * DAY_MS).toISOString() }), () => undefined],
    ['of 1970', () => 12, () => undefined],
    ['a minute ago', () => -60_000, (now) => now - 60_000],
    ['in seconds', (now) => now / 1000 - 5, (now) => now - 5000],
    ['as text', (now) => new Date(now - 7).toISOString(), (now) => now - 7],
    ['as a date', (now) => ({ $date: new Date(now - 8).toISOString() }), (now) => now - 8],
    ['as a long date', (now) => ({ $date: { $numberLong: String(now - 9) } }), (now) => now - 9],
  ])('a time %s is answered 200', async (_what, time, stored) => {
    const bench = await startLosant();
    const now = bench.clock.wall();
    expect((await send(bench, { data: { uptime: 1 }, time: time(now) })).status).toBe(200);
    const expected = stored(now);
    expect(bench.losant.stored().map(({ timeMs }) => timeMs)).toEqual(expected === undefined ? [] : [expected]);
  });

  test('the same millisecond is merged, unless the device keeps duplicates', async () => {
    const bench = await startLosant();
    const now = bench.clock.wall();
    const both = [
      { data: { uptime: 1 }, time: now },
      { data: { hdop: 2 }, time: now },
    ];
    await send(bench, both);
    expect(bench.losant.stored()).toEqual([{ timeMs: now, data: { uptime: 1, hdop: 2 } }]);
    const { applicationToken: token } = bench.losant.description;
    await rest(bench, `PATCH ${pathsOf(bench).device}`, { token, body: { keepDuplicates: true } });
    await send(bench, both);
    expect(bench.losant.stored()).toHaveLength(3);
  });

  test('the 31st request in 15 s is 429, then it goes on', async () => {
    const bench = await startLosant();
    const states = Array.from({ length: 30 }, () => send(bench, { data: { uptime: 1 } }));
    expect((await Promise.all(states)).every(({ status }) => status === 200)).toBe(true);
    expect((await send(bench, { data: { uptime: 1 } })).status).toBe(429);
    await bench.clock.advance(15_000);
    expect((await send(bench, { data: { uptime: 1 } })).status).toBe(200);
  });
});

describe('tokens (R15 to R19)', () => {
  test('an expired one is 401, a device’s and an application’s', async () => {
    const bench = await startLosant();
    const short = await deviceToken(bench, { tokenTTL: 60 });
    await bench.clock.advance(59_000);
    expect((await send(bench, { data: {} }, short)).status).toBe(200);
    await bench.clock.advance(1000);
    expect((await send(bench, { data: {} }, short)).status).toBe(401);
    bench.losant.changeToken('expire', 'narrow');
    expect((await send(bench, { data: {} })).status).toBe(401);
  });

  test('one made with an end says so, and its scope can be hidden', async () => {
    const bench = await startLosant({ scopeInToken: 'hidden' });
    const { applicationToken } = bench.losant.description;
    const expirationDate = new Date(bench.clock.wall() + DAY_MS).toISOString();
    const made = await rest(bench, `POST ${pathsOf(bench).app}/tokens`, {
      token: applicationToken,
      body: { name: 'a day', expirationDate, scope: ['device.sendState'] },
    });
    expect([made.status, made.json.expirationDate]).toEqual([201, expirationDate]);
    expect(payloadOf(String(made.json.token))).toMatchObject({ exp: (bench.clock.wall() + DAY_MS) / 1000 });
    expect(payloadOf(String(made.json.token))).not.toHaveProperty('scope');
    expect(payloadOf(applicationToken)['scope']).toEqual(['all.Application']);
    expect((await send(bench, { data: {} }, String(made.json.token))).status).toBe(200);
    await bench.clock.advance(DAY_MS);
    expect((await send(bench, { data: {} }, String(made.json.token))).status).toBe(401);
    const path = `${pathsOf(bench).app}/tokens/${made.json.id}`;
    const patched = await rest(bench, `PATCH ${path}`, { token: applicationToken, body: { scope: ['all.Device'] } });
    expect(patched.status).toBe(400);
  });

  test('inactive is 401, active again 200, deleted 401', async () => {
    const bench = await startLosant();
    const statuses: number[] = [];
    for (const what of ['inactive', 'active', 'delete'] as const) {
      expect(bench.losant.changeToken(what, 'narrow')).toBe(true);
      statuses.push((await send(bench, { data: {} })).status);
    }
    expect(statuses).toEqual([401, 200, 401]);
    expect(bench.losant.changeToken('active', 'narrow')).toBe(false);
  });

  test('the REST way does the same', async () => {
    const bench = await startLosant();
    const { applicationToken: token } = bench.losant.description;
    const id = bench.losant.account.tokens.find(({ name }) => name === 'narrow')?.id ?? '';
    const path = `${pathsOf(bench).app}/tokens/${id}`;
    await rest(bench, `PATCH ${path}`, { token, body: { status: 'inactive' } });
    expect((await send(bench, { data: {} })).status).toBe(401);
    expect((await rest(bench, `GET ${path}`, { token })).json).not.toHaveProperty('token');
    expect((await rest(bench, `DELETE ${path}`, { token })).json).toEqual({ success: true });
  });

  test.each(['403', '404'] as const)('out of its scope is %s', async (outOfScope) => {
    const bench = await startLosant({ outOfScope });
    const { narrowToken: token } = bench.losant.description;
    const other = `/applications/${'a'.repeat(24)}/devices`;
    for (const line of [`GET ${pathsOf(bench).devices}`, `POST ${pathsOf(bench).keys}`, `GET ${other}`])
      expect(await rest(bench, line, { token })).toMatchObject({ status: Number(outOfScope), json: REFUSAL });
    const own = await deviceToken(bench);
    const foreign = `${pathsOf(bench).devices}/${'b'.repeat(24)}/command`;
    expect((await rest(bench, `GET ${foreign}`, { token: own })).status).toBe(Number(outOfScope));
    const asked = await deviceToken(bench, { requestedScopes: ['device.getCommand'] });
    expect((await send(bench, { data: {} }, asked)).status).toBe(Number(outOfScope));
  });

  test.each<[scope: string, list: number, newToken: number]>([
    ['all.Application', 200, 201],
    ['all.Application.bounded', 200, 403],
    ['all.Application.read', 200, 403],
    ['all.Device', 403, 403],
    ['devices.*', 200, 403],
    ['devices.get', 200, 403],
  ])('the scope %s finds devices: %i, makes tokens: %i', async (scope, list, more) => {
    const bench = await startLosant();
    const tokens = `POST ${pathsOf(bench).app}/tokens`;
    const made = await rest(bench, tokens, {
      token: bench.losant.description.applicationToken,
      body: { name: 'x', scope: [scope] },
    });
    const { token } = made.json;
    expect((await rest(bench, `GET ${pathsOf(bench).devices}`, { token })).status).toBe(list);
    expect((await rest(bench, tokens, { token, body: { name: 'y' } })).status).toBe(more);
  });

  test('without Authorization, and with any text there, it is 401', async () => {
    const bench = await startLosant();
    for (const ask of [{}, { token: 'abc' }, { token: `${bench.losant.description.narrowToken}x` }])
      expect((await rest(bench, `GET ${pathsOf(bench).device}/command`, ask)).status).toBe(401);
  });

  test.each([
    ['dies-with-key', 401],
    ['outlives-key', 200],
  ] as const)('a device token %s', async (knob, status) => {
    const bench = await startLosant({ deviceToken: knob });
    const token = await deviceToken(bench);
    bench.losant.changeKey('inactive');
    expect((await send(bench, { data: {} }, token)).status).toBe(status);
  });
});

describe('devices and keys (R20 to R24)', () => {
  const imei = '350123451234560';
  const body = { name: 'gw', tags: [{ key: 'imei', value: imei }], attributes: [{ name: 'hdop', dataType: 'number' }] };
  const find = `tagFilter[0][key]=imei&tagFilter[0][value]=${imei}`;
  const query = encodeURIComponent(JSON.stringify({ 'tags.imei': imei }));

  test('the same body twice makes two devices, which are found by tag', async () => {
    const bench = await startLosant();
    const { applicationToken: token } = bench.losant.description;
    const { devices } = pathsOf(bench);
    for (const count of [0, 1, 2]) {
      for (const by of [find, encodeURI(find), `query=${query}&tagFilter[0][key]=nothing`]) {
        const found = await rest(bench, `GET ${devices}?${by}`, { token });
        expect(found).toMatchObject({ status: 200, json: { count, totalCount: count } });
        expect(found.json.items).toHaveLength(count);
      }
      const made = await rest(bench, `POST ${devices}`, { token, body });
      expect(made).toMatchObject({ status: 201, json: { ...body, deviceId: expect.stringMatching(/^[0-9a-f]{24}$/) } });
      await bench.clock.advance(1000);
    }
  });

  test.each([
    [{}, 'name is required'],
    [{ name: 'x', tags: [{ key: 'im ei', value: '1' }] }, 'bad tags'],
    [{ name: 'x', deviceClass: 'boat' }, 'bad deviceClass'],
    [{ name: 'x', attributes: [{ name: 'a', dataType: 'date' }] }, 'bad attributes'],
    [{ name: 'x', colour: 'red' }, 'colour is not allowed'],
  ])('%j is 400', async (wrong, message) => {
    const bench = await startLosant();
    const { applicationToken: token } = bench.losant.description;
    expect(await rest(bench, `POST ${pathsOf(bench).devices}`, { token, body: wrong })).toMatchObject({
      status: 400,
      json: { type: 'Validation', message },
    });
  });

  test.each([
    ['devices', 'devices'],
    ['keys', 'keys'],
  ] as const)('POST %s whose answer is lost has its effect all the same', async (place, route) => {
    const bench = await startLosant();
    const { applicationToken: token } = bench.losant.description;
    const count = () => bench.losant.account[place].length;
    bench.losant.pushFault({ is: 'reset' }, { route });
    bench.losant.pushFault({ is: 'reset', when: 'after' }, { route });
    const post = () => rest(bench, `POST ${pathsOf(bench)[place]}`, { token, body: { name: 'gw' } });
    await expect(post()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(count()).toBe(1);
    await expect(post()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(count()).toBe(2);
    expect(bench.losant.ledger.requests.map(({ status, isCommitted }) => [status, isCommitted])).toEqual([
      [0, undefined],
      [0, true],
    ]);
    expect((await post()).status).toBe(201);
  });

  test('a key is told with its secret once, can be made inactive and deleted', async () => {
    const bench = await startLosant();
    const { applicationToken: token, deviceId } = bench.losant.description;
    const { keys } = pathsOf(bench);
    const made = await rest(bench, `POST ${keys}`, { token, body: { deviceIds: [deviceId], filterType: 'none' } });
    const { id, key, secret } = made.json;
    expect([made.status, key, secret]).toEqual([
      201,
      expect.stringMatching(/^[0-9a-f-]{36}$/),
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
    const shown = await rest(bench, `GET ${keys}/${id}`, { token });
    expect(shown.json).toMatchObject({ key, status: 'active', deviceIds: [deviceId] });
    expect(shown.text + (await rest(bench, `GET ${keys}`, { token })).text).not.toContain('secret');
    const auth = async () => (await rest(bench, 'POST /auth/device', { body: { deviceId, key, secret } })).status;
    expect(await auth()).toBe(200);
    await rest(bench, `PATCH ${keys}/${id}`, { token, body: { status: 'inactive' } });
    expect(await auth()).toBe(401);
    expect((await rest(bench, `DELETE ${keys}/${id}`, { token })).json).toEqual({ success: true });
    expect((await rest(bench, `GET ${keys}/${id}`, { token })).status).toBe(404);
  });

  test('the application and a device can be asked for', async () => {
    const bench = await startLosant();
    const { applicationToken: token, deviceId, applicationId } = bench.losant.description;
    expect((await rest(bench, `GET ${pathsOf(bench).app}`, { token })).json.id).toBe(applicationId);
    expect((await rest(bench, `GET ${pathsOf(bench).device}`, { token })).json.deviceId).toBe(deviceId);
    bench.losant.changeDevice('delete');
    expect((await rest(bench, `GET ${pathsOf(bench).device}`, { token })).status).toBe(404);
    bench.losant.changeDevice('restore');
    bench.losant.changeDevice('duplicate');
    expect((await rest(bench, `GET ${pathsOf(bench).devices}`, { token })).json.count).toBe(2);
  });
});

describe('commands and connection status (R25, R26)', () => {
  test.each(['iso', 'date'] as const)('the history, times as %s', async (commandTime) => {
    const bench = await startLosant({ commandTime });
    const token = await deviceToken(bench);
    const start = bench.clock.wall();
    for (const name of ['a', 'b', 'c']) {
      bench.losant.command(name, { n: name });
      await bench.clock.advance(1000);
    }
    const path = `GET ${pathsOf(bench).device}/command`;
    const names = async (query: string): Promise<string[]> => {
      const { json } = await rest(bench, `${path}${query}`, { token });
      return (json as { name: string }[]).map(({ name }) => name);
    };
    expect(await names('')).toEqual(['c']);
    expect(await names(`?start=${start + 1}&limit=100&sortDirection=asc`)).toEqual(['b', 'c']);
    expect(await names(`?end=${start + 1000}&limit=100`)).toEqual(['b', 'a']);
    expect(await names('?duration=1500&limit=9')).toEqual(['c']);
    const time = new Date(start).toISOString();
    expect((await rest(bench, `${path}?end=${start}`, { token })).json).toEqual([
      { name: 'a', payload: { n: 'a' }, time: commandTime === 'iso' ? time : { $date: time } },
    ]);
    for (const wrong of ['?limit=0', '?sortDirection=up'])
      expect((await rest(bench, `${path}${wrong}`, { token })).status).toBe(400);
  });

  test('a command may be sent over REST, a status told', async () => {
    const bench = await startLosant();
    const token = await deviceToken(bench);
    const { device } = pathsOf(bench);
    await rest(bench, `POST ${device}/command`, { token, body: { name: 'ping', payload: 1 } });
    expect(bench.losant.commands()).toMatchObject([{ name: 'ping', payload: 1, isDelivered: false }]);
    const tell = (body: unknown) => rest(bench, `POST ${device}/setConnectionStatus`, { token, body });
    expect((await tell({ status: 'connected', ipAddress: '10.0.0.1' })).json).toEqual({ success: true });
    for (const wrong of [{ status: 'up' }, { status: 'connected', why: 1 }, []])
      expect((await tell(wrong)).status).toBe(400);
    expect(bench.losant.ledger.statuses.map(({ status }) => status)).toEqual(['connected']);
  });
});

describe('paths, sizes and faults (R27 to R29)', () => {
  test('what is not there is 405', async () => {
    const bench = await startLosant();
    for (const line of ['GET /nope', 'PUT /auth/device'])
      expect(await rest(bench, line)).toMatchObject({ status: 405, json: { type: 'MethodNotAllowed' } });
  });

  test('11 MB are 413 without a body', async () => {
    const bench = await startLosant();
    expect(await send(bench, 'x'.repeat(11 * 1024 * 1024))).toMatchObject({ status: 413, text: '' });
  });

  test.each<[LosantFault, Record<string, unknown>]>([
    [{ is: 'html' }, { status: 502, text: expect.stringContaining('<h1>') }],
    [{ is: 'status' }, { status: 503, json: REFUSAL }],
    [
      { is: 'status', status: 429, retryAfterS: 7 },
      { status: 429, headers: { 'retry-after': '7' } },
    ],
    [{ is: 'text' }, { status: 200, json: undefined }],
    [{ is: 'truncated' }, { status: 200, text: '{"succes', json: undefined }],
  ])('%j', async (fault, reply) => {
    const bench = await startLosant();
    bench.losant.pushFault(fault, { route: 'state' });
    expect(await send(bench, { data: { uptime: 1 } })).toMatchObject(reply);
    expect(bench.losant.stored()).toHaveLength(fault.is === 'truncated' ? 1 : 0);
    expect((await send(bench, { data: { uptime: 1 } })).json).toEqual({ success: true });
  });

  test('a stall ends with a cut, and cleared faults are gone', async () => {
    const bench = await startLosant();
    bench.losant.pushFault({ is: 'stall', forMs: 5000 });
    bench.losant.pushFault({ is: 'reset' });
    const cut = expect(send(bench, { data: {} })).rejects.toMatchObject({ code: 'ECONNRESET' });
    const pending = bench.clock.pending;
    // The timer is there once the request has arrived.
    while (bench.clock.pending === pending) await new Promise((resolve) => setImmediate(resolve));
    await bench.clock.advance(5000);
    await cut;
    bench.losant.clearFaults();
    expect((await send(bench, { data: {} })).status).toBe(200);
  });
});

describe('the operator’s endpoint (section 7 A)', () => {
  const gateway = { imei: '350123451234560', iccid: '8901', serial: 's', model: 'm', agentVersion: '1' };
  const enrol = (bench: LosantBench, token = bench.losant.description.enrol.token, body: unknown = gateway) =>
    rest(bench, `POST ${new URL(bench.losant.description.enrol.url).pathname}`, { token, body });

  test('makes a device and a key that are good, and knows the gateway afterwards', async () => {
    const bench = await startLosant();
    const { status, json } = await enrol(bench);
    const { restUrl, mqtt, applicationId } = bench.losant.description;
    expect([status, json]).toEqual([
      200,
      {
        ...{ applicationId, apiHost: restUrl, brokerHost: `localhost:${mqtt.port}` },
        deviceId: expect.any(String),
        key: expect.any(String),
        secret: expect.any(String),
      },
    ]);
    const { deviceId, key, secret } = json;
    expect((await rest(bench, 'POST /auth/device', { body: { deviceId, key, secret } })).status).toBe(200);
    expect((await enrol(bench)).status).toBe(409);
    bench.losant.configure({ enrolAgain: 'return', enrolHosts: 'absent' });
    const again = await enrol(bench);
    expect(again.json).toMatchObject({ deviceId });
    expect(again.json).not.toHaveProperty('brokerHost');
    expect(again.json.key).not.toBe(key);
  });

  test.each([
    ['pending', 202],
    ['registered', 409],
    ['refused', 401],
  ] as const)('%s is %i', async (answer, status) => {
    const bench = await startLosant({ enrol: answer, enrolRetryAfterS: 90 });
    const reply = await enrol(bench);
    expect(reply.status).toBe(status);
    expect(reply.headers['retry-after']).toBe(answer === 'pending' ? '90' : undefined);
    expect(bench.losant.account.devices).toHaveLength(1);
  });

  test('another token is 401, a body without IMEI 400', async () => {
    const bench = await startLosant();
    expect((await enrol(bench, 'wrong')).status).toBe(401);
    expect((await enrol(bench, undefined, {})).status).toBe(400);
  });
});

describe('the account', () => {
  test('is the same after a restart, in a file only its owner reads; secrets are in no ledger', async () => {
    const stateDir = scratch();
    const first = await startLosant({}, { stateDir });
    const token = await deviceToken(first);
    await send(first, { data: { uptime: 1 } }, token);
    const file = join(stateDir, 'losant.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { accessSecret, applicationToken } = first.losant.description;
    const seen = JSON.stringify(first.losant.ledger);
    for (const secret of [accessSecret, applicationToken, token]) expect(seen).not.toContain(secret);
    const second = await startLosant({}, { stateDir });
    expect(second.losant.description).toMatchObject({ accessSecret, applicationToken });
    expect((await send(second, { data: { uptime: 1 } }, token)).status).toBe(200);
    expect(readFileSync(file, 'utf8')).toContain('"version": 1');
  });

  test('a port in use is told', async () => {
    const bench = await startLosant();
    const folder = scratch();
    const clock = createFakeClock();
    const pki = await openPki(join(folder, 'pki'), clock);
    for (const [name, ports] of [
      ['losantRest', { rest: bench.losant.rest.door.port }],
      ['losantPlain', { plain: bench.losant.broker.plainDoor.port }],
    ] as const)
      await expect(createSimLosant({ clock, log: silentLogger, pki, folder }, ports)).rejects.toMatchObject({
        code: 'demo.port',
        message: expect.stringContaining(name),
      });
  });
});
