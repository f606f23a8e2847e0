// The pages docs/operate/*-by-hand.md as a person would follow them: their blocks in one shell, one after the other.
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { PROGRAM } from './cli.js';
import { eventually } from './scenario.js';

export interface Step {
  title: string;
  script: string;
  /** What the page says comes out; undefined: it says nothing. */
  output: string | undefined;
}

/** Every block of docs/operate/<name> to be typed, with the block of what is then shown. */
export function stepsOf(name: string): Step[] {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/operate', name), 'utf8');
  return [...page.matchAll(/```sh\n(.*?)```(?:\n\n```text\n(.*?)```)?/gs)].map((found, n) => ({
    title: `${n + 1}: ${page.slice(0, found.index).match(/## .*/g)?.at(-1)?.slice(3) ?? ''}`,
    script: found[1] ?? '',
    output: found[2],
  }));
}

/** Lines of a page, continued ones as one. */
export const linesOf = (steps: readonly Step[]): string[] =>
  steps.flatMap(({ script }) => script.replaceAll('\\\n', ' ').split('\n'));

export interface ByHand {
  /** What was shown as a mistake. */
  readonly errors: string[];
  run(script: string): Promise<string>;
  end(): Promise<void>;
}

/** One shell for all blocks: variables and functions of one are there in the next. `waymark` is the built program. */
export function startShell(folder: string): ByHand {
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
    async run(script) {
      const file = join(folder, 'block.sh');
      writeFileSync(file, script);
      output = '';
      child.stdin.write(`. '${file}' < /dev/null\necho '--end--'\n`);
      await eventually('the block has ended', () => output.endsWith('--end--\n'));
      return output.slice(0, -'--end--\n'.length);
    },
    async end() {
      child.stdin.end();
      await ended;
    },
  };
}
