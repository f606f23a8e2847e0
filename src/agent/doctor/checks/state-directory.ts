// The place where identity and state are kept: whose it is, who else may look, whether it takes anything, and on what.
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ErrorCode } from '../../../core/index.js';
import type { Desk } from '../desk.js';
import { quoted, readText } from '../files.js';
import { defineCheck, type Finding } from '../types.js';
import type { User } from '../users.js';

interface Facts {
  dir: string;
  user: User;
  entry: { uid: number; mode: number; isDirectory: boolean } | undefined;
  /** The nearest directory above that is there, and whether the user may make one in it. */
  above: { path: string; isWritable: boolean };
  mount: { type: string; isReadOnly: boolean } | undefined;
  free: { bytes: number; inodes: number } | undefined;
  minFreeBytes: number;
  /** What a running agent could not read there. */
  unread: { why: string; cure: string } | undefined;
}

const MIB = 1_048_576;
/** Identity, credentials and ledgers themselves: without that much nothing can be kept. */
const BARE_MIB = 2;
const FLEETING = new Set(['tmpfs', 'ramfs']);
const NOT_SAFE = new Set(['vfat', 'msdos', 'exfat', 'fuseblk', 'ntfs3']);

/** `\040` and the like, as the kernel writes blanks. */
const unescaped = (text: string): string =>
  text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** The file system that `path` is on, by the table of mounts. */
export function mountOf(table: string, path: string): Facts['mount'] {
  let best: { at: string; type: string; isReadOnly: boolean } | undefined;
  for (const line of table.split('\n')) {
    const [, place = '', type = '', options = ''] = line.split(' ');
    const at = unescaped(place);
    if (at === '' || !(at === '/' || path === at || path.startsWith(`${at}/`))) continue;
    // The last one of several on one place lies on top.
    if (!best || at.length >= best.at.length) best = { at, type, isReadOnly: options.split(',').includes('ro') };
  }
  return best && { type: best.type, isReadOnly: best.isReadOnly };
}

async function nearest(dir: string, user: User): Promise<Facts['above']> {
  for (let path = dirname(dir); ; path = dirname(path)) {
    const entry = await stat(path).catch(() => undefined);
    if (entry || path === '/') {
      const mine = process.geteuid?.() === user.uid;
      const isWritable = mine
        ? await access(path, constants.W_OK).then(
            () => true,
            () => false,
          )
        : entry !== undefined && (user.uid === 0 || (entry.uid === user.uid && (entry.mode & 0o200) !== 0));
      return { path, isWritable };
    }
  }
}

