// `waymark bundle --backup FILE`: who this gateway is, sealed with a passphrase. Identity, credentials and what is remembered
// about them, the files that the configuration names, and the configuration itself; not what waits to be sent
// (docs/decisions/0016). A running agent may go on: each of its files is whole at every moment.
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { version } from '../../agent/version.js';
import { namedFiles, secretsElsewhere } from '../../config/index.js';
import { type Clock, EXIT, WaymarkError } from '../../core/index.js';
import { atomicWrite, type SealCost, seal } from '../../vault/index.js';
import { printJson, stderr, stdout } from '../output.js';
import { confirm, readPassphrase } from './ask.js';
import { type BackupFile, packContents } from './backup-contents.js';
import { isKeptInBackup } from './kept-files.js';
import { type Place, placeOf } from './place.js';
import { sizeWords } from './words.js';

export interface BackupOptions {
  config: string;
  backup: string;
  passphraseFile?: string;
  yes: boolean;
  json: boolean;
}

const MAX_FILE_BYTES = 1_048_576;

interface Gathered {
  files: BackupFile[];
  /** What the configuration names and a backup cannot hold, with the reason. */
  missing: { what: string; why: string }[];
}

async function read(path: string): Promise<{ bytes: Buffer; mode: number }> {
  const facts = await stat(path);
  if (!facts.isFile() || facts.size > MAX_FILE_BYTES)
    throw Object.assign(new Error('no plain file'), { code: 'EINVAL' });
  return { bytes: await readFile(path), mode: facts.mode & 0o777 };
}

const codeOf = (error: unknown): string => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : 'unknown';
};

/** Errors: `backup.unreadable`: half a backup is worse than none. */
async function gather({ config, configFile }: Place): Promise<Gathered> {
  const files: BackupFile[] = [];
  const missing: Gathered['missing'] = [];
  const take = async (place: BackupFile['place'], path: string, name = path): Promise<void> => {
    try {
      files.push({ place, path: name, ...(await read(path)) });
    } catch (error) {
      const code = codeOf(error);
      if (code !== 'ENOENT') throw new WaymarkError('backup.unreadable', `${path}: ${code}`, { cause: error });
      missing.push({ what: path, why: 'there is no such file' });
    }
  };
  await take('config', configFile);
  for (const { path, holds } of namedFiles(config)) await take(holds === 'certificate' ? holds : 'secret', path);
  for (const { key, reference } of secretsElsewhere(config))
    missing.push({ what: `${key} (${reference})`, why: 'it is in no file: note it elsewhere' });
  const names = await readdir(config.stateDir).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw new WaymarkError('backup.unreadable', `${config.stateDir}: ${codeOf(error)}`, { cause: error });
  });
  for (const name of names.sort())
    if (isKeptInBackup(name) && (await lstat(join(config.stateDir, name))).isFile())
      await take('state', join(config.stateDir, name), name);
  return { files, missing };
}

/** 0 written. Errors: `cli.usage`, `config.*`, `backup.unreadable`, `vault.write`. */
export async function backupVerb(options: BackupOptions, clock: Clock, cost?: SealCost): Promise<number> {
  const place = await placeOf(options.config);
  const { files, missing } = await gather(place);
  const target = resolve(options.backup);
  if (
    await lstat(target).then(
      () => true,
      () => false,
    )
  )
    throw new WaymarkError('cli.usage', `${target} exists already`, {
      hint: 'Name another file, or move that one away.',
    });
  const list = files.map(({ place: kind, path, bytes }) => ({ kind, path, bytes: bytes.length }));
  if (!options.json) {
    stderr.write('The backup holds:\n');
    for (const { kind, path, bytes } of list)
      stderr.write(`  ${kind.padEnd(12)} ${sizeWords(bytes).padStart(9)}  ${path}\n`);
    if (missing.length > 0) stderr.write('and not:\n');
    for (const { what, why } of missing) stderr.write(`  ${what}: ${why}\n`);
  }
  if (!options.yes && !options.json && !(await confirm(`Write ${target}?`))) return EXIT.usage;
  const passphrase = await readPassphrase(options.passphraseFile, true);
  const payload = packContents({ stateDir: place.config.stateDir, files });
  if (!options.json) stderr.write('Sealing…\n');
  const createdAt = new Date(clock.wall()).toISOString();
  const bytes = await seal(payload, passphrase, { program: version, createdAt }, cost);
  await atomicWrite(target, bytes);
  if (options.json) printJson({ file: target, bytes: bytes.length, createdAt, files: list, missing });
  else
    stdout.write(
      `${target}: ${sizeWords(bytes.length)}, sealed. Without the passphrase nobody can open it, you neither.\n` +
        `Keep it away from ${dirname(place.configFile)} and from this device.\n`,
    );
  return EXIT.ok;
}
