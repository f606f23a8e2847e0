// A gateway without a module whose account at the simulated caster comes from provisioning, and what is looked at in it.
import { expect } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import type { StatusSnapshot } from '../../src/status/index.js';
import { requestsOf } from './own-caster.js';
import { lamp, type Scenario, startScenario } from './scenario.js';

export const HARDWARE_ID = 'gw-refused';
/** An hour, the least time between two provisioning calls, is 3.6 s. */
const SCALE = 1000;

export const credential = (s: StatusSnapshot, id: string) => s.credentials.find((each) => each.id === id);
export const isRejected = (s: StatusSnapshot): boolean => credential(s, 'ntrip-account')?.state === 'rejected';
export const wasRenewalAsked = (s: StatusSnapshot): boolean =>
  credential(s, 'ntrip-account')?.evidence?.['renewal'] === 'asked';

export const callsOf = ({ world }: Scenario): number => world.clouds.ztp.calls.length;
export const requestsIn = ({ world }: Scenario): number => requestsOf(world.clouds.caster.stats);

/** Resolves when corrections flow. */
export async function startProvisioned(): Promise<Scenario> {
  const gateway = await startScenario({
    world: { clock: createClock(anchorNow(SCALE)), plan: 'ntrip' },
    prepare: ({ clouds }) => clouds.setReachable(true),
    config: { modem: null, ztp: { hardwareId: HARDWARE_ID } },
  });
  await gateway.until('corrections', (s) => lamp(s, 'corrections').state === 'lit');
  return gateway;
}

export async function expectItWorksAgain(gateway: Scenario): Promise<void> {
  const status = await gateway.until(
    'healed',
    (s) => lamp(s, 'corrections').state === 'lit' && credential(s, 'ntrip-account')?.state === 'valid',
  );
  expect(credential(status, 'ntrip-account')).toMatchObject({ tested: true, remedy: 'Nothing has to be done.' });
}
