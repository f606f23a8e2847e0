// What stood in the place of something restored is kept aside under a name nobody has yet: a restore of the wrong backup
// must be no loss.
import { chmod, chown, lstat, mkdir, rename, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Owner } from '../../vault/index.js';
import { ASIDE, foldersOf, sortState } from './own-names.js';

export const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** `name`, or `name.2` and so on where that is taken. */
async function freeName(name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}.${n}`;
    if (!(await exists(candidate))) return candidate;
  }
}

/** Renames a file out of the way; the name it has now. */
export async function setFileAside(path: string): Promise<string> {
  const aside = await freeName(`${path}.${ASIDE}`);
  await rename(path, aside);
  return aside;
}

/** Removes folders that are empty now; what is not the agent's keeps its own. */
export async function removeEmpty(dir: string, folders: readonly string[]): Promise<void> {
  for (const folder of folders) await rmdir(join(dir, folder)).catch(() => undefined);
}

/** Moves all that the agent has in a state directory into a folder within it: the directory itself may be a mount point. */
export async function setStateAside(stateDir: string, owner: Owner | undefined): Promise<string | undefined> {
  const names = (await sortState(stateDir)).own.filter(
    (name) => !/^holder(?:$|\.)/.test(name) && !name.startsWith(ASIDE),
  );
  if (names.length === 0) return undefined;
  const aside = await freeName(join(stateDir, ASIDE));
  await makeFolder(aside, 0o700, owner);
  const folders = foldersOf(names);
  for (const folder of folders.toReversed()) await makeFolder(join(aside, folder), 0o700, owner);
  for (const name of names) await rename(join(stateDir, name), join(aside, name));
  await removeEmpty(stateDir, folders);
  return aside;
}

/** Makes a folder; those above it that are missing as well may be entered by everybody. */
export async function makeFolder(path: string, mode: number, owner: Owner | undefined): Promise<void> {
  if (await exists(path)) return;
  await makeFolder(dirname(path), 0o755, undefined);
  await mkdir(path);
  // The process's umask has taken bits away.
  await chmod(path, mode);
  if (owner) await chown(path, owner.uid, owner.gid);
}
