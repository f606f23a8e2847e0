// The list of what the agent makes is whole: every slot of the sources is in it.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { isOwnFile, isOwnSlot } from '../../src/cli/evidence/own-names.js';
import { BUDGET_SLOT } from '../../src/services/thingspace/index.js';

const SRC = resolve(import.meta.dirname, '../../src');
const sources = readdirSync(SRC, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));

/** What is given to a call, as written there. */
const givenTo = (call: RegExp): string[] =>
  sources.flatMap((text) => [...text.matchAll(call)].map(([, given]) => given ?? ''));

test('every slot that some room opens is one of the agent’s', () => {
  const literal = [
    ...givenTo(/[vV]ault\??\.slot\((?:'([^']+)')/g),
    ...givenTo(/[vV]ault\??\.slot\(`([^`]+)`/g).map((name) => name.replace(/\$\{[^}]*\}/g, 'x')),
    ...givenTo(/createStrikeBook\(\w+, '([^']+)'/g),
    BUDGET_SLOT,
  ];
  expect(literal.length).toBeGreaterThan(20);
  expect(literal.filter((name) => !isOwnSlot(name))).toEqual([]);
  // Given by a variable: the two that are followed above, and the vault's own.
  expect([...new Set(givenTo(/[vV]ault\??\.slot\((\w+)/g))].sort()).toEqual(['BUDGET_SLOT', 'slotName']);
});

test.each([
  ['identity', true],
  ['identity.prev', true],
  ['credential-ztp-token.next.tmp.4711', true],
  ['holder', true],
  ['holder.old.tmp.12', true],
  ['corrupt/001767225600000-812-1.identity.prev', true],
  ['outbox/losant/000000000000001-000.wal', true],
  ['outbox/losant/cursor.json', true],
  ['outbox/losant/quarantine/1-2.json', true],
  ['outbox/devicewise/corrupt/3-000000000000001-000.wal', true],
  ['before-restore/identity', true],
  ['before-restore.2/outbox/losant/cursor.json', true],
  ['identity.txt', false],
  ['credential-', false],
  ['photos/identity', false],
  ['corrupt/identity', false],
  ['outbox/letter.txt', false],
  ['outbox/losant/quarantine/../../../identity', false],
  ['before-restore/before-restore/identity', false],
])('%s is the agent’s: %s', (name, isIt) => {
  expect(isOwnFile(name)).toBe(isIt);
});
