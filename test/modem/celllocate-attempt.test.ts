import { describe, expect, test } from 'vitest';
import { WaymarkError } from '../../src/core/index.js';
import {
  type AttemptEffect,
  type AttemptEvent,
  type AttemptRules,
  type AttemptState,
  nextAttempt,
} from '../../src/modem/apps/celllocate/attempt.js';
import { parseUuloc, type UulocReport } from '../../src/modem/apps/celllocate/parse.js';
import { bench, linesOf } from '../sim/module/bench.js';

const RULES: AttemptRules = { responseTypes: [1, 0], timeoutMs: 60_000 };
const AT_NOON = '15/06/2026,12:00:00.000';
const report = (line: string): AttemptEvent => ({ is: 'report', report: parseUuloc(line) as UulocReport });
const good = report(`+UULOC: ${AT_NOON},48.2,16.3,0,480,0,0,0,2,0,0,0`);
const remembered = report(`+UULOC: ${AT_NOON},48.2,16.3,0,480,0,0,0,0,0,0,0`);
const empty = report('+UULOC: 01/01/2015,00:00:00.000,0.0000000,0.0000000,0,20000000');
const progress = (step: number, result: number): AttemptEvent => ({ is: 'progress', progress: { step, result } });
const error = new WaymarkError('modem.error', 'AT+ULOC=…: no');
const declined = (because: 'busy' | 'form' | 'other'): AttemptEvent => ({ is: 'declined', because, error });
const hypothesis = (index: number, count: number, metres: number): AttemptEvent =>
  report(`+UULOC: ${index},${count},2,${AT_NOON},48.2,16.3,0,48.2,16.3,${metres},10,0,50`);
const begin: AttemptEvent[] = [{ is: 'begin' }, { is: 'servers-ready' }];

function play(events: readonly AttemptEvent[], rules = RULES): { state: AttemptState; effects: AttemptEffect[] } {
  let state: AttemptState = { at: 'idle' };
  const effects: AttemptEffect[] = [];
  for (const event of events) {
    const step = nextAttempt(rules, state, event);
    state = step.state;
    effects.push(...(step.effects ?? []));
  }
  return { state, effects };
}
const code = (state: AttemptState): string => (state.at === 'failed' ? state.error.code : state.at);

describe('how an attempt ends', () => {
  const rows: [string, AttemptEvent[], string, Record<string, unknown>?][] = [
    ['a position', [progress(0, 0), progress(1, 0), progress(2, 0), progress(3, 0), good], 'done'],
    ['a position without progress', [good], 'done'],
    ['nothing in time', [progress(0, 0), { is: 'expired' }], 'celllocate.no-position', { isOwed: true }],
    ['the empty line', [progress(3, 0), empty], 'celllocate.no-position', { isOwed: false }],
    ['a refused token, then the empty line', [progress(2, 8), empty], 'celllocate.token', { isOwed: false }],
    ['a refused token, then a position after all', [progress(2, 8), good], 'celllocate.token', { isOwed: false }],
    ['a refused token, then nothing', [progress(2, 8), { is: 'expired' }], 'celllocate.token', { isOwed: true }],
    ['a refused token and more progress', [progress(2, 8), progress(3, 0), good], 'celllocate.token'],
    ['a refused token and a late refusal', [progress(2, 8), declined('other'), empty], 'celllocate.token'],
    ['no connection, then the empty line', [progress(2, 7), empty], 'celllocate.server'],
    ['no connection, then nothing', [progress(2, 7), { is: 'expired' }], 'celllocate.server'],
    ['no connection, then what it remembers', [progress(2, 7), remembered], 'celllocate.server'],
    ['no connection, then a position of now', [progress(2, 7), good], 'done'],
    ['no connection, the second server, a position', [progress(2, 7), progress(2, 0), good], 'done'],
    ['both servers fail differently', [progress(2, 7), progress(2, 0), progress(2, 2), empty], 'celllocate.server'],
    ['no data', [progress(3, 11), empty], 'celllocate.no-position'],
    ['ended by somebody', [progress(2, 10), empty], 'celllocate.no-position'],
    ['the feedback failed', [progress(3, 0), progress(4, 5), good], 'done'],
    ['a position that it remembers', [remembered], 'done'],
    ['the port is gone', [{ is: 'failed', error: new WaymarkError('link.closed', 'gone') }], 'link.closed'],
    ['declined for good', [declined('other')], 'modem.error', { isOwed: false }],
    ['no form is known', [declined('form'), declined('form')], 'modem.error'],
    ['nothing after the end counts', [good, progress(2, 8), empty, { is: 'expired' }], 'done'],
  ];
  test.each(rows)('%s', (_name, events, expected, more = {}) => {
    const { state } = play([...begin, ...events]);
    expect(code(state)).toBe(expected);
    expect(state).toMatchObject(more);
  });

  test('reports that come before the question are nobody’s answer', () => {
    expect(play([{ is: 'begin' }, good, progress(2, 8)]).state.at).toBe('servers');
    expect(play([good, { is: 'expired' }, { is: 'paused' }]).state.at).toBe('idle');
    expect(play([...begin, declined('busy'), good, progress(2, 8)]).state.at).toBe('pausing');
  });
});

