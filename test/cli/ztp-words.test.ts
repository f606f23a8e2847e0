import { expect, test } from 'vitest';
import { describeIdentity, hasIdentity } from '../../src/cli/ztp-words.js';
import type { StatusSnapshot } from '../../src/status/index.js';
import { lampOf, statusWith } from '../helpers/status.js';

type Identity = StatusSnapshot['identity'];
const BASE: Identity = { state: 'have', source: 'ztp', ztpCallsToday: 1 };
const said = (identity: Partial<Identity>, more: Partial<StatusSnapshot> = {}): string =>
  describeIdentity(statusWith({ identity: { ...BASE, ...identity }, ...more }));

test('an NTRIP account: caster and mountpoint', () => {
  const text = said({
    ...{ shape: 'ntrip', host: 'caster.test', port: 2102, mountPoint: 'NEAR-SPARTN', hardwareId: '…0011' },
  });
  expect(text).toBe(`Identity: user and password of a caster, for NTRIP
  from         provisioned by the service (ZTP)
  state        in force
  host         caster.test:2102
  mountpoint   NEAR-SPARTN
  hardware id  …0011
  calls        1 of 4 within a day
`);
});

test('certificate and key: topics, client id, and both ends', () => {
  const text = said({
    ...{ shape: 'keys', host: 'pp.test', port: 8883, topicCount: 31, clientId: '…4af1', source: 'ucenter' },
    ...{ certificateExpiresAt: '2030-02-03T04:05:06.000Z', keyExpiresAt: '2026-03-04T05:06:07.000Z' },
  });
  expect(text).toBe(`Identity: certificate and key, for MQTT
  from         the u-center file that the configuration names
  state        in force
  host         pp.test:8883
  topics       31
  client id    …4af1
  certificate  until 2030-02-03
  keys         until 2026-03-04
`);
});

test('a refusal: what was said, the cure, and when it is tried again', () => {
  const text = said(
    { state: 'need', reason: 'ztp.not-listed', hint: 'Add the device to the list.', nextInMs: 3_600_000 },
    { lamps: [lampOf('identity', { state: 'dark', message: 'provisioning answered 403' })] },
  );
  expect(text).toBe(`Identity: to be asked for
  from         provisioned by the service (ZTP)
  calls        1 of 4 within a day
  trouble      provisioning answered 403 [ztp.not-listed]
      → Add the device to the list.
      more: waymark explain ztp.not-listed
  next         tried again in 60 min
`);
  expect(hasIdentity(statusWith({ identity: { ...BASE, state: 'need' } }))).toBe(false);
});

test('without any identity it says what to configure', () => {
  expect(said({ source: 'none', state: 'none' })).toMatch(/^No identity is configured: add a ztp section/);
});
