import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import type { ReceiverKnobs } from '../../src/sim/receiver/index.js';
import { isFixed, QUICK_MODULE, startScenario } from '../helpers/scenario.js';

/** Each wrong speed still takes three real seconds: that is device time. */
const SCALE = 10;

// The port of the configuration is at 38 400 baud. The simulator asks the kernel for the speed of the port, and at
// another than the receiver's both sides read nonsense.
test.concurrent.each<[string, Partial<ReceiverKnobs>, 'ntrip' | 'mqtt']>([
  ['9600 baud', { baudRate: 9600 }, 'ntrip'],
  ['115 200 baud, speaking sentences only until it is configured', { baudRate: 115_200, ubxOutput: false }, 'mqtt'],
  // One that knows nothing of a connector refuses a message that names it, and takes the half that it knows.
  ['230 400 baud, a chip without USB', { baudRate: 230_400, profile: 'neo-m10', ubxOutput: false }, 'mqtt'],
])(
  'a receiver at %s',
  async (_what, knobs, plan) => {
    await using gateway = await startScenario({
      world: { clock: createClock(anchorNow(SCALE)), module: QUICK_MODULE, plan, receiver: knobs },
      config: { corrections: { maxAgeSeconds: 60 } },
    });
    const { receiver } = gateway.world;
    const found = await gateway.until('found', (s) => s.receiver?.model !== undefined, 30_000);
    expect(found.receiver).toMatchObject({ running: true, baudRate: knobs.baudRate });
    // Nobody has changed its speed: it was found at its own, and written to only then.
    expect(receiver.snapshot().baudRate).toBe(knobs.baudRate);
    const configured = await gateway.until('configured', (s) => s.receiver?.configuration !== undefined, 20_000);
    expect(configured.receiver?.configuration?.mandatory).toBe('accepted');
    const status = await gateway.until('positions over UBX', (s) => s.fix.source === 'nav-pvt', 20_000);
    expect(status.parts.gnss.restarts).toBe(0);
    if (knobs.profile === 'neo-m10') {
      expect(status.receiver?.model).toContain('NEO-M10');
      return;
    }
    const fixed = await gateway.until('rtk_fixed', isFixed, 30_000);
    expect(fixed.corrections).toMatchObject({ verdict: 'ok', use: { answer: 'used' } });
    expect(receiver.heldKeys).toBe(plan === 'mqtt' ? 2 : 0);
  },
  90_000,
);
