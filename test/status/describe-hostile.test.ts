// Texts of far sides, modules, operators and other programs in the words for people.
import { expect, test } from 'vitest';
import { describeIdentity } from '../../src/cli/ztp-words.js';
import {
  type CredentialView,
  describeCredentials,
  describeStatus,
  type StatusSnapshot,
} from '../../src/status/index.js';
import { lampOf, statusWith } from '../helpers/status.js';

/** Colours of a lit lamp, clears the screen, and begins lines of its own. */
const EVIL = 'a\u001b[32mb\u001b[2Jc\n  ● session     forged\r\n\t● fix forged\u202e\u009b31m';
const OURS = /^ {2}\u001b\[(?:32|33|31|90)m[●◐○–]\u001b\[0m /;

const CREDENTIAL = {
  ...{ id: 'location-token', kind: 'location-token', state: 'rejected', since: EVIL, tested: true, latched: false },
  ...{ generation: 1, remedy: EVIL, reason: EVIL, evidence: { body: EVIL } },
} as unknown as CredentialView;

const status = (): StatusSnapshot => {
  const base = statusWith();
  return statusWith({
    why: EVIL,
    lamps: [
      lampOf('identity', { state: 'dark', message: EVIL, hint: EVIL, next: EVIL }),
      lampOf('network', { detail: EVIL }),
    ],
    identity: { ...base.identity, evidence: { body: EVIL }, reason: 'ztp.refused', hint: EVIL, clientId: EVIL },
    corrections: { ...base.corrections, detail: EVIL, use: { ...base.corrections.use, sentence: EVIL } },
    assistance: { sentence: EVIL, hint: EVIL, evidence: { body: EVIL } } as unknown as NonNullable<
      StatusSnapshot['assistance']
    >,
    cellLocate: { sentence: EVIL } as unknown as NonNullable<StatusSnapshot['cellLocate']>,
    modem: { profileNote: EVIL, sharedWith: [{ name: EVIL, pid: 7 }] } as unknown as NonNullable<
      StatusSnapshot['modem']
    >,
    credentials: [CREDENTIAL],
  });
};

test.each([
  ['in colour', true, undefined],
  ['in colour, wrapped', true, 60],
  ['plain', false, undefined],
])('cannot steer a terminal or begin a line of status: %s', (_name, colour, width) => {
  const lines = describeStatus(status(), { colour, ...(width === undefined ? {} : { width }) }).split('\n');
  const painted = lines.filter((line) => OURS.test(line));
  expect(painted).toHaveLength(colour ? 2 : 0);
  for (const line of lines) {
    expect(line.replace(OURS, '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    // Marks stand in the third column only in front of our lamps.
    if (!OURS.test(line)) expect(line).not.toMatch(colour ? /^ {0,3}● / : /^ {0,3}● (?!identity|network)/);
  }
  expect(lines.join('\n')).toContain(String.raw`a\x1b[32mb\x1b[2Jc`);
});

test.each([
  ['credentials', () => describeCredentials([CREDENTIAL])],
  ['the identity', () => describeIdentity(status())],
])('cannot steer a terminal or begin a line of %s', (_name, describe) => {
  const text = describe();
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(text).not.toMatch(/^ {0,3}● /m);
});

test('commands of a hint keep lines of their own, under the hint', () => {
  const hint = 'As root:\necho rule > /etc/rules\nudevadm trigger';
  const lamps = [lampOf('modem', { state: 'dark', message: 'in use', hint })];
  expect(describeStatus(statusWith({ lamps }), { colour: false })).toContain(
    '\n      → As root:\n        echo rule > /etc/rules\n        udevadm trigger\n',
  );
});

test('colour takes no columns', () => {
  const lamps = [lampOf('fix', { detail: 'word '.repeat(30).trim() })];
  const painted = describeStatus(statusWith({ lamps }), { colour: true, width: 50 });
  expect(painted.replaceAll(/\u001b\[\d+m/g, '')).toBe(
    describeStatus(statusWith({ lamps }), { colour: false, width: 50 }),
  );
});