export const stateDirectoryCheck = defineCheck<Desk, Facts>({
  id: 'state-directory',
  title: 'State directory',
  needs: ['configuration'],
  deadlineMs: 10_000,
  looksAt: '`stateDir`: owner, mode, free space and inodes, read-only, kind of file system',
  cures: [
    ['it belongs to somebody else, or others may write there', '`chown -R USER DIR && chmod 700 DIR`'],
    ['it is not there and cannot be made', '`install -d -m 700 -o USER DIR`'],
    ['the file system is read-only', '`mount -o remount,rw …`; after errors (`dmesg`) check or replace the card'],
    ['the disk is full', '`du -xh / | sort -h | tail` shows what takes the space; a smaller `outbox.maxMiB`'],
    ['a newer version of the program wrote it', 'install that version again, or move the file away to start afresh'],
    ['vfat or tmpfs', 'move `stateDir` to ext4: renames are not safe on vfat, and tmpfs forgets'],
  ],
  async gather(desk) {
    const { config, machine } = desk;
    const { stateDir: dir, outbox } = config;
    const lamp = (await desk.status())?.lamps.find(
      ({ state, reason }) => state === 'dark' && reason === 'vault.unreadable',
    );
    const entry = await stat(dir).catch(() => undefined);
    const above = await nearest(dir, machine.user);
    const table = (await readText(join(machine.roots.proc, 'mounts'))) ?? '';
    const place = await realpath(entry ? dir : above.path).catch(() => dir);
    return {
      dir,
      user: machine.user,
      entry: entry && { uid: entry.uid, mode: entry.mode & 0o7777, isDirectory: entry.isDirectory() },
      above,
      mount: mountOf(table, place),
      free: await machine.free(place),
      minFreeBytes: outbox.minFreeMiB * MIB,
      unread: lamp && { why: lamp.message ?? 'a file there cannot be read', cure: lamp.hint ?? 'Move the file away' },
    };
  },
  judge({ dir, user, entry, above, mount, free, minFreeBytes, unread }) {
    const at = quoted(dir);
    const found: Finding[] = [];
    const fail = (sentence: string, cure: string, code: ErrorCode): void =>
      void found.push({ is: 'fail', sentence, cure, code });
    if (mount?.isReadOnly)
      fail(
        `${dir} is on a read-only file system`,
        `mount -o remount,rw "$(findmnt -nT ${at} -o TARGET)"; if it became so by itself (dmesg), check or replace the card`,
        'vault.write',
      );
    else if (!entry && !above.isWritable)
      fail(
        `${dir} is not there, and ${user.name} may not make it in ${above.path}`,
        `install -d -m 700 -o ${user.name} ${at}`,
        'vault.permission',
      );
    else if (entry && !entry.isDirectory) fail(`${dir} is no directory`, `rm ${at}`, 'vault.permission');
    else if (entry && entry.uid !== user.uid)
      fail(
        `${dir} belongs to user ${entry.uid}, not to ${user.name} (${user.uid})`,
        `chown -R ${user.name} ${at} && chmod 700 ${at}`,
        'vault.permission',
      );
    else if (entry && (entry.mode & 0o022) !== 0)
      fail(
        `${dir}: mode ${entry.mode.toString(8).padStart(4, '0')}, others may write there`,
        `chmod 700 ${at}`,
        'vault.permission',
      );
    else if (entry && (entry.mode & 0o055) !== 0)
      found.push({
        is: 'warn',
        sentence: `${dir}: mode ${entry.mode.toString(8).padStart(4, '0')}, others may look into it`,
        cure: `chmod 700 ${at}`,
        code: 'vault.permission',
      });
    if (found.length === 0 && unread) fail(unread.why, unread.cure, 'vault.unreadable');
    if (free && !mount?.isReadOnly) {
      const cure = `Make room: du -xh / | sort -h | tail shows what takes it; or lower outbox.maxMiB`;
      const left = `${(free.bytes / MIB).toFixed(free.bytes < 10 * MIB ? 1 : 0)} MiB`;
      if (free.bytes < BARE_MIB * MIB || free.inodes === 0)
        fail(
          `the disk of ${dir} is full: ${free.inodes === 0 ? 'no inode' : left} left`,
          free.inodes === 0 ? `Remove files: df -i ${at} shows the inodes` : cure,
          'vault.write',
        );
      else if (free.bytes < minFreeBytes)
        found.push({
          is: 'warn',
          sentence: `only ${left} left on the disk of ${dir}: records for the clouds are kept in memory alone`,
          cure,
          code: 'vault.write',
        });
    }
    if (mount && NOT_SAFE.has(mount.type))
      found.push({
        is: 'warn',
        sentence: `${dir} is on ${mount.type}, where a power cut may take whole files`,
        cure: 'Set stateDir to a directory on ext4 (the root file system of a Pi is one)',
      });
    else if (mount && FLEETING.has(mount.type))
      found.push({
        is: 'warn',
        sentence: `${dir} is in memory (${mount.type}): identity and records are gone at the next start`,
        cure: 'Set stateDir to a directory on the disk',
      });
    const room = free ? `, ${Math.round(free.bytes / MIB)} MiB free` : '';
    return found.length > 0
      ? found
      : { is: 'ok', sentence: `${dir}${entry ? ` belongs to ${user.name}` : ' will be made'}${room}` };
  },
});
