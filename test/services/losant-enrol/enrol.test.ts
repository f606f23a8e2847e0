// The enrolment against a Losant in memory: what is sent, what each answer leads to, and what is shown of it.
import { describe, expect, test } from 'vitest';
import { WaymarkError } from '../../../src/core/index.js';
import { credentialAttribute, losantAttributes } from '../../../src/services/losant/enrol-device.js';
import {
  losantEnrolmentCodec,
  losantIdentityCodec,
  readIdentity,
} from '../../../src/services/losant/enrol-identity.js';
import { initialEnrolment } from '../../../src/services/losant/enrol-machine.js';
import { API, APPLICATION, IMEI, OPERATOR, rig } from './fakes.js';

const signal = new AbortController().signal;
const devices = `/applications/${APPLICATION}/devices`;
const keys = `/applications/${APPLICATION}/keys`;
const given = {
  applicationId: APPLICATION,
  deviceId: 'd'.repeat(24),
  key: 'key-given',
  secret: 'secret-given',
};
const operator = { mode: 'operator', url: OPERATOR, applicationId: undefined } as const;

describe('with an application token', () => {
  test('makes the device with everything declared, a key for it alone, tries it, and erases the token', async () => {
    const t = rig({ tags: ['site=harbour', 'imei=other'], credentialIds: ['ztp.token'] });
    const enrolment = t.make();
    expect(enrolment.snapshot()).toMatchObject({ state: 'idle', orphans: [], others: [] });
    const identity = await enrolment.ensure({ signal });
    expect(t.losant.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `GET ${devices}`,
      `POST ${devices}`,
      `GET ${devices}`,
      `POST ${keys}`,
      'POST /auth/device',
    ]);
    const [device] = t.losant.devices;
    expect(device).toMatchObject({
      name: `gw-${IMEI}`,
      deviceClass: 'standalone',
      tags: [
        { key: 'imei', value: IMEI },
        { key: 'iccid', value: '8901260000000000001' },
        { key: 'model', value: 'LARA-R6001D' },
        { key: 'site', value: 'harbour' },
      ],
    });
    expect(device?.attributes).toEqual(losantAttributes(['ztp.token']));
    expect(device?.attributes).toContainEqual({ name: 'cred_ztp_token', dataType: 'string' });
    expect(device?.attributes).toContainEqual({ name: 'location', dataType: 'gps' });
    expect(t.losant.requests[3]?.body).toEqual({
      deviceIds: [device?.deviceId],
      filterType: 'none',
      name: `gw-${IMEI}`,
    });
    expect(t.losant.works(identity.deviceId, identity.key, identity.secret)).toBe(true);
    expect([t.erased, enrolment.snapshot().state]).toEqual([1, 'done']);
    expect(t.reports.every(({ is }) => is === 'ok')).toBe(true);
    expect(JSON.stringify(identity)).not.toContain('secret-of-key');
  });

  test('once done, neither module nor network is asked', async () => {
    const t = rig();
    await t.make().ensure({ signal });
    t.losant.requests.length = 0;
    t.imei = '';
    t.isOffline = true;
    expect((await t.make().ensure({ signal })).applicationId).toBe(APPLICATION);
  });

  test('calls at the same time share one run', async () => {
    const t = rig();
    const enrolment = t.make();
    const [one, two] = await Promise.all([enrolment.ensure({ signal }), enrolment.ensure({ signal })]);
    expect(one).toBe(two);
    expect(t.losant.devices).toHaveLength(1);
  });

  test('uses the device that is there', async () => {
    const t = rig({ keepToken: true });
    t.losant.addDevice(undefined, '490154203237518');
    const device = t.losant.addDevice();
    expect((await t.make().ensure({ signal })).deviceId).toBe(device.deviceId);
    expect([t.losant.devices.length, t.erased]).toEqual([2, 0]);
  });

  test('two are there: it guesses nothing, tells both, and goes on when one is removed', async () => {
    const t = rig();
    const ids = [t.losant.addDevice(), t.losant.addDevice()].map(({ deviceId }) => deviceId);
    const enrolment = t.make();
    await expect(enrolment.ensure({ signal })).rejects.toMatchObject({
      code: 'losant.duplicate',
      message: expect.stringContaining(ids.join(', ')),
    });
    expect(enrolment.snapshot()).toMatchObject({ state: 'stopped', reason: 'losant.duplicate', others: ids });
    expect(t.losant.keys).toHaveLength(0);
    t.losant.devices.pop();
    expect((await enrolment.ensure({ signal })).deviceId).toBe(ids[0]);
    expect(enrolment.snapshot().others).toEqual([]);
  });

  test('another made one at the same time: the older is used and ours is told', async () => {
    const t = rig();
    let other = '';
    t.point = (place) => {
      if (place === `after POST ${devices}`) other = t.losant.addDevice('2020-01-01T00:00:00.000Z').deviceId;
    };
    const enrolment = t.make();
    expect((await enrolment.ensure({ signal })).deviceId).toBe(other);
    expect(enrolment.snapshot().others).toEqual([t.losant.devices[0]?.deviceId]);
  });

  test('an answer with a key that is lost: that key is told, another made', async () => {
    const t = rig();
    t.point = (place) => {
      if (place === `after POST ${keys}` && t.losant.keys.length === 1) throw new WaymarkError('net.closed', 'reset');
    };
    const enrolment = t.make();
    await expect(enrolment.ensure({ signal })).rejects.toMatchObject({ code: 'net.closed' });
    await enrolment.ensure({ signal });
    expect(enrolment.snapshot().orphans).toEqual([`gw-${IMEI}`]);
    expect(t.losant.keys.map(({ name }) => name)).toEqual([`gw-${IMEI}`, `gw-${IMEI}-2`]);
  });

  test('a road that is down makes no orphans', async () => {
    const t = rig();
    t.losant.addDevice();
    t.isOffline = `POST ${keys}`;
    const enrolment = t.make();
    for (let i = 0; i < 3; i++)
      await expect(enrolment.ensure({ signal })).rejects.toMatchObject({ code: 'net.closed' });
    expect(enrolment.snapshot()).toMatchObject({ state: 'waiting', orphans: [] });
    expect(t.reports.at(-1)).toEqual({ is: 'weather' });
    t.isOffline = false;
    await enrolment.ensure({ signal });
    expect(t.losant.keys.map(({ name }) => name)).toEqual([`gw-${IMEI}`]);
  });

  test('a list of devices nobody asked for makes nothing', async () => {
    const t = rig();
    const stranger = t.losant.addDevice(undefined, '490154203237518');
    for (const body of [
      { items: [stranger] },
      { items: [], totalCount: 5 },
      {},
      '<html>',
      { items: [{ deviceId: 'x' }] },
    ]) {
      t.losant.instead = () => ({ status: 200, body });
      await expect(t.make().ensure({ signal })).rejects.toMatchObject({ code: 'losant.malformed' });
    }
    expect(t.losant.devices).toHaveLength(1);
  });

  const refusals = [
    [401, 'losant.token-refused', { is: 'refused', state: 'rejected', reason: 'refused', evidence: { http: 401 } }],
    [403, 'losant.scope', { is: 'refused', state: 'rejected', reason: 'scope', evidence: { http: 403 } }],
    [404, 'losant.config', { is: 'weather' }],
    [400, 'losant.config', { is: 'weather' }],
    [429, 'losant.throttled', { is: 'weather' }],
    [503, 'losant.weather', { is: 'weather' }],
  ] as const;
  test.each(refusals)('%i is %s', async (status, code, outcome) => {
    for (const call of [`GET ${devices}`, `POST ${devices}`, `POST ${keys}`]) {
      const t = rig();
      let isOn = true;
      t.losant.instead = (what) => (isOn && what === call ? { status } : undefined);
      const enrolment = t.make();
      await expect(enrolment.ensure({ signal })).rejects.toMatchObject({ code });
      expect(t.reports.at(-1), call).toEqual(outcome);
      isOn = false;
      await enrolment.ensure({ signal });
      expect(t.losant.devices, call).toHaveLength(1);
      expect(enrolment.snapshot().orphans, call).toEqual(
        status === 503 && call.endsWith('/keys') ? [`gw-${IMEI}`] : [],
      );
    }
  });

  test('the pair is on the disk before it is tried, and the token stays until it works', async () => {
    const t = rig();
    t.losant.instead = (what) => (what === 'POST /auth/device' ? { status: 401 } : undefined);
    const enrolment = t.make();
    await expect(enrolment.ensure({ signal })).rejects.toMatchObject({
      code: 'losant.refused',
      evidence: { http: 401 },
    });
    expect(t.slots.identity.text).toContain('secret-of-key-1');
    expect([t.erased, enrolment.snapshot().state]).toEqual([0, 'stopped']);
    t.losant.instead = () => undefined;
    await enrolment.ensure({ signal });
    // The key that was refused is told; another was made.
    expect([t.erased, t.losant.keys.length, t.losant.devices.length]).toEqual([1, 2, 1]);
    expect(enrolment.snapshot().orphans).toEqual([t.losant.keys[0]?.name]);
  });

  test('refused logins make a key an hour at most', async () => {
    const t = rig();
    t.losant.instead = (what) => (what === 'POST /auth/device' ? { status: 401 } : undefined);
    for (let n = 0; n < 20; n++)
      await t
        .make()
        .ensure({ signal })
        .catch(() => undefined);
    expect(t.losant.keys).toHaveLength(2);
  });

  test('a token file that cannot be erased is said, and tried again at the next start', async () => {
    const t = rig();
    t.eraseFails = true;
    const enrolment = t.make();
    await enrolment.ensure({ signal });
    expect(enrolment.snapshot()).toMatchObject({ state: 'done', sentence: expect.stringContaining('by hand') });
    t.eraseFails = false;
    t.losant.requests.length = 0;
    await t.make().ensure({ signal });
    expect([t.erased, t.losant.requests]).toEqual([1, []]);
  });

  test.each([
    [{ applicationId: undefined }, IMEI],
    [{ tags: ['no equals'] }, IMEI],
    [{}, 'ERROR'],
  ])('what is not configured or known makes nothing: %j %s', async (options, imei) => {
    const t = rig(options);
    t.imei = imei;
    await expect(t.make().ensure({ signal })).rejects.toMatchObject({ code: 'losant.config' });
    expect(t.losant.devices).toEqual([]);
  });

  test('another module begins anew', async () => {
    const t = rig();
    t.losant.instead = (what) => (what === `POST ${keys}` ? { status: 503 } : undefined);
    await expect(t.make().ensure({ signal })).rejects.toMatchObject({ code: 'losant.weather' });
    t.losant.instead = () => undefined;
    t.imei = '490154203237518';
    await t.make().ensure({ signal });
    expect((await t.slots.journal.read())?.value).toMatchObject({ imei: t.imei, orphans: [], phase: 'done' });
  });
});

