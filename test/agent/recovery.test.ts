import { expect, test } from 'vitest';
import {
  channelLadder,
  climb,
  healthy,
  isWorthKeeping,
  type Ladder,
  networkLadder,
  RECOVERY_START,
  type RecoveryState,
} from '../../src/agent/recovery.js';
import { createRecoveryMemory, recoveryCodec } from '../../src/agent/recovery-memory.js';
import { createFakeClock, type ErrorCode, type Rung, silentLogger, WaymarkError } from '../../src/core/index.js';

const LIMITS = { maxResetsPerHour: 3, maxPowerCyclesPerHour: 2 };
const CHANNEL = channelLadder(LIMITS);
const NETWORK = networkLadder(LIMITS);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const everything = (): boolean => true;
const but =
  (...missing: Rung[]) =>
  (rung: Rung): boolean =>
    !missing.includes(rung);

interface Run {
  ladder?: Ladder;
  start?: RecoveryState;
  at?: number;
  everyMs?: number;
  available?: (rung: Rung) => boolean | 'later';
}

function failTimes(n: number, code: ErrorCode, options: Run = {}) {
  let state = options.start ?? RECOVERY_START;
  const rungs: (Rung | undefined)[] = [];
  const at = options.at ?? HOUR;
  for (let i = 0; i < n; i++) {
    const decision = climb(
      options.ladder ?? CHANNEL,
      state,
      new WaymarkError(code, 'x'),
      at + i * (options.everyMs ?? 1000),
      options.available ?? everything,
    );
    state = decision.state;
    rungs.push(decision.rung);
  }
  return { state, rungs };
}

/** The rungs in the order in which each was taken first. */
const firsts = <T>(taken: readonly T[]): T[] => [...new Set(taken)];

test('the channel ladder names every rung of the picture, in its order', () => {
  expect(CHANNEL.rungs.map(({ rung, doneBy }) => `${rung}:${doneBy}`)).toEqual([
    'repeat:channel',
    'resync:channel',
    'reopen:agent',
    'other-port:agent',
    'module-reset:agent',
    'power:agent',
    'give-back:agent',
  ]);
});

test('the network ladder names every rung of the picture, in its order', () => {
  expect(NETWORK.rungs.map(({ rung, doneBy }) => `${rung}:${doneBy}`)).toEqual([
    'resubscribe:session',
    'session:session',
    'road:probe',
    'bearer:agent',
    'registration:agent',
    'radio:agent',
    'module-reset:agent',
    'give-back:agent',
  ]);
});

test('a silent channel: port, other port, module, power, and in the end the agent itself', () => {
  expect(failTimes(10, 'modem.timeout', { everyMs: 21 * MINUTE }).rungs).toEqual([
    ...Array<Rung>(3).fill('reopen'),
    ...Array<Rung>(3).fill('other-port'),
    'module-reset',
    'module-reset',
    'power',
    'give-back',
  ]);
});

test('no session over a dead road: connection, registration, radio, and the module only then', () => {
  expect(failTimes(8, 'network.no-road', { ladder: NETWORK, everyMs: 11 * MINUTE }).rungs).toEqual([
    'bearer',
    'bearer',
    'registration',
    'registration',
    'radio',
    'radio',
    'module-reset',
    'module-reset',
  ]);
});

test.each<[ErrorCode, Ladder, Rung]>([
  ['modem.timeout', CHANNEL, 'reopen'],
  ['modem.desync', CHANNEL, 'reopen'],
  ['modem.reset', CHANNEL, 'reopen'],
  ['link.stalled', CHANNEL, 'reopen'],
  ['network.no-road', NETWORK, 'bearer'],
  ['network.no-bearer', NETWORK, 'bearer'],
  ['network.searching', NETWORK, 'registration'],
])('%s begins its climb where its error says', (code, ladder, first) => {
  expect(failTimes(1, code, { ladder }).rungs).toEqual([first]);
});

test('what lies before the start of a climb is never taken, not even when the rungs above it are spent', () => {
  const { rungs } = failTimes(40, 'network.searching', { ladder: NETWORK, available: but('give-back') });
  expect(rungs).not.toContain('bearer');
  expect(firsts(rungs)).toEqual(['registration', 'radio', undefined, 'module-reset']);
});

test.each<ErrorCode>([
  'network.denied',
  'network.roaming',
  'sim.pin',
  'sim.pin-refused',
  'sim.pin-guarded',
  'sim.puk',
  'sim.absent',
  'sim.failure',
  'credential.refused',
  'mqtt.refused',
  'tls.client-refused',
  'modem.wrong-device',
  'modem.error',
  'link.shared',
])('%s climbs neither ladder', (code) => {
  for (const ladder of [CHANNEL, NETWORK]) {
    const { rungs, state } = failTimes(50, code, { ladder, everyMs: 10 * MINUTE });
    expect(firsts(rungs)).toEqual([undefined]);
    expect(state).toEqual(RECOVERY_START);
  }
});

