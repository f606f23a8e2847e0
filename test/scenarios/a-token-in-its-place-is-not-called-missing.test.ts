import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lamp, startScenario } from '../helpers/scenario.js';

test('without a network the tokens that are in place count as valid, and one that is taken away is missing', async () => {
  await using gateway = await startScenario({ prepare: (world) => world.module.setSim('pin') });
  const token = join(gateway.dir, 'secrets', 'ztp-token');
  const state = (id: string): string | undefined => gateway.status().credentials.find((c) => c.id === id)?.state;
  await gateway.until('SIM dark', (s) => lamp(s, 'sim').state === 'dark');
  expect([state('ztp-token'), state('app-token')]).toEqual(['valid', 'valid']);
  rmSync(token);
  await gateway.until('missing', () => state('ztp-token') === 'missing', 10_000);
  writeFileSync(token, `${gateway.world.ready.clouds.ztp.token}\n`, { mode: 0o600 });
  await gateway.until('valid again', () => state('ztp-token') === 'valid', 10_000);
});
