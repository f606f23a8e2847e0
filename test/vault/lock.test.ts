import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClock } from '../../src/core/index.js';
import { lockDirectory, lockMachine } from '../../src/vault/index.js';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-lock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const startOf = (pid: number): string => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
};

test('a directory held by a living process is refused, with its number', () => {
  writeFileSync(join(dir, 'holder'), `${process.ppid} ${startOf(process.ppid)}\n`);
  expect(() => lockDirectory(dir)).toThrow(
    expect.objectContaining({ code: 'vault.busy', message: expect.stringContaining(`process ${process.ppid}`) }),
  );
});

test('a holder that died, or whose number was given to another process, is no obstacle', () => {
  for (const holder of ['999999999 1', `${process.ppid} 1`, 'rubbish', '']) {
    writeFileSync(join(dir, 'holder'), `${holder}\n`);
    const release = lockDirectory(dir);
    release();
  }
});

test('a holder that is dead and only not collected yet is no obstacle', async () => {
  // The shell's first child ends; what the shell has become never asks for it.
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const pid = Number(String((await once(parent.stdout, 'data'))[0]));
    const stateOf = (): string => /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1] ?? '';
    await expect.poll(stateOf).toBe('Z');
    writeFileSync(join(dir, 'holder'), `${pid} ${startOf(pid)}\n`);
    lockDirectory(dir)();
  } finally {
    parent.kill('SIGKILL');
  }
});

test('release frees it, and leaves another holder’s mark alone', () => {
  const release = lockDirectory(dir);
  writeFileSync(join(dir, 'holder'), 'somebody else\n');
  release();
  expect(readFileSync(join(dir, 'holder'), 'latin1')).toBe('somebody else\n');
});

test('of many processes that start in the same instant one gets the directory, also where a dead one left its mark', async () => {
  const code = `
    import { lockDirectory } from ${JSON.stringify(resolve(import.meta.dirname, '../../src/vault/lock.ts'))};
    while (Date.now() < Number(process.argv[2]));
    try { lockDirectory(process.argv[1]); process.stdout.write('held'); } catch (error) { process.stdout.write(error.code); }
    setTimeout(() => {}, 2000);`;
  for (const left of [undefined, '999999999 1']) {
    const path = join(dir, left === undefined ? 'fresh' : 'left');
    mkdirSync(path);
    if (left !== undefined) writeFileSync(join(path, 'holder'), `${left}\n`);
    const atMs = String(Date.now() + 2500);
    const args = ['--import', 'tsx', '--input-type=module', '-e', code, path, atMs];
    const cwd = resolve(import.meta.dirname, '../..');
    const said = await Promise.all(
      Array.from({ length: 3 }, () =>
        promisify(execFile)(process.execPath, args, { cwd }).then(({ stdout }) => stdout),
      ),
    );
    expect(said.sort()).toEqual(['held', 'vault.busy', 'vault.busy']);
    expect(readdirSync(path)).toEqual(['holder']);
  }
});

test('a disk that takes no mark keeps nobody from starting, and says so', () => {
  const told: unknown[] = [];
  lockDirectory('/proc', (error) => told.push(error))();
  expect(told).toHaveLength(1);
});

test('one process of the machine holds a name; the next one gets it when it is free, or is told after a while', async () => {
  const name = `test-${process.pid}`;
  const clock = createClock();
  const release = await lockMachine(name, clock, 0);
  expect(release).toBeTypeOf('function');
  expect(await lockMachine(name, clock, 250)).toBeUndefined();
  const next = lockMachine(name, clock, 5000);
  release?.();
  (await next)?.();
});
