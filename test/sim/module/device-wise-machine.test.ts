// When the simulated deviceWISE client connects, as a table (specs/devicewise.md 1.5).
import { describe, expect, test } from 'vitest';
import {
  type LinkEvent,
  type LinkState,
  nextLink,
  statusOf,
} from '../../../src/sim/module/families/device-wise/machine.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const stopped: LinkState = { is: 'stopped' };
const connected: LinkState = { is: 'connected' };
const first: LinkState = { is: 'connecting', offlineSinceMs: 0, triedAtMs: 0, hasTriedAgain: false };
const again: LinkState = { is: 'connecting', offlineSinceMs: 0, triedAtMs: 9, hasTriedAgain: true };
const waiting: LinkState = { is: 'waiting', offlineSinceMs: 0, triedAtMs: 9 };
const failed = (mayRetry: boolean): LinkEvent => ({ is: 'failed', atMs: 9, mayRetry });
const lost = (mayRetry: boolean): LinkEvent => ({ is: 'lost', atMs: 9, mayRetry });

test.each<[string, LinkState, LinkEvent, LinkState, readonly string[]]>([
  ['start', stopped, { is: 'start', atMs: 0 }, first, ['connect']],
  ['start twice', connected, { is: 'start', atMs: 0 }, connected, []],
  ['stop of nothing', stopped, { is: 'stop' }, stopped, []],
  ['stop', waiting, { is: 'stop' }, stopped, ['close']],
  ['up', first, { is: 'up' }, connected, []],
  ['up of nothing', stopped, { is: 'up' }, stopped, []],
  ['first failure', first, failed(true), again, ['close', 'connect']],
  ['first failure, no more', first, failed(false), waiting, ['close']],
  ['second failure', again, failed(true), waiting, ['close']],
  ['failure of nothing', stopped, failed(true), stopped, []],
  ['loss', connected, lost(true), { ...again, offlineSinceMs: 9 }, ['close', 'connect']],
  ['loss, no use', connected, lost(false), { ...waiting, offlineSinceMs: 9 }, ['close']],
  ['loss of nothing', waiting, lost(true), waiting, []],
  ['beat while connected', connected, { is: 'tick', atMs: DAY, mode: 3 }, connected, []],
])('%s', (_, state, event, expected, effects) => {
  const step = nextLink(state, event);
  expect(step.state).toEqual(expected);
  expect(step.effects ?? []).toEqual(effects);
});

describe('the schedule', () => {
  test.each([
    ['mode 0 never', 0, 0, 30 * DAY, false],
    ['mode 1, an hour', 1, 0, HOUR, false],
    ['mode 1, more than an hour', 1, 0, HOUR + 1, true],
    ['mode 2, two minutes', 2, 0, 120_000, false],
    ['mode 2, more', 2, 0, 120_001, true],
    ['mode 2, after a day', 2, DAY, 120_001, false],
    ['mode 2, after a day and an hour', 2, DAY, HOUR + 1, true],
    ['mode 3, after a day', 3, DAY, 120_001, true],
  ])('%s', (_, mode, triedAtMs, pauseMs, isTried) => {
    const { state, effects } = nextLink(
      { is: 'waiting', offlineSinceMs: 0, triedAtMs },
      { is: 'tick', atMs: triedAtMs + pauseMs, mode },
    );
    expect(state.is).toBe(isTried ? 'connecting' : 'waiting');
    expect(effects ?? []).toEqual(isTried ? ['connect'] : []);
  });
  test('is told as a digit', () => {
    expect([stopped, first, connected, waiting].map(statusOf)).toEqual([0, 1, 2, 3]);
  });
});
