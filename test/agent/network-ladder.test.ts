import { describe, expect, test } from 'vitest';
import {
  createNetworkLadder,
  type NetworkLadderOptions,
  type NetworkReport,
  OBSERVE_PATIENCE_MS,
} from '../../src/agent/network-ladder.js';
import { RECOVERY_START, type RecoveryState } from '../../src/agent/recovery.js';
import { createRecoveryMemory } from '../../src/agent/recovery-memory.js';
import { createFakeClock, type ErrorCode, silentLogger, WaymarkError } from '../../src/core/index.js';

const MINUTE = 60_000;

function setUp(options: Partial<NetworkLadderOptions> = {}, hasModem = true) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const world = { road: 'dead' as 'works' | 'dead' | 'unknown', served: false, refuses: false };
  const done: string[] = [];
  let kept: RecoveryState = RECOVERY_START;
  const ladder = createNetworkLadder(
    {
      clock,
      log: silentLogger,
      recovery: createRecoveryMemory(
        {
          read: () => Promise.resolve({ value: kept, generation: 'current' }),
          write: (value) => Promise.resolve(void (kept = value)),
        },
        silentLogger,
      ),
      newSession: () => void done.push('session'),
      probeRoad: () => {
        done.push('ask');
        return Promise.resolve(world.road);
      },
      ...(hasModem
        ? {
            modemRung: (rung) => {
              done.push(rung);
              return world.refuses ? Promise.reject(new WaymarkError('modem.error', 'no')) : Promise.resolve();
            },
          }
        : {}),
      giveBack: (reason) => void done.push(`give-back ${reason.code}`),
      mayGiveBack: () => !world.served,
    },
    {
      mode: 'activate',
      moduleReset: true,
      limits: { maxResetsPerHour: 3, maxPowerCyclesPerHour: 2 },
      ...options,
    },
  );
  void ladder.lane.run({ signal: stop.signal, ok: () => undefined, doing: () => undefined });
  const ok = (by: NetworkReport['by']) => ladder.report({ by, ok: true });
  const fail = (by: NetworkReport['by'], code: ErrorCode) =>
    ladder.report({ by, failure: new WaymarkError(code, code) });
  /** Says the same every minute, as the probe and a lane do. */
  const failFor = async (minutes: number, by: NetworkReport['by'], code: ErrorCode): Promise<void> => {
    for (let i = 0; i < minutes; i++) {
      await fail(by, code);
      await clock.advance(MINUTE);
    }
  };
  const rungs = (): string[] => done.filter((what) => what !== 'ask' && what !== 'session');
  return { ladder, clock, world, done, ok, fail, failFor, rungs, stop };
}

describe('the far side', () => {
  test('a broker that is out for hours never touches the module', async () => {
    const t = setUp();
    t.world.road = 'works';
    await t.ok('modem');
    await t.failFor(300, 'session', 'mqtt.closed');
    expect(t.rungs()).toEqual([]);
  });

  test('the road is asked only when three sessions in a row could not be had', async () => {
    const t = setUp();
    t.world.road = 'works';
    await t.ok('modem');
    await t.failFor(2, 'session', 'net.unreachable');
    expect(t.done).toEqual([]);
    await t.failFor(1, 'session', 'net.unreachable');
    expect(t.done).toEqual(['ask']);
  });

  test('a refused credential does not even ask the road', async () => {
    const t = setUp();
    await t.ok('modem');
    await t.failFor(60, 'session', 'mqtt.refused');
    expect(t.done).toEqual([]);
  });
});

describe('a dead road', () => {
  test('climbs connection, registration, radio, module', async () => {
    const t = setUp();
    await t.ok('modem');
    await t.failFor(90, 'session', 'net.unreachable');
    expect([...new Set(t.rungs())].slice(0, 4)).toEqual(['bearer', 'registration', 'radio', 'module-reset']);
  });

  test('found by the probe while nobody wants a session is climbed for all the same', async () => {
    const t = setUp();
    await t.ok('modem');
    await t.fail('probe', 'network.no-road');
    expect(t.done).toEqual(['bearer']);
  });

  test('is judged after the cool-down, and a session is tried at once when the road is back', async () => {
    const t = setUp();
    await t.ok('modem');
    await t.fail('probe', 'network.no-road');
    await t.fail('probe', 'network.no-road');
    expect(t.rungs()).toEqual(['bearer']);
    t.world.road = 'works';
    await t.clock.advance(31_000);
    expect(t.done).toEqual(['bearer', 'ask', 'session']);
  });

  test('a rung that fails is one that did not help, no more', async () => {
    const t = setUp();
    t.world.refuses = true;
    await t.ok('modem');
    await t.failFor(20, 'probe', 'network.no-road');
    expect([...new Set(t.rungs())].slice(0, 3)).toEqual(['bearer', 'registration', 'radio']);
  });

  test('ten minutes of health begin a new climb, one minute does not', async () => {
    const t = setUp();
    await t.ok('modem');
    await t.failFor(6, 'probe', 'network.no-road');
    expect(t.rungs().at(-1)).toBe('registration');
    await t.ok('probe');
    await t.clock.advance(MINUTE);
    await t.fail('probe', 'network.no-road');
    expect(t.rungs().at(-1)).not.toBe('bearer');
    await t.ok('probe');
    await t.clock.advance(21 * MINUTE);
    await t.fail('probe', 'network.no-road');
    expect(t.rungs().at(-1)).toBe('bearer');
  });

  test('is given back once everything was tried, but not while anything is served', async () => {
    const t = setUp({ moduleReset: false });
    t.world.served = true;
    await t.ok('modem');
    await t.failFor(120, 'probe', 'network.no-road');
    expect(t.rungs().filter((rung) => rung.startsWith('give-back'))).toEqual([]);
    t.world.served = false;
    await t.failFor(60, 'probe', 'network.no-road');
    expect(t.rungs().filter((rung) => rung.startsWith('give-back'))).toEqual(['give-back network.no-road']);
  });

  test('without a module there is nothing to climb', async () => {
    const t = setUp({}, false);
    await t.failFor(120, 'session', 'net.unreachable');
    expect(t.rungs()).toEqual([]);
  });
});

