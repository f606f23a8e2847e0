import { expect, test, vi } from 'vitest';
import { startOverMqtt } from '../helpers/mqtt-gateway.js';
import { lamp } from '../helpers/scenario.js';

// The rule names the provider's own brokers; here it is about the simulated one.
vi.mock(import('../../src/services/pointperfect/service-end.js'), async (original) => ({
  ...(await original()),
  POINTPERFECT_MQTT_END: { host: /^localhost$/, afterUtcMs: 0 },
}));

/** An hour, the least time between two provisioning calls, is 3.6 s. */
const SCALE = 1000;

test('a good certificate that is let in no more is the end, and an NTRIP account takes over by itself', async () => {
  await using gateway = await startOverMqtt({ scale: SCALE, corrections: { source: 'auto' } });
  const { broker, ztp, caster } = gateway.world.clouds;
  await gateway.until('corrections', (s) => lamp(s, 'corrections').state === 'lit');
  ztp.configure({ plan: 'ntrip' });
  broker.endOfService('refused');
  const ended = await gateway.until('said', (s) => lamp(s, 'session').reason === 'corrections.ended');
  expect(lamp(ended, 'session')).toMatchObject({
    state: 'dark',
    message: expect.stringContaining('announced to end'),
    hint: expect.stringContaining('corrections.source'),
  });
  // The certificate is not to blame.
  expect(ended.credentials.find(({ id }) => id === 'client-certificate')?.state).toBe('valid');
  const status = await gateway.until(
    'over NTRIP',
    (s) => s.corrections.source === 'ntrip' && s.fix.quality === 'rtk_fixed',
  );
  expect(status.identity.shape).toBe('ntrip');
  expect(ztp.calls).toHaveLength(2);
  expect(caster.stats.refused).toEqual({});
});

test('sessions that are accepted and stay silent are the end after a quarter of an hour, and not hammered', async () => {
  await using gateway = await startOverMqtt({
    scale: SCALE,
    prepare: ({ clouds }) => clouds.broker.endOfService('silent'),
  });
  const status = await gateway.until('said', (s) => lamp(s, 'session').reason === 'corrections.ended', 25_000);
  expect(lamp(status, 'session').message).toContain('sessions in a row');
  expect(status.corrections.framesIn).toBe(0);
  expect(gateway.world.clouds.broker.stats.connects).toBeLessThan(8);
});
