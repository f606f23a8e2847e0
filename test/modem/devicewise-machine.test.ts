// The life of the module's own client as a table: state, event, what follows.
import { describe, expect, test } from 'vitest';
import { WaymarkError } from '../../src/core/index.js';
import {
  type ConnectEvent,
  type ConnectReading,
  type ConnectRules,
  type ConnectState,
  nextConnect,
} from '../../src/modem/apps/devicewise/connect-machine.js';

const HOST: ConnectRules = {
  drivenBy: 'host',
  pollMs: 30_000,
  joinMs: 60_000,
  attemptMs: 30_000,
  retryPeriodMs: 130_000,
};
const MODULE: ConnectRules = { ...HOST, drivenBy: 'module' };

const refusal = new WaymarkError('modem.error', 'AT: ERROR', { evidence: { final: 'ERROR' } });
const noCoverage = new WaymarkError('network.no-bearer', 'down');
const closing = new WaymarkError('core.cancelled', 'closed');
const gone = new WaymarkError('link.closed', 'gone');

const reading = (text: string): ConnectReading => ({
  isStarted: text.startsWith('1'),
  status: Number(text.slice(2)) as ConnectReading['status'],
});
const read = (text: string, elapsedMs = 0): ConnectEvent => ({ is: 'read', reading: reading(text), elapsedMs });
const unread = (elapsedMs = 0): ConnectEvent => ({ is: 'read', elapsedMs });
const code = (value: number | undefined, coverage?: WaymarkError): ConnectEvent => ({
  is: 'diagnosed',
  code: value,
  noCoverage: coverage,
});

const looking: ConnectState = { at: 'looking' };
const starting: ConnectState = { at: 'starting' };
const doubting: ConnectState = { at: 'doubting', refusal, isStarted: true };
const joining: ConnectState = { at: 'joining', doubts: 0, isStarted: true, isLast: false };
const up: ConnectState = { at: 'up', missed: 0 };
const faltering: ConnectState = { at: 'faltering', isLast: false };
const ending: ConnectState = { at: 'ending', error: closing };

const POLL = 'pause 30000';
type Row = [name: string, from: ConnectState, event: ConnectEvent, to: string, effects: string, rules?: ConnectRules];

