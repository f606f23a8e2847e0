import { describe, expect, test } from 'vitest';
import { type ErrorCode, WaymarkError } from '../../src/core/index.js';
import { FIRST_PLAN, nextPlan, type Plan, type PlanEvent, restMs } from '../../src/services/celllocate-plan.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const failed = (code: ErrorCode): PlanEvent => ({
  is: 'failed',
  error: new WaymarkError(code, code),
  monoMs: 1000,
  random: 0.5,
});
const ready = (isNeeded = true): PlanEvent => ({ is: 'ready', isNeeded, monoMs: 1000 });
const position: PlanEvent = { is: 'position', monoMs: 1000 };
const due: PlanEvent = { is: 'due' };
const changed: PlanEvent = { is: 'token-changed' };
const play = (events: readonly PlanEvent[], everyHours = 6): Plan =>
  events.reduce<Plan>((plan, event) => nextPlan(everyHours, plan, event), FIRST_PLAN);

describe('the plan', () => {
  const rows: [string, PlanEvent[], Plan['state']['at']][] = [
    ['asks once there is a connection', [ready()], 'asking'],
    ['asks nobody while somebody knows better', [ready(false)], 'spared'],
    ['looks again after that', [ready(false), due], 'waiting'],
    ['has a position', [ready(), position], 'known'],
    ['asks again when it is due', [ready(), position, due], 'waiting'],
    ['asks nobody then, if somebody knows better by now', [ready(), position, due, ready(false)], 'spared'],
    ['rests after a failure', [ready(), failed('celllocate.server')], 'resting'],
    ['goes on after the rest', [ready(), failed('celllocate.server'), due], 'waiting'],
    ['another token ends a rest that is about the token', [ready(), failed('celllocate.token'), changed], 'waiting'],
    ['another token ends the wait for one', [ready(), failed('secret.absent'), changed], 'waiting'],
    ['another token changes nothing else', [ready(), failed('celllocate.server'), changed], 'resting'],
    ['another token asks no known position again', [ready(), position, changed], 'known'],
    ['what comes out of order changes nothing', [position, due, failed('modem.timeout')], 'waiting'],
    ['a second readiness changes nothing', [ready(), ready(false)], 'asking'],
  ];
  test.each(rows)('%s', (_name, events, at) => {
    expect(play(events).state.at).toBe(at);
  });

  test('everyHours 0: one position a start is enough, and failures are tried again until there is one', () => {
    expect(play([ready(), failed('celllocate.server'), due, ready(), position], 0)).toEqual({
      state: { at: 'done' },
      failures: 0,
    });
    expect(play([ready(), position, due, ready()], 0).state.at).toBe('done');
  });

  test('the next position is due after everyHours', () => {
    expect(play([ready(), position], 6).state).toEqual({ at: 'known', untilMonoMs: 1000 + 6 * HOUR });
  });

  test('failures grow the rest, a position and another token forget them', () => {
    const twice = [ready(), failed('celllocate.server'), due, ready(), failed('celllocate.server')];
    expect(play(twice).failures).toBe(2);
    expect(play([...twice, due, ready(), position]).failures).toBe(0);
    expect(play([ready(), failed('celllocate.token'), changed]).failures).toBe(0);
  });
});

describe('rests', () => {
  test.each([
    ['celllocate.token', 0, HOUR, 1.1 * HOUR],
    ['celllocate.token', 9, HOUR, 1.1 * HOUR],
    ['celllocate.unsupported', 0, HOUR, 1.1 * HOUR],
    ['secret.absent', 0, HOUR, 1.1 * HOUR],
    ['credential.refused', 0, HOUR, 1.1 * HOUR],
    ['modem.injection', 0, HOUR, 1.1 * HOUR],
    ['celllocate.server', 0, 5 * MINUTE, 10 * MINUTE],
    ['celllocate.server', 3, 40 * MINUTE, 80 * MINUTE],
    ['celllocate.no-position', 20, 3 * HOUR, 6 * HOUR],
    ['celllocate.busy', 0, MINUTE, 2 * MINUTE],
    ['celllocate.busy', 20, HOUR / 2, HOUR],
    ['network.no-bearer', 0, MINUTE / 2, MINUTE],
    ['sim.pin', 0, MINUTE / 2, MINUTE],
    ['link.closed', 20, 15 * MINUTE, 30 * MINUTE],
    ['modem.timeout', 0, MINUTE / 2, MINUTE],
  ] as const)('%s after %i failures', (code, failures, least, most) => {
    const error = new WaymarkError(code, code);
    for (const random of [0, 0.37, 0.999]) {
      const ms = restMs(error, failures, random);
      expect(ms).toBeGreaterThanOrEqual(least);
      expect(ms).toBeLessThanOrEqual(most);
    }
  });

  test('a credential that names a later time is believed', () => {
    const error = new WaymarkError('credential.refused', 'no', { retryAfterMs: 5 * HOUR });
    expect(restMs(error, 0, 0)).toBe(5 * HOUR);
  });
});