describe('at an operator’s endpoint', () => {
  test('shows the hardware, keeps what it is given, tries it there, and leaves the token', async () => {
    const t = rig(operator);
    t.losant.operator = {
      status: 200,
      body: { ...given, apiHost: 'eu.losant.test', brokerHost: 'mqtt.losant.test:8884' },
    };
    t.losant.keys.push({ ...given, deviceIds: [given.deviceId], name: 'theirs' });
    const identity = await t.make().ensure({ signal });
    expect(identity).toMatchObject({ apiHost: 'eu.losant.test', brokerHost: 'mqtt.losant.test:8884' });
    expect(t.losant.requests[0]?.body).toEqual({
      imei: IMEI,
      iccid: '8901260000000000001',
      model: 'LARA-R6001D',
      agentVersion: '1.2.3',
    });
    expect(t.erased).toBe(0);
  });

  test('an identity that does not work is told, and another asked for; with none to be had it is tried again', async () => {
    const t = rig(operator);
    t.losant.operator = { status: 200, body: given };
    await expect(t.make().ensure({ signal })).rejects.toMatchObject({ code: 'losant.refused' });
    t.losant.operator = { status: 409 };
    await expect(t.make().ensure({ signal })).rejects.toMatchObject({ code: 'losant.duplicate' });
    await expect(t.make().ensure({ signal })).rejects.toMatchObject({ code: 'losant.refused' });
    const enrolment = t.make();
    t.losant.keys.push({ ...given, deviceIds: [given.deviceId], name: 'theirs' });
    expect(await enrolment.ensure({ signal })).toMatchObject({ deviceId: given.deviceId });
    expect(enrolment.snapshot().orphans).toEqual([given.deviceId]);
  });

  const answers = [
    [{ status: 202, retryAfterMs: 90_000 }, { code: 'losant.pending', retryAfterMs: 90_000 }, 'pending', 'ok'],
    [{ status: 202 }, { code: 'losant.pending', retryAfterMs: 60_000 }, 'pending', 'ok'],
    [{ status: 401 }, { code: 'losant.token-refused' }, 'stopped', 'refused'],
    [{ status: 403 }, { code: 'losant.token-refused' }, 'stopped', 'refused'],
    [{ status: 409 }, { code: 'losant.duplicate' }, 'stopped', 'ok'],
    [{ status: 404 }, { code: 'losant.config' }, 'stopped', 'weather'],
    [{ status: 429, retryAfterMs: 5000 }, { code: 'losant.throttled', retryAfterMs: 5000 }, 'waiting', 'weather'],
    [{ status: 500 }, { code: 'losant.weather' }, 'waiting', 'weather'],
    [{ status: 200, body: { ...given, deviceId: 'x' } }, { code: 'losant.malformed' }, 'waiting', 'weather'],
    [{ status: 200, body: { ...given, secret: 'with blank' } }, { code: 'losant.malformed' }, 'waiting', 'weather'],
    [{ status: 200, body: '[]' }, { code: 'losant.malformed' }, 'waiting', 'weather'],
  ] as const;
  test.each(answers)('%j', async (answer, error, state, outcome) => {
    const t = rig(operator);
    t.losant.operator = answer;
    const enrolment = t.make();
    await expect(enrolment.ensure({ signal })).rejects.toMatchObject(error);
    expect(enrolment.snapshot()).toMatchObject({ state, reason: error.code });
    expect(t.reports.map(({ is }) => is)).toEqual([outcome]);
    expect(t.slots.identity.text).toBeUndefined();
  });

  test('no message quotes what it was given', async () => {
    const t = rig(operator);
    t.losant.operator = { status: 200, body: { ...given, deviceId: 'private-1' } };
    const enrolment = t.make();
    await expect(enrolment.ensure({ signal })).rejects.not.toThrow(/private|secret-given/);
    expect(JSON.stringify(enrolment.snapshot())).not.toMatch(/private|secret-given/);
  });
});

