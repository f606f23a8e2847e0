import { expect, test } from 'vitest';
import { createClockLane } from '../../src/agent/lanes/clock.js';
import { createClockTrust, createFakeClock } from '../../src/core/index.js';

test('the first word of the network is heard within a second, further ones every ten', async () => {
  const clock = createFakeClock();
  const trust = createClockTrust(clock, clock.wall() - 1000);
  let looks = 0;
  const network: { now?: { utcMs: number; atMonoMs: number } } = {};
  const lane = createClockLane({
    clock,
    trust,
    networkTime: () => {
      looks++;
      return network.now;
    },
    saveFloor: () => Promise.resolve(),
  });
  const stop = new AbortController();
  const ended = lane
    .run({ signal: stop.signal, ok: () => undefined, doing: () => undefined })
    .catch((error: unknown) => error);
  await clock.advance(4500);
  network.now = { utcMs: clock.wall() + 2000, atMonoMs: clock.mono() };
  await clock.advance(1000);
  expect(trust.status()).toMatchObject({ reason: 'confirmed', source: 'network', offsetMs: 2000 });
  const before = looks;
  await clock.advance(30_000);
  expect(looks - before).toBe(3);
  stop.abort(new Error('enough'));
  await clock.advance(0);
  expect(await ended).toEqual(new Error('enough'));
});
