// The commands of docs/operate/thingspace-by-hand.md, run by one shell as a person would, against `waymark sim clouds`:
// what stands in the document has to come out. curl stands for everything that is not ours.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ByHand, linesOf, startShell, stepsOf } from '../helpers/by-hand.js';

const steps = stepsOf('thingspace-by-hand.md');

let dir: string;
let shell: ByHand;
let told = '';

beforeAll(() => {
  execFileSync('curl', ['--version'], { stdio: 'ignore' });
  dir = mkdtempSync(join(tmpdir(), 'waymark-by-hand-'));
  shell = startShell(dir);
});
afterAll(async () => {
  // Does nothing when the page has already stopped it.
  await shell.run('ctl stop 2> /dev/null');
  await shell.end();
  rmSync(dir, { recursive: true, force: true });
});

test('no secret stands on a command line of the page', () => {
  const telling = linesOf(steps).filter((line) => /\$\{?TS_(KEY|SECRET|USER|PASSWORD)\b/.test(line));
  // The shell's own word, into a file.
  for (const line of telling) expect(line).toMatch(/^printf .* > "\$TS_DIR\/\w+"$/);
  expect(telling.length).toBeGreaterThan(2);
});

test.each(steps)('$title', async ({ script, output }) => {
  const shown = await shell.run(script);
  expect(shell.errors.join('')).toBe('');
  if (output !== undefined) expect(shown).toBe(output);
  else told += shown;
});

test('the simulator counted what was done, and nothing but that', () => {
  const { clouds, thingspace } = JSON.parse(told) as Record<string, Record<string, unknown>>;
  expect(thingspace ?? clouds?.['thingspace']).toMatchObject({
    ...{ tokensIssued: 2, tokenRequests: 3, revokes: 1, logouts: 1, billed: 2 },
    // Two good ones, five misses, the one that came too late, and the one after the unlocking.
    ...{ logins: 9, failedLogins: 6, loginsWhileLocked: 1 },
    user: { failCount: 0, isLocked: false },
  });
});
