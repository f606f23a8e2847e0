// What the agent makes in its state and runtime directories, by name: a wipe and a restore touch nothing else there, for
// somebody may have given the gateway a folder that holds other things, too. A test looks for every slot in the sources
// and walks the directory that a demo leaves, so that nothing is missing here.
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pageTokenFileIn, socketPathIn } from '../../status/index.js';

/** Where a restore puts what stood in its place. */
export const ASIDE = 'before-restore';

const SLOTS = [
  ...['boot', 'clock-floor', 'cloud-commands', 'data-month', 'devicewise-things', 'fleet-name', 'identity'],
  ...['identity-assistnow', 'losant-commands', 'losant-enrolment', 'losant-identity', 'pins', 'recovery'],
  ...['report-interval', 'salt', 'thingspace-budget', 'thingspace-logins', 'thingspace-tokens', 'ztp', 'ztp-assistnow'],
];
/** Slots for each of several: a credential, a group that rotates, a kind of assistance. */
const FAMILIES = ['assist', 'credential', 'rotation'];

const SLOT = `(?:${SLOTS.join('|')}|(?:${FAMILIES.join('|')})-[A-Za-z0-9_-]{1,54})`;
const TEMPORARY = '(?:\\.tmp\\.\\d{1,10})?';
const GENERATION = `(?:\\.prev|\\.next)?${TEMPORARY}`;
const SEGMENT = '\\d{15}-\\d{3}\\.wal';

const isSlotName = new RegExp(`^${SLOT}$`);
const OWN_FILE = new RegExp(
  `^(?:${ASIDE}(?:\\.\\d+)?/)?(?:${[
    `${SLOT}${GENERATION}`,
    `holder(?:\\.old)?${TEMPORARY}`,
    // Damaged ones, put away with time, process and count before their names.
    `corrupt/\\d{15}-\\d+-\\d+\\.${SLOT}${GENERATION}`,
    `outbox/[a-z][a-z0-9-]*/(?:${SEGMENT}|cursor\\.json${TEMPORARY}|corrupt/\\d+-${SEGMENT}|quarantine/[A-Za-z0-9._-]+\\.json${TEMPORARY})`,
  ].join('|')})$`,
);

/** Pure: whether a slot of the agent has this name. */
export const isOwnSlot = (name: string): boolean => isSlotName.test(name);

/** Pure: whether the agent makes a file of this name, seen from the state directory. */
export const isOwnFile = (name: string): boolean => OWN_FILE.test(name);

export interface Sorted {
  /** Names of the agent's files, seen from the directory. */
  own: string[];
  /** Everybody else's; a link where the agent has a folder is one, with what is behind it. */
  foreign: string[];
}

async function sorted(dir: string, isOwn: (name: string) => boolean): Promise<Sorted> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true }).catch(() => []);
  const names = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(dir, '/').length))
    .sort();
  return { own: names.filter(isOwn), foreign: names.filter((name) => !isOwn(name)) };
}

export const sortState = (dir: string): Promise<Sorted> => sorted(dir, isOwnFile);

export function sortRuntime(dir: string): Promise<Sorted> {
  const names = new Set([pageTokenFileIn(dir), socketPathIn(dir)].map((path) => basename(path)));
  return sorted(dir, (name) => names.has(name.replace(/\.new$/, '')));
}

/** The folders of these files below their directory, the deepest first. */
export function foldersOf(names: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const name of names)
    for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) folders.add(name.slice(0, at));
  return [...folders].sort((a, b) => b.length - a.length);
}