test('codecs take their own and refuse anything else', () => {
  const identity = readIdentity({ ...given, apiHost: API.slice(8) });
  const again = losantIdentityCodec.decode(losantIdentityCodec.encode(identity), 1);
  expect(again.key.equals(identity.key) && again.secret.equals(identity.secret)).toBe(true);
  for (const bad of [null, [], {}, { ...given, key: '' }, { ...given, applicationId: 7 }])
    expect(() => losantIdentityCodec.decode(bad, 1)).toThrow();
  const state = { ...initialEnrolment('application-token', IMEI), orphans: ['gw-1'], deviceId: given.deviceId };
  expect(losantEnrolmentCodec.decode(losantEnrolmentCodec.encode(state), 1)).toEqual(state);
  for (const bad of [
    null,
    {},
    { ...state, phase: 'x' },
    { ...state, mode: 1 },
    { ...state, keyTries: -1 },
    { ...state, others: [1] },
  ])
    expect(() => losantEnrolmentCodec.decode(bad, 1)).toThrow();
});

test('an attribute’s name holds nothing Losant refuses', () => {
  expect(credentialAttribute('losant.access key')).toBe('cred_losant_access_key');
  for (const { name } of losantAttributes(['a.b', 'a_b', 'ö'])) expect(name).toMatch(/^[0-9a-zA-Z_-]{1,255}$/);
  expect(losantAttributes(['a.b', 'a_b']).filter(({ name }) => name === 'cred_a_b')).toHaveLength(1);
});

test.each([
  ['https://api.losant.test', 'api.losant.test'],
  ['https://api.losant.test:8443/', 'api.losant.test:8443'],
  ['api.losant.test:8443', 'api.losant.test:8443'],
  ['a/b', undefined],
  ['a.b:65536', undefined],
  ['a.b:0', undefined],
  [7, undefined],
])('the optional host %s is read as %s, and never costs the key beside it', (apiHost, read) => {
  expect(readIdentity({ ...given, apiHost }).apiHost).toBe(read);
});
