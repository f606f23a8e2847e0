import { expect, test } from 'vitest';
import { isServing, lamp, pause, startScenario } from '../helpers/scenario.js';
import { stopwatch } from '../helpers/stopwatch.js';

test('after five seconds without network the session is lit within three seconds of the network lamp', async () => {
  await using gateway = await startScenario();
  await gateway.until('serving', isServing);
  await gateway.world.perform({ do: 'pdp', active: false });
  await gateway.until('session dark', (s) => lamp(s, 'session').state === 'dark', 5000);
  await pause(5000);
  await gateway.world.perform({ do: 'pdp', active: true });
  await gateway.until('network lit', (s) => lamp(s, 'network').state === 'lit', 20_000);
  using back = stopwatch();
  await gateway.until('session lit', (s) => lamp(s, 'session').state === 'lit', 8000);
  expect(back.elapsedMs()).toBeLessThan(3000);
  await gateway.until('serving', isServing, 8000);
});

test('a network gone long enough to be noticed lights session and corrections again by itself', async () => {
  await using gateway = await startScenario({ config: { modem: { pollSeconds: 5 } } });
  await gateway.until('serving', isServing);
  await gateway.world.perform({ do: 'pdp', active: false });
  const lost = await gateway.until('network not lit', (s) => lamp(s, 'network').state !== 'lit', 20_000);
  expect(lost.state).toBe('degraded');
  expect(lamp(lost, 'modem').state).toBe('lit');
  await gateway.world.perform({ do: 'pdp', active: true });
  await gateway.until('network lit', (s) => lamp(s, 'network').state === 'lit', 40_000);
  using back = stopwatch();
  await gateway.until('session lit', (s) => lamp(s, 'session').state === 'lit', 8000);
  expect(back.elapsedMs()).toBeLessThan(3000);
}, 80_000);
