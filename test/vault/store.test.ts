import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { createFakeClock, fingerprintOf, silentLogger } from '../../src/core/index.js';
import { atomicWrite, type Codec, crc32c, openVault, realDisk } from '../../src/vault/index.js';
import { open, scratch, watchedDisk, wordCodec } from './fakes.js';

describe('slots', () => {
  test('a slot never written reads as nothing', async () => {
    await using dir = await scratch();
    const slot = (await open(dir.path)).slot('name', wordCodec);
    expect(await slot.read()).toBeUndefined();
    expect(await slot.staged()).toBeUndefined();
  });

  test('a write keeps the generation before', async () => {
    await using dir = await scratch();
    const slot = (await open(dir.path)).slot('name', wordCodec);
    await slot.write('one');
    await slot.write('two');
    expect(await slot.read()).toEqual({ value: 'two', generation: 'current' });
    expect(await readFile(`${dir.path}/name.prev`, 'utf8')).toContain('"one"');
  });

  test('a change starts from what is kept at its turn, and may leave it alone', async () => {
    await using dir = await scratch();
    const slot = (await open(dir.path)).slot('name', wordCodec);
    const seen: string[] = [];
    const noted = (word: string): undefined => void seen.push(word);
    await slot.change(noted);
    await slot.stage('two');
    await Promise.all([
      slot.write('one'),
      slot.change((word) => `${word} and a half`),
      slot.change(noted),
      slot.promote(),
      slot.change(noted),
    ]);
    expect(seen).toEqual(['one and a half', 'two']);
    expect(await slot.read()).toEqual({ value: 'two', generation: 'current' });
  });

  test('a staged value does not count until it is promoted', async () => {
    await using dir = await scratch();
    const slot = (await open(dir.path)).slot('name', wordCodec);
    await slot.write('proved');
    await slot.stage('hopeful');
    expect((await slot.read())?.value).toBe('proved');
    expect(await slot.staged()).toBe('hopeful');
    await slot.promote();
    expect(await slot.read()).toEqual({ value: 'hopeful', generation: 'current' });
    expect(await slot.staged()).toBeUndefined();
  });

  test('a discarded value is gone and cannot be promoted', async () => {
    await using dir = await scratch();
    const slot = (await open(dir.path)).slot('name', wordCodec);
    await slot.stage('hopeful');
    await slot.discard();
    await expect(slot.promote()).rejects.toMatchObject({ code: 'vault.write' });
    await slot.discard();
  });

  test('clear forgets every generation', async () => {
    await using dir = await scratch();
    const slot = (await open(dir.path)).slot('name', wordCodec);
    await slot.write('one');
    await slot.write('two');
    await slot.stage('three');
    await slot.clear();
    expect((await readdir(dir.path)).filter((name) => name.startsWith('name'))).toEqual([]);
  });

  test('many writes at once are done one after the other, the last one wins', async () => {
    await using dir = await scratch();
    const vault = await open(dir.path);
    const words = Array.from({ length: 20 }, (_, i) => `word ${i}`);
    await Promise.all(words.map((word) => vault.slot('name', wordCodec).write(word)));
    expect(await vault.slot('name', wordCodec).read()).toEqual({ value: 'word 19', generation: 'current' });
  });

  test('files are mode 0600, the directory is 0700, whatever the umask', async () => {
    await using dir = await scratch();
    const before = process.umask(0);
    try {
      await (await open(`${dir.path}/state`)).slot('name', wordCodec).write('x');
    } finally {
      process.umask(before);
    }
    expect((await stat(`${dir.path}/state`)).mode & 0o777).toBe(0o700);
    expect((await stat(`${dir.path}/state/name`)).mode & 0o777).toBe(0o600);
  });

  test('a slot name cannot leave the directory or pose as another generation', async () => {
    await using dir = await scratch();
    const vault = await open(dir.path);
    for (const name of ['../x', 'a/b', 'name.prev', 'name.next', '', '.hidden', 'a.tmp.1'])
      expect(() => vault.slot(name, wordCodec)).toThrow('not a slot name');
  });
});

describe('the order that makes a write survive', () => {
  test('the file is synced before it is renamed, the directory after', async () => {
    await using dir = await scratch();
    const seen: string[] = [];
    await atomicWrite(
      `${dir.path}/file`,
      Buffer.from('x'),
      watchedDisk((what) => void seen.push(what)),
    );
    expect(seen).toEqual(['create', 'write', 'sync', 'close', 'rename', 'openDirectory', 'sync', 'close']);
    expect(await readFile(`${dir.path}/file`, 'utf8')).toBe('x');
  });

  test('a failed fsync is not tried again: the write fails and the old value stays', async () => {
    await using dir = await scratch();
    const healthy = (await open(dir.path)).slot('name', wordCodec);
    await healthy.write('old');
    let syncs = 0;
    const slot = (
      await open(
        dir.path,
        watchedDisk((what, path) => {
          if (what === 'sync' && path.includes('.tmp.')) {
            syncs++;
            throw Object.assign(new Error('EIO'), { code: 'EIO' });
          }
        }),
      )
    ).slot('name', wordCodec);
    await expect(slot.write('new')).rejects.toMatchObject({ code: 'vault.write' });
    expect(syncs).toBe(1);
    expect(await healthy.read()).toEqual({ value: 'old', generation: 'current' });
    expect((await readdir(dir.path)).filter((name) => name.includes('.tmp.'))).toEqual([]);
  });

  test('a short write is a failed write', async () => {
    await using dir = await scratch();
    const healthy = (await open(dir.path)).slot('name', wordCodec);
    await healthy.write('old');
    const full = {
      ...realDisk,
      create: async (path: string, mode: number) => {
        const file = await realDisk.create(path, mode);
        return { ...file, write: (bytes: Uint8Array) => file.write(bytes.subarray(0, 5)) };
      },
    };
    const slot = (await open(dir.path, full)).slot('name', wordCodec);
    await expect(slot.write('new')).rejects.toThrow('only 5 of');
    expect((await healthy.read())?.value).toBe('old');
  });

  test('a full disk is told as vault.write with the system’s code', async () => {
    await using dir = await scratch();
    const disk = watchedDisk((what, path) => {
      if (what === 'create' && path.includes('name')) throw Object.assign(new Error('x'), { code: 'ENOSPC' });
    });
    const slot = (await open(dir.path, disk)).slot('name', wordCodec);
    await expect(slot.write('new')).rejects.toThrow('ENOSPC');
  });
});

