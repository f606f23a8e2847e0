// Disks that die, fill up, lie or lose power, and small values to keep on them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeClock, silentLogger } from '../../src/core/index.js';
import { type Codec, type Disk, type DiskFile, openVault, realDisk, type Vault } from '../../src/vault/index.js';

export const wordCodec: Codec<string> = {
  encode: (value) => ({ word: value }),
  decode(data) {
    const { word } = data as { word?: unknown };
    if (typeof word !== 'string') throw new Error('no word');
    return word;
  },
};

/** A directory of its own that vanishes with the scope. */
export async function scratch(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'waymark-vault-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export function open(dir: string, disk?: Disk): Promise<Vault> {
  return openVault(dir, { clock: createFakeClock(), log: silentLogger, ...(disk ? { disk } : {}) });
}

type Call = (what: string, path: string) => void;

/** The real disk with `before` called ahead of every call; what it throws is the call's failure. */
export function watchedDisk(before: Call, base: Disk = realDisk): Disk {
  const step = async <T>(what: string, path: string, go: () => Promise<T>): Promise<T> => {
    before(what, path);
    return go();
  };
  const file = (path: string, real: DiskFile): DiskFile => ({
    write: (bytes) => step('write', path, () => real.write(bytes)),
    giveTo: (owner) => step('giveTo', path, () => real.giveTo(owner)),
    sync: () => step('sync', path, () => real.sync()),
    // A dead process's descriptors are closed by the system: closing never leaks here.
    close: async () => {
      await real.close();
      before('close', path);
    },
  });
  return {
    create: (path, mode) => step('create', path, async () => file(path, await base.create(path, mode))),
    openDirectory: (path) => step('openDirectory', path, async () => file(path, await base.openDirectory(path))),
    read: (path, maxBytes) => step('read', path, () => base.read(path, maxBytes)),
    stat: (path) => step('stat', path, () => base.stat(path)),
    rename: (from, to) => step('rename', from, () => base.rename(from, to)),
    unlink: (path) => step('unlink', path, () => base.unlink(path)),
    list: (path) => step('list', path, () => base.list(path)),
    makeDirectory: (path, mode) => step('makeDirectory', path, () => base.makeDirectory(path, mode)),
  };
}

/** From its `n`-th call on (counted from 1) nothing reaches the disk any more, as if the process had been killed. */
export function dyingDisk(n: number): { disk: Disk; calls: () => number } {
  let calls = 0;
  const disk = watchedDisk(() => {
    if (++calls >= n) throw Object.assign(new Error('killed'), { code: 'EKILLED' });
  });
  return { disk, calls: () => calls };
}

interface Inode {
  data: Buffer;
  safe: Buffer | undefined;
}

/**
 * A disk in memory that loses power: what was not synced may be gone, and each unsynced change of a directory may have
 * reached the platter or not, independently of the others.
 */
export function powerDisk(from: ReadonlyMap<string, Buffer> = new Map()) {
  const names = new Map<string, Inode>();
  const safeNames = new Map<string, Inode>();
  let pending: ((target: Map<string, Inode>) => void)[] = [];
  const missing = (): Error => Object.assign(new Error('gone'), { code: 'ENOENT' });
  for (const [name, data] of from) {
    const inode = { data, safe: data };
    names.set(name, inode);
    safeNames.set(name, inode);
  }
  const change = (apply: (target: Map<string, Inode>) => void): void => {
    apply(names);
    pending.push(apply);
  };
  const disk: Disk = {
    async create(path) {
      if (names.has(path)) throw Object.assign(new Error('there'), { code: 'EEXIST' });
      const inode: Inode = { data: Buffer.alloc(0), safe: undefined };
      change((target) => target.set(path, inode));
      return {
        write: async (bytes) => {
          inode.data = Buffer.concat([inode.data, bytes]);
          return bytes.length;
        },
        giveTo: async () => {},
        sync: async () => void (inode.safe = Buffer.from(inode.data)),
        close: async () => {},
      };
    },
    openDirectory: async () => ({
      write: async () => 0,
      giveTo: async () => {},
      sync: async () => {
        for (const apply of pending) apply(safeNames);
        pending = [];
      },
      close: async () => {},
    }),
    async read(path) {
      const inode = names.get(path);
      if (!inode) throw missing();
      return inode.data;
    },
    stat: async () => ({ uid: process.geteuid?.() ?? 0, mode: 0o700, size: 0, mtimeMs: 0, inode: 1, is: 'directory' }),
    async rename(source, to) {
      const inode = names.get(source);
      if (!inode) throw missing();
      change((target) => {
        if (target.get(source) === inode) target.delete(source);
        target.set(to, inode);
      });
    },
    async unlink(path) {
      if (!names.has(path)) throw missing();
      change((target) => target.delete(path));
    },
    list: async (path) =>
      [...names.keys()].filter((n) => n.startsWith(`${path}/`)).map((n) => n.slice(path.length + 1)),
    makeDirectory: async () => false,
  };
  /** What may be on the platter after the power went: every choice of the changes not yet synced. */
  const afterPowerCut = (): Map<string, Buffer>[] => {
    const outcomes: Map<string, Buffer>[] = [];
    for (let choice = 0; choice < 2 ** pending.length; choice++) {
      const platter = new Map(safeNames);
      pending.forEach((apply, i) => {
        if (choice & (1 << i)) apply(platter);
      });
      // A file never synced may have its length and none of its bytes.
      outcomes.push(new Map([...platter].map(([n, inode]) => [n, inode.safe ?? Buffer.alloc(inode.data.length)])));
    }
    return outcomes;
  };
  return { disk, afterPowerCut };
}
