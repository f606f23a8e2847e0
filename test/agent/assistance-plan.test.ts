import { describe, expect, test } from 'vitest';
import {
  type AssistanceState,
  type Injection,
  type PlanMoment,
  planAssistance,
} from '../../src/agent/assistance/plan.js';
import { type CacheEntry, type CacheKind, cacheEntry, EMPTY_MEMORY, setOf } from '../../src/services/index.js';
import { almanac, DAY_MS, HOUR_MS, liveSet, predictedSet } from '../services/assistnow/frames.js';

const T = Date.UTC(2026, 7, 14, 12, 0, 0);
const MIN = 60_000;
const NEEDY = { is: 'needy', episode: 1, sinceMonoMs: 0 } as const;
const CONTENT = { is: 'content', episode: 1, sinceMonoMs: 0 } as const;
const KINDS = { live: 'live', predictive: 'predictive' } as const;

const kept = (kind: CacheKind, frames: Uint8Array[], monoMs = 0): CacheEntry =>
  cacheEntry(kind, setOf(frames), { utcMs: T, monoMs, bootId: 'old' }, 'h');
const live = (ageMs: number): CacheEntry => kept('live', liveSet(T - ageMs));
const days = (n: number, startMs = T): CacheEntry => kept('predictive', predictedSet(startMs, n));

const state = (extra: Partial<AssistanceState> = {}): AssistanceState => ({
  need: NEEDY,
  entries: [],
  memory: EMPTY_MEMORY,
  injected: undefined,
  hasPosition: false,
  service: { parts: ['live', 'predictive'], kinds: KINDS, of: 'me' },
  jitter: 0,
  ...extra,
});
const now = (extra: Partial<PlanMoment> = {}): PlanMoment => ({
  utcMs: T,
  wallMs: T,
  monoMs: 10_000,
  bootId: 'new',
  settleMs: 2000,
  ...extra,
});
const kinds = (injection: Injection | undefined) => injection?.entries.map(({ kind }) => kind);

describe('what is injected', () => {
  test.each([
    ['fresh live orbits alone', [live(HOUR_MS), days(3)], ['live']],
    ['stale live orbits, and predicted ones beside them', [live(3 * HOUR_MS), days(3)], ['live', 'predictive']],
    ['predicted orbits when the live ones are spent', [live(5 * HOUR_MS), days(3)], ['predictive']],
    ['the youngest of several', [live(90 * MIN), kept('mga', liveSet(T - MIN))], ['mga']],
    ['an almanac of a set whose days are over', [days(1, T - 3 * DAY_MS)], ['predictive']],
    ['an old almanac beside no orbits', [kept('legacy-offline', [almanac(1)])], []],
    ['time alone when there is nothing else', [], []],
  ] as const)('%s', (_rule, entries, expected) => {
    expect(kinds(planAssistance(state({ entries: [...entries] }), now()).inject)).toEqual(expected);
  });

  test('nothing while nobody needs it', () => {
    for (const need of [CONTENT, { is: 'absent', episode: 0, sinceMonoMs: 0 }] as const)
      expect(planAssistance(state({ need, entries: [live(0)] }), now()).inject).toBeUndefined();
  });

  test('nothing twice in one need, everything again in the next', () => {
    const first = planAssistance(state({ entries: [live(MIN)] }), now()).inject;
    const injected = { episode: 1, keys: new Set(first?.keys), isTimed: true };
    const again = (extra: Partial<AssistanceState>) => planAssistance(state({ injected, ...extra }), now()).inject;
    expect(again({ entries: [live(MIN)] })).toBeUndefined();
    expect(kinds(again({ entries: [kept('live', liveSet(T), 500)] }))).toEqual(['live']);
    expect(kinds(again({ entries: [live(MIN)], need: { ...NEEDY, episode: 2 } }))).toEqual(['live']);
  });

  test('the next day of a set is new', () => {
    const entries = [days(3)];
    const first = planAssistance(state({ entries }), now()).inject;
    const injected = { episode: 1, keys: new Set(first?.keys), isTimed: true };
    expect(planAssistance(state({ entries, injected }), now()).inject).toBeUndefined();
    expect(kinds(planAssistance(state({ entries, injected }), now({ utcMs: T + DAY_MS })).inject)).toEqual([
      'predictive',
    ]);
  });

  test('what went without the time goes again with it', () => {
    const entries = [cacheEntry('mga', setOf(liveSet(T)), { monoMs: 0, bootId: 'new' }, 'h')];
    const { utcMs: _, ...dark } = now();
    const first = planAssistance(state({ entries }), dark).inject;
    expect(kinds(first)).toEqual(['mga']);
    const injected = { episode: 1, keys: new Set(first?.keys), isTimed: false };
    expect(planAssistance(state({ entries, injected }), dark).inject).toBeUndefined();
    expect(kinds(planAssistance(state({ entries, injected }), now()).inject)).toEqual(['mga']);
  });

  test('without time, place and orbits there is nothing to say', () => {
    const { utcMs: _, ...dark } = now();
    expect(planAssistance(state(), dark).inject).toBeUndefined();
    expect(planAssistance(state({ hasPosition: true }), dark).inject).toMatchObject({ entries: [] });
  });
});

