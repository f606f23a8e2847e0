import { expect, test } from 'vitest';
import { channelLadder, climb, healthy, LADDER_START, type LadderState } from '../../src/agent/recovery.js';
import { type ErrorCode, type Rung, WaymarkError } from '../../src/core/index.js';

const LADDER = channelLadder({ maxResetsPerHour: 3, maxPowerCyclesPerHour: 2 });
const HOUR = 3_600_000;
const everything = (): boolean => true;

function failTimes(
  n: number,
  code: ErrorCode,
  options: { start?: LadderState; at?: number; everyMs?: number; available?: (rung: Rung) => boolean } = {},
) {
  let state = options.start ?? LADDER_START;
  const rungs: (Rung | undefined)[] = [];
  for (let i = 0; i < n; i++) {
    const decision = climb(
      LADDER,
      state,
      new WaymarkError(code, 'x'),
      (options.at ?? 0) + i * (options.everyMs ?? 1000),
      options.available ?? everything,
    );
    state = decision.state;
    rungs.push(decision.rung);
  }
  return { state, rungs };
}

test('a silent channel is reopened three times before the module is reset, and power is last', () => {
  expect(failTimes(6, 'modem.timeout', { everyMs: 700_000 }).rungs).toEqual([
    'reopen',
    'reopen',
    'reopen',
    'module-reset',
    'module-reset',
    'power',
  ]);
});

test('a module is reset at most once in ten minutes: between, the lower rung is taken', () => {
  expect(failTimes(5, 'modem.timeout', { everyMs: 1000 }).rungs).toEqual([
    'reopen',
    'reopen',
    'reopen',
    'module-reset',
    'reopen',
  ]);
});

test.each<ErrorCode>(['network.denied', 'sim.pin', 'sim.puk', 'sim.absent', 'modem.wrong-device'])(
  '%s never climbs',
  (code) => {
    expect(failTimes(20, code).rungs.every((rung) => rung === undefined)).toBe(true);
  },
);

test('health forgets failures but not what was spent', () => {
  const { state } = failTimes(4, 'modem.timeout');
  const well = healthy(state);
  expect(well.failures).toBe(0);
  expect(failTimes(4, 'modem.timeout', { start: well, at: 60_000 }).rungs.at(-1)).toBe('reopen');
  expect(failTimes(4, 'modem.timeout', { start: well, at: HOUR }).rungs.at(-1)).toBe('module-reset');
});

test('without a power hook the reset stays the highest rung', () => {
  const rungs = failTimes(8, 'modem.timeout', { everyMs: HOUR, available: (rung) => rung !== 'power' }).rungs;
  expect(rungs).not.toContain('power');
  expect(rungs.at(-1)).toBe('module-reset');
});

test('budgets spent in a wall clock that was ahead do not block for ever', () => {
  const { state } = failTimes(4, 'modem.timeout', { at: 100 * HOUR });
  expect(failTimes(4, 'modem.timeout', { start: healthy(state), at: 0 }).rungs.at(-1)).toBe('module-reset');
});
