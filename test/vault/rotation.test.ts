import { describe, expect, test } from 'vitest';
import { createFakeClock, Secret, silentLogger, WaymarkError } from '../../src/core/index.js';
import {
  createRotation,
  type Disk,
  type Prove,
  type RotationMemory,
  type RotationOptions,
  type Slot,
} from '../../src/vault/index.js';
import { finishPlacing, placeNext } from '../../src/vault/rotation-files.js';
import { powerDisk, watchedDisk } from './fakes.js';

const DAY = 86_400_000;
const A = '/etc/w/key';
const B = '/etc/w/secret';

/** A disk of so many named texts; `stat` knows what is there. */
function diskOf(files: Record<string, string>) {
  const power = powerDisk(new Map(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])));
  const disk: Disk = {
    ...power.disk,
    async stat(path) {
      await power.disk.read(path, 100);
      return { uid: 0, mode: 0o600, size: 1, mtimeMs: 0, inode: 1, is: 'file' };
    },
  };
  return { disk, afterPowerCut: power.afterPowerCut };
}

async function contents(disk: Disk): Promise<Record<string, string>> {
  const names = (await disk.list('/etc/w')).sort();
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, (await disk.read(`/etc/w/${name}`, 100)).toString()] as const)),
  );
}

function memory(): Slot<RotationMemory> & { held: { value?: RotationMemory } } {
  const held: { value?: RotationMemory } = {};
  return {
    held,
    read: async () => (held.value ? { value: held.value, generation: 'current' } : undefined),
    write: async (value: RotationMemory) => void (held.value = value),
  } as Slot<RotationMemory> & { held: { value?: RotationMemory } };
}

interface Parts {
  files: Record<string, string>;
  paths?: Record<string, string>;
  prover?: Prove | undefined;
  needsAll?: boolean;
  disk?: (disk: Disk) => Disk;
  slot?: Slot<RotationMemory>;
}

function subject({ files, paths = { 'losant-access-key': A }, needsAll = false, slot = memory(), ...parts }: Parts) {
  const clock = createFakeClock();
  const { disk } = diskOf(files);
  const world = {
    prover: parts.prover,
    isNetworkUp: true,
    isGood: true,
    isBad: false,
    trials: [] as string[][],
    replaced: [] as string[],
  };
  const options: RotationOptions = {
    members: Object.entries(paths).map(([id, path]) => ({
      id,
      path,
      async load(name) {
        const text = (await disk.read(name, 100)).toString();
        if (world.isBad) throw new WaymarkError('secret.permission', 'open', { hint: 'Close the file: chmod 600 it' });
        return new Secret('access-key', text);
      },
      replaced: async () => void world.replaced.push(id),
      isGood: () => world.isGood,
    })),
    needsAll,
    prover: () => {
      const { prover } = world;
      return (
        prover &&
        (async (all, signal) => {
          world.trials.push(Object.entries(all).map(([id, value]) => `${id}=${value.reveal()}`));
          await prover(all, signal);
        })
      );
    },
  };
  const rotation = createRotation(
    {
      clock,
      log: silentLogger,
      disk: parts.disk ? parts.disk(disk) : disk,
      slot,
      isNetworkUp: () => world.isNetworkUp,
    },
    options,
  );
  return { clock, disk, world, rotation, slot, options };
}

const works: Prove = async () => undefined;
const refuses: Prove = () => Promise.reject(new WaymarkError('losant.refused', 'no'));
const FILES = { [A]: 'the-old-value', [`${A}.next`]: 'the-new-value' };
const PAIR = { 'losant-access-key': A, 'losant-access-secret': B };
const PAIR_FILES = { ...FILES, [B]: 'the-old-half', [`${B}.next`]: 'the-new-half' };

