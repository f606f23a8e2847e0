import { spawn } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { createFakeClock, silentLogger } from '../../src/core/index.js';
import { type Disk, openVault, type Slot } from '../../src/vault/index.js';
import { dyingDisk, open, powerDisk, scratch, watchedDisk, wordCodec } from './fakes.js';

type Work = (slot: Slot<string>) => Promise<void>;

/** Each kind of change, from "old" to "new"; what had to be done before is done on a healthy disk. */
const CHANGES: Record<string, { before: Work; change: Work }> = {
  write: { before: async () => {}, change: (slot) => slot.write('new') },
  promote: { before: (slot) => slot.stage('new'), change: (slot) => slot.promote() },
};

const slotOf = async (dir: string, disk?: Disk): Promise<Slot<string>> =>
  (await open(dir, disk)).slot('name', wordCodec);

describe('a kill between any two system calls', () => {
  test.each(Object.entries(CHANGES))(
    '%s leaves the complete old or the complete new value',
    async (_, { before, change }) => {
      let finished = false;
      let sawOld = false;
      for (let n = 1; !finished; n++) {
        await using dir = await scratch();
        const healthy = await slotOf(dir.path);
        await healthy.write('older');
        await healthy.write('old');
        await before(healthy);
        // The opening's own calls are not under test: count from here.
        let armed = false;
        let calls = 0;
        const dying = watchedDisk(() => {
          if (armed && ++calls >= n) throw Object.assign(new Error('killed'), { code: 'EKILLED' });
        });
        const slot = await slotOf(dir.path, dying);
        armed = true;
        finished = await change(slot).then(
          () => true,
          () => false,
        );
        const after = await slotOf(dir.path);
        const reading = await after.read();
        expect(['old', 'new']).toContain(reading?.value);
        if (finished) expect(reading).toEqual({ value: 'new', generation: 'current' });
        sawOld ||= reading?.value === 'old';
        // Whatever happened, the next change goes through and nothing temporary stays behind.
        await after.write('newest');
        expect((await after.read())?.value).toBe('newest');
        expect((await readdir(dir.path)).filter((name) => name.includes('.tmp.'))).toEqual([]);
      }
      expect(sawOld).toBe(true);
    },
  );

  test('a promotion cut short can simply be repeated', async () => {
    await using dir = await scratch();
    const healthy = await slotOf(dir.path);
    await healthy.write('old');
    await healthy.stage('new');
    let renames = 0;
    const slot = await slotOf(
      dir.path,
      watchedDisk((what) => {
        if (what === 'rename' && ++renames === 2) throw Object.assign(new Error('killed'), { code: 'EKILLED' });
      }),
    );
    await expect(slot.promote()).rejects.toMatchObject({ code: 'vault.write' });
    const after = await slotOf(dir.path);
    expect(await after.read()).toEqual({ value: 'old', generation: 'previous' });
    expect(await after.staged()).toBe('new');
    await after.promote();
    expect(await after.read()).toEqual({ value: 'new', generation: 'current' });
  });

  test('a wipe cut short never raises an older generation', async () => {
    for (let n = 1; n < 12; n++) {
      await using dir = await scratch();
      const healthy = await slotOf(dir.path);
      await healthy.write('older');
      await healthy.write('old');
      await healthy.stage('next');
      const opening = dyingDisk(Number.POSITIVE_INFINITY);
      await slotOf(dir.path, opening.disk);
      const dying = dyingDisk(opening.calls() + n);
      const slot = await slotOf(dir.path, dying.disk);
      await slot.clear().catch(() => undefined);
      const reading = await (await slotOf(dir.path)).read();
      expect([undefined, 'old']).toContain(reading?.value);
    }
  });
});

describe('a power cut at any moment', () => {
  test.each(Object.entries(CHANGES))(
    '%s leaves old or new, whatever part of the unsynced changes survived',
    async (_, { before, change }) => {
      const prepared = powerDisk();
      const vault = await open('/state', prepared.disk);
      const first = vault.slot('name', wordCodec);
      await first.write('older');
      await first.write('old');
      await before(first);
      const [start] = prepared.afterPowerCut();
      let finished = false;
      for (let n = 1; !finished; n++) {
        const power = powerDisk(start);
        let armed = false;
        let calls = 0;
        const dying = watchedDisk(() => {
          if (armed && ++calls >= n) throw Object.assign(new Error('dark'), { code: 'EDARK' });
        }, power.disk);
        const slot = (await open('/state', dying)).slot('name', wordCodec);
        armed = true;
        finished = await change(slot).then(
          () => true,
          () => false,
        );
        for (const platter of power.afterPowerCut()) {
          const reading = await (await open('/state', powerDisk(platter).disk)).slot('name', wordCodec).read();
          expect(finished ? ['new'] : ['old', 'new']).toContain(reading?.value);
        }
      }
    },
  );
});

describe('kill -9 of a real process', () => {
  const bundle = async (dir: string): Promise<string> => {
    const outfile = `${dir}/child.cjs`;
    await build({
      entryPoints: [resolve(import.meta.dirname, 'kill-child.ts')],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile,
      logLevel: 'silent',
    });
    return outfile;
  };

  const run = (child: string, dir: string, n: number): Promise<{ said: string; signal: string | null }> =>
    new Promise((done, fail) => {
      const running = spawn(process.execPath, [child, dir, String(n)], { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      running.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      running.on('error', fail);
      running.on('close', (_, signal) => done({ said, signal }));
    });

  test('what was acknowledged is there, what was not is whole or absent', async () => {
    await using code = await scratch();
    const child = await bundle(code.path);
    const attempt = async (n: number): Promise<boolean> => {
      await using dir = await scratch();
      await (await slotOf(dir.path)).write('a');
      const { said, signal } = await run(child, dir.path, n);
      const allowed = said.includes('promoted')
        ? ['c']
        : said.includes('staged')
          ? ['b', 'c']
          : said.includes('written')
            ? ['b']
            : ['a', 'b'];
      const slot = await slotOf(dir.path);
      expect(allowed).toContain((await slot.read())?.value);
      expect([undefined, 'c']).toContain(await slot.staged());
      expect((await readdir(dir.path)).filter((name) => name.includes('.tmp.'))).toEqual([]);
      return signal === null;
    };
    let n = 1;
    while (!(await Promise.all([attempt(n), attempt(n + 1)])).some(Boolean)) n += 2;
    // The three changes together make that many calls: each was a place to die.
    expect(n).toBeGreaterThan(20);
  });
});

test('temporary files of dead processes go at open; those of living ones stay', async () => {
  await using dir = await scratch();
  await open(dir.path);
  // The parent of this process is alive for sure; the highest number is nobody's.
  await writeFile(`${dir.path}/name.tmp.${process.ppid}`, 'theirs');
  await writeFile(`${dir.path}/name.tmp.4194305`, 'nobody’s');
  await writeFile(`${dir.path}/name.tmp.${process.pid}`, 'ours of a former life');
  await openVault(dir.path, { clock: createFakeClock(), log: silentLogger });
  const left = (await readdir(dir.path)).filter((name) => name.includes('.tmp.'));
  expect(left).toEqual([`name.tmp.${process.ppid}`]);
});
