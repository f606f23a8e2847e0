// A file written by root into the directory of somebody else, such as the service user: that one may swap anything in it
// for a link at any moment, and must get nothing by it. The directory is held open and everything done beneath the open
// one; whose the file is to be is read without following a link, and given to the open file before it has its name.
import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { WaymarkError } from '../core/index.js';
import { atomicWrite } from './atomic.js';
import { type Disk, type Owner, realDisk, systemCode } from './disk.js';

/**
 * Pure: whose a file in that directory is to be, after the one it is to replace or, without one, the directory.
 * Undefined: the directory belongs to a third, who could put anything in its place.
 */
export function heirOf(directory: Owner, file: Owner | undefined): Owner | undefined {
  const heir = file ?? directory;
  return directory.uid === 0 || directory.uid === heir.uid ? { uid: heir.uid, gid: heir.gid } : undefined;
}

/**
 * Replaces `path`, mode 0600. By root it is written for `owner` or, without one, for the owner of `like`, a file in the same
 * directory, or of the directory where there is none. Errors: `vault.write`.
 */
export async function writeForOwner(
  path: string,
  bytes: Uint8Array,
  like: string,
  { isRoot = process.geteuid?.() === 0, disk = realDisk, owner }: { isRoot?: boolean; disk?: Disk; owner?: Owner } = {},
): Promise<void> {
  if (!isRoot) {
    await atomicWrite(path, bytes, disk);
    return;
  }
  const failure = (why: string, cause?: unknown): WaymarkError =>
    new WaymarkError('vault.write', `${path}: ${why}`, { cause });
  try {
    await using directory = await open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
    // Beneath the open directory: its own path may lead elsewhere by now.
    const held = `/proc/self/fd/${directory.fd}`;
    const file = await lstat(join(held, basename(like))).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    });
    const heir = heirOf(await directory.stat(), owner ?? file);
    if (!heir) throw failure('its directory belongs to somebody else than the file');
    await atomicWrite(join(held, basename(path)), bytes, disk, heir);
  } catch (error) {
    if (error instanceof WaymarkError && !error.message.includes('/proc/self/fd')) throw error;
    const cause = error instanceof WaymarkError ? error.cause : error;
    throw failure(systemCode(cause) || 'cannot be written', error);
  }
}
