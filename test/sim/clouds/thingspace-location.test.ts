// The location API of the simulated ThingSpace: rows 19 to 35 of specs/thingspace.md section 11, and its knobs.
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  CALLBACK_SECRET_HEADER,
  CALLBACK_SIGNATURE_HEADER,
  THINGSPACE_PATHS as PATHS,
} from '../../../src/sim/clouds/index.js';
import { until } from './helpers.js';
import { start, started } from './thingspace-helpers.js';

const HOUR_MS = 3_600_000;
const LOC = '/api/loc/v1';

describe('who may ask', () => {
  test('row 19: no bearer', async () => {
    const one = await start();
    const got = await one.locate();
    expect([got.status, got.json()['fault']]).toEqual([401, expect.objectContaining({ code: '900902' })]);
  });

  test('row 20: a bearer that is revoked, expired or unknown', async () => {
    const one = await started();
    one.sim.revokeToken();
    const revoked = await one.locate();
    await one.token();
    await one.clock.advance(HOUR_MS);
    const expired = await one.locate();
    one.use({ bearer: 'unknown' });
    const unknown = await one.locate();
    for (const got of [revoked, expired, unknown])
      expect([got.status, got.json()['fault']]).toEqual([401, expect.objectContaining({ code: '900901' })]);
    expect(one.sim.requests.filter(({ call }) => call === 'locations').map((seen) => seen.credentials.bearer)).toEqual([
      'revoked',
      'expired',
      'unknown',
    ]);
  });

  test.each([
    ['E4', { errorCode: 'INVALID_PARAMETER', errorMessage: 'UWS verification failure (The Session has expired.)' }],
    ['E3', { errorCode: 'UnifiedWebService.REQUEST_FAILED.SessionToken.Expired' }],
  ] as const)('row 21: a session idle for 1201 s, told in shape %s', async (sessionErrorShape, body) => {
    const one = await started();
    one.sim.configure({ sessionErrorShape });
    await one.clock.advance(1_201_000);
    const got = await one.locate();
    expect([got.status, got.json()]).toEqual([400, expect.objectContaining(body)]);
  });

  test('no subscription to any API is 403', async () => {
    const one = await started();
    one.sim.configure({ isSubscribed: false });
    const got = await one.locate();
    expect([got.status, got.text]).toEqual([403, expect.stringContaining('Resource not available')]);
  });
});

