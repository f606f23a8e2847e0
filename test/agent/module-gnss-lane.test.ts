import { expect, test } from 'vitest';
import { createModuleGnssLane } from '../../src/agent/lanes/module-gnss.js';
import { createFakeClock, type Fix, linkedController } from '../../src/core/index.js';

const FIX: Fix = { quality: '3d', latitudeDeg: 1, longitudeDeg: 2, atMonoMs: 0, source: 'module-gnss' };

test('the module is asked while the receiver has no fix, spared when it has, and switched off then', async () => {
  const clock = createFakeClock();
  const heard: Fix[] = [];
  let hasFix = false;
  let stage = 'signal';
  let stops = 0;
  const lane = createModuleGnssLane({
    modem: {
      snapshot: () => ({ stage }) as never,
      moduleGnss: {
        isSupported: true,
        read: () => Promise.resolve(FIX),
        stop() {
          stops++;
          return Promise.resolve();
        },
      },
    },
    clock,
    hasReceiverFix: () => hasFix,
    onFix: (fix) => void heard.push(fix),
  });
  using stop = linkedController();
  const running = lane.run({ signal: stop.signal, ok: () => undefined, doing: () => undefined });
  running.catch(() => undefined);
  await clock.advance(16_000);
  // Not before the module is up.
  expect(heard).toHaveLength(0);
  stage = 'ready';
  await clock.advance(30_000);
  expect(heard).toHaveLength(2);
  hasFix = true;
  await clock.advance(60_000);
  expect(heard).toHaveLength(2);
  expect(stops).toBe(1);
  stop.abort();
  await expect(running).rejects.toThrow();
});