test.each<[ErrorCode, Rung[]]>([
  ['link.busy', ['reopen']],
  ['link.closed', ['reopen']],
  ['link.absent', ['reopen', 'power']],
  ['modem.overflow', ['reopen', 'other-port', 'power']],
])('%s is mended by %j alone', (code, rungs) => {
  expect(firsts(failTimes(30, code, { everyMs: 40 * MINUTE }).rungs)).toEqual(rungs);
});

test('a module is restarted at most once in ten minutes, then twenty, forty, and hourly for as long as it goes on', () => {
  const available = but('power', 'give-back');
  const gaps: number[] = [];
  let last: number | undefined;
  let state = RECOVERY_START;
  for (let at = HOUR; at < 8 * HOUR; at += MINUTE) {
    const step = climb(CHANNEL, state, new WaymarkError('modem.timeout', 'x'), at, available);
    state = step.state;
    if (step.rung !== 'module-reset') continue;
    if (last !== undefined) gaps.push((at - last) / MINUTE);
    last = at;
  }
  expect(gaps.slice(0, 3)).toEqual([10, 20, 40]);
  expect(firsts(gaps.slice(3))).toEqual([60]);
});

test('restart and power cut share that spacing', () => {
  const times: number[] = [];
  let state = RECOVERY_START;
  for (let at = HOUR; at < 9 * HOUR; at += MINUTE) {
    const step = climb(CHANNEL, state, new WaymarkError('modem.timeout', 'x'), at, but('give-back'));
    state = step.state;
    if (step.rung === 'power' || step.rung === 'module-reset') times.push(at);
  }
  const gaps = times.slice(1).map((at, i) => (at - (times[i] ?? 0)) / MINUTE);
  expect(gaps[0]).toBe(10);
  expect(Math.min(...gaps.slice(3))).toBe(60);
});

test('both ladders spend one budget of restarts', () => {
  const { state } = failTimes(7, 'modem.timeout');
  expect(state.ledgers['module-reset']).toHaveLength(1);
  const network = failTimes(8, 'network.no-road', { ladder: NETWORK, start: state, at: HOUR + 10_000 });
  expect(network.rungs).not.toContain('module-reset');
});

test('while a rung is not paid for, the one below it is taken', () => {
  expect(failTimes(9, 'modem.timeout').rungs.slice(6)).toEqual(['module-reset', 'other-port', 'other-port']);
});