describe('what is fetched', () => {
  const budget = (served: Partial<AssistanceState['memory']['served']>) => ({
    memory: { ...EMPTY_MEMORY, served: { ...EMPTY_MEMORY.served, ...served } },
  });
  const hold = (of: string) => ({
    memory: {
      ...EMPTY_MEMORY,
      holds: { live: { untilUtcMs: T + HOUR_MS, code: 'assist.token-refused' as const, of } },
    },
  });

  test.each([
    ['both, for a needy receiver and an empty cache', {}, {}, ['live', 'predictive'], 0],
    ['predicted orbits only, for a receiver with a fix', { need: CONTENT }, {}, ['predictive'], 0],
    [
      'predicted orbits before any receiver is there',
      { need: { is: 'absent', episode: 0, sinceMonoMs: 0 } },
      {},
      ['predictive'],
      0,
    ],
    ['nothing live in the first two seconds', { entries: [days(3)] }, { monoMs: 500 }, [], 1500],
    ['nothing live while what is there is fresh', { entries: [live(HOUR_MS), days(3)] }, {}, [], 12 * HOUR_MS],
    ['live again when it is stale', { entries: [live(2 * HOUR_MS + 1), days(3)] }, {}, ['live'], 0],
    [
      'a set of three days after one',
      { need: CONTENT, entries: [days(3)] },
      { utcMs: T + 12 * HOUR_MS },
      ['predictive'],
      0,
    ],
    ['a set of one day at midnight', { need: CONTENT, entries: [days(1)] }, {}, [], 12 * HOUR_MS],
    ['not all of a fleet at midnight', { need: CONTENT, entries: [days(1)], jitter: 0.5 }, {}, [], 12.5 * HOUR_MS],
    [
      'at once without today’s orbits for a needy receiver',
      { entries: [live(0), days(1, T - DAY_MS)], jitter: 0.99 },
      { utcMs: T },
      ['predictive'],
      0,
    ],
    [
      'not within half an hour of the last',
      { entries: [days(3)], ...budget({ live: [T - 10 * MIN] }) },
      {},
      [],
      20 * MIN,
    ],
    [
      'not more than twice a day',
      { need: CONTENT, ...budget({ predictive: [T - 9 * HOUR_MS, T - HOUR_MS] }) },
      {},
      [],
      15 * HOUR_MS,
    ],
    ['not while a refusal holds', { entries: [days(3)], ...hold('me') }, {}, [], HOUR_MS],
    ['but with another credential', { entries: [days(3)], ...hold('other') }, {}, ['live'], 0],
    ['nothing without a service', { service: undefined }, {}, [], DAY_MS],
    ['only what the plan allows', { service: { parts: ['live'], kinds: KINDS, of: 'me' } }, {}, ['live'], 0],
    [
      'a day by the wall clock where none is synchronised',
      { need: CONTENT, entries: [days(1)] },
      { utcMs: undefined },
      [],
      12 * HOUR_MS,
    ],
  ] as [string, Partial<AssistanceState>, Partial<PlanMoment>, string[], number][])(
    '%s',
    (_rule, extra, moment, fetch, nextInMs) => {
      const plan = planAssistance(state(extra), now(moment));
      expect([plan.fetch, plan.nextInMs]).toEqual([fetch, nextInMs]);
    },
  );
});