describe('a candidate', () => {
  test('is proved once, takes its place, and the old value goes after a day of success', async () => {
    const { rotation, world, disk, clock } = subject({ files: FILES, prover: works });
    await rotation.start();
    expect(world.trials).toEqual([['losant-access-key=the-new-value']]);
    expect(world.replaced).toEqual(['losant-access-key']);
    expect(await contents(disk)).toEqual({ key: 'the-new-value', 'key.prev': 'the-old-value' });
    expect(rotation.status('losant-access-key')).toMatchObject({ state: 'probation' });
    await clock.advance(DAY - 3_600_000);
    expect(Object.keys(await contents(disk))).toEqual(['key', 'key.prev']);
    await clock.advance(2 * 3_600_000);
    expect(await contents(disk)).toEqual({ key: 'the-new-value' });
    expect(rotation.status('losant-access-key')).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  test('keeps the old value for as long as it does not work for a day', async () => {
    const { rotation, world, disk, clock } = subject({ files: FILES, prover: works });
    await rotation.start();
    for (let day = 0; day < 5; day++) {
      world.isGood = false;
      await clock.advance(DAY / 2);
      world.isGood = true;
      await clock.advance(DAY / 2);
    }
    expect(await contents(disk)).toHaveProperty(['key.prev']);
  });

  test('is left, marked by its fingerprint and never tried again when refused; another one is', async () => {
    const { rotation, world, disk, slot } = subject({ files: FILES, prover: refuses });
    await rotation.start();
    await rotation.look();
    await rotation.look();
    expect(world.trials).toHaveLength(1);
    expect(await contents(disk)).toEqual({ key: 'the-old-value', 'key.next': 'the-new-value' });
    const { fingerprint } = new Secret('access-key', 'the-new-value');
    expect(rotation.status('losant-access-key')).toMatchObject({ state: 'refused', fingerprint });
    // Nor after a restart.
    const second = subject({ files: FILES, prover: works, slot });
    await second.rotation.start();
    expect(second.world.trials).toEqual([]);
    expect(second.rotation.status('losant-access-key')?.state).toBe('refused');
    // A person may insist.
    await second.rotation.tryNow();
    expect(await contents(second.disk)).toMatchObject({ key: 'the-new-value' });
  });

  test('waits for a way to be tried, for the network and for better weather, and says so', async () => {
    const { rotation, world, disk, clock } = subject({ files: FILES });
    const said = (): string => rotation.status('losant-access-key')?.sentence ?? '';
    await rotation.start();
    expect(said()).toContain('nothing here can try it');
    world.isNetworkUp = false;
    world.prover = () => Promise.reject(new WaymarkError('net.dns', 'no name'));
    await clock.advance(60_000);
    expect(said()).toContain('waits for the network');
    world.isNetworkUp = true;
    await clock.advance(60_000);
    expect(said()).toContain('tried again by itself');
    expect(world.trials).toHaveLength(1);
    world.prover = works;
    await clock.advance(120_000);
    expect(world.trials).toHaveLength(1);
    await clock.advance(300_000);
    expect(await contents(disk)).toMatchObject({ key: 'the-new-value' });
  });

  test('that others can read is not tried, and the cure is shown', async () => {
    const { rotation, world } = subject({ files: FILES, prover: works });
    world.isBad = true;
    await rotation.start();
    expect(world.trials).toEqual([]);
    expect(rotation.status('losant-access-key')).toMatchObject({ state: 'waiting' });
    expect(rotation.status('losant-access-key')?.sentence).toContain('chmod 600');
  });

  test('in a directory that cannot be written works, stays where it is, and says what to do', async () => {
    const { rotation, world, disk } = subject({
      files: FILES,
      prover: works,
      disk: (real) => ({ ...real, rename: () => Promise.reject(Object.assign(new Error('ro'), { code: 'EROFS' })) }),
    });
    await rotation.start();
    await rotation.look();
    expect(world.trials).toHaveLength(1);
    expect(await contents(disk)).toEqual({ key: 'the-old-value', 'key.next': 'the-new-value' });
    expect(rotation.status('losant-access-key')).toMatchObject({ state: 'read-only' });
    expect(rotation.status('losant-access-key')?.sentence).toContain('replace key yourself');
  });

  test('a prover that never answers is given up', async () => {
    const { rotation, clock } = subject({ files: FILES, prover: () => new Promise(() => undefined) });
    const started = rotation.start();
    await clock.advance(121_000);
    await started;
    expect(rotation.status('losant-access-key')).toMatchObject({ state: 'waiting' });
  });

  test('an old value that somebody else keeps is not removed', async () => {
    const { rotation, disk, clock } = subject({
      files: { [A]: 'value-in-force', [`${A}.prev`]: 'a-backup' },
      prover: works,
    });
    await rotation.start();
    await clock.advance(3 * DAY);
    expect(await contents(disk)).toHaveProperty(['key.prev']);
  });
});

describe('a pair', () => {
  test('is proved and put in force together', async () => {
    const { rotation, world, disk } = subject({ files: PAIR_FILES, paths: PAIR, prover: works, needsAll: true });
    await rotation.start();
    expect(world.trials).toEqual([['losant-access-key=the-new-value', 'losant-access-secret=the-new-half']]);
    expect(await contents(disk)).toEqual({
      ...{ key: 'the-new-value', 'key.prev': 'the-old-value' },
      ...{ secret: 'the-new-half', 'secret.prev': 'the-old-half' },
    });
  });

  test('of which one half is there waits for the other, where one alone means nothing', async () => {
    const files = { ...FILES, [B]: 'the-old-half' };
    const waiting = subject({ files, paths: PAIR, prover: works, needsAll: true });
    await waiting.rotation.start();
    expect(waiting.world.trials).toEqual([]);
    expect(waiting.rotation.status('losant-access-key')?.sentence).toContain('other half');
    expect(waiting.rotation.status('losant-access-secret')).toBeUndefined();
    const alone = subject({ files, paths: PAIR, prover: works });
    await alone.rotation.start();
    expect(await contents(alone.disk)).toMatchObject({ key: 'the-new-value', secret: 'the-old-half' });
    expect(alone.world.replaced).toEqual(['losant-access-key']);
  });
});

describe('a kill between any two system calls', () => {
  test.each<[string, Record<string, string>, Record<string, string>]>([
    ['one', FILES, { 'losant-access-key': A }],
    ['a pair', PAIR_FILES, PAIR],
  ])('of the placing of %s ends in the new value after a restart, and never in none', async (_what, files, paths) => {
    let isFinished = false;
    let n = 0;
    while (!isFinished) {
      n++;
      const { disk } = diskOf(files);
      let calls = 0;
      const dying = watchedDisk(() => {
        if (++calls >= n) throw Object.assign(new Error('killed'), { code: 'EKILLED' });
      }, disk);
      isFinished = await placeNext(dying, Object.values(paths)).then(
        () => true,
        () => false,
      );
      const before = await contents(disk);
      // Every value is somewhere: in its place, or kept beside it.
      for (const text of Object.values(files)) expect(Object.values(before)).toContain(text);
      await finishPlacing(disk, Object.values(paths));
      const after = await contents(disk);
      const names = Object.values(paths).map((path) => path.slice('/etc/w/'.length));
      const states = names.map((name) => (after[name]?.includes('new') === true ? 'new' : after[name]));
      // Together: all new, or nothing has happened yet and the candidates are proved anew.
      if (states.includes('new')) expect(new Set(states)).toEqual(new Set(['new']));
      else expect(after).toEqual(Object.fromEntries(Object.entries(files).map(([k, v]) => [k.slice(7), v])));
    }
    expect(n).toBeGreaterThan(5);
  });

  test('a power cut at any of them, whatever part of the unsynced changes survived, loses no value', async () => {
    let isFinished = false;
    for (let n = 1; !isFinished; n++) {
      const { disk, afterPowerCut } = diskOf(PAIR_FILES);
      let calls = 0;
      const dying = watchedDisk(() => {
        if (++calls >= n) throw Object.assign(new Error('dark'), { code: 'EDARK' });
      }, disk);
      isFinished = await placeNext(dying, [A, B]).then(
        () => true,
        () => false,
      );
      for (const platter of afterPowerCut()) {
        const again = diskOf(Object.fromEntries([...platter].map(([name, bytes]) => [name, bytes.toString()])));
        await finishPlacing(again.disk, [A, B]);
        const after = await contents(again.disk);
        const pair = [after['key'], after['secret']];
        expect([
          ['the-old-value', 'the-old-half'],
          ['the-new-value', 'the-new-half'],
        ]).toContainEqual(pair);
      }
    }
  });

  test('the next start goes on where the last one was killed, and tells the credential', async () => {
    const cut = { [`${A}.prev`]: 'the-old-value', [`${A}.next`]: 'the-new-value' };
    const { rotation, world, disk } = subject({ files: cut, prover: works });
    await rotation.start();
    expect(world.replaced).toEqual(['losant-access-key']);
    expect(world.trials).toEqual([]);
    expect(await contents(disk)).toEqual({ key: 'the-new-value', 'key.prev': 'the-old-value' });
    expect(rotation.status('losant-access-key')?.state).toBe('probation');
  });
});
