import { expect, test } from 'vitest';
import { type DecisionFacts, decide } from '../../src/agent/cloud-commands/decide.js';
import { type Entry, LEDGER_START } from '../../src/agent/cloud-commands/ledger-model.js';
import type { CloudCommand } from '../../src/core/index.js';
import { command, NOW, SETTINGS } from './cloud-commands-rig.js';

const facts = (more: Partial<DecisionFacts> = {}): DecisionFacts => ({
  settings: SETTINGS,
  ledger: LEDGER_START,
  wallMs: NOW,
  isTrusted: true,
  monoMs: 100_000,
  runsMonoMs: [],
  ...more,
});

const entry = (more: Partial<Entry> = {}): Entry => ({
  from: 'losant',
  id: 'one',
  name: 'resubscribe',
  phase: 'done',
  atUtcMs: NOW - 1000,
  isTimed: true,
  outcome: { end: 'done', message: 'done' },
  ...more,
});
const intent = (): Entry => {
  const { outcome: _none, ...rest } = entry({ phase: 'intent' });
  return rest;
};
const knowing = (...entries: Entry[]): Partial<DecisionFacts> => ({ ledger: { entries, forgottenUtcMs: {} } });
const busy = { runsMonoMs: [40_001, 50_000, 60_000, 70_000, 80_000, 90_000] };
const HOUR = 3_600_000;

type Row = [string, Partial<CloudCommand>, Partial<DecisionFacts>, string];
const ROWS: Row[] = [
  ['a plain one', {}, {}, 'run'],
  ['no payload', { payload: undefined }, {}, 'run'],
  ['null as payload', { payload: null }, {}, 'run'],
  ['retained', { isRetained: true }, {}, 'command.retained'],
  ['retained goes before all else', { isRetained: true, name: '', id: '' }, {}, 'command.retained'],
  ['nobody says whether it is retained', { isRetained: undefined as unknown as boolean }, {}, 'command.retained'],
  ['no id', { id: '' }, {}, 'command.malformed'],
  ['an id too long', { id: 'x'.repeat(129) }, {}, 'command.malformed'],
  ['an id with a control', { id: 'a\nb' }, {}, 'command.malformed'],
  ['an id that is half a character', { id: 'a\ud800' }, {}, 'command.malformed'],
  ['no name', { name: '' }, {}, 'command.malformed'],
  ['a name that is no text', { name: 7 as unknown as string }, {}, 'command.malformed'],
  ['a cloud nobody knows', { from: 'Losant\n' }, {}, 'command.malformed'],
  ['a time that is none', { sentUtcMs: Number.NaN }, {}, 'command.malformed'],
  ['another name', { name: 'reboot' }, {}, 'command.unknown'],
  ['an inherited name', { name: 'constructor' }, {}, 'command.unknown'],
  ['with an underscore', { name: 'report_status' }, {}, 'command.unknown'],
  ['in camel case', { name: 'reportStatus' }, {}, 'command.unknown'],
  ['not allowed', { name: 'recover' }, { settings: { ...SETTINGS, allow: [] } }, 'command.not-allowed'],
  ['beyond the rung allowed', { name: 'recover', payload: { rung: 'radio' } }, {}, 'command.not-allowed'],
  ['up to the rung allowed', { name: 'recover', payload: { rung: 'session' } }, {}, 'run'],
  ['a module reset', { name: 'recover', payload: { rung: 'module-reset' } }, {}, 'command.malformed'],
  ['one member too many', { payload: { now: true } }, {}, 'command.malformed'],
  ['a prototype', { payload: JSON.parse('{"__proto__":{}}') as unknown }, {}, 'command.malformed'],
  ['a list', { payload: [] }, {}, 'command.malformed'],
  ['a text', { payload: '{}' }, {}, 'command.malformed'],
  ['an interval', { name: 'set-report-interval', payload: { seconds: 86_400 } }, {}, 'run'],
  ['an interval of nothing', { name: 'set-report-interval', payload: { seconds: 0 } }, {}, 'command.malformed'],
  ['an interval too long', { name: 'set-report-interval', payload: { seconds: 86_401 } }, {}, 'command.malformed'],
  ['an interval in words', { name: 'set-report-interval', payload: { seconds: '5' } }, {}, 'command.malformed'],
  ['a reason', { name: 'renew-identity', payload: { reason: 'key lost' } }, {}, 'run'],
  ['a reason of two lines', { name: 'renew-identity', payload: { reason: 'a\r\nAT' } }, {}, 'command.malformed'],
  ['just in time', { sentUtcMs: NOW - HOUR }, {}, 'run'],
  ['too late', { sentUtcMs: NOW - HOUR - 1 }, {}, 'command.expired'],
  ['too late by a clock nobody believes', { sentUtcMs: NOW - 9 * HOUR }, { isTrusted: false }, 'run'],
  ['from a little ahead', { sentUtcMs: NOW + 600_000 }, {}, 'run'],
  ['from the future', { sentUtcMs: NOW + 600_001 }, {}, 'command.malformed'],
  ['known and done', {}, knowing(entry()), 'repeat'],
  ['known and failed', {}, knowing(entry({ outcome: { end: 'failed', message: 'no' } })), 'repeat'],
  ['known, and not ended', {}, knowing(intent()), 'interrupted'],
  ['interrupted before', {}, knowing(entry({ outcome: { end: 'interrupted', message: 'x' } })), 'interrupted'],
  ['known under another name', { name: 'report-status' }, knowing(entry()), 'command.malformed'],
  ['the same id of another cloud', { from: 'devicewise' }, knowing(entry()), 'run'],
  ['known, and too late', { sentUtcMs: NOW - 2 * HOUR }, knowing(entry()), 'command.expired'],
  [
    'known, delivered again and not allowed any more',
    { name: 'recover', payload: { rung: 'radio' } },
    { settings: { ...SETTINGS, allow: [] }, ...knowing(entry({ name: 'recover' })) },
    'repeat',
  ],
  ['known, in a busy minute', {}, { ...busy, ...knowing(entry()) }, 'repeat'],
  ['new, in a busy minute', {}, busy, 'command.rate'],
  ['new, when the minute is over', {}, { ...busy, monoMs: 100_001 }, 'run'],
  [
    'as old as what is forgotten',
    { sentUtcMs: NOW - 5 },
    { ledger: { entries: [], forgottenUtcMs: { losant: NOW - 5 } } },
    'command.expired',
  ],
  [
    'younger than what is forgotten',
    { sentUtcMs: NOW - 4 },
    { ledger: { entries: [], forgottenUtcMs: { losant: NOW - 5 } } },
    'run',
  ],
];

test.each(ROWS)('%s', (_, more, known, expected) => {
  const decision = decide(command(more), facts(known));
  expect(decision.do === 'refuse' ? decision.code : decision.do).toBe(expected);
});

test('a name that is nearly right is asked back, not guessed', () => {
  const decision = decide(command({ name: 'report_Status' }), facts());
  expect(decision).toMatchObject({ message: 'there is no command report_Status; did you mean report-status?' });
});

test('a name of any length makes a short sentence', () => {
  const decision = decide(command({ name: 'x'.repeat(65_536) }), facts());
  expect(decision).toMatchObject({ code: 'command.unknown', message: 'there is no command of 65536 characters' });
  expect(decide(command({ payload: { ['y'.repeat(65_536)]: 1 } }), facts())).toMatchObject({
    code: 'command.malformed',
    message: 'the payload has a member of 65536 characters that is not expected',
  });
});