describe('the module’s own word', () => {
  test('a lost registration starts at the registration, when the road is dead as well', async () => {
    const t = setUp();
    await t.ok('modem');
    await t.fail('modem', 'network.searching');
    expect(t.done).toEqual(['ask', 'registration']);
  });

  test('a module without a road to ask is believed', async () => {
    const t = setUp();
    t.world.road = 'unknown';
    await t.ok('modem');
    await t.fail('modem', 'network.no-bearer');
    expect(t.rungs()).toEqual(['bearer']);
  });

  test('nothing is done to a module while the road works or a session is up, whatever it says', async () => {
    const t = setUp();
    await t.ok('modem');
    t.world.road = 'works';
    await t.failFor(60, 'modem', 'network.searching');
    await t.ok('session');
    t.world.road = 'dead';
    await t.failFor(60, 'modem', 'network.no-bearer');
    expect(t.rungs()).toEqual([]);
  });

  test.each<ErrorCode>(['network.denied', 'network.roaming', 'sim.pin', 'sim.absent', 'sim.failure'])(
    '%s holds the ladder, whoever complains',
    async (code) => {
      const t = setUp();
      await t.ok('modem');
      for (let hour = 0; hour < 12; hour++) {
        await t.fail('modem', code);
        await t.failFor(20, 'probe', 'network.no-road');
        await t.failFor(20, 'session', 'net.unreachable');
        // Between two refusals a module looks for a network again.
        await t.failFor(10, 'modem', 'network.searching');
      }
      expect(t.rungs()).toEqual([]);
    },
  );

  test('a refusal that waits for twelve hours holds the ladder for as long', async () => {
    const t = setUp();
    await t.ok('modem');
    await t.fail('modem', 'network.denied');
    await t.failFor(12 * 60, 'probe', 'network.no-road');
    expect(t.rungs()).toEqual([]);
  });

  test('a module that does not answer is left to the channel ladder', async () => {
    const t = setUp();
    await t.ok('modem');
    await t.fail('modem', 'modem.timeout');
    await t.failFor(60, 'probe', 'network.no-road');
    expect(t.rungs()).toEqual([]);
    await t.ok('modem');
    await t.fail('probe', 'network.no-road');
    expect(t.rungs()).toEqual(['bearer']);
  });

  test('a module that has not been heard of yet is not disturbed', async () => {
    const t = setUp();
    await t.failFor(10, 'probe', 'network.no-road');
    expect(t.rungs()).toEqual([]);
  });
});

describe('somebody else’s data path', () => {
  test('the connection is never touched, registration after 10 minutes, the radio after 30, the module after 60', async () => {
    const t = setUp({ mode: 'observe' });
    await t.ok('modem');
    const since = t.clock.mono();
    const firstAt = new Map<string, number>();
    for (let minute = 0; minute < 150; minute++) {
      await t.fail('probe', 'network.no-road');
      for (const rung of t.rungs()) if (!firstAt.has(rung)) firstAt.set(rung, t.clock.mono() - since);
      await t.clock.advance(MINUTE);
    }
    expect(firstAt.has('bearer')).toBe(false);
    for (const [rung, patienceMs] of Object.entries(OBSERVE_PATIENCE_MS)) {
      expect(firstAt.get(rung), rung).toBeGreaterThanOrEqual(patienceMs);
      expect(firstAt.get(rung), rung).toBeLessThan(patienceMs + 21 * MINUTE);
    }
  });

  test('a road that works once in between starts the patience anew', async () => {
    const t = setUp({ mode: 'observe' });
    await t.ok('modem');
    for (let i = 0; i < 12; i++) {
      await t.failFor(9, 'probe', 'network.no-road');
      await t.ok('probe');
    }
    expect(t.rungs()).toEqual([]);
  });
});

test('reports before the start and after the end have no effect', async () => {
  const t = setUp();
  t.stop.abort();
  await t.ok('modem');
  await t.failFor(30, 'probe', 'network.no-road');
  expect(t.done).toEqual([]);
});
