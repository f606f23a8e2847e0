// A tar archive (ustar) made in memory: no other program is needed for it, which a small container or a rescue system may
// not have, and no file that was not scrubbed yet ever lies on a disk. Small on purpose: plain files, names of up to 99
// characters, all owned by nobody in particular.
import { gzipSync } from 'node:zlib';

export interface TarEntry {
  /** Plain characters, at most 99 of them; folders are made by whoever unpacks it. */
  name: string;
  bytes: Uint8Array;
}

const BLOCK = 512;
const MAX_NAME = 99;

const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, '0')}\0`;

function header({ name, bytes }: TarEntry, mtimeMs: number): Buffer {
  if (name.length > MAX_NAME || !/^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(name))
    throw new Error(`not a name for an archive: ${name}`);
  const block = Buffer.alloc(BLOCK);
  const put = (text: string, at: number): void => void block.write(text, at, 'latin1');
  put(name, 0);
  put(octal(0o600, 8), 100);
  put(octal(0, 8), 108);
  put(octal(0, 8), 116);
  put(octal(bytes.length, 12), 124);
  put(octal(Math.max(0, Math.floor(mtimeMs / 1000)), 12), 136);
  put(' '.repeat(8), 148);
  put('0', 156);
  put('ustar\x0000', 257);
  // The sum of all bytes, with blanks where it stands itself.
  put(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return block;
}

/** The archive, compressed. */
export function tarGz(entries: readonly TarEntry[], mtimeMs: number): Buffer {
  const parts = entries.flatMap((entry) => {
    const padding = (BLOCK - (entry.bytes.length % BLOCK)) % BLOCK;
    return [header(entry, mtimeMs), Buffer.from(entry.bytes), Buffer.alloc(padding)];
  });
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]), { level: 9 });
}
