// Sessions of the simulated ThingSpace: rows 10 to 18 and 22 to 24 of specs/thingspace.md section 11, and their knobs.
import { describe, expect, test } from 'vitest';
import { scratch } from './helpers.js';
import { start, started } from './thingspace-helpers.js';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const wrong = { password: 'wrong' };

describe('login', () => {
  test('row 10: a session, and the misses before it are forgotten', async () => {
    const one = await start();
    await one.token();
    await one.login(wrong);
    expect(one.sim.user.failCount).toBe(1);
    const got = await one.login();
    expect([got.status, got.json()]).toEqual([200, { sessionToken: expect.stringMatching(GUID) }]);
    expect(one.sim.user).toEqual({ failCount: 0, isLocked: false });
    expect(one.sim.counters).toMatchObject({ logins: 2, failedLogins: 1 });
  });

  test('row 11: a bearer that is over says nothing about the password', async () => {
    const one = await start();
    await one.token();
    await one.clock.advance(3_600_001);
    const got = await one.login(wrong);
    expect([got.status, got.json()['fault']]).toEqual([401, expect.objectContaining({ code: '900901' })]);
    expect([one.sim.user.failCount, one.sim.counters.logins]).toEqual([0, 0]);
  });

  test('rows 12 to 14: the fifth miss locks for good, over a restart, too', async () => {
    const folder = scratch();
    const one = await start({ folder });
    await one.token();
    for (let n = 1; n <= 5; n++) {
      const got = await one.login(wrong);
      expect([got.status, got.json()['errorCode']]).toEqual([
        400,
        'UnifiedWebService.REQUEST_FAILED.InvalidCredentials',
      ]);
      expect(one.sim.user).toEqual({ failCount: n, isLocked: n === 5 });
    }
    expect((await one.login()).status).toBe(400);
    expect(one.sim.counters.loginsWhileLocked).toBe(1);
    const again = await start({ folder });
    await again.token();
    expect((await again.login()).status).toBe(400);
    again.sim.unlockUser();
    expect((await again.login()).status).toBe(200);
  });

  test.each([
    ['15: no password', { password: undefined }, 'UnifiedWebService.REQUEST_FAILED.UnexpectedError'],
    ['16: a quote in the password', { password: "it's" }, 'UnifiedWebService.INPUT_INVALID.Request.InvalidCharacter'],
  ])('row %s counts', async (_, changes, errorCode) => {
    const one = await start();
    await one.token();
    const got = await one.login(changes);
    expect([got.status, got.json()['errorCode'], one.sim.user.failCount]).toEqual([400, errorCode, 1]);
  });

  test('nobody’s name locks nobody', async () => {
    const one = await start();
    await one.token();
    for (let n = 0; n < 6; n++) expect((await one.login({ username: 'nobody' })).status).toBe(400);
    expect(one.sim.user.isLocked).toBe(false);
  });

  test('knobs: the code’s tail, the life told, and characters not looked at', async () => {
    const one = await start();
    await one.token();
    one.sim.configure({ loginErrorTail: 'Login.Failed', sessionExpiresInS: 3600, checksCharacters: false });
    expect((await one.login({ password: "it's" })).json()['errorCode']).toBe(
      'UnifiedWebService.REQUEST_FAILED.Login.Failed',
    );
    expect((await one.login()).json()['expiresIn']).toBe(3600);
  });
});

