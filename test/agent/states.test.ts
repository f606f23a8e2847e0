import { describe, expect, test } from 'vitest';
import { type AgentCondition, type AgentEvent, initialCondition, nextCondition } from '../../src/agent/states.js';
import { LAMPS, type LampName } from '../../src/status/index.js';

const REASON = { code: 'link.closed', message: 'unplugged', hint: 'Plug it in.' } as const;
const lit = (name: LampName): AgentEvent => ({ is: 'lamp', name, report: { state: 'lit' }, wallMs: 1 });
const dark = (name: LampName): AgentEvent => ({
  is: 'lamp',
  name,
  report: { state: 'dark', reason: REASON },
  wallMs: 2,
});
const waiting = (name: LampName): AgentEvent => ({ is: 'lamp', name, report: { state: 'waiting' }, wallMs: 3 });
const after = (start: AgentCondition, ...events: AgentEvent[]): AgentCondition =>
  events.reduce((c, e) => nextCondition(c, e).state, start);
const ALL = initialCondition([...LAMPS], 0);

describe('the furthest lit lamp names the state', () => {
  test.each<[LampName[], string]>([
    [[], 'booting'],
    [['modem'], 'modem'],
    [['modem', 'sim'], 'modem'],
    [['modem', 'sim', 'network'], 'network'],
    [['modem', 'sim', 'network', 'identity'], 'identity'],
    [['modem', 'sim', 'network', 'identity', 'session'], 'session'],
    [['modem', 'sim', 'network', 'identity', 'session', 'corrections'], 'serving'],
    [['identity', 'session', 'corrections'], 'serving'],
  ])('%j -> %s', (lamps, state) => {
    expect(after(ALL, ...lamps.map(lit)).state).toBe(state);
  });
});

test('with a host route the session serves before the module is up', () => {
  expect(after(ALL, lit('identity'), lit('session'), lit('corrections'), waiting('modem')).state).toBe('serving');
});

test('a lamp that was lit and goes dark degrades, and comes back to where it was', () => {
  const serving = after(ALL, ...LAMPS.map(lit));
  const lost = after(serving, dark('modem'));
  expect(after(lost, waiting('modem')).state).toBe('degraded');
  expect(lost).toMatchObject({ state: 'degraded', lost: 'modem' });
  expect(after(lost, lit('modem')).state).toBe('serving');
});

test('the first lost lamp of the chain is named, not the last', () => {
  expect(after(ALL, ...LAMPS.map(lit), dark('session'), dark('modem')).lost).toBe('modem');
});

test('a lamp that was never lit cannot be lost', () => {
  expect(after(ALL, lit('modem'), dark('sim')).state).toBe('modem');
});

test('losing the fix does not degrade the agent', () => {
  expect(after(ALL, ...LAMPS.map(lit), dark('fix')).state).toBe('serving');
});

test('an absent module is not waited for', () => {
  const start = initialCondition(['identity', 'session', 'corrections', 'fix'], 0);
  expect(start.lamps.modem.state).toBe('absent');
  expect(after(start, lit('identity'), lit('session'), lit('corrections')).state).toBe('serving');
});

test('the time of a state and of a lamp is when it changed, not when it was last said', () => {
  const first = after(ALL, lit('modem'));
  const again = after(first, { is: 'lamp', name: 'modem', report: { state: 'lit', detail: 'LE910' }, wallMs: 99 });
  expect(again.lamps.modem.sinceWallMs).toBe(1);
  expect(again.sinceWallMs).toBe(1);
});

test('stopping drains, and no lamp brings it back', () => {
  const stopping = after(ALL, ...LAMPS.map(lit), { is: 'stop', wallMs: 5 });
  expect(stopping.state).toBe('draining');
  expect(after(stopping, dark('modem'), lit('modem')).state).toBe('draining');
  expect(after(stopping, { is: 'drained', wallMs: 6 }).state).toBe('stopped');
});
