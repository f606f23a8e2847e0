import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import { describeStatus } from '../../src/status/index.js';
import { withAssistNow } from '../helpers/assistance.js';
import { isFixed, QUICK_MODULE, type Scenario, startScenario } from '../helpers/scenario.js';

/** What takes seconds passes faster, yet the slow pace (which is real time) still carries the corrections. */
const SCALE = 3;
const LIMIT_MS = 100_000;

/** Power cycle behind the open port, and a cold start: noticed, helped and corrected again. */
async function restart(gateway: Scenario, time: number): Promise<void> {
  const { receiver } = gateway.world;
  await gateway.world.perform({
    do: 'receiver',
    command: { change: { start: 'cold' }, restart: { kind: 'ram' } },
  });
  expect([receiver.quality, receiver.snapshot().aiding.satellites, receiver.heldKeys]).toEqual(['none', 0, 0]);
  await gateway.until(`restart ${time} noticed`, (s) => s.receiver?.restarts === time, LIMIT_MS);
  await gateway.until(`assisted after restart ${time}`, () => receiver.snapshot().aiding.satellites >= 4, LIMIT_MS);
  await gateway.until(`rtk_fixed after restart ${time}`, isFixed, LIMIT_MS);
  // From its beginning: orbits are of no use to a receiver that was not told the time.
  expect(receiver.snapshot().aiding).toMatchObject({ timeErrorMs: expect.closeTo(0, -4), position: expect.anything() });
}

test.concurrent.each(['ntrip', 'mqtt'] as const)(
  'over %s, with every fortieth byte of a burst swallowed, two restarts and no optional message',
  async (plan) => {
    await using gateway = await startScenario({
      world: {
        clock: createClock(anchorNow(SCALE)),
        module: QUICK_MODULE,
        plan,
        receiver: { swallowBytesEvery: 40, swallowBytesWhen: 'overrun', refuseOptional: true },
      },
      ...withAssistNow({ config: { corrections: { maxAgeSeconds: 60 } } }),
    });
    const { receiver } = gateway.world;
    const first = await gateway.until('rtk_fixed', isFixed, LIMIT_MS);
    expect(first.receiver).toMatchObject({ delivery: 'paced', restarts: 0 });
    await restart(gateway, 1);
    await restart(gateway, 2);

    const status = gateway.status();
    expect(status).toMatchObject({ state: 'serving', grade: 'corrected' });
    expect(status.fix.quality).toBe('rtk_fixed');
    expect(status.receiver).toMatchObject({ running: true, delivery: 'paced', restarts: 2 });
    expect(receiver.counters.swallowedBytes).toBeGreaterThan(0);
    expect(receiver.counters.restarts).toBe(2);
    // Keys are longer than what a burst may have, too.
    expect(receiver.heldKeys).toBe(plan === 'mqtt' ? 2 : 0);
    // Nobody reports on corrections: the positions are the proof, and the answer says so.
    expect(status.receiver?.configuration?.refused).toContainEqual(expect.stringContaining('RXM-COR'));
    expect(status.corrections).toMatchObject({ source: plan, verdict: 'ok', usedByReceiver: 0, dropped: 0 });
    expect(status.corrections.use).toMatchObject({ answer: 'used', by: 'nav-pvt' });
    expect(status.corrections.use.sentence).toMatch(/^\d+ of \d+ positions of the last 30 s had corrections in them$/);
    expect(describeStatus(status, { colour: false })).toContain('loses bytes that come fast');
    expect(status.session.connects).toBe(1);
  },
  180_000,
);
