import { expect, test } from 'vitest';
import { createLampBoard } from '../../src/agent/lamp-board.js';
import { createModemLane, type ModemLaneDeps } from '../../src/agent/lanes/modem.js';
import type { NetworkReport } from '../../src/agent/network-ladder.js';
import { RECOVERY_START, type RecoveryState } from '../../src/agent/recovery.js';
import { createRecoveryMemory } from '../../src/agent/recovery-memory.js';
import { createSupervisor } from '../../src/agent/supervisor.js';
import { aborted, createFakeClock, type ErrorCode, silentLogger, sleep, WaymarkError } from '../../src/core/index.js';
import type { PortHolder } from '../../src/link/index.js';
import type { Modem, ModemSnapshot } from '../../src/modem/index.js';

const MINUTE = 60_000;
const THIEF: PortHolder = { pid: 812, name: 'ModemManager', isSelf: false };
const OURSELVES: PortHolder = { pid: 1, name: 'node', isSelf: true };

/** A lane over a module that does what the test says: each bring-up takes `bringUpMs` and ends as `outcomes` tells. */
function setUp(deps: Partial<ModemLaneDeps> = {}, giveBack = true) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const taken: string[] = [];
  const reports: string[] = [];
  const listeners = new Set<() => void>();
  const logged: { event: string; fields: unknown }[] = [];
  const world = {
    outcome: 'modem.timeout' as ErrorCode | 'up',
    bringUps: 0,
    /** The port is there again whenever it is waited for. */
    isPortBack: false,
    holders: [OURSELVES] as readonly PortHolder[],
    lose: (_error: WaymarkError): void => undefined,
    polled: undefined as (() => void) | undefined,
    snapshot: { stage: 'absent', registration: { state: 'unknown' }, bearer: { active: false } } as ModemSnapshot,
  };
  let kept: RecoveryState = RECOVERY_START;
  const change = (next: Partial<ModemSnapshot>): void => {
    world.snapshot = { ...world.snapshot, ...next };
    for (const listener of listeners) listener();
  };
  const modem = {
    bringUp: () => {
      world.bringUps++;
      if (world.outcome === 'up') {
        change({ stage: 'ready', model: 'LE910C1', sim: 'ready' });
        return Promise.resolve();
      }
      return Promise.reject(new WaymarkError(world.outcome, world.outcome));
    },
    watch: ({ signal, onPolled }: Parameters<Modem['watch']>[0]) =>
      new Promise((_, reject) => {
        world.lose = reject;
        world.polled = onPolled;
        void aborted(signal).then(() => reject(new Error('stopped')));
      }),
    recover: (rung: string) => Promise.resolve(void taken.push(rung)),
    snapshot: () => world.snapshot,
    onChange: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  } as unknown as Modem;
  const lamps = createLampBoard(['modem', 'sim', 'network', 'session'], clock, silentLogger);
  const lane = createModemLane(
    {
      modem,
      lamps,
      clock,
      log: { ...silentLogger, warn: (event, fields) => void logged.push({ event, fields }) },
      recovery: createRecoveryMemory(
        {
          read: () => Promise.resolve({ value: kept, generation: 'current' }),
          write: (value) => Promise.resolve(void (kept = value)),
        },
        silentLogger,
      ),
      powerCycle: () => Promise.resolve(void taken.push('power')),
      portChanged: (waitMs, signal) => (world.isPortBack ? sleep(clock, waitMs, signal) : new Promise(() => undefined)),
      holders: () => Promise.resolve(world.holders),
      giveBack: (reason) => void taken.push(`give-back ${reason.code}`),
      network: (report: NetworkReport) =>
        Promise.resolve(void reports.push('ok' in report ? 'ok' : report.failure.code)),
      ...deps,
    },
    { pollSeconds: 15, moduleReset: true, giveBack, limits: { maxResetsPerHour: 3, maxPowerCyclesPerHour: 2 } },
  );
  const supervisor = createSupervisor({ clock, log: silentLogger, random: () => 1, onChange: () => undefined });
  const start = (): void => void supervisor.run([lane], stop.signal).catch(() => undefined);
  return { clock, stop, taken, reports, world, lamps, lane, supervisor, start, change, logged };
}

