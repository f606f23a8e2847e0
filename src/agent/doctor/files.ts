// Small files of the system read for a check: bounded, and undefined where there is nothing to read.
import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';

const MAX_BYTES = 262_144;

/** Not blocking, so that a pipe in a file's place hangs nobody. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const buffer = Buffer.alloc(MAX_BYTES);
    // Files of /proc and /sys tell no size: read until they end.
    let length = 0;
    while (length < MAX_BYTES) {
      const { bytesRead } = await handle.read(buffer, length, MAX_BYTES - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return buffer.toString('utf8', 0, length);
  } catch {
    return undefined;
  }
}

export const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch((): string[] => []);

export const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** For a shell. */
export const quoted = (path: string): string =>
  /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;

/** A cure of several lines as the one line it is shown in. */
export const asOneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ; ');
