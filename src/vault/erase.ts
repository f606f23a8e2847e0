// Files made unreadable before they are removed: their bytes are written over, synced, then unlinked. On a hard disk that is
// the end of them. On flash the controller writes elsewhere and may keep the old cells, and a journal or a snapshot may
// have a copy: whoever calls this has to say so.
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './atomic.js';
import { realDisk } from './disk.js';

const CHUNK = 65_536;

async function overwrite(path: string): Promise<void> {
  await using handle = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const { size } = await handle.stat();
  for (let at = 0; at < size; at += CHUNK) {
    const length = Math.min(CHUNK, size - at);
    await handle.write(randomBytes(length), 0, length, at);
  }
  await handle.sync();
}

/** Overwrites and removes one file; of a link only the link goes. Errors: system errors (none when it is not there). */
export async function eraseFile(path: string): Promise<void> {
  const facts = await lstat(path).catch(() => undefined);
  if (!facts) return;
  // One that may not be written, or lies on a file system that is full, can still be removed.
  if (facts.isFile() && facts.nlink === 1) await overwrite(path).catch(() => undefined);
  await unlink(path);
  await syncDirectory(realDisk, dirname(path));
}
