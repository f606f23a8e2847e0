import { chown, lstat, readFile, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { heirOf, realDisk, writeForOwner } from '../../src/vault/index.js';
import { scratch, watchedDisk } from './fakes.js';

const ROOT = { uid: 0, gid: 0 };
const SERVICE = { uid: 990, gid: 991 };
const OTHER = { uid: 1000, gid: 1000 };
const isRoot = process.geteuid?.() === 0;
/** Somebody else where the tests may give files away. */
const owner = isRoot ? { uid: 65_534, gid: 65_534 } : { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };

test.each([
  ['the file in its owner’s directory', SERVICE, SERVICE, SERVICE],
  ['the file in root’s directory', ROOT, SERVICE, SERVICE],
  ['root’s file in root’s directory', ROOT, ROOT, ROOT],
  ['no file: as the directory', SERVICE, undefined, SERVICE],
  ['root’s file, linked into another’s directory', SERVICE, ROOT, undefined],
  ['a third’s directory', OTHER, SERVICE, undefined],
])('%s', (_what, directory, file, heir) => {
  expect(heirOf(directory, file)).toEqual(heir);
});

test('it is given away before it has its name: a link put there afterwards leads to nothing', async () => {
  await using dir = await scratch();
  const [path, like, victim] = ['key.next', 'key', 'victim'].map((name) => join(dir.path, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(victim, 'root only');
  await writeFile(like, 'old');
  for (const mine of [dir.path, like]) await chown(mine, owner.uid, owner.gid);
  const calls: string[] = [];
  const watched = watchedDisk((what) => void calls.push(what));
  await writeForOwner(path, Buffer.from('new'), like, {
    isRoot: true,
    disk: {
      ...watched,
      async rename(from, to) {
        await watched.rename(from, to);
        expect(await readFile(path, 'utf8')).toBe('new');
        expect((await lstat(path)).uid).toBe(owner.uid);
        await unlink(path);
        await symlink(victim, path);
      },
    },
  });
  expect(calls.slice(0, 5)).toEqual(['create', 'write', 'giveTo', 'sync', 'close']);
  expect(calls.slice(5)).not.toContain('giveTo');
  expect((await lstat(victim)).uid).toBe(process.geteuid?.());
});

test('what stands under the name of the file is not followed, and the directory is the one that was judged', async () => {
  await using dir = await scratch();
  await using elsewhere = await scratch();
  const like = join(dir.path, 'key');
  await symlink('/nonexistent/file', like);
  const moved = `${dir.path}.moved`;
  const disk = {
    ...realDisk,
    async create(path: string, mode: number) {
      await rename(dir.path, moved);
      await symlink(elsewhere.path, dir.path);
      return realDisk.create(path, mode);
    },
  };
  try {
    await writeForOwner(join(dir.path, 'key.next'), Buffer.from('new'), like, { isRoot: true, disk });
    expect(await readFile(join(moved, 'key.next'), 'utf8')).toBe('new');
    await expect(lstat(join(elsewhere.path, 'key.next'))).rejects.toMatchObject({ code: 'ENOENT' });
  } finally {
    await unlink(dir.path);
    await rename(moved, dir.path);
  }
});

test('a failure names the file as it was given', async () => {
  await using dir = await scratch();
  const path = join(dir.path, 'none', 'key.next');
  await expect(
    writeForOwner(path, Buffer.from('new'), join(dir.path, 'none', 'key'), { isRoot: true }),
  ).rejects.toThrow(`${path}: ENOENT`);
});
