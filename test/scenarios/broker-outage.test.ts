import { expect, test } from 'vitest';
import { isServing, lamp, startScenario } from '../helpers/scenario.js';
import { stopwatch } from '../helpers/stopwatch.js';

test('a broker killed and back has its session again within two seconds', async () => {
  await using gateway = await startScenario();
  await gateway.until('serving', isServing);
  await gateway.world.clouds.killBroker();
  const lost = await gateway.until('session dark', (s) => lamp(s, 'session').state === 'dark', 5000);
  expect(lamp(lost, 'session').reason).toMatch(/^(mqtt|net)\./);
  await gateway.until('it has tried in vain', (s) => s.parts.session.restarts >= 2, 8000);
  await gateway.world.clouds.startBroker();
  using back = stopwatch();
  await gateway.until('session lit', (s) => lamp(s, 'session').state === 'lit', 10_000);
  // The longest wait in an outage's first minute is two seconds; the rest is the handshake.
  expect(back.elapsedMs()).toBeLessThan(3500);
  expect(gateway.status().session.disconnects).toBe(1);
});

test('the network going away darkens the session, and it returns with the bearer', async () => {
  await using gateway = await startScenario();
  await gateway.until('serving', isServing);
  await gateway.world.perform({ do: 'pdp', active: false });
  await gateway.until('session dark', (s) => lamp(s, 'session').state === 'dark', 5000);
  await gateway.world.perform({ do: 'pdp', active: true });
  await gateway.until('serving again', isServing);
});
