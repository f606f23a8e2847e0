import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import { withAssistNow } from '../helpers/assistance.js';
import { figure } from '../helpers/figures.js';
import { QUICK_MODULE, type ScenarioOptions, startScenario } from '../helpers/scenario.js';

const SCALE = 5;
const config = { corrections: { position: { latitudeDeg: 48.2, longitudeDeg: 16.4 } } };

/** From the receiver's power-up to its first fix, by its own clock; the gateway is up, and there is no network. */
async function firstFixMs(options: ScenarioOptions): Promise<number> {
  const prepare: ScenarioOptions['prepare'] = async (world) => {
    world.clouds.setOutage(true);
    await options.prepare?.(world);
    await world.perform({ do: 'unplug', device: 'receiver' });
  };
  await using gateway = await startScenario({ ...options, prepare });
  await gateway.until('the time is known', (s) => s.clock.reason === 'confirmed');
  await gateway.world.perform({ do: 'replug', device: 'receiver' });
  const status = await gateway.until('a first fix', (s) => s.fix.quality === '3d', 40_000);
  expect(status.receiver?.running).toBe(true);
  expect(gateway.world.clouds.assistnow.requests).toEqual([]);
  return gateway.world.receiver.snapshot().timeToFirstFixMs ?? Number.NaN;
}

test('without network a cold receiver is fixed in seconds from the cache, and in half a minute without', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-ttff-'));
  const clock = createClock(anchorNow(SCALE));
  const world = { clock, module: QUICK_MODULE, receiver: { start: 'cold' } } as const;
  try {
    {
      await using first = await startScenario({ dir, world, ...withAssistNow({ config }) });
      await first.until(
        'a filled cache',
        ({ assistance }) => assistance?.live?.isUsable === true && assistance.predictive?.isUsable === true,
      );
    }
    const [aidedMs, coldMs] = await Promise.all([
      firstFixMs({ dir, world, ...withAssistNow({ config }) }),
      firstFixMs({ world, config }),
    ]);
    figure(
      `first fix of a cold receiver without network: ${(aidedMs / 1000).toFixed(1)} s from a warm cache, ${(coldMs / 1000).toFixed(1)} s without`,
    );
    expect(aidedMs).toBeLessThan(coldMs / 2);
    expect(coldMs).toBeGreaterThan(20_000);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 90_000);