describe('whose directory it is', () => {
  test('a directory open to others is refused with the exact chmod', async () => {
    await using dir = await scratch();
    await mkdir(`${dir.path}/it's`, { mode: 0o755 });
    await chmod(`${dir.path}/it's`, 0o755);
    await expect(open(`${dir.path}/it's`)).rejects.toMatchObject({
      code: 'vault.permission',
      hint: expect.stringContaining(`chmod 700 '${dir.path}/it'\\''s'`) as string,
    });
  });

  test('a directory of another user is refused with the exact chown', async () => {
    await using dir = await scratch();
    const foreign = { ...realDisk, stat: async (path: string) => ({ ...(await realDisk.stat(path)), uid: 4711 }) };
    await expect(open(dir.path, foreign)).rejects.toMatchObject({
      code: 'vault.permission',
      hint: expect.stringContaining(`chown -R ${process.geteuid?.()} '${dir.path}'`) as string,
    });
  });

  test('a file in the directory’s place is refused', async () => {
    await using dir = await scratch();
    await writeFile(`${dir.path}/state`, '');
    await expect(open(`${dir.path}/state`)).rejects.toMatchObject({ code: 'vault.permission' });
    await expect(open(`${dir.path}/state/below`)).rejects.toMatchObject({ code: 'vault.permission' });
  });
});

describe('fingerprints', () => {
  test('are the same after a restart and differ between installations', async () => {
    await using here = await scratch();
    await using there = await scratch();
    await open(here.path);
    const first = fingerprintOf('a-secret-value');
    await open(there.path);
    expect(fingerprintOf('a-secret-value')).not.toBe(first);
    await open(here.path);
    expect(fingerprintOf('a-secret-value')).toBe(first);
  });

  test('a disk that takes no writes costs only their stability', async () => {
    await using dir = await scratch();
    const readOnly = watchedDisk((what) => {
      if (what === 'create') throw Object.assign(new Error('x'), { code: 'EROFS' });
    });
    const vault = await openVault(dir.path, { clock: createFakeClock(), log: silentLogger, disk: readOnly });
    expect(fingerprintOf('a-secret-value')).toMatch(/^[0-9a-f]{8}$/);
    await expect(vault.slot('name', wordCodec).write('x')).rejects.toMatchObject({ code: 'vault.write' });
  });
});

describe('schema versions', () => {
  const second: Codec<string> = { ...wordCodec, version: 2 };

  test('an older version is handed to the codec with its number', async () => {
    await using dir = await scratch();
    const vault = await open(dir.path);
    await vault.slot('name', wordCodec).write('old');
    const aware: Codec<string> = {
      ...second,
      decode: (data, version) => `${wordCodec.decode(data, version)} from ${version}`,
    };
    expect((await vault.slot('name', aware).read())?.value).toBe('old from 1');
  });

  test('a newer version is neither read, written over nor deleted', async () => {
    await using dir = await scratch();
    const vault = await open(dir.path);
    await vault.slot('name', second).write('from the future');
    const before = await readFile(`${dir.path}/name`);
    const slot = vault.slot('name', wordCodec);
    await expect(slot.read()).rejects.toMatchObject({ code: 'vault.unreadable' });
    await expect(slot.write('x')).rejects.toMatchObject({ code: 'vault.write' });
    await expect(slot.stage('x')).rejects.toMatchObject({ code: 'vault.write' });
    await expect(slot.promote()).rejects.toMatchObject({ code: 'vault.write' });
    expect(await readFile(`${dir.path}/name`)).toEqual(before);
    expect(vault.alarms().some(({ what }) => what.includes('newer version'))).toBe(true);
  });

  test('after a downgrade the generation this version wrote is read, and nothing is written', async () => {
    await using dir = await scratch();
    const vault = await open(dir.path);
    await vault.slot('name', wordCodec).write('ours');
    await vault.slot('name', second).write('from the future');
    const slot = vault.slot('name', wordCodec);
    expect(await slot.read()).toEqual({ value: 'ours', generation: 'previous' });
    await expect(slot.write('x')).rejects.toMatchObject({ code: 'vault.write' });
  });
});

test('CRC-32C gives the published check value', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});
