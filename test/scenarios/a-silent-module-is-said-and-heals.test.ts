import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import { mute } from '../../src/sim/index.js';
import { isServing, lamp, startScenario } from '../helpers/scenario.js';

test('a module that falls silent darkens its lamp with modem.timeout alone, and is back once it speaks', async () => {
  // Time limits of device commands shrink to three seconds under a fast clock, and the next poll comes sooner.
  await using gateway = await startScenario({ world: { clock: createClock(anchorNow(5)) } });
  await gateway.until('serving', isServing);
  const { module } = gateway.world;
  const speak = module.push(mute());
  const silent = await gateway.until('modem dark', (s) => lamp(s, 'modem').state === 'dark', 40_000);
  expect(lamp(silent, 'modem')).toMatchObject({
    reason: 'modem.timeout',
    hint: expect.stringMatching(/power|cabling/),
  });
  expect(silent.state).toBe('degraded');
  // The data path is the host's: what rides on it stays up.
  for (const name of ['identity', 'session', 'corrections', 'fix'] as const)
    expect(lamp(silent, name).state, name).toBe('lit');
  speak();
  const back = await gateway.until('modem lit', (s) => lamp(s, 'network').state === 'lit', 20_000);
  expect(lamp(back, 'modem').state).toBe('lit');
  expect(back.state).toBe('serving');
  expect(module.counters.resets).toBe(0);
}, 60_000);