test('the radio is switched at most once in ten minutes and three times an hour', () => {
  const times: number[] = [];
  let state = RECOVERY_START;
  for (let at = HOUR; at < 4 * HOUR; at += MINUTE) {
    const step = climb(
      NETWORK,
      state,
      new WaymarkError('network.searching', 'x'),
      at,
      but('module-reset', 'give-back'),
    );
    state = step.state;
    if (step.rung === 'radio') times.push(at);
  }
  for (const [i, at] of times.entries()) {
    expect(at - (times[i - 1] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(10 * MINUTE);
    expect(times.filter((t) => t >= at && t < at + HOUR).length).toBeLessThanOrEqual(3);
  }
  expect(times.length).toBeGreaterThanOrEqual(6);
});

test('a rung with a budget of none is not in the ladder', () => {
  const never = channelLadder({ maxResetsPerHour: 0, maxPowerCyclesPerHour: 0 });
  expect(firsts(failTimes(30, 'modem.timeout', { ladder: never, everyMs: HOUR }).rungs)).toEqual([
    'reopen',
    'other-port',
    'give-back',
  ]);
});

test('rungs that are not there cost no tries', () => {
  expect(failTimes(4, 'modem.timeout', { available: but('other-port') }).rungs.at(-1)).toBe('module-reset');
});

test('it is given back once in six hours', () => {
  const { rungs } = failTimes(60, 'modem.timeout', { everyMs: 10 * MINUTE });
  expect(rungs.filter((rung) => rung === 'give-back')).toHaveLength(2);
});

test('it is not given back before every other means was tried', () => {
  const { rungs } = failTimes(30, 'modem.timeout');
  expect(rungs).toContain('module-reset');
  expect(rungs).not.toContain('give-back');
});

test('a rung whose time has not come is stepped over, and waited for', () => {
  const available = (rung: Rung) => (rung === 'power' ? ('later' as const) : true);
  const { rungs } = failTimes(60, 'modem.timeout', { everyMs: 21 * MINUTE, available });
  expect(firsts(rungs)).toEqual(['reopen', 'other-port', 'module-reset']);
});

test('health forgets failures but not what was spent', () => {
  const { state } = failTimes(7, 'modem.timeout');
  const well = healthy('channel', state);
  expect(well.channel.failures).toBe(0);
  expect(failTimes(7, 'modem.timeout', { start: well, at: HOUR + MINUTE }).rungs).not.toContain('module-reset');
  expect(failTimes(7, 'modem.timeout', { start: well, at: HOUR + 11 * MINUTE }).rungs.at(-1)).toBe('module-reset');
});

test('a process that starts anew goes on where the last one was, unless that is long ago', () => {
  const stored = recoveryCodec.decode(
    JSON.parse(JSON.stringify(recoveryCodec.encode(failTimes(6, 'modem.timeout').state))),
    2,
  );
  expect(failTimes(1, 'modem.timeout', { start: stored, at: HOUR + MINUTE }).rungs).toEqual(['module-reset']);
  expect(failTimes(1, 'modem.timeout', { start: stored, at: 4 * HOUR }).rungs).toEqual(['reopen']);
});

test('what was spent under a clock that was ahead counts as spent now: it blocks once, not for ever', () => {
  const available = but('power', 'give-back');
  const { state } = failTimes(7, 'modem.timeout', { at: 1000 * HOUR });
  const back = failTimes(1, 'modem.timeout', { start: state, at: HOUR, available });
  expect(back.rungs).toEqual(['other-port']);
  expect(back.state.ledgers['module-reset']).toEqual([HOUR]);
  const later = { start: back.state, at: HOUR + 11 * MINUTE, available };
  expect(failTimes(1, 'modem.timeout', later).rungs).toEqual(['module-reset']);
});

test('failures at the top of a ladder are not written to disk again and again', () => {
  const { state } = failTimes(30, 'modem.timeout', { available: but('module-reset', 'power', 'give-back') });
  const { state: next } = failTimes(1, 'modem.timeout', {
    start: state,
    at: HOUR + MINUTE,
    available: but('module-reset', 'power', 'give-back'),
  });
  expect(isWorthKeeping(state, next)).toBe(false);
});

test('the ledgers of the first version are kept', () => {
  expect(recoveryCodec.decode({ 'module-reset': [1, 2, 'x'] }, 1)).toEqual({
    ...RECOVERY_START,
    ledgers: { 'module-reset': [1, 2] },
  });
});

test('a disk that fails does not keep the module from being recovered, and says that it did not keep it', async () => {
  const memory = createRecoveryMemory(
    {
      read: () => Promise.reject(new WaymarkError('vault.unreadable', 'x')),
      write: () => Promise.reject(new WaymarkError('vault.write', 'x')),
    },
    silentLogger,
  );
  const error = new WaymarkError('modem.timeout', 'x');
  const result = await memory.apply((state) => climb(CHANNEL, state, error, HOUR, everything));
  expect(result).toMatchObject({ rung: 'reopen', isDurable: false });
  expect((await memory.current()).channel.failures).toBe(1);
});

test('both ladders write into one memory at the same time without losing what the other one spent', async () => {
  const memory = createRecoveryMemory(undefined, silentLogger);
  const error = new WaymarkError('modem.timeout', 'x');
  for (let i = 0; i < 20; i++)
    await Promise.all([
      memory.apply((state) => climb(CHANNEL, state, error, HOUR + i, everything)),
      memory.apply((state) => ({ state: healthy('network', state) })),
    ]);
  expect((await memory.current()).channel.failures).toBeGreaterThanOrEqual(10);
  expect((await memory.current()).ledgers['module-reset']).toHaveLength(1);
});

test('a wall clock that is set while the process runs frees nothing that was spent, and blocks nothing for long', async () => {
  const clock = createFakeClock(Date.UTC(2026, 0, 1));
  let kept: RecoveryState = RECOVERY_START;
  const slot = {
    read: () => Promise.resolve({ value: structuredClone(kept), generation: 'current' as const }),
    write: (value: RecoveryState) => Promise.resolve(void (kept = structuredClone(value))),
  };
  const start = () => {
    const memory = createRecoveryMemory(slot, silentLogger, clock);
    return (code: ErrorCode) =>
      memory.apply((state) =>
        climb(CHANNEL, state, new WaymarkError(code, 'x'), clock.wall(), but('power', 'give-back')),
      );
  };
  let fail = start();
  const rungs: (Rung | undefined)[] = [];
  const failFor = async (minutes: number) => {
    rungs.length = 0;
    for (let i = 0; i < minutes * 2; i++) {
      rungs.push((await fail('modem.timeout')).rung);
      await clock.advance(30_000);
    }
    return rungs.filter((rung) => rung === 'module-reset').length;
  };
  expect(await failFor(9)).toBe(1);
  // The network has told the time: months later, seconds later.
  for (const step of [150 * 24 * HOUR, -150 * 24 * HOUR, 3 * HOUR]) {
    clock.stepWall(step);
    expect(await failFor(1)).toBe(0);
  }
  expect(await failFor(10)).toBe(1);
  // Each start of a gateway without a clock: in the past, and then set right.
  for (let n = 0; n < 5; n++) {
    clock.stepWall(-200 * 24 * HOUR);
    fail = start();
    expect(await failFor(1)).toBe(0);
    clock.stepWall(200 * 24 * HOUR);
    expect(await failFor(1)).toBe(0);
  }
  expect(await failFor(5)).toBe(0);
  expect(await failFor(20)).toBe(1);
});

test('a card that was changed or asks again climbs nothing, though it is told as a restart', () => {
  const error = new WaymarkError('modem.reset', 'another SIM is in the module', { evidence: { card: 'changed' } });
  let state = RECOVERY_START;
  for (let i = 0; i < 20; i++) {
    const decision = climb(CHANNEL, state, error, HOUR + i * MINUTE, everything);
    expect(decision.rung).toBeUndefined();
    state = decision.state;
  }
  expect(state.channel.failures).toBe(0);
});
