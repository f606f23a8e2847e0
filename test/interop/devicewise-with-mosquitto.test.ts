// The commands of docs/operate/devicewise-by-hand.md, run by one shell as a person would, against `waymark sim clouds`: what
// stands in the document has to come out. Mosquitto's clients and curl stand for everything that is not ours.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ByHand, linesOf, startShell, stepsOf } from '../helpers/by-hand.js';

const steps = stepsOf('devicewise-by-hand.md');

let dir: string;
let shell: ByHand;
let told = '';

beforeAll(() => {
  execFileSync('curl', ['--version'], { stdio: 'ignore' });
  // It ends with 1 after its help.
  expect(() => execFileSync('mosquitto_rr', ['--help'], { stdio: 'ignore' })).not.toThrow('ENOENT');
  dir = mkdtempSync(join(tmpdir(), 'waymark-by-hand-'));
  shell = startShell(dir);
});
afterAll(async () => {
  // Does nothing when the page has already stopped it.
  await shell.run('ctl stop 2> /dev/null');
  await shell.end();
  rmSync(dir, { recursive: true, force: true });
});

test('no token stands on a command line of the page', () => {
  const telling = linesOf(steps).filter((line) => /\$\{?DW_TOKEN\b/.test(line));
  // A function of the shell, or its own word, into a file.
  for (const line of telling) expect(line).toMatch(/^as "|^printf .* > "\$DW_DIR\/\w+"$/);
  expect(telling.length).toBeGreaterThan(2);
});

test.each(steps)('$title', async ({ script, output }) => {
  const shown = await shell.run(script);
  expect(shell.errors.join('')).toBe('');
  if (output !== undefined) expect(shown).toBe(output);
  else told += shown;
});

test('the simulator counted what was done, and nothing but that', () => {
  const { clouds, devicewise } = JSON.parse(told) as Record<string, Record<string, unknown>>;
  expect(devicewise ?? clouds?.['devicewise']).toMatchObject({
    ...{ refused: 3, locations: 1, sessions: [] },
    things: [{ key: 'by-hand', createdBy: 'AUTOREG', isBound: true, properties: 1, waiting: 0 }],
    lastMethod: { method: 'set_rate', state: 'acked', acked: { errorCode: 0, params: { applied: 30 } } },
  });
});
