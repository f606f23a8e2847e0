// The token endpoint of the simulated ThingSpace: rows 1 to 9 of specs/thingspace.md section 11, and its knobs.
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { THINGSPACE_PATHS } from '../../../src/sim/clouds/index.js';
import { openThingSpaceAccount } from '../../../src/sim/clouds/thingspace/account.js';
import { scratch } from './helpers.js';
import { basic, JSON_TYPE, start } from './thingspace-helpers.js';

describe('the token', () => {
  test('rows 1 to 3: one an hour, the same for everyone who asks, with the life that is left', async () => {
    const one = await start();
    const first = (await one.token()).json();
    expect(first).toEqual({
      access_token: expect.stringMatching(/^[\w-]{20,}$/),
      scope: 'am_application_scope default',
      token_type: 'Bearer',
      expires_in: 3600,
    });
    await one.clock.advance(600_000);
    expect((await one.token()).json()).toEqual({ ...first, expires_in: 3000 });
    await one.clock.advance(3_001_000);
    const last = (await one.token()).json();
    expect(last['expires_in']).toBe(3600);
    expect(last['access_token']).not.toBe(first['access_token']);
    expect(one.sim.counters).toMatchObject({ tokenRequests: 3, tokensIssued: 2 });
  });

  test.each([
    ['4: a wrong secret', 'grant_type=client_credentials', basic('x', 'y'), 401, 'invalid_client'],
    ['6: another grant', 'grant_type=password', undefined, 400, 'unsupported_grant_type'],
    ['7: a JSON body', '{"grant_type":"client_credentials"}', JSON_TYPE, 400, 'invalid_request'],
    ['no grant at all', '', undefined, 400, 'invalid_request'],
  ])('row %s', async (_, body, headers, status, error) => {
    const one = await start();
    const { key, secret } = one.sim.description;
    const got = await one.token(body, headers === JSON_TYPE ? { ...basic(key, secret), ...JSON_TYPE } : headers);
    expect([got.status, got.json()['error']]).toEqual([status, error]);
    expect(one.sim.counters.tokenRequests).toBe(0);
  });

  test('row 5: without Authorization it is the gateway that refuses', async () => {
    const one = await start();
    const got = await one.token('grant_type=client_credentials', {});
    expect([got.status, got.json()['fault']]).toEqual([401, expect.objectContaining({ code: '900902' })]);
  });

  test('the pair counts as it is encoded: another alphabet or no padding is another one', async () => {
    const one = await start();
    const { key, secret } = one.sim.description;
    for (const pair of [`${key}:${secret}x`, `${key} ${secret}`]) {
      const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
      expect((await one.token('grant_type=client_credentials', { authorization })).status).toBe(401);
    }
  });

  test.each([
    ['always-3600', { expires_in: 3600 }],
    ['text', { expires_in: '3000' }],
    ['absent', {}],
  ] as const)('by a knob expires_in is %s, and scope may be missing', async (expiresIn, shown) => {
    const one = await start();
    one.sim.configure({ expiresIn, isScopeShown: false });
    await one.token();
    await one.clock.advance(600_000);
    expect((await one.token()).json()).toEqual({ access_token: one.bearer, token_type: 'Bearer', ...shown });
  });
});

describe('revocation', () => {
  test('row 8: the live token ends, and the next one is another', async () => {
    const one = await start();
    await one.token();
    const ended = one.bearer;
    const got = await one.revoke(ended);
    expect([got.status, got.text, got.headers['revokedaccesstoken']]).toEqual([200, '', ended]);
    expect((await one.login()).status).toBe(401);
    const next = (await one.token()).json();
    expect([next['expires_in'], next['access_token'] === ended]).toEqual([3600, false]);
    expect(one.sim.counters.revokes).toBe(1);
  });

  test('row 9: an unknown token, the standard’s form, and no header by a knob', async () => {
    const one = await start();
    const unknown = await one.revoke('nobody-knows-it');
    expect([unknown.status, unknown.text, unknown.headers['revokedaccesstoken']]).toEqual([200, '', undefined]);
    await one.token();
    one.sim.configure({ isRevokedTokenShown: false });
    const got = await one.revoke(one.bearer, '&token_type_hint=access_token');
    expect([got.status, got.headers['revokedaccesstoken']]).toEqual([200, undefined]);
    expect((await one.revoke('')).status).toBe(400);
    expect((await one.form(THINGSPACE_PATHS.revoke, 'token=x', basic('x', 'y'))).status).toBe(401);
  });

  test('somebody else may do it; that is none of the counted ones', async () => {
    const one = await start();
    await one.token();
    one.sim.revokeToken();
    expect((await one.login()).status).toBe(401);
    expect(one.sim.counters.revokes).toBe(0);
  });
});

describe('the account', () => {
  test('is the same after a restart, another for another folder, and private', async () => {
    const folder = scratch();
    const [first, again, other] = [await start({ folder }), await start({ folder }), await start()];
    const { url: _, tokenEndpoint: _t, locateEndpoint: _l, ...kept } = first.sim.description;
    expect(again.sim.description).toMatchObject(kept);
    for (const name of ['key', 'secret', 'username', 'password', 'account', 'enrolmentToken'] as const)
      expect(other.sim.description[name]).not.toBe(first.sim.description[name]);
    expect(statSync(join(folder, 'thingspace.json')).mode & 0o777).toBe(0o600);
    expect(kept).toMatchObject({
      account: expect.stringMatching(/^\d{10}-\d{5}$/),
      mdn: expect.stringMatching(/^\d{10}$/),
      imei: expect.stringMatching(/^00101700\d{7}$/),
    });
    // Tokens are not: they are another run's.
    const [one, two] = [(await first.token()).json(), (await again.token()).json()];
    expect(one['access_token']).not.toBe(two['access_token']);
  });

  test.each(['', '{', 'null', '{"version":1}', '{"version":1,"secrets":{},"user":{}}'])(
    'a damaged file (%j) starts a new one',
    (damage) => {
      const file = join(scratch(), 'thingspace.json');
      const { secrets } = openThingSpaceAccount(file);
      expect(openThingSpaceAccount(file).secrets).toEqual(secrets);
      writeFileSync(file, damage);
      expect(openThingSpaceAccount(file).secrets.key).not.toBe(secrets.key);
    },
  );
});
