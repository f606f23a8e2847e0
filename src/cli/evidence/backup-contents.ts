// What is inside a backup once it is open: files with their places and modes, as compressed JSON. Reading believes
// nothing: a backup is checked whole before the first byte is written anywhere.
import { isAbsolute, normalize } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { WaymarkError } from '../../core/index.js';
import { isKeptInBackup } from './kept-files.js';

export interface BackupFile {
  /** `state`: `path` is a name in the state directory; otherwise an absolute path. */
  place: 'state' | 'secret' | 'certificate' | 'config';
  path: string;
  /** Permission bits. */
  mode: number;
  bytes: Buffer;
}

export interface BackupContents {
  stateDir: string;
  files: readonly BackupFile[];
}

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_FILES = 1000;
const PLACES: readonly unknown[] = ['state', 'secret', 'certificate', 'config'];

export function packContents({ stateDir, files }: BackupContents): Buffer {
  const list = files.map(({ bytes, ...file }) => ({ ...file, data: bytes.toString('base64') }));
  return gzipSync(JSON.stringify({ stateDir, files: list }), { level: 9 });
}

const broken = (what: string, cause?: unknown): WaymarkError =>
  new WaymarkError('backup.damaged', `the backup opens, but ${what}`, { cause });

const isPlainPath = (path: string): boolean =>
  isAbsolute(path) && normalize(path) === path && !path.endsWith('/') && !/[\0\n]/.test(path) && path.length <= 4096;

function fileOf(value: unknown): BackupFile {
  const { place, path, mode, data } = (value ?? {}) as Partial<Record<string, unknown>>;
  if (!PLACES.includes(place) || typeof path !== 'string' || typeof data !== 'string' || typeof mode !== 'number')
    throw broken('one of its files has no shape');
  if (place === 'state' ? !isKeptInBackup(path) : !isPlainPath(path))
    throw broken('one of its files has no proper place');
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) throw broken('one of its files has no proper mode');
  return { place: place as BackupFile['place'], path, mode, bytes: Buffer.from(data, 'base64') };
}

/** Errors: `backup.damaged`. */
export function unpackContents(payload: Buffer): BackupContents {
  let read: unknown;
  try {
    read = JSON.parse(gunzipSync(payload, { maxOutputLength: MAX_BYTES }).toString('utf8'));
  } catch (error) {
    throw broken('its contents cannot be read', error);
  }
  const { stateDir, files } = (read ?? {}) as { stateDir?: unknown; files?: unknown };
  if (typeof stateDir !== 'string' || !isPlainPath(stateDir) || !Array.isArray(files) || files.length > MAX_FILES)
    throw broken('its contents have no shape');
  const list = files.map(fileOf);
  if (new Set(list.map(({ place, path }) => `${place} ${path}`)).size !== list.length)
    throw broken('it has one file twice');
  if (list.filter(({ place }) => place === 'config').length !== 1) throw broken('it has no configuration');
  return { stateDir, files: list };
}
