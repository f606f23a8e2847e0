// The commands of docs/operate/thingspace-by-hand.md, run by one shell as a person would, against `waymark sim clouds`:
// what stands in the document has to come out. curl stands for everything that is not ours.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROGRAM } from '../helpers/cli.js';
import { eventually } from '../helpers/scenario.js';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/operate/thingspace-by-hand.md'), 'utf8');

interface Step {
  title: string;
  script: string;
  /** What the page says comes out; undefined: it says nothing. */
  output: string | undefined;
}

/** Every block to be typed, with the block of what is then shown. */
const steps: Step[] = [...PAGE.matchAll(/```sh\n(.*?)```(?:\n\n```text\n(.*?)```)?/gs)].map((found, n) => ({
  title: `${n + 1}: ${PAGE.slice(0, found.index).match(/## .*/g)?.at(-1)?.slice(3) ?? ''}`,
  script: found[1] ?? '',
  output: found[2],
}));

let dir: string;
let shell: ReturnType<typeof startShell>;
let told = '';

/** One shell for all blocks: variables and functions of one are there in the next. */
function startShell(folder: string) {
  // The program as it would be installed.
  const program = join(folder, 'waymark');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`);
  chmodSync(program, 0o755);
  const child = spawn('sh', [], {
    env: { ...process.env, TMPDIR: folder, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  const errors: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  return {
    errors,
    async run(script: string): Promise<string> {
      const file = join(folder, 'block.sh');
      writeFileSync(file, script);
      output = '';
      child.stdin.write(`. '${file}' < /dev/null\necho '--end--'\n`);
      await eventually('the block has ended', () => output.endsWith('--end--\n'));
      return output.slice(0, -'--end--\n'.length);
    },
    async end(): Promise<void> {
      child.stdin.end();
      await ended;
    },
  };
}

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
  const lines = steps.flatMap(({ script }) => script.replaceAll('\\\n', ' ').split('\n'));
  const telling = lines.filter((line) => /\$\{?TS_(KEY|SECRET|USER|PASSWORD)\b/.test(line));
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
