import { expect, test } from 'vitest';
import {
  callsOf,
  expectItWorksAgain,
  requestsIn,
  startProvisioned,
  wasRenewalAsked,
} from '../helpers/provisioned-caster.js';
import { pause } from '../helpers/scenario.js';

test('an account that is given again and refused again is held for a day', async () => {
  await using gateway = await startProvisioned();
  const { caster } = gateway.world.clouds;
  caster.setFault('401');
  caster.cutSessions();
  const status = await gateway.until('held', (s) => wasRenewalAsked(s) && s.identity.reason !== undefined);
  expect(status.identity.reason).toBe('ntrip.unauthorized');
  // More than an hour: without the hold there were another call.
  await pause(4200);
  expect(callsOf(gateway)).toBe(2);
  expect(requestsIn(gateway)).toBeLessThan(16);
  // The old account has stayed in force, and its slow tries notice.
  caster.setFault(undefined);
  await expectItWorksAgain(gateway);
  expect(callsOf(gateway)).toBe(2);
});
