import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isFixed, startScenario } from '../helpers/scenario.js';

test('a cold gateway provisions itself and reaches RTK fixed; a warm one asks nobody and writes no token', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-starts-'));
  try {
    {
      await using cold = await startScenario({ dir });
      const status = await cold.until('rtk_fixed', isFixed);
      expect(status.lamps.every((each) => each.state === 'lit')).toBe(true);
      expect(status.grade).toBe('corrected');
      expect(status.corrections).toMatchObject({ source: 'mqtt', dropped: 0, verdict: 'ok' });
      expect(status.corrections.usedByReceiver).toBeGreaterThanOrEqual(12);
      expect(status.identity).toMatchObject({ source: 'ztp', shape: 'keys', ztpCallsToday: 1 });
      expect(status.credentials.map((c) => [c.id, c.state])).toEqual([
        ['ztp-token', 'valid'],
        ['app-token', 'valid'],
        ['client-certificate', 'valid'],
        ['spartn-keys', 'valid'],
      ]);
      expect(cold.transcript.filter((line) => line.startsWith('> AT#DWCFG='))).toHaveLength(1);
      expect(cold.world.clouds.ztp.calls).toHaveLength(1);
    }
    {
      await using warm = await startScenario({ dir });
      const status = await warm.until('rtk_fixed', isFixed);
      expect(status.identity.ztpCallsToday).toBe(1);
      expect(warm.world.clouds.ztp.calls).toHaveLength(0);
      expect(warm.transcript.filter((line) => line.startsWith('> AT#DWCFG='))).toHaveLength(0);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
