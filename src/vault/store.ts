// The vault: one private directory of small files that survive kill -9, power cuts, full disks and bit rot
// (specs/reliability.md 2.4). Nothing in it is ever deleted because it could not be understood.
import { createHash, randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { type Clock, type Logger, setFingerprintSalt, WaymarkError } from '../core/index.js';
import { isStaleTemporary } from './atomic.js';
import { type Disk, realDisk, systemCode } from './disk.js';
import type { Codec } from './record.js';
import { createSlot, type Slot } from './slot.js';

/** Something about the stored files a person should know; for status and doctor. */
export interface VaultAlarm {
  file: string;
  what: string;
  /** Where a damaged file was put, when it could be moved. */
  keptAs?: string;
  /** ms since 1970 UTC. */
  atUtcMs: number;
}

export interface Vault {
  readonly dir: string;
  /** A named value in two generations. Two calls with one name share their order of work. */
  slot<T>(name: string, codec: Codec<T>): Slot<T>;
  /** What was found damaged or unreadable since the start, newest last, at most 20. */
  alarms(): readonly VaultAlarm[];
  /**
   * A check value of the salt that all fingerprints of this process are made with; another salt gives another. Undefined
   * while the salt is not on the disk, which each call tries to mend: what is remembered by fingerprint would then be
   * forgotten by a restart. Never rejects.
   */
  keptSalt(): Promise<string | undefined>;
}

export interface VaultDeps {
  clock: Clock;
  log: Logger;
  /** Stand-in for the file system (tests). */
  disk?: Disk;
}

const KEEP_CORRUPT = 3;
const KEEP_ALARMS = 20;
const SALT_BYTES = 16;

const quoted = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;

/** Creates the directory 0700, or checks that it is ours alone. Errors: `vault.permission` with the command that cures it. */
async function claimDirectory(disk: Disk, dir: string): Promise<void> {
  let facts: Awaited<ReturnType<Disk['stat']>>;
  try {
    await disk.makeDirectory(dir, 0o700);
    facts = await disk.stat(dir);
  } catch (error) {
    const code = systemCode(error);
    const refused = code === 'EACCES' || code === 'EPERM' || code === 'ENOTDIR' || code === 'EEXIST';
    throw new WaymarkError(refused ? 'vault.permission' : 'vault.write', `${dir}: cannot be made: ${code}`, {
      cause: error,
      hint: `Make it by hand: install -d -m 700 -o "$(id -un)" ${quoted(dir)}`,
    });
  }
  if (facts.is !== 'directory')
    throw new WaymarkError('vault.permission', `${dir}: is not a directory`, {
      hint: `Move it away and make the directory: install -d -m 700 ${quoted(dir)}`,
    });
  const uid = process.geteuid?.();
  if (uid !== undefined && facts.uid !== uid)
    throw new WaymarkError('vault.permission', `${dir}: belongs to user ${facts.uid}, not to us (${uid})`, {
      hint: `The state directory must belong to the service user: chown -R ${uid} ${quoted(dir)} && chmod 700 ${quoted(dir)}`,
    });
  if ((facts.mode & 0o077) !== 0)
    throw new WaymarkError(
      'vault.permission',
      `${dir}: mode ${(facts.mode & 0o777).toString(8)} lets others in, 700 is needed`,
      { hint: `Close the state directory to others: chmod 700 ${quoted(dir)}` },
    );
}

/** One piece of work at a time, in the order asked for. */
function createLane(): <R>(work: () => Promise<R>) => Promise<R> {
  let tail: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = tail.then(work, work);
    tail = mine.catch(() => undefined);
    return mine;
  };
}

const saltCodec: Codec<Buffer> = {
  encode: (salt) => salt.toString('hex'),
  decode(data) {
    if (typeof data !== 'string' || !/^[0-9a-f]{32}$/.test(data)) throw new Error('not a salt');
    return Buffer.from(data, 'hex');
  },
};

/**
 * Loads or makes the salt of this installation's fingerprints. A disk that takes no writes costs their stability, which
 * whoever trusts a fingerprint must know: so it tells whether the salt is kept, and tries again when asked.
 */
