// `waymark restore FILE`: a backup put back. Everything is checked before anything is written: the seal, the shape, the
// configuration in it, that no agent runs on that state directory, that the places can be written. What stood there is
// kept aside.
import { constants } from 'node:fs';
import { access, chown, lstat, open, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { version } from '../../agent/version.js';
import { ConfigError, explainProblems, namedFiles, parseConfig } from '../../config/index.js';
import { EXIT, WaymarkError } from '../../core/index.js';
import { headOfSealed, lockDirectory, type Owner, unseal, writeForOwner } from '../../vault/index.js';
import { printJson, stderr, stdout } from '../output.js';
import { exists, makeFolder, setFileAside, setStateAside } from './aside.js';
import { confirm, readPassphrase } from './ask.js';
import { type BackupContents, type BackupFile, unpackContents } from './backup-contents.js';
import { sortState } from './own-names.js';
import { refuseOutside, refuseSharedFolders, refuseWhileRunning } from './place.js';
import { foreignLines, sizeWords } from './words.js';

export interface RestoreOptions {
  file: string;
  passphraseFile?: string;
  /** Every path is meant below this folder: a card of another gateway, mounted here. */
  root?: string;
  /** Whose the files are to be, when root restores. */
  owner?: string;
  yes: boolean;
  json: boolean;
}

const MAX_BACKUP_BYTES = 32 * 1024 * 1024;
const DEFAULT_USER = 'waymark';

async function readBackup(path: string): Promise<Buffer> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts?.isFile())
    throw new WaymarkError('cli.usage', `${path}: no such file`, { hint: 'Name the file that --backup wrote.' });
  if (facts.size > MAX_BACKUP_BYTES) throw new WaymarkError('backup.damaged', `${path}: too large for a backup`);
  return readFile(path);
}

/** The user's numbers by name, from the passwd file of the system that is restored. */
async function userNamed(name: string, root: string): Promise<Owner | undefined> {
  const passwd = await readFile(join(root, 'etc/passwd'), 'utf8').catch(() => '');
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([user]) => user === name);
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : undefined;
}

/** Whose the files are to be; undefined: ours. Errors: `cli.usage`. */
async function heir(options: RestoreOptions, stateDir: string, root: string): Promise<Owner | undefined> {
  if (process.geteuid?.() !== 0) return undefined;
  if (options.owner !== undefined) {
    const named = await userNamed(options.owner, root);
    if (!named)
      throw new WaymarkError('cli.usage', `there is no user ${options.owner}`, {
        hint: 'Make it first, or name another.',
      });
    return named;
  }
  const before = await lstat(stateDir).catch(() => undefined);
  return before ? { uid: before.uid, gid: before.gid } : userNamed(DEFAULT_USER, root);
}

/** A backup puts files only where its own configuration names them. Errors: `config.invalid` with every problem, `backup.damaged`. */
function checkConfig({ files, stateDir }: BackupContents): void {
  const file = files.find(({ place }) => place === 'config');
  if (!file) return;
  const { config, problems } = parseConfig(file.bytes.toString('utf8'), file.path);
  if (!config) throw new ConfigError('config.invalid', problems, explainProblems(problems));
  if (config.stateDir !== stateDir)
    throw new WaymarkError('backup.damaged', 'the backup contradicts itself about its state directory');
  const named = new Map(
    namedFiles(config).map(({ path, holds }) => [path, holds === 'certificate' ? holds : ('secret' as const)]),
  );
  for (const { place: kind, path } of files)
    if ((kind === 'secret' || kind === 'certificate') && named.get(path) !== kind)
      throw new WaymarkError('backup.damaged', `the backup has ${path}, which its configuration does not name`);
}

/** Errors: `vault.permission` where something could not be written. */
async function checkWritable(folder: string): Promise<void> {
  for (let path = folder; ; path = dirname(path)) {
    if (!(await exists(path)) && path !== '/') continue;
    await access(path, constants.W_OK | constants.X_OK).catch((cause: unknown) => {
      throw new WaymarkError('vault.permission', `${path}: this user may not write there`, {
        cause,
        hint: 'Restore as root (sudo waymark restore …) or as the service user. Nothing was changed.',
      });
    });
    return;
  }
}

/** What may be given to others stays given; secrets and state are the owner's alone. */
function modeOf({ place, mode }: BackupFile): number {
  if (place === 'state') return 0o600;
  if (place === 'secret') return (mode & 0o700) === 0o400 ? 0o400 : 0o600;
  return mode & 0o644;
}