describe('where the device is', () => {
  test('row 25: nothing is cached', async () => {
    const one = await started();
    const got = await one.locate({ cacheMode: '0' });
    expect([got.status, got.json()['errorCode']]).toEqual([400, 'CACHE_UNAVAILABLE']);
  });

  test('rows 26 and 27: a current one is billed and cached, the cached one is free and as old as it is', async () => {
    const one = await started();
    one.sim.changeDevice(one.device.id, { place: { latitudeDeg: 33.45324, longitudeDeg: -84.59621, radiusM: 5571 } });
    const now = await one.locate();
    const pd = { time: '20260101000000', x: '33.45324', y: '-84.59621', radius: '5571', qos: false };
    expect([now.status, now.json()]).toEqual([200, [{ msid: one.device.mdn, pd, error: {} }]]);
    expect(one.sim.counters.billed).toBe(1);
    one.sim.changeDevice(one.device.id, { place: { latitudeDeg: 10, longitudeDeg: 20, radiusM: 30 } });
    await one.clock.advance(HOUR_MS / 4);
    expect((await one.locate({ cacheMode: '0' })).json()).toEqual(now.json());
    expect((await one.locate({ cacheMode: '2' })).json()).toEqual(now.json());
    expect(one.sim.counters.billed).toBe(1);
    expect((await one.locate()).json()).toMatchObject([{ pd: { time: '20260101001500', x: '10', y: '20' } }]);
    expect(one.sim.counters.billed).toBe(2);
  });

  test('row 28: not to be found is told per device, inside a 200, and costs nothing', async () => {
    const one = await started();
    one.sim.changeDevice(one.device.id, { isReachable: false });
    const got = await one.locate();
    expect([got.status, got.json()]).toEqual([
      200,
      [
        {
          msid: one.device.mdn,
          pd: {},
          error: { time: '20260101000000', type: 'POSITION METHOD FAILURE', info: 'Exception code=ABSENT SUBSCRIBER' },
        },
      ],
    ]);
    expect(one.sim.counters.billed).toBe(0);
  });

  test('a cached one may be as old as one says', async () => {
    const one = await started();
    one.sim.cachePlace(one.device.id, 90 * 24 * HOUR_MS);
    expect((await one.locate({ cacheMode: '0' })).json()).toMatchObject([{ pd: { time: '20251003000000' } }]);
    one.sim.cachePlace(one.device.id, undefined);
    expect((await one.locate({ cacheMode: '0' })).status).toBe(400);
  });

  test.each([
    ['absent', -300, '20260101000000', undefined],
    ['+HHMM', -300, '20251231190000', '-0500'],
    ['+HH:MM', 330, '20260101053000', '+05:30'],
    ['+H', -300, '20251231190000', '-5'],
    ['minutes', 330, '20260101053000', '+330'],
  ] as const)('by a knob the offset is %s (%i minutes)', async (utcOffset, zoneMinutes, time, utcoffset) => {
    const one = await started();
    one.sim.configure({ utcOffset, zoneMinutes });
    const [answer] = (await one.locate()).json() as unknown as { pd: Record<string, unknown> }[];
    expect([answer?.pd['time'], answer?.pd['utcoffset']]).toEqual([time, utcoffset]);
  });

  const other = { id: '001017009999999', kind: 'imei', mdn: '7025550199' };
  const twenty = Array.from({ length: 21 }, (_, n) => ({
    id: `00101700${1_000_000 + n}`,
    kind: 'imei',
    mdn: '7025550100',
  }));
  test.each([
    ['29: cacheMode as a number', { cacheMode: 1 }, 'Invalid JSON'],
    ['29: no mdn', { deviceList: [{ id: '1', kind: 'imei' }] }, 'Invalid JSON'],
    ['29: no device', { deviceList: [] }, 'Invalid JSON'],
    ['30: cacheMode 7', { cacheMode: '7' }, 'Invalid cache mode'],
    ['30: accuracyMode 1', { accuracyMode: '1' }, 'Invalid accuracy mode'],
    ['31: 21 devices', { deviceList: twenty }, 'Too many devices'],
    ['the same device twice', { deviceList: [other, other] }, 'Conflicting device list'],
    ['an unknown device', { deviceList: [other] }, 'Device not found'],
    ['a kind it does not take', { deviceList: [{ ...other, kind: 'eid' }] }, 'Device type check failed'],
    ['34: a foreign account', { accountName: '0000000001-00001' }, 'UWS verification failure (Could not find account'],
  ])('row %s', async (_, changes, why) => {
    const one = await started();
    const got = await one.locate(changes);
    expect([got.status, got.json()]).toEqual([
      400,
      { errorCode: 'INVALID_PARAMETER', errorMessage: expect.stringContaining(why) },
    ]);
    expect(one.sim.counters.billed).toBe(0);
  });

  test('row 32: the number of another line', async () => {
    const one = await started();
    const got = await one.locate({ deviceList: [{ ...one.device, mdn: '7025550000' }] });
    expect(got.json()['errorMessage']).toBe('Ownership or MDN validation failed');
  });

  test('row 33: an excluded device', async () => {
    const one = await started();
    one.sim.changeDevice(one.device.id, { consent: 'excluded' });
    expect((await one.locate()).json()['errorMessage']).toBe('Consent check failed');
  });

  test('several devices, each with its own answer and its own price', async () => {
    const one = await started();
    expect(one.sim.changeDevice(other.id, {})).toBe(false);
    expect(one.sim.changeDevice(other.id, { mdn: other.mdn, isReachable: false })).toBe(true);
    const got = await one.locate({ deviceList: [one.device, other] });
    expect(got.json()).toMatchObject([
      { msid: one.device.mdn, error: {} },
      { msid: other.mdn, pd: {} },
    ]);
    expect(one.sim.counters.billed).toBe(1);
    expect(one.sim.requests.at(-1)).toMatchObject({ call: 'locations', cacheMode: '1', devices: 2, status: 200 });
  });
});

