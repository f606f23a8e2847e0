import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDirectory } from '../../src/vault/index.js';

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

test('release frees it, and leaves another holder’s mark alone', () => {
  const release = lockDirectory(dir);
  writeFileSync(join(dir, 'holder'), 'somebody else\n');
  release();
  expect(readFileSync(join(dir, 'holder'), 'latin1')).toBe('somebody else\n');
});