test.each<ErrorCode>(['link.busy', 'link.closed', 'link.permission', 'network.denied', 'sim.absent', 'modem.error'])(
  '%s for a day leads to nothing being done to the module',
  async (code) => {
    const t = setUp();
    t.world.isPortBack = true;
    t.world.outcome = code;
    t.start();
    await t.clock.advance(24 * 60 * MINUTE);
    t.stop.abort();
    expect(t.world.bringUps).toBeGreaterThan(20);
    expect(t.taken).toEqual([]);
  },
);

test('a module that does not answer is restarted, then cut off, then the agent gives itself back', async () => {
  const t = setUp();
  t.start();
  await t.clock.advance(60 * MINUTE);
  expect(t.taken.slice(0, 3)).toEqual(['module-reset', 'power', 'give-back modem.timeout']);
});

test('nothing is given back while a session serves, or when that is switched off', async () => {
  const served = setUp();
  served.lamps.lit('session', 'over another way out');
  served.start();
  await served.clock.advance(300 * MINUTE);
  expect(served.taken.filter((rung) => rung.startsWith('give-back'))).toEqual([]);
  const off = setUp({}, false);
  off.start();
  await off.clock.advance(300 * MINUTE);
  expect(off.taken.filter((rung) => rung.startsWith('give-back'))).toEqual([]);
});

test('what could not be noted on disk is not given back: the next start would do it again', async () => {
  const t = setUp({ recovery: createRecoveryMemory(undefined, silentLogger) });
  t.start();
  await t.clock.advance(120 * MINUTE);
  expect(t.taken).toContain('power');
  expect(t.taken.filter((rung) => rung.startsWith('give-back'))).toEqual([]);
});

test('the second port is tried for three bring-ups, and the first one again after a success or in vain', async () => {
  const used: boolean[] = [];
  const t = setUp({ otherPort: { exists: () => true, use: (isOther) => void used.push(isOther) } });
  t.start();
  await t.clock.advance(2000);
  expect(used).toEqual([]);
  await t.clock.advance(4000);
  expect(used).toEqual([true]);
  await t.clock.advance(2 * MINUTE);
  expect(used.slice(0, 2)).toEqual([true, false]);

  const works: boolean[] = [];
  const s = setUp({ otherPort: { exists: () => true, use: (isOther) => void works.push(isOther) } });
  s.start();
  await s.clock.advance(6000);
  expect(works).toEqual([true]);
  s.world.outcome = 'up';
  await s.clock.advance(MINUTE);
  expect(works).toEqual([true, false]);
  expect(s.taken).toEqual([]);
});

test('a port that stays away may need its power cut, after half an hour', async () => {
  const t = setUp();
  t.world.outcome = 'link.absent';
  t.start();
  await t.clock.advance(29 * MINUTE);
  expect(t.taken).toEqual([]);
  await t.clock.advance(12 * MINUTE);
  expect(t.taken).toEqual(['power']);
});

test('another program on the port is named once, with its pid, while all goes well', async () => {
  const seen: string[][] = [];
  const t = setUp({ onHolders: (others) => void seen.push(others.map(({ name }) => name)) });
  t.world.outcome = 'up';
  t.start();
  await t.clock.advance(30_000);
  t.world.holders = [OURSELVES, THIEF];
  await t.clock.advance(60_000);
  t.world.holders = [OURSELVES];
  await t.clock.advance(30_000);
  expect(t.logged.filter(({ event }) => event === 'port.shared')).toEqual([
    { event: 'port.shared', fields: { name: 'ModemManager', pid: 812 } },
  ]);
  expect(seen).toEqual([['ModemManager'], []]);
});

