// The files of a rotation, and how a new value takes the old one's place so that a kill or a power cut at any moment
// leaves either, never neither. Their names are the whole journal:
//
//   name, name.next              a candidate waits
//   name.prev, name.next         it was proved, and was taking its place when the power went: finished at the next start
//   name, name.prev              it is in force, the old one is kept
//
// Of a pair every old value goes aside, then (all of that on the disk) every new one comes in.
import { dirname } from 'node:path';
import { syncDirectory } from './atomic.js';
import { type Disk, systemCode } from './disk.js';

export const nextOf = (path: string): string => `${path}.next`;
export const previousOf = (path: string): string => `${path}.prev`;

async function isThere(disk: Disk, path: string): Promise<boolean> {
  try {
    await disk.stat(path);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error))) return false;
    throw error;
  }
}

export interface RotationFacts {
  path: string;
  hasValue: boolean;
  hasNext: boolean;
  hasPrevious: boolean;
}

export async function factsOf(disk: Disk, path: string): Promise<RotationFacts> {
  const [hasValue, hasNext, hasPrevious] = await Promise.all(
    [path, nextOf(path), previousOf(path)].map((name) => isThere(disk, name)),
  );
  return { path, hasValue: hasValue === true, hasNext: hasNext === true, hasPrevious: hasPrevious === true };
}

async function syncAll(disk: Disk, paths: readonly string[]): Promise<void> {
  for (const directory of new Set(paths.map((path) => dirname(path)))) await syncDirectory(disk, directory);
}

/** Puts every `.next` in its place, the old value kept as `.prev`. May be repeated after any failure. Errors: system errors. */
export async function placeNext(disk: Disk, paths: readonly string[]): Promise<void> {
  const facts = await Promise.all(paths.map((path) => factsOf(disk, path)));
  const coming = facts.filter(({ hasNext }) => hasNext);
  const going = coming.filter(({ hasValue }) => hasValue);
  for (const { path } of going) await disk.rename(path, previousOf(path));
  await syncAll(
    disk,
    going.map(({ path }) => path),
  );
  for (const { path } of coming) await disk.rename(nextOf(path), path);
  await syncAll(
    disk,
    coming.map(({ path }) => path),
  );
}

/** Ends a change of place that was cut short; true when there was one. Errors: system errors. */
export async function finishPlacing(disk: Disk, paths: readonly string[]): Promise<boolean> {
  const facts = await Promise.all(paths.map((path) => factsOf(disk, path)));
  const wasCutShort = facts.some(({ hasValue, hasNext, hasPrevious }) => !hasValue && hasNext && hasPrevious);
  if (wasCutShort) await placeNext(disk, paths);
  return wasCutShort;
}

/** Removes what is left of the old values. Errors: system errors. */
export async function removePrevious(disk: Disk, paths: readonly string[]): Promise<void> {
  const gone: string[] = [];
  for (const path of paths) {
    if (!(await isThere(disk, previousOf(path)))) continue;
    await disk.unlink(previousOf(path));
    gone.push(path);
  }
  await syncAll(disk, gone);
}

/** True when the directory cannot be written by us, now or later. */
export const isReadOnlyFailure = (error: unknown): boolean => ['EROFS', 'EACCES', 'EPERM'].includes(systemCode(error));
