import { describe, expect, test } from 'vitest';
import { nextReload, RELOAD_START, type ReloadEffect, type ReloadEvent } from '../../src/agent/reload-turns.js';

/** Plays events; gives the state after each and every effect. */
const play = (...events: ReloadEvent[]) => {
  let state = RELOAD_START;
  const effects: ReloadEffect[] = [];
  for (const event of events) {
    const step = nextReload(state, event);
    state = step.state;
    effects.push(...step.effects);
  }
  return { is: `${state.is}${state.isAskedAgain ? ', asked again' : ''}`, effects: effects.join(' ') };
};

describe('when the configuration is read again', () => {
  test.each<[string, ReloadEvent[], string, string]>([
    ['nothing is asked', [], 'quiet', ''],
    ['asked', ['asked'], 'reading', 'read'],
    ['asked while reading', ['asked', 'asked'], 'reading, asked again', 'read'],
    ['read', ['asked', 'done'], 'resting', 'read rest'],
    ['asked while resting', ['asked', 'done', 'asked'], 'resting, asked again', 'read rest'],
    [
      'a hundred times',
      ['asked', ...Array<ReloadEvent>(99).fill('asked'), 'done'],
      'resting, asked again',
      'read rest',
    ],
    ['the second reading', ['asked', 'asked', 'done', 'rested'], 'reading', 'read rest read'],
    ['rested', ['asked', 'done', 'rested'], 'quiet', 'read rest'],
    ['done twice', ['asked', 'done', 'done'], 'resting', 'read rest'],
    ['rested out of turn', ['asked', 'rested'], 'reading', 'read'],
  ])('%s', (_what, events, is, effects) => {
    expect(play(...events)).toEqual({ is, effects });
  });
});
