// The system calls of the log, as a port. Writes are synchronous: a record is with the system, and so survives kill -9,
// before `put` gives the event loop back; that takes a few microseconds. Only fsync, which may take seconds on a card,
// runs beside. Tests put disks in front that fill up, fail or are read-only.
import fs, { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { atomicWrite, isStaleTemporary, systemCode } from '../vault/index.js';

/** Throws Node's system errors (`code` such as ENOSPC). */
export interface LogDisk {
  /** Makes the directory 0700, with its parents. */
  makeDirectory(path: string): void;
  list(path: string): string[];
  /** Creates a file that must not exist, for appending, mode 0600. */
  create(path: string): number;
  openForAppend(path: string): number;
  /** Bytes taken; may be fewer than given when the disk is full. */
  append(fd: number, bytes: Uint8Array): number;
  truncate(fd: number, bytes: number): void;
  close(fd: number): void;
  /** Up to `maxBytes` from `from` on, of a regular file. */
  read(path: string, from: number, maxBytes: number): Buffer;
  /**
   * The same of an open file. While a file that was cut to nothing is being written, ext4 allocates and writes back its
   * new bytes at *any* close of it, a reader's as well (auto_da_alloc): the file being written is read only like this.
   */
  readOpen(fd: number, from: number, maxBytes: number): Buffer;
  /** After a failure the descriptor must not be used for this again: the system reports a lost page only once. */
  sync(fd: number): Promise<void>;
  syncDirectory(path: string): Promise<void>;
  rename(from: string, to: string): void;
  unlink(path: string): void;
  space(path: string): { freeBytes: number; totalBytes: number };
  /** Old or new at every moment (vault). */
  replace(path: string, bytes: Uint8Array): Promise<void>;
}

const { O_RDONLY, O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;

/** The real file system. */
export const realLogDisk: LogDisk = {
  makeDirectory(path) {
    if (fs.mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined) fs.chmodSync(path, 0o700);
  },
  list: (path) => fs.readdirSync(path),
  create: (path) => fs.openSync(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600),
  openForAppend: (path) => fs.openSync(path, O_RDWR | O_APPEND | O_NOFOLLOW),
  append: (fd, bytes) => fs.writeSync(fd, bytes, 0, bytes.length),
  truncate: (fd, bytes) => fs.ftruncateSync(fd, bytes),
  close: (fd) => fs.closeSync(fd),
  read(path, from, maxBytes) {
    // A fifo or device under our name would block for ever.
    const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const facts = fs.fstatSync(fd);
      if (!facts.isFile()) throw Object.assign(new Error('not a regular file'), { code: 'EINVAL' });
      const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(maxBytes, facts.size - from)));
      return bytes.subarray(0, fs.readSync(fd, bytes, 0, bytes.length, from));
    } finally {
      fs.closeSync(fd);
    }
  },
  readOpen(fd, from, maxBytes) {
    const bytes = Buffer.allocUnsafe(maxBytes);
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, maxBytes, from));
  },
  sync: (fd) =>
    new Promise((resolve, reject) => {
      fs.fdatasync(fd, (error) => (error ? reject(error) : resolve()));
    }),
  async syncDirectory(path) {
    const handle = await open(path, O_RDONLY | constants.O_DIRECTORY);
    try {
      await handle.sync();
    } catch (error) {
      // Some file systems cannot sync a directory at all.
      if (!['EINVAL', 'ENOTSUP', 'ENOSYS'].includes(systemCode(error))) throw error;
    } finally {
      await handle.close();
    }
  },
  rename: (from, to) => fs.renameSync(from, to),
  unlink: (path) => fs.unlinkSync(path),
  space(path) {
    const { bavail, blocks, bsize } = fs.statfsSync(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
  replace: (path, bytes) => atomicWrite(path, bytes),
};

/** Removes what a kill left of replaced files, here and in the quarantine. Never throws. */
export function sweepTemporaries(disk: LogDisk, dir: string): void {
  for (const folder of [dir, `${dir}/quarantine`])
    try {
      for (const name of disk.list(folder)) if (isStaleTemporary(`${folder}/${name}`)) disk.unlink(`${folder}/${name}`);
    } catch {
      // Left for the next start.
    }
}
