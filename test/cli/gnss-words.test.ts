import { describe, expect, test } from 'vitest';
import { describeReceiver, hasFix } from '../../src/cli/gnss-words.js';
import type { StatusSnapshot } from '../../src/status/index.js';
import { lampOf, statusWith } from '../helpers/status.js';

const receiver = statusWith().receiver as NonNullable<StatusSnapshot['receiver']>;
const withReceiver = (changes: Partial<typeof receiver>): StatusSnapshot =>
  statusWith({ receiver: { ...receiver, ...changes } });
/** The text of the line with this label. */
const said = (status: StatusSnapshot, label: string): string | undefined =>
  new RegExp(`^  ${label} +(.*)$`, 'm').exec(describeReceiver(status))?.[1];

test('a receiver that is fed and has a fix, whole', () => {
  expect(describeReceiver(statusWith())).toBe(`ZED-F9P, firmware HPG 1.32, protocol 27.31, id …C4D5
  port         /dev/ttyGNSS, 38400 baud
  heard        71 messages, 0 damaged
  settings     taken
  written to   as fast as it comes
  fix          RTK fixed, 12 satellites, corrections 2 s old
  position     48.2000000, 16.4000000 ± 0.014 m, 171.2 m above the sea
  corrections  31 of 32 corrections of the last 30 s were used (it says so itself)
  satellites   2 in view, 1 used
    SYSTEM   NO  dB-Hz  ELEVATION  AZIMUTH
    GPS       3     44         63      277  used
    Galileo  31      9
`);
  expect(hasFix(statusWith())).toBe(true);
});

test('without a receiver it says what to configure', () => {
  const { receiver: _none, ...rest } = statusWith();
  expect(describeReceiver(rest)).toMatch(/^No receiver is configured: add a gnss section/);
});

describe('what is not as usual', () => {
  test('a receiver that is gone tells why, its cure and how old its position is', () => {
    const fix = lampOf('fix', { state: 'dark', message: 'receiver: /dev/ttyGNSS: hang-up', hint: 'Check the cable.' });
    const status = statusWith({
      lamps: [fix],
      receiver: { ...receiver, running: false },
      fix: { ...statusWith().fix, ageMs: 90_000 },
    });
    expect(hasFix(status)).toBe(false);
    expect(said(status, 'fix')).toBe('receiver: /dev/ttyGNSS: hang-up');
    expect(describeReceiver(status)).toContain('\n      → Check the cable.\n');
    expect(said(status, 'position')).toMatch(/, 90 s ago$/);
  });

  test('a fix that is awaited is told as the lamp does', () => {
    const lamps = [lampOf('fix', { state: 'waiting', detail: 'no position yet: the antenna needs a clear view' })];
    const status = statusWith({ lamps, fix: { quality: 'none' } });
    expect(said(status, 'fix')).toBe('no position yet: the antenna needs a clear view');
    expect(said(status, 'position')).toBeUndefined();
  });

  test.each<[string, Partial<typeof receiver>, string, RegExp]>([
    ['slow delivery', { delivery: 'paced' }, 'written to', /slowly/],
    ['a restart', { restarts: 1 }, 'heard', /restarted behind its open port once/],
    ['restarts', { restarts: 3 }, 'heard', /restarted behind its open port 3 times/],
    ['no settings taken', { configuration: { mandatory: 'silent', refused: [] } }, 'settings', /^not answered$/],
  ])('%s', (_what, changes, label, words) => {
    expect(said(withReceiver(changes), label)).toMatch(words);
  });

  test('settings that were not taken have a line each', () => {
    const refused = ['no reports on corrections', 'no list of satellites'];
    expect(describeReceiver(withReceiver({ configuration: { mandatory: 'accepted', refused } }))).toContain(`
  settings     taken, with exceptions:
               - no reports on corrections
               - no list of satellites
`);
  });

  test('assistance, a position of somebody else, and the cells have their sentences', () => {
    const status = statusWith({
      assistance: { state: 'needy', sentence: 'The receiver has no fix yet.', fetchesToday: 0 },
      position: { from: 'cell', latitudeDeg: 48.2, longitudeDeg: 16.4, accuracyM: 614.4, ageMs: 1 },
      cellLocate: { state: 'known', sentence: 'By the cells around it …', attempts: 1 },
    });
    expect(said(status, 'assistance')).toBe('The receiver has no fix yet.');
    expect(said(status, 'roughly')).toBe('about 48.2, 16.4 ± 614 m, from the cells around');
    expect(said(status, 'cells')).toBe('By the cells around it …');
    const own = statusWith({ position: { from: 'receiver', latitudeDeg: 48.2, longitudeDeg: 16.4, ageMs: 1 } });
    expect(said(own, 'roughly')).toBeUndefined();
  });

  test('what a receiver calls itself cannot command a terminal or make a line of its own', () => {
    const text = describeReceiver(withReceiver({ model: 'ZED\u001b[2J\nfix RTK', firmware: '\u202eHPG' }));
    expect(text).not.toMatch(/[\u001b\u202e]/);
    expect(text.split('\n')[0]).toContain('fix RTK');
  });
});