/** The owner of a configuration file that is replaced stays; a new one is root's where its group may read it. */
async function ownerFor(file: BackupFile, path: string, owner: Owner | undefined): Promise<Owner | undefined> {
  if (!owner || file.place !== 'config') return owner;
  const before = await lstat(path).catch(() => undefined);
  if (before) return { uid: before.uid, gid: before.gid };
  return (file.mode & 0o040) === 0 ? owner : { uid: 0, gid: owner.gid };
}

/** What is the same already is left alone, but must belong to whom the person named. */
async function giveTo(owner: Owner, path: string): Promise<void> {
  await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  await handle.chown(owner.uid, owner.gid);
}

interface Heir {
  owner: Owner | undefined;
  /** By `--owner`. */
  isNamed: boolean;
}

async function place(file: BackupFile, path: string, { owner, isNamed }: Heir): Promise<string | undefined> {
  const isPrivate = file.place === 'state' || file.place === 'secret';
  const mine = await ownerFor(file, path, owner);
  await makeFolder(dirname(path), isPrivate ? 0o700 : 0o755, isPrivate ? owner : undefined);
  const before = file.place === 'state' ? undefined : await readFile(path).catch(() => undefined);
  if (before?.equals(file.bytes)) {
    if (owner && isNamed && file.place === 'secret') await giveTo(owner, path);
    return undefined;
  }
  const aside = file.place !== 'state' && (await exists(path)) ? await setFileAside(path) : undefined;
  await writeForOwner(path, file.bytes, path, mine ? { owner: mine } : {});
  const mode = modeOf(file);
  if (mode !== 0o600) {
    await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    await handle.chmod(mode);
  }
  return aside;
}

/** 0 restored. Errors: `cli.usage`, `backup.*`, `config.invalid`, `vault.busy`, `vault.permission`, `vault.write`. */
export async function restoreVerb(options: RestoreOptions): Promise<number> {
  const { json } = options;
  const root = resolve(options.root ?? '/');
  const bytes = await readBackup(resolve(options.file));
  const head = headOfSealed(bytes);
  if (!json) stderr.write(`A backup of ${head.createdAt}, made by Waymark ${head.program}.\n`);
  const { payload } = await unseal(bytes, await readPassphrase(options.passphraseFile, false));
  const contents = unpackContents(payload);
  checkConfig(contents);
  const at = (path: string): string => join(root, path);
  const stateDir = at(contents.stateDir);
  const targets = contents.files.map((file) => ({
    file,
    path: file.place === 'state' ? join(stateDir, file.path) : at(file.path),
  }));
  await refuseSharedFolders(stateDir, contents.stateDir);
  await refuseOutside(root, [stateDir, ...targets.map(({ path }) => path)]);
  await refuseWhileRunning(stateDir);
  for (const folder of new Set([stateDir, ...targets.map(({ path }) => dirname(path))])) await checkWritable(folder);
  const owner = await heir(options, stateDir, root);
  if (!json) {
    stderr.write('It will write:\n');
    for (const { file, path } of targets)
      stderr.write(`  ${file.place.padEnd(12)} ${sizeWords(file.bytes.length).padStart(9)}  ${path}\n`);
  }
  const { foreign } = await sortState(stateDir);
  if (!json && foreign.length > 0)
    stderr.write(
      `Not the agent’s, so they stay where they are:\n${foreignLines(foreign.map((name) => join(stateDir, name)))}`,
    );
  if (!options.yes && !(await confirm('Put these back? What is there is kept aside.'))) return EXIT.usage;

  await makeFolder(stateDir, 0o700, owner);
  if (owner) await chown(stateDir, owner.uid, owner.gid);
  const unlock = lockDirectory(stateDir);
  const aside: string[] = [];
  try {
    const old = await setStateAside(stateDir, owner);
    if (old !== undefined) aside.push(old);
    // The configuration last: until then nothing that is half restored could be started by it.
    for (const { file, path } of [...targets].sort(
      (a, b) => Number(a.file.place === 'config') - Number(b.file.place === 'config'),
    )) {
      const moved = await place(file, path, { owner, isNamed: options.owner !== undefined });
      if (moved !== undefined) aside.push(moved);
    }
  } finally {
    unlock();
  }
  const note =
    head.program === version
      ? undefined
      : `It was made by Waymark ${head.program}; this is ${version}. See what \`waymark config check\` says.`;
  if (json)
    printJson({
      restored: targets.map(({ path }) => path),
      aside,
      createdAt: head.createdAt,
      ...(note === undefined ? {} : { note }),
    });
  else {
    stdout.write(`Restored ${targets.length} files.\n`);
    for (const path of aside) stdout.write(`Kept aside: ${path}\n`);
    if (note !== undefined) stdout.write(`${note}\n`);
    stdout.write(
      'Start the agent, and stop the one this backup was made of for good: two with one identity throw each other out.\n',
    );
  }
  return EXIT.ok;
}
