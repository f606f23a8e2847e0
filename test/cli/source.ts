// The program run from its sources, as a process of its own: what it prints is looked at byte by byte.
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

export interface SourceRun {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

export function startSource(...args: string[]): SourceRun {
  const child = spawn(process.execPath, ['--import', 'tsx', resolve(ROOT, 'src/cli/main.ts'), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const stdout = (): string => Buffer.concat(out).toString('utf8');
  const stderr = (): string => Buffer.concat(err).toString('utf8');
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((done) =>
    child.on('close', (code) => done({ code, stdout: stdout(), stderr: stderr() })),
  );
  return { child, stdout, stderr, ended };
}

export const source = (...args: string[]): ReturnType<typeof ended> => ended(args);
const ended = (args: string[]): SourceRun['ended'] => startSource(...args).ended;

/** Everything a terminal would obey or hide, line ends excepted: C0, DEL, C1, direction marks, what has no width. */
export const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
