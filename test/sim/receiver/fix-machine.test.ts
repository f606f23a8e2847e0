import { describe, expect, test } from 'vitest';
import { type FixEvent, type FixState, nextFix, powerUp, type SimQuality } from '../../../src/sim/receiver/index.js';

const TIMES = { acquireMs: 2000, aidedMs: 3000, freshMs: 60_000, fixMs: 3000 };
const tick = (atS: number): FixEvent => ({ type: 'tick', atMonoMs: atS * 1000 });
const used = (group: 'ocb' | 'hpac' | 'gad', atS: number): FixEvent => ({ type: 'used', group, atMonoMs: atS * 1000 });
const all = (atS: number): FixEvent[] => [used('ocb', atS), used('hpac', atS), used('gad', atS)];

describe('the fix machine', () => {
  test.each<[rule: string, events: FixEvent[], quality: SimQuality]>([
    ['there is no fix right after power-up', [tick(1)], 'none'],
    ['a position comes shortly after power-up', [tick(2)], '3d'],
    ['two of the three kinds are not enough', [tick(2), used('ocb', 3), used('gad', 3), tick(10)], '3d'],
    ['all three kinds give float', [tick(2), ...all(3)], 'rtk_float'],
    [
      'kinds more than a minute apart do not add up',
      [tick(2), used('gad', 3), used('ocb', 64), used('hpac', 64)],
      '3d',
    ],
    ['float becomes fixed some seconds later', [tick(2), ...all(3), tick(6)], 'rtk_fixed'],
    ['and not before', [tick(2), ...all(3), tick(5)], 'rtk_float'],
    ['a minute after the last used frame it is over', [tick(2), ...all(3), tick(6), tick(64)], '3d'],
    ['any used frame keeps it', [tick(2), ...all(3), tick(6), used('ocb', 50), tick(100)], 'rtk_fixed'],
    ['float ends the same way', [tick(2), ...all(3), tick(70)], '3d'],
    ['corrections before the first position count', [...all(1), tick(2), tick(3)], 'rtk_float'],
    ['a restart takes everything', [tick(2), ...all(3), tick(6), { type: 'restart', atMonoMs: 7000 }], 'none'],
    [
      'what was used before a restart is forgotten',
      [tick(2), ...all(3), { type: 'restart', atMonoMs: 7000 }, tick(9), tick(10)],
      '3d',
    ],
  ])('%s', (_, events, quality) => {
    const state = events.reduce<FixState>((s, event) => nextFix(TIMES, s, event).state, powerUp(0));
    expect(state.quality).toBe(quality);
  });
});