describe('what it wants done', () => {
  test('asks in the next form when the first is not known', () => {
    expect(play([...begin, declined('form')]).effects).toEqual([
      { do: 'prepare-servers' },
      { do: 'end-after', ms: 160_000 },
      { do: 'expire-after', ms: 80_000 },
      { do: 'ask', responseType: 1 },
      { do: 'end-after', ms: 160_000 },
      { do: 'expire-after', ms: 80_000 },
      { do: 'ask', responseType: 0 },
    ]);
  });

  test('a busy module is asked seven times in all, ten seconds apart', () => {
    const busy: AttemptEvent[] = [declined('busy'), { is: 'paused' }];
    const six = play([...begin, ...Array.from({ length: 6 }, () => busy).flat()]);
    expect(six.state.at).toBe('asked');
    expect(six.effects.filter((effect) => effect.do === 'pause')).toEqual(Array(6).fill({ do: 'pause', ms: 10_000 }));
    expect(six.effects.filter((effect) => effect.do === 'ask')).toHaveLength(7);
    expect(code(nextAttempt(RULES, six.state, declined('busy')).state)).toBe('celllocate.busy');
  });

  test('the wait is short after an error, and long again when another server is tried', () => {
    const { effects } = play([...begin, progress(2, 7), progress(2, 0)]);
    expect(effects.slice(-2)).toEqual([
      { do: 'expire-after', ms: 15_000 },
      { do: 'expire-after', ms: 80_000 },
    ]);
  });
});

describe('a module that goes on telling errors', () => {
  /** When the attempt ends of itself while a line comes every `everyMs`, as its own deadlines have it. */
  const endsAtMs = (lines: readonly AttemptEvent[], everyMs = 10_000): number | undefined => {
    let { state, effects } = play(begin);
    const due = { 'expire-after': 0, 'end-after': 0 };
    for (let i = 0; i < 1000; i++) {
      const nowMs = i * everyMs;
      for (const effect of effects)
        if (effect.do === 'expire-after' || effect.do === 'end-after') due[effect.do] = nowMs + effect.ms;
      const nextMs = Math.min(...Object.values(due));
      const isOver = nextMs <= nowMs + everyMs;
      const step = nextAttempt(RULES, state, isOver ? { is: 'expired' } : (lines[i % lines.length] as AttemptEvent));
      if (step.state.at === 'failed') return nextMs;
      state = step.state;
      effects = [...(step.effects ?? [])];
    }
    return undefined;
  };

  test('does not put the end off with each of them', () => {
    expect(endsAtMs([progress(3, 5)])).toBe(25_000);
    expect(endsAtMs([progress(3, 11), progress(2, 7)])).toBe(25_000);
    expect(endsAtMs([progress(2, 8)])).toBe(25_000);
  });

  test('and good steps between them has the time of two servers in all', () => {
    expect(endsAtMs([progress(2, 7), progress(2, 0)])).toBe(160_000);
  });
});

describe('several hypotheses', () => {
  const orders = [
    [1, 2, 3],
    [3, 2, 1],
    [2, 3, 1],
  ];
  test.each(orders)('in the order %i %i %i: the smallest uncertainty wins, once all are there', (...order) => {
    const events = order.map((index) => hypothesis(index, 3, [900, 300, 600][index - 1] ?? 0));
    expect(play([...begin, ...events.slice(0, 2)]).state.at).toBe('progress');
    expect(play([...begin, ...events]).state).toMatchObject({ at: 'done', report: { uncertaintyM: 300 } });
  });

  test('one that comes twice counts once', () => {
    const { state } = play([...begin, hypothesis(1, 2, 500), hypothesis(1, 2, 400)]);
    expect(state.at).toBe('progress');
    expect(nextAttempt(RULES, state, hypothesis(2, 2, 900)).state).toMatchObject({ report: { uncertaintyM: 400 } });
  });

  test('the best of those that came is taken when the rest does not come', () => {
    const { state } = play([...begin, hypothesis(1, 3, 500), hypothesis(3, 3, 400), { is: 'expired' }]);
    expect(state).toMatchObject({ at: 'done', report: { uncertaintyM: 400 } });
  });

  test('an implausible one never wins', () => {
    const nothing = report('+UULOC: 1,2,2,01/01/2015,00:00:00.000,0.0,0.0,0,0.0,0.0,1,1,0,50');
    expect(play([...begin, nothing, hypothesis(2, 2, 900)]).state).toMatchObject({ report: { uncertaintyM: 900 } });
    const both = [nothing, report('+UULOC: 2,2,0,01/01/2015,00:00:00.000,0.0,0.0,0,20000000')];
    expect(code(play([...begin, ...both]).state)).toBe('celllocate.no-position');
  });

  test('as the simulated module shuffles them', () => {
    for (let seed = 1; seed <= 12; seed++) {
      const { ask } = bench({ profile: 'ublox', seed, cardMs: 0, searchMs: 0, bearerMs: 0 });
      ask('ATE0+CMEE=1');
      ask('AT+UGSRV="a","b","Token-of-more-than-22-characters"');
      const lines = linesOf(ask('AT+ULOC=2,2,2,60,1000,4'));
      const reports = lines.filter((line) => line.startsWith('+UULOC:')).map(report);
      expect(reports).toHaveLength(3);
      expect(play([...begin, ...reports]).state).toMatchObject({ at: 'done', report: { uncertaintyM: 480 } });
    }
  });
});
