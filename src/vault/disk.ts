// The few system calls the vault makes, as a port: tests put a disk in front that dies, fills up or lies at any call.
import { constants } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';

export interface Owner {
  uid: number;
  gid: number;
}

/** An open file or directory. Single use: after `close` open it again. */
export interface DiskFile {
  /** Bytes the system took; may be fewer than given when the disk is full. */
  write(bytes: Uint8Array): Promise<number>;
  /** fchown: the open file itself, whatever its path leads to by now. */
  giveTo(owner: Owner): Promise<void>;
  /** fsync. After a failure the descriptor must not be used again: the system reports a lost page only once. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface DiskStat {
  uid: number;
  mode: number;
  size: number;
  mtimeMs: number;
  inode: number;
  is: 'file' | 'directory' | 'other';
}

/** What the vault needs of a file system. Rejects with Node's system errors (`code` such as ENOENT). */
export interface Disk {
  /** Creates a file that must not exist (O_EXCL, links not followed). */
  create(path: string, mode: number): Promise<DiskFile>;
  openDirectory(path: string): Promise<DiskFile>;
  read(path: string, maxBytes: number): Promise<Buffer>;
  /** Follows symbolic links. */
  stat(path: string): Promise<DiskStat>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  list(path: string): Promise<string[]>;
  /** Creates the directory (and its parents with the usual mode); true when it was not there. */
  makeDirectory(path: string, mode: number): Promise<boolean>;
}

async function opened(path: string, flags: number, mode?: number): Promise<DiskFile> {
  const handle = await open(path, flags, mode);
  return {
    write: async (bytes) => (await handle.write(bytes, 0, bytes.length)).bytesWritten,
    giveTo: ({ uid, gid }) => handle.chown(uid, gid),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

/** The real file system. */
export const realDisk: Disk = {
  create: (path, mode) =>
    opened(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode),
  openDirectory: (path) => opened(path, constants.O_RDONLY | constants.O_DIRECTORY),
  async read(path, maxBytes) {
    // A fifo or device under our name would block for ever: only regular files are read.
    const facts = await lstat(path);
    if (!facts.isFile()) throw Object.assign(new Error('not a regular file'), { code: 'EINVAL' });
    if (facts.size > maxBytes) throw Object.assign(new Error(`larger than ${maxBytes} bytes`), { code: 'EFBIG' });
    return readFile(path);
  },
  async stat(path) {
    const facts = await stat(path);
    const is = facts.isFile() ? 'file' : facts.isDirectory() ? 'directory' : 'other';
    return { uid: facts.uid, mode: facts.mode, size: facts.size, mtimeMs: facts.mtimeMs, inode: facts.ino, is };
  },
  rename,
  unlink,
  list: (path) => readdir(path),
  async makeDirectory(path, mode) {
    const created = await mkdir(path, { recursive: true, mode });
    // The process's umask may have taken bits away; it never adds any.
    if (created !== undefined) await chmod(path, mode);
    return created !== undefined;
  },
};

/** A disk that is only looked at: whatever would change it rejects with EROFS, and directories are not made. */
export function readOnly(disk: Disk): Disk {
  const refuse = (): Promise<never> => Promise.reject(Object.assign(new Error('only looked at'), { code: 'EROFS' }));
  return {
    create: refuse,
    openDirectory: refuse,
    read: (path, maxBytes) => disk.read(path, maxBytes),
    stat: (path) => disk.stat(path),
    rename: refuse,
    unlink: refuse,
    list: (path) => disk.list(path),
    async makeDirectory(path) {
      await disk.stat(path);
      return false;
    },
  };
}

/** The `code` of a system error ('ENOENT'), or ''. */
export function systemCode(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? code : '';
}