describe('a session', () => {
  test('rows 17 and 24: by a knob the second login ends the first', async () => {
    const one = await started();
    const first = one.session;
    await one.login();
    one.use({ session: first });
    expect((await one.devices()).status).toBe(200);
    one.sim.configure({ singleSessionPerUser: true });
    await one.login();
    one.use({ session: first });
    const got = await one.devices();
    expect([got.status, got.json()['errorCode']]).toEqual([
      400,
      'UnifiedWebService.INPUT_INVALID.SessionToken.Invalid',
    ]);
  });

  test('row 18: logout echoes it, and it is gone', async () => {
    const one = await started();
    const got = await one.logout();
    expect([got.status, got.json()]).toEqual([200, { sessionToken: one.session }]);
    expect((await one.devices()).json()['errorCode']).toContain('SessionToken.Invalid');
    expect(one.sim.counters.logouts).toBe(1);
  });

  test('row 22: slides with use, and ends 1200 s after the last', async () => {
    const one = await started();
    for (let n = 0; n < 2; n++) {
      await one.clock.advance(1_200_000);
      expect((await one.devices()).status).toBe(200);
    }
    await one.clock.advance(1_201_000);
    await one.token();
    const got = await one.devices();
    expect([got.status, got.json()['errorCode']]).toEqual([
      400,
      'UnifiedWebService.REQUEST_FAILED.SessionToken.Expired',
    ]);
  });

  test('row 23: without its header, and with one that is no GUID', async () => {
    const one = await start();
    await one.token();
    expect((await one.devices()).json()['errorCode']).toBe('UnifiedWebService.REQUEST_FAILED.SessionToken.Format');
    one.use({ session: 'not-a-guid' });
    expect((await one.devices()).json()['errorCode']).toContain('INPUT_INVALID.SessionToken.Invalid');
  });

  test.each([false, true])('whether a refused call is use is a knob: %s', async (failedCallsSlide) => {
    const one = await started();
    one.sim.configure({ failedCallsSlide });
    await one.clock.advance(1_000_000);
    expect((await one.devices({ accountName: 'foreign' })).status).toBe(400);
    await one.clock.advance(1_000_000);
    expect((await one.devices()).status).toBe(failedCallsSlide ? 200 : 400);
  });

  test('aged by hand it ends the same way', async () => {
    const one = await started();
    one.sim.ageSessions(1_201_000);
    expect((await one.devices()).json()['errorCode']).toContain('SessionToken.Expired');
    one.sim.ageToken(3_600_000);
    expect((await one.devices()).status).toBe(401);
  });

  test('its refusal may come as 403', async () => {
    const one = await started();
    one.sim.configure({ sessionErrorStatus: 403 });
    one.sim.ageSessions(1_201_000);
    const [devices, locations] = [await one.devices(), await one.locate()];
    expect([devices.status, locations.status]).toEqual([403, 403]);
  });
});

describe('the device list', () => {
  test('tells the line, kinds in mixed case', async () => {
    const one = await started();
    const { imei, mdn } = one.sim.description;
    const got = await one.devices({ deviceId: { id: imei, kind: 'IMEI' } });
    expect(got.status).toBe(200);
    expect(got.json()).toMatchObject({
      hasMoreData: false,
      devices: [
        {
          connected: true,
          carrierInformations: [{ state: 'active' }],
          deviceIds: [{ id: imei, kind: 'imei' }, { id: mdn, kind: 'mdn' }, { kind: 'iccId' }],
        },
      ],
    });
    one.sim.configure({ hasMoreDevices: true });
    expect((await one.devices()).status).toBe(202);
  });

  test.each([
    [{ accountName: '0000000000-00009' }, 'REQUEST_FAILED.AccountNotFound'],
    [{ deviceId: { id: '353000000000000', kind: 'imei' } }, 'REQUEST_FAILED.DeviceNotFound'],
    [{ deviceId: { id: '353000000000000', kind: 'serial' } }, 'INPUT_INVALID.Device.Kind.Invalid'],
    [{ deviceId: { id: 'x', kind: 'imei' } }, 'INPUT_INVALID.Device.Identifier.Invalid'],
    [{ accountName: '<b>' }, 'INPUT_INVALID.Request.InvalidCharacter'],
  ])('refuses %j', async (body, code) => {
    const one = await started();
    const got = await one.devices(body);
    expect([got.status, got.json()['errorCode']]).toEqual([400, `UnifiedWebService.${code}`]);
  });
});
