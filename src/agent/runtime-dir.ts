// Where the status socket is.
import { chmodSync, mkdirSync } from 'node:fs';
import { WaymarkError } from '../core/index.js';

/** A socket for the group is of no use in a directory the group may not enter. */
export function makeRuntimeDir(dir: string, socketMode: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (socketMode === '0660') chmodSync(dir, 0o750);
  } catch (cause) {
    throw new WaymarkError('vault.permission', `the runtime directory ${dir} cannot be made`, {
      cause,
      hint: 'Make it by hand for the service user (mode 0700), or set runtimeDir to another folder.',
    });
  }
}