test.each<ErrorCode>(['modem.desync', 'modem.timeout', 'modem.error', 'link.busy'])(
  '%s while another program has the port is blamed on it, with its cure, and climbs nothing',
  async (code) => {
    const t = setUp({ cureOf: ([first]) => `stop ${first?.name ?? ''}` });
    t.world.holders = [OURSELVES, THIEF];
    t.world.outcome = code;
    t.start();
    await t.clock.advance(120 * MINUTE);
    expect(t.lamps.condition().lamps.modem.reason).toMatchObject({
      code: 'link.shared',
      message: `ModemManager (pid 812) has the module’s port open too: ${code}`,
      hint: 'stop ModemManager',
    });
    expect(t.taken).toEqual([]);
  },
);

test('an unplugged module is not blamed on whoever else has the port open, and told in few words', async () => {
  const t = setUp();
  t.world.holders = [OURSELVES, THIEF];
  t.world.outcome = 'link.closed';
  t.start();
  await t.clock.advance(1000);
  // What the port said stands beside the reason: the sentence of state has no room for paths.
  expect(t.lamps.condition().lamps.modem).toMatchObject({
    reason: { code: 'link.closed', message: 'the module is unplugged or off' },
    detail: 'link.closed',
  });
});

test('the network ladder hears of every failure and of success', async () => {
  const t = setUp();
  t.world.outcome = 'network.searching';
  t.start();
  await t.clock.advance(1000);
  t.world.outcome = 'up';
  await t.clock.advance(5 * MINUTE);
  t.world.lose(new WaymarkError('modem.desync', 'x'));
  await t.clock.advance(1);
  expect(t.reports).toEqual(['network.searching', 'ok', 'modem.desync']);
});

test('a note about the PIN that the disk does not take is the matter of the SIM lamp, and the module is left alone', async () => {
  const t = setUp();
  t.world.outcome = 'vault.write';
  t.change({ stage: 'sim', model: 'LE910C1' });
  t.start();
  await t.clock.advance(60 * MINUTE);
  const { lamps } = t.lamps.condition();
  expect(lamps.sim).toMatchObject({ state: 'dark', reason: { code: 'vault.write' } });
  expect(lamps.modem.state).not.toBe('dark');
  expect(t.taken).toEqual([]);
});

test('a module that registers by itself is not kept waiting', async () => {
  const t = setUp();
  t.world.outcome = 'network.denied';
  t.change({ stage: 'registration', registration: { state: 'denied' } });
  t.start();
  await t.clock.advance(120 * MINUTE);
  const before = t.world.bringUps;
  t.world.outcome = 'up';
  await t.clock.advance(MINUTE);
  expect(t.world.bringUps).toBe(before);
  t.change({ registration: { state: 'home' } });
  await t.clock.advance(3000);
  expect(t.world.bringUps).toBe(before + 1);
});

test('ten minutes of answers begin a new climb', async () => {
  const t = setUp();
  t.start();
  await t.clock.advance(3000);
  t.world.outcome = 'up';
  await t.clock.advance(11 * MINUTE);
  t.world.outcome = 'modem.timeout';
  t.world.lose(new WaymarkError('modem.timeout', 'x'));
  await t.clock.advance(3000);
  expect(t.taken).toEqual([]);
});

test('rounds of questions are its beat: an hour and more without one is a lane that hangs, a troubled port is not', async () => {
  const t = setUp();
  t.world.outcome = 'link.absent';
  t.start();
  for (let hour = 0; hour < 12; hour++) {
    await t.clock.advance(60 * MINUTE);
    expect(t.supervisor.stuck()).toEqual([]);
  }
  t.world.outcome = 'up';
  t.world.isPortBack = true;
  await t.clock.advance(30 * MINUTE);
  const bringUps = t.world.bringUps;
  for (let minute = 0; minute < 180; minute++) {
    t.world.polled?.();
    await t.clock.advance(MINUTE);
    expect(t.supervisor.stuck()).toEqual([]);
  }
  await t.clock.advance(59 * MINUTE);
  expect(t.supervisor.stuck()).toEqual([]);
  await t.clock.advance(MINUTE);
  expect(t.supervisor.stuck()).toEqual(['modem']);
  expect(t.world.bringUps).toBe(bringUps);
  t.stop.abort();
});
