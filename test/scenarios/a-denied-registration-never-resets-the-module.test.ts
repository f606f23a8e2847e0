import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import { lamp, startScenario } from '../helpers/scenario.js';

/** Half an hour of waiting passes in seconds. */
const SCALE = 200;

test('a network that refuses the SIM is waited for, again and again, without ever resetting the module', async () => {
  const clock = createClock(anchorNow(SCALE));
  await using gateway = await startScenario({
    world: { clock },
    prepare: (world) => world.module.setRegistration({ state: 'denied', rejectCause: 11 }),
  });
  const { module } = gateway.world;
  const first = await gateway.until('network dark', (s) => lamp(s, 'network').state === 'dark');
  expect(lamp(first, 'network')).toMatchObject({ reason: 'network.denied' });
  expect(lamp(first, 'network').message).toMatch(/^registration denied, cause 11: .*not allowed/);
  expect(lamp(first, 'network').hint).toMatch(/plan|roaming/);
  await gateway.until('tried in vain', (s) => s.parts.modem.restarts >= 4, 25_000);
  const status = gateway.status();
  for (const name of ['modem', 'sim'] as const) expect(lamp(status, name).state, name).toBe('lit');
  expect(module.counters.resets).toBe(0);
  expect(gateway.transcript.filter((line) => /^> AT(?:#REBOOT|\+CFUN=|#SHDN|#ENHRST)/.test(line))).toEqual([]);
  module.setRegistration({ state: 'home' });
  await gateway.until('network lit', (s) => lamp(s, 'network').state === 'lit', 25_000);
}, 60_000);
