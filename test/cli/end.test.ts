import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const PROGRAM = process.env['WAYMARK_PROGRAM'] ?? resolve(import.meta.dirname, '../../dist/waymark.cjs');

test('a stopped agent whose output nobody reads still ends within seconds', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-end-'));
  const file = join(dir, 'gateway.yaml');
  writeFileSync(
    file,
    `version: 1\nstateDir: ${dir}/state\nruntimeDir: ${dir}/run\nlog: {level: trace}\ngnss: {port: ${dir}/none}\n`,
  );
  // A shell keeps the reading end open and never reads; the pipe is full before the agent has said anything.
  const child = spawn(
    'sh',
    [
      '-c',
      '{ head -c 65536 /dev/zero; exec "$0" "$@" 2>/dev/null & echo $! >&3; wait $!; echo ended >&3; } | sleep 30',
      process.execPath,
      PROGRAM,
      'run',
      '-c',
      file,
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'], detached: true },
  );
  let said = '';
  child.stdio[3]?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const until = async (fact: () => boolean, ms: number): Promise<boolean> => {
    const end = performance.now() + ms;
    while (!fact() && performance.now() < end) await new Promise((done) => setTimeout(done, 20));
    return fact();
  };
  try {
    expect(await until(() => /\d+\n/.test(said), 5000)).toBe(true);
    await new Promise((done) => setTimeout(done, 2000));
    process.kill(Number.parseInt(said, 10), 'SIGTERM');
    expect(await until(() => said.includes('ended'), 8000)).toBe(true);
  } finally {
    if (child.pid) process.kill(-child.pid, 'SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
});