describe('row 35: positions that come later', () => {
  const listen = async (): Promise<{ url: string; got: { headers: IncomingHttpHeaders; body: string }[] }> => {
    const got: { headers: IncomingHttpHeaders; body: string }[] = [];
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        got.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/positions`, got };
  };
  const queue = (one: Awaited<ReturnType<typeof started>>, changes: object = {}) =>
    one.with(PATHS.deviceLocations, {
      ...{ accountName: one.sim.description.account, accuracyMode: '0', cacheMode: '1', deviceList: [one.device] },
      ...changes,
    });

  test('are queued, then posted to the registered address, signed', async () => {
    const one = await started();
    const { url, got } = await listen();
    const { account } = one.sim.description;
    const registered = await one.with(`${LOC}/callbacks/${account}`, { name: 'DeviceLocation', url });
    const secret = String(registered.headers[CALLBACK_SECRET_HEADER]);
    expect((await one.with(`${LOC}/callbacks/${account}`, undefined, 'GET')).json()).toEqual([
      { name: 'DeviceLocation', url },
    ]);
    const queued = (await queue(one)).json();
    expect(queued).toEqual({ txid: expect.any(String), status: 'QUEUED' });
    expect(one.sim.counters.billed).toBe(0);
    await one.clock.advance(2000);
    await until('the callback', () => one.sim.callbacksSent.length === 1);
    expect(one.sim.callbacksSent).toEqual([{ txid: queued['txid'], status: 204 }]);
    const [{ headers, body } = { headers: {}, body: '' }] = got;
    expect(headers[CALLBACK_SIGNATURE_HEADER]).toBe(createHmac('sha256', secret).update(body).digest('hex'));
    expect(JSON.parse(body)).toMatchObject({ txid: queued['txid'], devLocationList: [{ msid: one.device.mdn }] });
    expect(one.sim.counters).toMatchObject({ billed: 1, callbacks: 1 });
  });

  test('can be cancelled until they are due', async () => {
    const one = await started();
    const path = async () => `${PATHS.deviceLocations}/${String((await queue(one)).json()['txid'])}`;
    const query = `?accountName=${one.sim.description.account}`;
    const [first, second] = [await path(), await path()];
    expect((await one.with(first + query, undefined, 'DELETE')).json()).toEqual({ txid: first.split('/').at(-1) });
    await one.clock.advance(2000);
    expect((await one.with(second + query, undefined, 'DELETE')).json()['errorMessage']).toMatch(/^Unable to cancel/);
    expect((await one.with(second, undefined, 'DELETE')).status).toBe(400);
    // Nobody was registered; the second was located all the same.
    expect(one.sim.counters).toMatchObject({ billed: 1, callbacks: 0 });
  });

  test('may be precise where there is consent, and cached ones may be young enough', async () => {
    const one = await started();
    expect((await queue(one, { accuracyMode: '1' })).json()['errorMessage']).toBe('Consent check failed');
    one.sim.changeDevice(one.device.id, { consent: 'all' });
    one.sim.cachePlace(one.device.id, HOUR_MS);
    for (const maxLocAge of [120, 30]) {
      const asked = await queue(one, { accuracyMode: '1', cacheMode: '2', maxLocAge });
      expect(asked.status).toBe(200);
      await one.clock.advance(2000);
    }
    expect(one.sim.counters.billed).toBe(1);
  });

  test('go to nobody but this machine, and no more once unregistered', async () => {
    const one = await started();
    const path = `${LOC}/callbacks/${one.sim.description.account}`;
    for (const url of ['https://example.com/', 'ftp://localhost/', 'localhost', 5])
      expect((await one.with(path, { name: 'DeviceLocation', url })).status).toBe(400);
    expect((await one.with(path, { name: 'Other', url: 'http://localhost:1/' })).status).toBe(400);
    expect((await one.with(path, { name: 'DeviceLocation', url: 'http://localhost:1/' })).status).toBe(200);
    expect((await one.with(`${path}/DeviceLocation`, undefined, 'DELETE')).status).toBe(200);
    expect((await one.with(`${path}/DeviceLocation`, undefined, 'DELETE')).status).toBe(400);
    expect((await one.with(`${LOC}/callbacks/foreign`, undefined, 'GET')).status).toBe(400);
  });
});

describe('what else an account can look at', () => {
  test('the exclusion list', async () => {
    const one = await started();
    const { account, imei } = one.sim.description;
    const body = { accountName: account, type: 'append', allDevice: false, exclusion: [imei] };
    expect((await one.with(`${LOC}/consents`, body)).json()).toEqual({ success: true });
    expect((await one.with(`${LOC}/consents/${account}/index/0`, undefined, 'GET')).json()).toMatchObject({
      totalCount: 1,
      exclusion: [imei],
    });
    expect((await one.locate()).status).toBe(400);
    const query = `?accountName=${account}&deviceList=${imei}`;
    expect((await one.with(`${LOC}/consents${query}`, undefined, 'DELETE')).status).toBe(200);
    expect((await one.locate()).status).toBe(200);
    await one.with(`${LOC}/consents`, body);
    expect((await one.with(`${LOC}/consents`, { ...body, type: 'replace', exclusion: [] })).status).toBe(200);
    expect((await one.locate()).status).toBe(200);
    expect((await one.with(`${LOC}/consents`, { ...body, type: 'other' })).status).toBe(400);
  });

  test('the consent of a device, and the subscription', async () => {
    const one = await started();
    const { account, imei } = one.sim.description;
    const path = `${LOC}/devicelocations/action/consents`;
    const read = () => one.with(`${path}?accountName=${account}&deviceId=${imei}`, undefined, 'GET');
    expect((await read()).json()).toMatchObject({ allDeviceConsent: 0 });
    expect((await one.with(path, { accountName: account, allDeviceConsent: 1 }, 'PUT')).json()).toMatchObject({
      status: 'QUEUED',
    });
    expect((await read()).json()).toMatchObject({ allDeviceConsent: 1 });
    expect((await one.with(path, { accountName: account, allDeviceConsent: 9 })).status).toBe(400);
    expect((await one.with(`${path}?accountName=${account}&deviceId=1`, undefined, 'GET')).status).toBe(400);
    const subscription = (await one.with(`${LOC}/subscriptions/${account}`, undefined, 'GET')).json();
    expect(Object.values(subscription).every((value) => typeof value === 'string')).toBe(true);
  });
});