async function establishSalt(vault: Pick<Vault, 'slot'>, log: Logger): Promise<Vault['keptSalt']> {
  const slot = vault.slot('salt', saltCodec);
  let salt: Buffer = randomBytes(SALT_BYTES);
  let isKept = false;
  try {
    const stored = await slot.read();
    if (stored) salt = stored.value;
    setFingerprintSalt(salt);
    if (!stored) await slot.write(salt);
    isKept = true;
  } catch (error) {
    setFingerprintSalt(salt);
    log.error('vault.salt-not-kept', { error }, 'Fingerprints of secrets will differ after a restart.');
  }
  const check = createHash('sha256').update('check value of a salt\n').update(salt).digest('hex').slice(0, 16);
  return async () => {
    if (isKept) return check;
    try {
      // One that has become readable meanwhile is not the one in use, and is not written over.
      const stored = await slot.read();
      if (!stored) await slot.write(salt);
      isKept = !stored || stored.value.equals(salt);
    } catch {
      // Said at the start.
    }
    return isKept ? check : undefined;
  };
}

/**
 * Opens (or makes) the state directory, sweeps away temporary files of dead processes and sets the fingerprint salt.
 * Errors: `vault.permission` with the exact command to run, `vault.write`.
 */
export async function openVault(dir: string, deps: VaultDeps): Promise<Vault> {
  const disk = deps.disk ?? realDisk;
  const log = deps.log.child('vault');
  const root = resolve(dir);
  const alarms: VaultAlarm[] = [];
  const lanes = new Map<string, ReturnType<typeof createLane>>();
  const toldAlready = new Set<string>();
  let kept = 0;

  const raise = (file: string, what: string, keptAs?: string): void => {
    const key = `${file}\n${what}`;
    if (toldAlready.has(key)) return;
    if (keptAs === undefined) toldAlready.add(key);
    alarms.push({ file, what, ...(keptAs === undefined ? {} : { keptAs }), atUtcMs: deps.clock.wall() });
    if (alarms.length > KEEP_ALARMS) alarms.shift();
    log.error('vault.alarm', { file, what, keptAs }, 'A state file is damaged or unreadable.');
  };

  const quarantine = async (file: string, why: string): Promise<void> => {
    const name = file.slice(root.length + 1);
    // Time first, so that the names sort by age; the counter keeps two of one millisecond apart.
    const stamp = `${String(Math.max(0, Math.trunc(deps.clock.wall()))).padStart(15, '0')}-${process.pid}-${++kept}`;
    const target = `${root}/corrupt/${stamp}.${name}`;
    try {
      await disk.makeDirectory(`${root}/corrupt`, 0o700);
      await disk.rename(file, target);
      raise(file, why, target);
      const old = (await disk.list(`${root}/corrupt`)).sort().slice(0, -KEEP_CORRUPT);
      for (const entry of old) await disk.unlink(`${root}/corrupt/${entry}`);
    } catch (error) {
      raise(file, `${why}; it could not be put away: ${systemCode(error) || 'unknown'}`);
    }
  };

  await claimDirectory(disk, root);
  try {
    for (const entry of await disk.list(root))
      if (isStaleTemporary(`${root}/${entry}`)) await disk.unlink(`${root}/${entry}`);
  } catch (error) {
    log.warn('vault.sweep-failed', { error }, 'Old temporary files could not be removed.');
  }

  const vault: Omit<Vault, 'keptSalt'> = {
    dir: root,
    alarms: () => [...alarms],
    slot(name, codec) {
      // Slot names are file names, and must not be mistaken for a generation or a temporary file.
      if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name)) throw new Error(`not a slot name: ${name}`);
      let alone = lanes.get(name);
      if (!alone) lanes.set(name, (alone = createLane()));
      return createSlot({ disk, directory: root, name, alone, quarantine, alarm: raise }, codec);
    },
  };
  return { ...vault, keptSalt: await establishSalt(vault, log) };
}