const ROWS: readonly Row[] = [
  // Before anything is begun: whatever is started is ended first.
  ['begin', { at: 'idle' }, { is: 'begin' }, 'looking', 'look'],
  ['0,0: nothing left over', looking, read('0,0'), 'preparing', 'prepare'],
  ['1,1 left over', looking, read('1,1'), 'clearing', 'stop'],
  ['1,2 left over', looking, read('1,2'), 'clearing', 'stop'],
  ['1,3 left over', looking, read('1,3'), 'clearing', 'stop'],
  ['no answer', looking, unread(), 'clearing', 'stop'],
  ['cleared', { at: 'clearing' }, { is: 'stopped' }, 'preparing', 'prepare'],
  ['prepared', { at: 'preparing' }, { is: 'prepared' }, 'starting', 'start'],
  ['not prepared', { at: 'preparing' }, { is: 'failed', error: noCoverage }, 'closed network.no-bearer', ''],
  // The start fails and leaves the client started, or not.
  ['refused', starting, { is: 'refused', error: refusal }, 'doubting', 'look'],
  ['it tries', doubting, read('1,1'), 'doubting', 'diagnose'],
  ['it waits', doubting, read('1,3'), 'doubting', 'diagnose'],
  ['it has not started', doubting, read('0,0'), 'doubting', 'diagnose'],
  ['its second attempt works', doubting, read('1,2'), 'up', POLL],
  ['bad token', doubting, code(-18207), 'ending devicewise.refused -18207', 'stop'],
  ['not authorised', doubting, code(-18208), 'ending devicewise.refused -18208', 'stop'],
  ['client id refused', doubting, code(-18205), 'ending devicewise.refused -18205', 'stop'],
  ['server unavailable is no refusal', doubting, code(-18206), 'ending devicewise.unreachable -18206', 'stop'],
  ['wrong protocol level', doubting, code(1), 'ending devicewise.unreachable 1', 'stop'],
  ['TCP', doubting, code(-18304), 'ending devicewise.unreachable -18304', 'stop'],
  ['no code', doubting, code(undefined), 'ending devicewise.unreachable', 'stop'],
  ['no coverage', doubting, code(-18304, noCoverage), 'ending network.no-bearer', 'stop'],
  ['a stale token error without coverage', doubting, code(-18207, noCoverage), 'ending network.no-bearer', 'stop'],
  ['guarded', { ...doubting, isStarted: false }, code(0, noCoverage), 'closed network.no-bearer', ''],
  // OK may come early.
  ['accepted', starting, { is: 'accepted' }, 'joining', 'look'],
  ['connected at once', joining, read('1,2'), 'up', POLL],
  ['still trying', joining, read('1,1', 30_000), 'joining', 'pause 1500'],
  ['paused', joining, { is: 'paused' }, 'joining', 'look'],
  ['no answer yet', joining, unread(30_000), 'joining', 'pause 1500'],
  ['created, not yet trying', joining, read('1,3'), 'joining', 'diagnose'],
  ['and no code', joining, code(0), 'joining', 'pause 1500'],
  ['a first code', joining, code(-18304), 'joining', 'pause 1500'],
  ['a second code', { ...joining, doubts: 1 }, code(-18304), 'ending devicewise.unreachable -18304', 'stop'],
  ['a refused token at once', joining, code(-18207), 'ending devicewise.refused -18207', 'stop'],
  ['no coverage at once', joining, code(-18323, noCoverage), 'ending network.no-bearer', 'stop'],
  ['a minute is over', joining, read('1,1', 60_000), 'joining', 'diagnose'],
  ['and it was the last', { ...joining, isLast: true }, code(0), 'ending devicewise.unreachable', 'stop'],
  ['stopped by itself', joining, read('0,0'), 'joining', 'diagnose'],
  [
    'and needs no stop',
    { ...joining, isStarted: false, isLast: true },
    code(-18304),
    'closed devicewise.unreachable -18304',
    '',
  ],
  // Connected.
  ['look', up, { is: 'paused' }, 'up', 'look'],
  ['look at once', up, { is: 'suspected' }, 'up', 'look'],
  ['all well', { at: 'up', missed: 2 }, read('1,2'), 'up', POLL],
  ['no answer once', up, unread(), 'up', 'pause 2000'],
  ['no answer three times', { at: 'up', missed: 2 }, unread(), 'ending devicewise.lost', 'stop'],
  ['the module was restarted', up, read('0,0'), 'closed devicewise.lost', ''],
  ['lost', up, read('1,3'), 'faltering', 'diagnose'],
  ['trying anew', up, read('1,1'), 'faltering', 'pause 2000'],
  // The host drives: stopped and closed.
  ['host: lost', faltering, code(-18323), 'ending devicewise.lost -18323', 'stop'],
  ['host: the token is refused now', faltering, code(-18207), 'ending devicewise.refused -18207', 'stop'],
  ['host: an attempt is let finish', faltering, read('1,1', 29_000), 'faltering', 'pause 2000'],
  ['host: but not for ever', faltering, read('1,1', 30_000), 'faltering', 'diagnose'],
  ['host: back by its own attempt', faltering, read('1,2', 4000), 'up', POLL],
  // The module drives: one retry period.
  ['module: left alone', faltering, code(-18323), 'faltering', 'pause 10000', MODULE],
  ['module: still waiting', faltering, read('1,3', 60_000), 'faltering', 'diagnose', MODULE],
  ['module: trying for long', faltering, read('1,1', 60_000), 'faltering', 'pause 2000', MODULE],
  ['module: back', faltering, read('1,2', 126_000), 'up', POLL, MODULE],
  ['module: the token is refused', faltering, code(-18208), 'ending devicewise.refused -18208', 'stop', MODULE],
  ['module: no coverage is no refusal', faltering, code(-18207, noCoverage), 'faltering', 'pause 10000', MODULE],
  ['module: the period is over', faltering, read('1,3', 130_000), 'faltering', 'diagnose', MODULE],
  ['module: then lost', { ...faltering, isLast: true }, code(-18304), 'ending devicewise.lost -18304', 'stop', MODULE],
  ['module: restarted', faltering, read('0,0', 4000), 'closed devicewise.lost', '', MODULE],
  // Told to close, from everywhere.
  ['close before anything', looking, { is: 'close', error: closing }, 'closed core.cancelled', ''],
  ['close while clearing', { at: 'clearing' }, { is: 'close', error: closing }, 'ending core.cancelled', ''],
  ['close while preparing', { at: 'preparing' }, { is: 'close', error: closing }, 'closed core.cancelled', ''],
  ['close while starting', starting, { is: 'close', error: closing }, 'ending core.cancelled', 'stop'],
  ['close while joining', joining, { is: 'close', error: closing }, 'ending core.cancelled', 'stop'],
  ['close while up', up, { is: 'close', error: closing }, 'ending core.cancelled', 'stop'],
  ['close while faltering', faltering, { is: 'close', error: closing }, 'ending core.cancelled', 'stop'],
  ['close twice', ending, { is: 'close', error: gone }, 'ending core.cancelled', ''],
  ['late answers', ending, read('1,2'), 'ending core.cancelled', ''],
  ['the stop is over', ending, { is: 'stopped' }, 'closed core.cancelled', ''],
  ['nothing revives it', { at: 'closed', error: closing }, { is: 'begin' }, 'closed core.cancelled', ''],
];

const summary = (state: ConnectState): string => {
  if (!('error' in state)) return state.at;
  const named = state.error.evidence?.['code'];
  return `${state.at} ${state.error.code}${named === undefined ? '' : ` ${named}`}`;
};

describe('the life of the module’s client', () => {
  test.each(ROWS)('%s', (_name, from, event, to, effects, rules = HOST) => {
    const next = nextConnect(rules, from, event);
    expect(summary(next.state)).toBe(to);
    expect((next.effects ?? []).map((effect) => ('ms' in effect ? `pause ${effect.ms}` : effect.do)).join(' ')).toBe(
      effects,
    );
  });

  const STATES: readonly ConnectState[] = [
    { at: 'idle' },
    looking,
    { at: 'clearing' },
    { at: 'preparing' },
    starting,
    doubting,
    joining,
    up,
    faltering,
  ];

  test.each(STATES.map((state) => [state.at, state] as const))('a lost port ends it from %s', (_at, state) => {
    const next = nextConnect(HOST, state, { is: 'failed', error: gone });
    expect(next.state).toEqual({ at: 'closed', error: gone });
    expect(next.effects ?? []).toEqual([]);
  });

  test('an error of the card keeps its own words', () => {
    const absent = new WaymarkError('sim.absent', 'AT: no card');
    const next = nextConnect(HOST, { ...doubting, refusal: absent }, code(-18304));
    expect(summary(next.state)).toBe('ending sim.absent');
  });
});
