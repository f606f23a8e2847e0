import { expect, test } from 'vitest';
import { startOverMqtt, topicsOf } from '../helpers/mqtt-gateway.js';
import { lamp } from '../helpers/scenario.js';

const PACIFIC = { latitudeDeg: -20, longitudeDeg: -140 };

test('far from every region it is said so, nothing is subscribed to, and a fix inside one heals it', async () => {
  await using gateway = await startOverMqtt({
    scale: 60,
    corrections: { region: 'auto', position: PACIFIC },
    world: { receiver: { silent: true } },
  });
  const status = await gateway.until('said', (s) => lamp(s, 'session').reason === 'corrections.outside-coverage');
  expect(lamp(status, 'session')).toMatchObject({
    state: 'dark',
    hint: expect.stringContaining('corrections.region'),
    message: expect.stringContaining('configured'),
  });
  expect(lamp(status, 'identity').state).toBe('lit');
  expect(topicsOf(gateway)).toEqual([]);
  // Looked at again every half a minute or so: no storm of connections.
  expect(gateway.world.clouds.broker.stats.connects).toBeLessThanOrEqual(2);
  gateway.world.receiver.set({ silent: false });
  const healed = await gateway.until('corrections', (s) => lamp(s, 'corrections').state === 'lit');
  expect(healed.session.topics).toContain('/pp/ip/eu');
  expect(healed.corrections.detail).toContain('region eu by position');
});

test('a region that the configuration names wins over the position', async () => {
  await using gateway = await startOverMqtt({
    scale: 60,
    corrections: { region: 'us', position: PACIFIC },
    world: { receiver: { silent: true } },
  });
  const status = await gateway.until('session', (s) => lamp(s, 'session').state === 'lit');
  expect(status.session.topics).toContain('/pp/ip/us');
});
