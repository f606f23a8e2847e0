import { expect, test } from 'vitest';
import { lamp, pause, startScenario } from '../helpers/scenario.js';

test('a wrong ZTP token is refused once, explained, and not hammered', async () => {
  await using gateway = await startScenario({
    prepare: (world) => {
      world.ready.clouds.ztp.token = '00000000-0000-4000-8000-000000000000';
    },
  });
  const status = await gateway.until('refused', (s) => s.identity.reason !== undefined);
  expect(status.credentials.find((c) => c.id === 'ztp-token')).toMatchObject({
    state: 'rejected',
    remedy: expect.stringContaining('portal'),
  });
  await pause(1500);
  expect(gateway.world.clouds.ztp.calls.length).toBe(1);
  expect(gateway.status().state).toBe('network');
  expect(lamp(gateway.status(), 'fix').state).toBe('lit');
});

test('a hardware code in use names the portal setting to change', async () => {
  await using gateway = await startScenario({
    prepare: (world) => {
      world.clouds.ztp.pushFault({ is: 'status', status: 403, body: 'Device already registered' });
    },
  });
  const status = await gateway.until('refused', (s) => s.identity.reason !== undefined);
  expect(status.identity.reason).toBe('ztp.already-registered');
  expect(JSON.stringify(status)).toContain('Return existing device details');
});
