import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import { describeStatus } from '../../src/status/index.js';
import { isServing, QUICK_MODULE, startScenario } from '../helpers/scenario.js';

const SCALE = 3;
/** Clock time that is looked at once everything has been tried. */
const WATCH_MS = 40_000;
/** A whole correction cycle, keys, and configuration once or twice: anything above is hammering. */
const MAX_UBX = 90;

test.concurrent.each([
  ['a receiver that reports', 'mqtt', false, 'link-corruption', /: they arrive damaged by the line: check its speed/],
  ['a receiver without reports', 'ntrip', true, 'not-configured', /written, slowly; perhaps the line loses bytes: /],
] as const)(
  '%s is never corrected, and the answer names line speed and cable',
  async (_who, plan, refuseOptional, verdict, words) => {
    const clock = createClock(anchorNow(SCALE));
    await using gateway = await startScenario({
      world: {
        clock,
        module: QUICK_MODULE,
        plan,
        receiver: { swallowBytesEvery: 40, swallowBytesWhen: 'always', refuseOptional },
      },
      config: { corrections: { maxAgeSeconds: 60 } },
    });
    const { receiver } = gateway.world;
    await gateway.until('serving', isServing);
    await gateway.until('paced', (s) => s.receiver?.delivery === 'paced', 40_000);
    await gateway.until('said', (s) => words.test(s.corrections.use.sentence), 20_000);
    const sinceMs = clock.mono();
    const before = gateway.status();
    await gateway.until('watched', () => clock.mono() - sinceMs > WATCH_MS);

    const status = gateway.status();
    expect(status.corrections.verdict).toBe(verdict);
    expect(status.corrections.use).toMatchObject({ answer: 'not-used', count: 0 });
    expect(status.corrections.use.sentence).toMatch(words);
    expect(status.corrections.use.sentence).toContain('cable');
    expect(describeStatus(status, { colour: false })).toContain('check its speed and the cable');
    // Positions go on, uncorrected, and nobody restarts anything because of it.
    expect(status.fix.quality).toBe('3d');
    expect(status).toMatchObject({ state: 'degraded', overall: 'degraded' });
    expect(status.why).toContain('corrections lost');
    expect(status.lamps.find(({ name }) => name === 'corrections')).toMatchObject({
      state: 'dark',
      reason: 'corrections.not-used',
      hint: expect.stringMatching(/line speed.*cable/),
    });
    expect(status.receiver).toMatchObject({ running: true, restarts: 0, delivery: 'paced' });
    expect(status.parts.gnss.restarts).toBe(0);
    expect(status.session).toMatchObject({ connects: 1, disconnects: 0 });
    // What the service sends, once, and little else.
    expect(receiver.counters.used).toBe(0);
    expect(receiver.counters.ubxIn).toBeLessThan(MAX_UBX);
    const perS = (status.corrections.bytesToReceiver - before.corrections.bytesToReceiver) / (WATCH_MS / 1000);
    expect(perS).toBeLessThan(600);
    expect(status.corrections.framesToReceiver).toBeLessThanOrEqual(status.corrections.framesIn);
  },
  120_000,
);
