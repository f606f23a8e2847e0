import { describe, expect, test } from 'vitest';
import { type Need, type NeedEvent, NO_RECEIVER, nextNeed } from '../../src/agent/assistance/need.js';

const HOUR_MS = 3_600_000;
const needy: Need = { is: 'needy', episode: 1, sinceMonoMs: 100 };
const content: Need = { is: 'content', episode: 1, sinceMonoMs: 100 };
const lost: Need = { ...content, lostSinceMonoMs: 50_000 };
const look = (hasFix: boolean, monoMs = 50_000, isRunning = true): NeedEvent => ({
  is: 'look',
  isRunning,
  hasFix,
  monoMs,
});

describe('the need of a receiver', () => {
  test.each([
    ['nobody there stays nobody, whatever is seen', NO_RECEIVER, look(true), NO_RECEIVER],
    [
      'one that shows itself needs help',
      NO_RECEIVER,
      { is: 'shown', monoMs: 5 },
      { is: 'needy', episode: 1, sinceMonoMs: 5 },
    ],
    ['without a fix the need lasts', needy, look(false), needy],
    ['a fix ends it', needy, look(true), { is: 'content', episode: 1, sinceMonoMs: 50_000 }],
    ['a restart is a new need', content, { is: 'shown', monoMs: 9 }, { is: 'needy', episode: 2, sinceMonoMs: 9 }],
    [
      'a restart while needy is a new need',
      needy,
      { is: 'shown', monoMs: 9 },
      { is: 'needy', episode: 2, sinceMonoMs: 9 },
    ],
    [
      'a fix that goes at once was the one of before',
      content,
      look(false, 5000),
      { is: 'needy', episode: 1, sinceMonoMs: 5000 },
    ],
    ['a fix that goes later may come back by itself', content, look(false), lost],
    ['and does', lost, look(true, 60_000), content],
    [
      'an hour without is a new need',
      lost,
      look(false, 50_000 + HOUR_MS),
      { is: 'needy', episode: 2, sinceMonoMs: 50_000 + HOUR_MS },
    ],
    ['less than an hour is none', lost, look(false, 49_999 + HOUR_MS), lost],
    ['a closed port is no receiver', needy, look(false, 7, false), { is: 'absent', episode: 1, sinceMonoMs: 7 }],
    [
      'nor is one that went while it was helped',
      needy,
      { is: 'gone', monoMs: 7 },
      { is: 'absent', episode: 1, sinceMonoMs: 7 },
    ],
    ['gone twice is gone once', NO_RECEIVER, { is: 'gone', monoMs: 7 }, NO_RECEIVER],
  ] as [string, Need, NeedEvent, Need][])('%s', (_rule, before, event, after) => {
    expect(nextNeed(before, event)).toEqual(after);
  });
});
