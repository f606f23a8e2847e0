import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { open, scratch, watchedDisk, wordCodec } from './fakes.js';

const DAMAGE: Record<string, (path: string, whole: Buffer) => Promise<void>> = {
  'a truncated file': (path, whole) => truncate(path, Math.floor(whole.length / 2)),
  'an empty file': (path) => truncate(path, 0),
  'a zero-filled file': (path, whole) => writeFile(path, Buffer.alloc(whole.length)),
  'a huge file': (path) => truncate(path, 5_000_000),
  'somebody else’s JSON': (path) => writeFile(path, '{"hello":"world"}'),
  'JSON without a header': (path) => writeFile(path, '[]'),
  'a directory in its place': async (path) => {
    await rm(path);
    await mkdir(path);
  },
};

describe('a damaged file', () => {
  test.each(Object.entries(DAMAGE))('%s falls back to the generation before and is kept', async (_, damage) => {
    await using dir = await scratch();
    const vault = await open(dir.path);
    const slot = vault.slot('name', wordCodec);
    await slot.write('old');
    await slot.write('new');
    await damage(`${dir.path}/name`, await readFile(`${dir.path}/name`));
    expect(await slot.read()).toEqual({ value: 'old', generation: 'previous' });
    expect(await readdir(`${dir.path}/corrupt`)).toEqual([expect.stringMatching(/\.name$/)]);
    expect(vault.alarms()).toMatchObject([
      { file: `${dir.path}/name`, keptAs: expect.stringContaining('/corrupt/') as string },
    ]);
    // And life goes on: the good generation is not overwritten by the damaged one.
    await slot.write('newer');
    expect(await slot.read()).toEqual({ value: 'newer', generation: 'current' });
  });

  test('every single flipped bit reads as the old value or as the same value, never as another', async () => {
    await using dir = await scratch();
    const slot = (await open(dir.path)).slot('name', wordCodec);
    await slot.write('old');
    await slot.write('new');
    const current = await readFile(`${dir.path}/name`);
    const previous = await readFile(`${dir.path}/name.prev`);
    for (let bit = 0; bit < current.length * 8; bit++) {
      const flipped = Buffer.from(current);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await writeFile(`${dir.path}/name`, flipped);
      await writeFile(`${dir.path}/name.prev`, previous);
      const reading = await slot.read();
      // A flip in white space changes nothing; anything else must be noticed.
      if (reading?.generation === 'current') expect(reading.value).toBe('new');
      else expect(reading).toEqual({ value: 'old', generation: 'previous' });
    }
  });

  test('both generations damaged read as nothing, without a crash', async () => {
    await using dir = await scratch();
    const vault = await open(dir.path);
    const slot = vault.slot('name', wordCodec);
    await slot.write('old');
    await slot.write('new');
    await writeFile(`${dir.path}/name`, 'x');
    await writeFile(`${dir.path}/name.prev`, 'y');
    expect(await slot.read()).toBeUndefined();
    expect(await readdir(`${dir.path}/corrupt`)).toHaveLength(2);
  });

  test('only the last three damaged files are kept', async () => {
    await using dir = await scratch();
    const slot = (await open(dir.path)).slot('name', wordCodec);
    for (let i = 0; i < 6; i++) {
      await writeFile(`${dir.path}/name`, `damage ${i}`);
      expect(await slot.read()).toBeUndefined();
    }
    const kept = await readdir(`${dir.path}/corrupt`);
    const texts = await Promise.all(kept.sort().map((name) => readFile(`${dir.path}/corrupt/${name}`, 'utf8')));
    expect(texts).toEqual(['damage 3', 'damage 4', 'damage 5']);
  });

  test('a damaged staged value is not promoted over a good one', async () => {
    await using dir = await scratch();
    const slot = (await open(dir.path)).slot('name', wordCodec);
    await slot.write('proved');
    await slot.stage('hopeful');
    await truncate(`${dir.path}/name.next`, 10);
    await expect(slot.promote()).rejects.toMatchObject({ code: 'vault.write' });
    expect(await slot.read()).toEqual({ value: 'proved', generation: 'current' });
  });

  test('a file that cannot be put away does not keep the older generation from being read', async () => {
    await using dir = await scratch();
    const healthy = (await open(dir.path)).slot('name', wordCodec);
    await healthy.write('old');
    await healthy.write('new');
    await writeFile(`${dir.path}/name`, 'x');
    let opened = false;
    const readOnly = await open(
      dir.path,
      watchedDisk((what) => {
        if (opened && what === 'rename') throw Object.assign(new Error('x'), { code: 'EROFS' });
      }),
    );
    opened = true;
    expect(await readOnly.slot('name', wordCodec).read()).toEqual({ value: 'old', generation: 'previous' });
    expect(readOnly.alarms()[0]?.what).toContain('could not be put away');
  });

  test('a file another user owns is told as a permission, not as damage', async () => {
    await using dir = await scratch();
    await (await open(dir.path)).slot('name', wordCodec).write('x');
    const disk = watchedDisk((what, path) => {
      if (what === 'read' && path.endsWith('/name')) throw Object.assign(new Error('x'), { code: 'EACCES' });
    });
    const slot = (await open(dir.path, disk)).slot('name', wordCodec);
    await expect(slot.read()).rejects.toMatchObject({ code: 'vault.permission' });
  });
});
