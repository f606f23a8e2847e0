// Who has a port open: /proc/<pid>/fd of every process that may be looked at, and the lock list, which names the holder
// of a lock even where its descriptors may not be read. What /proc does not show is left out.
//
// The far side of a pseudo-terminal (a simulated device, its helper shell) has the node open as well; it is the device
// and no rival, so whoever holds the master end is left out, and its children.
import { existsSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { cleanText, readHead } from './peek.js';
import { type PortHolder, ROOTS, type Roots } from './ports.js';

const MAX_PROCESSES = 8192;
const MAX_DESCRIPTORS = 65_536;
/** Descriptors looked at before everybody else gets a turn: a millisecond or two. A process costs as much as eight. */
const SLICE = 256;
const PROCESS_COST = 8;
const MAX_ANCESTORS = 4;
const LOCKS_BYTES = 262_144;
const DELETED = ' (deleted)';
/** What most descriptors under /dev are: not worth a second look. */
const COMMON = new Set(['null', 'zero', 'full', 'random', 'urandom', 'tty', 'kmsg', 'fuse', 'net/tun']);

interface Wanted {
  readonly path: string;
  readonly real: string;
  readonly dev: number;
  readonly ino: number;
  /** 0: no character device. */
  readonly rdev: number;
  /** Number of the pseudo-terminal. */
  readonly pty: number | undefined;
  readonly pids: Set<number>;
  /** Processes that hold its master end. */
  readonly makers: Set<number>;
}

async function wantedOf(path: string): Promise<Wanted> {
  const real = await realpath(path).catch(() => path);
  const node = statOf(real);
  const pty = /^\/dev\/pts\/(\d{1,7})$/.exec(real)?.[1];
  return {
    path,
    real,
    dev: node?.dev ?? -1,
    ino: node?.ino ?? -1,
    rdev: node?.rdev ?? 0,
    pty: pty === undefined ? undefined : Number(pty),
    pids: new Set(),
    makers: new Set(),
  };
}

function statOf(path: string): { dev: number; ino: number; rdev: number } | undefined {
  try {
    const node = statSync(path);
    return { dev: node.dev, ino: node.ino, rdev: node.isCharacterDevice() ? node.rdev : 0 };
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

async function processes(proc: string): Promise<number[]> {
  const names = await readdir(proc).catch((): string[] => []);
  return names
    .filter((name) => /^[1-9]\d{0,9}$/.test(name))
    .slice(0, MAX_PROCESSES)
    .map(Number);
}

/** Notes for one descriptor which of the wanted nodes it is. */
async function note(pid: number, descriptor: string, link: string, wanted: readonly Wanted[]): Promise<void> {
  if (!link.startsWith('/')) return;
  if (link.endsWith('/ptmx')) {
    const info = wanted.some(({ pty }) => pty !== undefined)
      ? await readHead(descriptor.replace(/fd\/(\d+)$/, 'fdinfo/$1'), 512)
      : undefined;
    const index = /^tty-index:\s*(\d+)$/m.exec(info ?? '')?.[1];
    for (const each of wanted) if (index !== undefined && each.pty === Number(index)) each.makers.add(pid);
    return;
  }
  const named = wanted.filter(({ real }) => real === link);
  for (const each of named) each.pids.add(pid);
  if (named.length > 0) return;
  // Another name of the same device, as a container or mknod makes them. Elsewhere than in /dev a stat may hang.
  if (link.startsWith('/dev/') && !COMMON.has(link.slice(5)) && !link.endsWith(DELETED)) {
    const node = statOf(descriptor);
    if (!node || node.rdev === 0) return;
    for (const each of wanted)
      if (node.rdev === each.rdev && (each.pty === undefined || node.dev === each.dev)) each.pids.add(pid);
  }
}

/** Holders of locks on the nodes: `1: FLOCK ADVISORY WRITE 840 00:1a:3 0 EOF`. */
async function noteLocks(proc: string, wanted: readonly Wanted[]): Promise<void> {
  const text = (await readHead(join(proc, 'locks'), LOCKS_BYTES)) ?? '';
  for (const [, pid, major, minor, inode] of text.matchAll(
    /^\d+: (?:FLOCK|POSIX|OFDLCK) .{0,40}? (\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /gm,
  )) {
    for (const each of wanted) {
      if (each.ino !== Number(inode) || Number(pid) === 0) continue;
      const deviceMajor = (each.dev >> 8) & 0xfff;
      const deviceMinor = (each.dev & 0xff) | ((each.dev >> 12) & 0xfff00);
      if (Number.parseInt(`${major}`, 16) === deviceMajor && Number.parseInt(`${minor}`, 16) === deviceMinor)
        each.pids.add(Number(pid));
    }
  }
}

async function parentOf(proc: string, pid: number): Promise<number> {
  // The name in brackets may hold brackets and blanks of its own.
  const stat = (await readHead(join(proc, String(pid), 'stat'), 512)) ?? '';
  return Number(/\) \S (\d+) /.exec(stat.slice(stat.lastIndexOf(')')))?.[1] ?? 0);
}

async function isOfMaker(proc: string, pid: number, makers: ReadonlySet<number>): Promise<boolean> {
  if (makers.size === 0) return false;
  let each = pid;
  for (let i = 0; i <= MAX_ANCESTORS && each > 1; i++) {
    if (makers.has(each) && each !== process.pid) return true;
    each = await parentOf(proc, each);
  }
  return false;
}

async function nameOf(proc: string, pid: number): Promise<string | undefined> {
  return cleanText(await readHead(join(proc, String(pid), 'comm'), 64), 32);
}

/** The holders of several ports by one look at all processes. Never throws. Paths that are no nodes have none. */
export async function findHoldersOf(
  paths: readonly string[],
  roots: Roots = ROOTS,
): Promise<ReadonlyMap<string, readonly PortHolder[]>> {
  const { proc } = roots;
  const wanted = await Promise.all(paths.filter((path) => path.startsWith('/')).map(wantedOf));
  const result = new Map<string, readonly PortHolder[]>(paths.map((path) => [path, []]));
  if (wanted.length === 0) return result;
  let looked = 0;
  let sinceTurn = 0;
  const shown = new Set(await processes(proc));
  for (const pid of shown) {
    // Synchronous, because procfs never waits and a trip through the thread pool costs ten times the look.
    sinceTurn += PROCESS_COST;
    const folder = join(proc, String(pid), 'fd');
    for (const fd of namesIn(folder)) {
      if (looked++ >= MAX_DESCRIPTORS) break;
      if (++sinceTurn >= SLICE) {
        await turn();
        sinceTurn = 0;
      }
      const descriptor = `${folder}/${fd}`;
      const link = linkOf(descriptor);
      if (link !== undefined) await note(pid, descriptor, link, wanted);
    }
  }
  await noteLocks(proc, wanted);
  for (const { path, pids, makers } of wanted) {
    const holders: PortHolder[] = [];
    for (const pid of [...pids].sort((a, b) => a - b))
      if (!(await isOfMaker(proc, pid, makers))) {
        const name = await nameOf(proc, pid);
        // One that was shown and is no more has ended while it was looked at: a short-lived child, no rival.
        const hasEnded = name === undefined && shown.has(pid) && !existsSync(join(proc, String(pid)));
        if (!hasEnded) holders.push({ pid, name: name ?? 'unknown', isSelf: pid === process.pid });
      }
    result.set(path, holders);
  }
  return result;
}

/** The processes that have the port at `path` open, as far as /proc shows them; see `findHoldersOf`. */
export async function findHolders(path: string, roots: Roots = ROOTS): Promise<readonly PortHolder[]> {
  return (await findHoldersOf([path], roots)).get(path) ?? [];
}

/** True while a ModemManager runs, whether or not it has a port open at the moment. */
export async function isModemManagerRunning(roots: Roots = ROOTS): Promise<boolean> {
  for (const pid of await processes(roots.proc))
    if (basename((await nameOf(roots.proc, pid)) ?? '') === 'ModemManager') return true;
  return false;
}
