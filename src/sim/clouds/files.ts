// The simulators' own small files: 0600, replaced whole, so that a killed simulator starts again with what it had.
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a folder only its owner may enter. */
export function privateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** Replaces a file (mode 0600) by way of a temporary one beside it. */
export function writePrivate(path: string, text: string): void {
  privateFolder(dirname(path));
  const temporary = `${path}.new`;
  writeFileSync(temporary, text, { mode: 0o600 });
  // The mode above counts only for a file that did not exist.
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}

/** The text of a file, or undefined when it cannot be read. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
