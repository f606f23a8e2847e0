// Ban or bad key: the table of losant.md section 5.
import { describe, expect, test } from 'vitest';
import {
  initialJudge,
  type JudgeEffect,
  type JudgeEvent,
  type JudgeState,
  judge,
} from '../../../src/services/losant/judge.js';

const MIN = 60_000;
const ask: JudgeEffect = { do: 'ask-oracle' };
const off: JudgeEffect = { do: 'back-off' };
const wait = (code: 'losant.banned' | 'losant.refused' | 'losant.twin' | 'losant.config', ms: number): JudgeEffect => ({
  do: 'wait',
  code,
  ms,
});
const connack = (code: number, nowMonoMs = 0): JudgeEvent => ({ is: 'refused', connack: code, nowMonoMs });
const closed = (nowMonoMs = 0): JudgeEvent => ({ is: 'closed-before-connack', nowMonoMs });
const drop = (aliveMs: number, messages: number, nowMonoMs = 0): JudgeEvent => ({
  is: 'dropped',
  aliveMs,
  messages,
  nowMonoMs,
});
const oracle = (answer: 'good' | 'refused' | 'config' | 'weather', nowMonoMs = 0): JudgeEvent => ({
  is: 'oracle',
  answer,
  nowMonoMs,
});

function run(events: readonly JudgeEvent[]): { effects: JudgeEffect[]; state: JudgeState } {
  let state = initialJudge();
  const effects = events.map((event) => {
    const step = judge(state, event);
    state = step.state;
    return step.effect;
  });
  return { effects, state };
}

describe('judge', () => {
  test.each<[string, JudgeEvent[], JudgeEffect[]]>([
    ['the weather says nothing', [{ is: 'weather' }], [off]],
    ...[1, 2, 4, 5].map((code): [string, JudgeEvent[], JudgeEffect[]] => [
      `CONNACK ${code} asks`,
      [connack(code)],
      [ask],
    ]),
    ['CONNACK 3 is weather', [connack(3)], [off]],
    [
      'CONNACK 3 after a flood is the ban',
      [drop(60_000, 31), connack(3, 40_000)],
      [wait('losant.banned', 30_000), wait('losant.banned', 60_000)],
    ],
    ['closed before CONNACK asks', [closed()], [ask]],
    [
      'a refusal within an hour of a flood asks nobody',
      [drop(60_000, 25), connack(5, 59 * MIN)],
      [wait('losant.banned', 30_000), wait('losant.banned', 30_000)],
    ],
    ['an hour later it asks', [drop(60_000, 25), connack(5, 61 * MIN)], [wait('losant.banned', 30_000), ask]],
    ['24 messages are no flood', [drop(60_000, 24)], [off]],
    [
      'a good key is banned for longer each time',
      [connack(4), oracle('good'), closed(30_000), oracle('good', 30_000), closed(90_000), oracle('good', 90_000)],
      [ask, wait('losant.banned', 30_000), ask, wait('losant.banned', 60_000), ask, wait('losant.banned', 120_000)],
    ],
    [
      '15 minutes after a ban has ended it is forgotten',
      [connack(4), oracle('good'), connack(4, 16 * MIN), oracle('good', 16 * MIN)],
      [ask, wait('losant.banned', 30_000), ask, wait('losant.banned', 30_000)],
    ],
    [
      'a refused key is asked about after 15 min, then hourly',
      [connack(4), oracle('refused'), connack(4), oracle('refused'), connack(4), oracle('refused')],
      [
        ask,
        wait('losant.refused', 15 * MIN),
        ask,
        wait('losant.refused', 60 * MIN),
        ask,
        wait('losant.refused', 60 * MIN),
      ],
    ],
    ['wrong ids', [connack(2), oracle('config')], [ask, wait('losant.config', 60 * MIN)]],
    ['no answer is weather', [connack(5), oracle('weather')], [ask, off]],
    [
      'five short lives are a twin, and stay one',
      [1, 2, 3, 4, 5, 6].map(() => drop(4000, 1)),
      [off, off, off, off, wait('losant.twin', 10 * MIN), wait('losant.twin', 10 * MIN)],
    ],
    [
      'a longer life in between is none',
      [...[1, 2, 3, 4].map(() => drop(4000, 1)), drop(31_000, 1), drop(4000, 1)],
      [off, off, off, off, off, off],
    ],
  ])('%s', (_, events, effects) => {
    expect(run(events).effects).toEqual(effects);
  });

  test('a ban never lasts longer than an hour', () => {
    const events = Array.from({ length: 12 }, () => [closed(), oracle('good')]).flat();
    expect(run(events).effects.at(-1)).toEqual(wait('losant.banned', 60 * MIN));
  });

  test('a quarter of an hour of good behaviour forgets bans and flood', () => {
    const { state } = run([drop(60_000, 30), connack(5, 1000), drop(15 * MIN, 3, 20 * MIN)]);
    expect(state).toEqual(initialJudge());
  });
});
