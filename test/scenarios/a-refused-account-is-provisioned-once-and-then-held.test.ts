import { expect, test } from 'vitest';
import { cli } from '../helpers/cli.js';
import {
  callsOf,
  credential,
  expectItWorksAgain,
  HARDWARE_ID,
  isRejected,
  requestsIn,
  startProvisioned,
  wasRenewalAsked,
} from '../helpers/provisioned-caster.js';
import { lamp, pause } from '../helpers/scenario.js';

test('a new password on the far side is fetched by exactly one more call', async () => {
  await using gateway = await startProvisioned();
  const { ztp, caster } = gateway.world.clouds;
  ztp.rotatePassword(HARDWARE_ID);
  caster.cutSessions();
  const refused = await gateway.until('refused', isRejected);
  expect(lamp(refused, 'session')).toMatchObject({ state: 'dark', reason: 'ntrip.unauthorized' });
  await expectItWorksAgain(gateway);
  expect(credential(gateway.status(), 'ntrip-account')?.generation).toBe(2);
  expect(callsOf(gateway)).toBe(2);
  // Before the proof three: the place may still be held, the second look, and what its answer was.
  expect(requestsIn(gateway)).toBeLessThan(12);
});

test('a deactivated Thing is asked about once, said with evidence and cure, and tried ever more slowly until it works', async () => {
  await using gateway = await startProvisioned();
  const { ztp, caster } = gateway.world.clouds;
  ztp.setActive(HARDWARE_ID, false);
  caster.cutSessions();
  const status = await gateway.until('held', (s) => wasRenewalAsked(s) && s.identity.reason !== undefined);
  expect(callsOf(gateway)).toBe(2);
  expect(status.identity.reason).toBe('ztp.no-plan');
  expect(lamp(status, 'session')).toMatchObject({ state: 'dark', reason: 'ntrip.unauthorized' });
  expect(credential(status, 'ntrip-account')).toMatchObject({
    state: 'rejected',
    reason: 'refused',
    evidence: { code: 'ntrip.unauthorized', http: 401, renewal: 'asked' },
    remedy: expect.stringContaining('Thingstream portal'),
  });
  expect(credential(status, 'ztp-token')).toMatchObject({
    state: 'deactivated',
    reason: 'no-plan',
    evidence: { http: 403 },
    remedy: expect.stringContaining('activate it'),
  });
  const { stdout } = await cli('token', 'list', '-c', gateway.configFile);
  // One root: the account waits for what its provisioning waits for, and the cure is told there.
  expect(stdout).toMatch(/ntrip-account +rejected, waits for ztp-token/);
  expect(stdout).toContain('assign one and activate it');
  // The identity itself stays: nothing better is there.
  expect(lamp(status, 'identity').state).toBe('lit');
  const before = requestsIn(gateway);
  await pause(1500);
  expect(requestsIn(gateway) - before).toBeLessThanOrEqual(4);
  ztp.setActive(HARDWARE_ID, true);
  await expectItWorksAgain(gateway);
  expect(requestsIn(gateway)).toBeLessThan(16);
});
