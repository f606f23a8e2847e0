// The lamp to look at: what a person can mend, not what is out because of it.
import { expect, test } from 'vitest';
import { firstTroubled } from '../../src/status/first-troubled.js';
import { LAMPS, type LampState, type LampView } from '../../src/status/index.js';

const STATES: Readonly<Record<string, LampState>> = { l: 'lit', w: 'waiting', d: 'dark', a: 'absent' };

/** One letter a lamp, in the order of the chain; every dark one says `reason`. */
const chain = (letters: string, reason?: string): LampView[] =>
  LAMPS.map((name, i) => {
    const state = STATES[letters.charAt(i)] ?? 'lit';
    return { name, state, since: '', ...(state === 'dark' && reason !== undefined ? { reason } : {}) };
  });

test.each([
  ['all lit', 'lllllll', undefined, undefined],
  ['nothing in use', 'aaaaaaa', undefined, undefined],
  ['coming up', 'llwwwww', undefined, 'network'],
  ['the module is gone, and the session with it', 'dwwldwl', 'link.closed', 'modem'],
  ['the module is back and asked, the caster not reached yet', 'wwwldwl', 'ntrip.unavailable', 'modem'],
  ['it registers, the stream that ended is still told', 'llwldwl', 'net.closed', 'network'],
  ['a refusal is its own cause', 'llwldwl', 'ntrip.unauthorized', 'session'],
  ['the way is there, nothing comes back from the caster', 'lllldwl', 'ntrip.unavailable', 'session'],
  ['without a module', 'aaaldww', 'net.closed', 'session'],
  ['a token is refused while the module comes up', 'wwwdwww', 'ztp.refused', 'identity'],
])('%s', (_when, letters, reason, name) => {
  expect(firstTroubled(chain(letters, reason))?.name).toBe(name);
});
