import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import { withAssistNow } from '../helpers/assistance.js';
import { figure } from '../helpers/figures.js';
import { lamp, QUICK_MODULE, startScenario } from '../helpers/scenario.js';

/** What takes seconds passes faster; a cold start of the receiver still outlasts the start of the gateway by far. */
const SCALE = 5;
/** Clock time from the boot on that the connects of an hour's outage are judged by. */
const WATCH_MS = 110_000;
/** The first minute may try every second or two, what follows ever less often. */
const FIRST_MINUTE = 60;
const AFTERWARDS = 12;

const COLD = { start: 'cold' } as const;

test('the network is gone at boot: the cache helps the receiver, positions flow, and nobody is hammered', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-warm-'));
  const clock = createClock(anchorNow(SCALE));
  // Nobody else knows the place of a gateway that has just been switched on.
  const config = { corrections: { position: { latitudeDeg: 48.2, longitudeDeg: 16.4 } } };
  const world = { clock, module: QUICK_MODULE, plan: 'ntrip', receiver: COLD } as const;
  try {
    {
      await using first = await startScenario({ dir, world, ...withAssistNow({ config }) });
      const status = await first.until(
        'a filled cache and a first fix',
        (s) =>
          s.fix.quality !== 'none' && s.assistance?.predictive?.isUsable === true && lamp(s, 'session').state === 'lit',
      );
      expect(status.assistance?.fetchesToday).toBeGreaterThan(0);
    }
    const startedMs = clock.mono();
    await using gateway = await startScenario({
      dir,
      world,
      ...withAssistNow({ config, prepare: (outside) => outside.clouds.setOutage(true) }),
    });
    const { clouds, receiver } = gateway.world;
    const doors = {
      ztp: clouds.ztp.door,
      broker: clouds.broker.door,
      caster: clouds.caster.door,
      casterTls: clouds.caster.tlsDoor,
      assistnow: clouds.assistnow.door,
    };
    const connects = (): Record<keyof typeof doors, number> =>
      Object.fromEntries(Object.entries(doors).map(([name, door]) => [name, door.connections])) as never;

    const helped = await gateway.until('assistance injected', (s) => (s.assistance?.lastInjection?.accepted ?? 0) > 4);
    expect(helped.assistance?.lastInjection).toMatchObject({ refused: 0, unanswered: 0 });
    expect(helped.assistance?.lastInjection?.from).toMatch(/live|predictive/);
    const fixed = await gateway.until('positions', (s) => s.fix.quality === '3d');
    const firstFixMs = receiver.snapshot().timeToFirstFixMs ?? Number.POSITIVE_INFINITY;
    expect(receiver.snapshot().aiding.satellites).toBeGreaterThanOrEqual(4);
    expect(lamp(fixed, 'session').state).not.toBe('lit');

    await gateway.until('the first minute', () => clock.mono() - startedMs > 60_000);
    const early = connects();
    const before = gateway.status().receiver?.framesIn ?? 0;
    await gateway.until('watched', () => clock.mono() - startedMs > WATCH_MS, 40_000);
    const all = connects();
    figure(
      `network gone at boot: first fix ${(firstFixMs / 1000).toFixed(1)} s after power-up, connects in the first minute ${JSON.stringify(early)}, after ${WATCH_MS / 1000} s ${JSON.stringify(all)}`,
    );
    for (const name of Object.keys(doors) as (keyof typeof doors)[]) {
      expect(early[name], name).toBeLessThanOrEqual(FIRST_MINUTE);
      expect(all[name] - early[name], name).toBeLessThanOrEqual(AFTERWARDS);
    }
    // It did try, and paid for nothing.
    expect(all.caster + all.casterTls).toBeGreaterThan(0);
    expect([clouds.ztp.calls, clouds.assistnow.requests, clouds.assistnow.ztpCalls]).toEqual([[], [], []]);

    const status = gateway.status();
    expect(status.fix).toMatchObject({ quality: '3d', latitudeDeg: expect.closeTo(48.208, 2) });
    expect(status.fix.ageMs).toBeLessThan(5000);
    expect(status.receiver?.framesIn).toBeGreaterThan(before);
    expect(status.position?.from).toBe('receiver');
    expect(status.assistance?.state).toBe('content');
    expect(lamp(status, 'session')).toMatchObject({ state: 'dark' });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 90_000);
