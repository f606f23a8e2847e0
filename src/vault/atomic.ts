// One file, replaced whole or not at all: temporary file, fsync, rename, fsync of the directory. Without the first fsync
// the rename may survive a power cut with none of the bytes; without the second the rename itself may be lost
// (specs/reliability.md sections 0.9 and 2.4).
import { dirname } from 'node:path';
import { WaymarkError } from '../core/index.js';
import { type Disk, type DiskFile, type Owner, realDisk, systemCode } from './disk.js';

/** Temporary files this process is writing at this moment; a second vault in the process must not sweep them away. */
const inFlight = new Set<string>();

/** `name.tmp.<pid>` beside the file it will become. */
export function temporaryName(path: string, pid = process.pid): string {
  return `${path}.tmp.${pid}`;
}

/** A temporary file nobody is writing any more: its process is gone, or is this one and not at it. */
export function isStaleTemporary(path: string): boolean {
  const pid = /\.tmp\.(\d{1,10})$/.exec(path)?.[1];
  if (pid === undefined) return false;
  if (Number(pid) === process.pid) return !inFlight.has(path);
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return systemCode(error) !== 'EPERM';
  }
}

/** The failure of a write as `vault.write`, told with its path and system code, never with what was written. */
export function writeFailure(path: string, error: unknown): WaymarkError {
  if (error instanceof WaymarkError) return error;
  const why = systemCode(error) || (error instanceof Error ? error.message : String(error));
  return new WaymarkError('vault.write', `${path}: ${why}`, { cause: error });
}

/** Makes renames and removals in a directory survive a power cut. Errors: system errors. */
export async function syncDirectory(disk: Disk, path: string): Promise<void> {
  const directory = await disk.openDirectory(path);
  try {
    await directory.sync();
  } catch (error) {
    // Some file systems cannot sync a directory at all; that is theirs to answer for, not a lost write.
    if (!['EINVAL', 'ENOTSUP', 'ENOSYS'].includes(systemCode(error))) throw error;
  } finally {
    await directory.close();
  }
}

async function createFresh(disk: Disk, path: string): Promise<DiskFile> {
  try {
    return await disk.create(path, 0o600);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    // Left behind by an earlier process with our number.
    await disk.unlink(path);
    return disk.create(path, 0o600);
  }
}

/**
 * Writes the bytes to `name.tmp.<pid>` (mode 0600) and forces them to the disk; the path of the temporary file is
 * handed to `place`, which renames it where it belongs. Errors: `vault.write`; the temporary file is then removed.
 */
export async function writeTemporary(
  disk: Disk,
  path: string,
  bytes: Uint8Array,
  place: (temporary: string) => Promise<void>,
  owner?: Owner,
): Promise<void> {
  const temporary = temporaryName(path);
  inFlight.add(temporary);
  try {
    const file = await createFresh(disk, temporary);
    try {
      const written = await file.write(bytes);
      if (written !== bytes.length)
        throw new WaymarkError('vault.write', `${path}: only ${written} of ${bytes.length} bytes fit on the disk`);
      // Before it has its name: afterwards the path may lead elsewhere.
      if (owner) await file.giveTo(owner);
      // A failed fsync is final: the system says so once, and a second one may pass although the data is gone.
      await file.sync();
    } finally {
      await file.close();
    }
    await place(temporary);
  } catch (error) {
    await disk.unlink(temporary).catch(() => undefined);
    throw writeFailure(path, error);
  } finally {
    inFlight.delete(temporary);
  }
}

/** Replaces one file, old or new at every moment. Mode 0600; `owner`: whose it is. Errors: `vault.write`. */
export async function atomicWrite(
  path: string,
  bytes: Uint8Array,
  disk: Disk = realDisk,
  owner?: Owner,
): Promise<void> {
  const place = async (temporary: string): Promise<void> => {
    await disk.rename(temporary, path);
    await syncDirectory(disk, dirname(path));
  };
  await writeTemporary(disk, path, bytes, place, owner);
}
