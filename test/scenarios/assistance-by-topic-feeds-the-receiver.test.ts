import { expect, test } from 'vitest';
import { startOverMqtt, topicsOf } from '../helpers/mqtt-gateway.js';
import { lamp } from '../helpers/scenario.js';

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

test('the full set of the topic reaches a cold receiver, which takes all of it, and is not subscribed to any longer', async () => {
  await using gateway = await startOverMqtt({
    scale: 3,
    corrections: { position: { latitudeDeg: 48.2, longitudeDeg: 16.37 } },
    world: { receiver: { start: 'cold' } },
  });
  const { receiver } = gateway.world;
  const status = await gateway.until('injected', (s) => (s.assistance?.lastInjection?.frames ?? 0) > 20);
  expect(status.assistance?.lastInjection).toMatchObject({ refused: 0, unanswered: 0 });
  expect(status.assistance?.live?.from).toBe('/pp/ubx/mga');
  expect(sum(receiver.snapshot().mga.accepted)).toBeGreaterThan(20);
  expect(receiver.snapshot().mga.refused).toEqual({});
  expect(receiver.snapshot().aiding.satellites).toBeGreaterThan(20);
  // Eleven kilobytes each: once is enough.
  await gateway.until(
    'the topic is left',
    () => topicsOf(gateway).length > 0 && !topicsOf(gateway).includes('/pp/ubx/mga'),
  );
});

test('a receiver that has its fix is not sent the full set', async () => {
  await using gateway = await startOverMqtt();
  await gateway.until('corrections', (s) => lamp(s, 'corrections').state === 'lit');
  expect(sum(gateway.world.receiver.snapshot().mga.accepted)).toBe(0);
});
