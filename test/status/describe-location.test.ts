import { expect, test } from 'vitest';
import { describeStatus, type StatusSnapshot } from '../../src/status/index.js';
import { statusWith } from '../helpers/status.js';

const said = (changes: Partial<StatusSnapshot>): string => describeStatus(statusWith(changes), { colour: false });
const corrections = statusWith().corrections;

test.each([
  ['rxm-cor', '31 of 32 corrections of the last 30 s were used (it says so itself)'],
  ['nav-pvt', '31 of 32 corrections of the last 30 s were used (told by its positions)'],
  ['gga', '31 of 32 corrections of the last 30 s were used (told by its positions)'],
  ['none', '31 of 32 corrections of the last 30 s were used'],
])('the answer about use says who it is known from: %s', (by, words) => {
  expect(said({ corrections: { ...corrections, use: { ...corrections.use, by } } })).toContain(
    `\n              ${words}\n`,
  );
});

test('where there was nothing to be used nobody is named', () => {
  const use = { ...corrections.use, count: 0, of: 0, sentence: 'no corrections were written in the last 30 s' };
  expect(said({ corrections: { ...corrections, use } })).toMatch(/no corrections were written in the last 30 s\n/);
});

test('frames that were used are counted only where the receiver reports on them', () => {
  expect(said({})).toContain('corrections 32 frames to the receiver, 31 used, 0 dropped');
  expect(said({ corrections: { ...corrections, use: { ...corrections.use, by: 'gga' } } })).toContain(
    'corrections 32 frames to the receiver, 0 dropped',
  );
});

test.each([
  ['cell', 'the cells around'],
  ['configured', 'the configuration'],
  ['held', 'the receiver’s last one'],
])('a position that is not of a fix now says whose it is: %s', (from, words) => {
  const text = said({
    fix: { quality: 'none' },
    position: { from, latitudeDeg: 48.2, longitudeDeg: 16.4, accuracyM: 614, ageMs: 1 },
  });
  expect(text).toContain(`position    about 48.2, 16.4 ± 614 m, from ${words}\n`);
});

test('a receiver that is written to slowly is said to be', () => {
  const { receiver } = statusWith();
  expect(said(receiver ? { receiver: { ...receiver, delivery: 'paced' } } : {})).toContain(
    'receiver    loses bytes that come fast, so it is written to slowly\n',
  );
});

test('another identity that is waited for beside the one in force, and until when', () => {
  const { identity } = statusWith({});
  expect(said({})).not.toMatch(/ {2}identity {4}another/);
  expect(said({ identity: { ...identity, nextInMs: 43 * 60_000, reason: 'ztp.limit' } })).toMatch(
    /^ {2}identity {4}another is asked for in 43 min \[ztp\.limit\]$/m,
  );
});

test('the cure is for what is out, also when something above is only coming up', () => {
  const lamps = statusWith({}).lamps.map((lamp) =>
    lamp.name === 'corrections'
      ? { ...lamp, state: 'waiting' as const, detail: 'the receiver is not connected' }
      : lamp.name === 'fix'
        ? {
            ...{ name: lamp.name, since: lamp.since, state: 'dark' as const },
            ...{ message: 'receiver: hang-up', hint: 'Check cable and power.' },
          }
        : lamp,
  );
  expect(said({ lamps })).toMatch(/receiver: hang-up\n {6}→ Check cable and power\./);
});
