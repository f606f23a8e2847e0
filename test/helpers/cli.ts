// The built program as a user runs it.
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** Another build can be put to the same tests. */
export const PROGRAM = process.env['WAYMARK_PROGRAM'] ?? resolve(import.meta.dirname, '../../dist/waymark.cjs');

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliProcess {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<CliResult>;
}

export function startCli(args: readonly string[], env: NodeJS.ProcessEnv = process.env): CliProcess {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  // A character may come in two pieces; bytes that are none become U+FFFD.
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = new Promise<CliResult>((done) => child.on('close', (code) => done({ code, ...output })));
  return { child, output, ended };
}

export const cli = (...args: string[]): Promise<CliResult> => startCli(args).ended;
