// Whose rights are judged. Root sees everything and may everything, which says nothing about the service: so root looks
// who holds the ports, and the rest is done by a process that has become the user that the service runs as.
import { readFile, stat } from 'node:fs/promises';
import { type Config, parseConfig } from '../../config/index.js';
import { WaymarkError } from '../../core/index.js';
import { findHoldersOf, listPorts, type PortHolder, type Roots } from '../../link/index.js';
import { findUser, type User, unitGroups } from './users.js';

export interface Visitor {
  user: User;
  seenHolders?: ReadonlyMap<string, readonly PortHolder[]>;
  /** Set for root: whom to become first, and what to hand on to that process. */
  become?: { uid: number; gid: number; groups: readonly number[]; env: Readonly<Record<string, string>> };
}

/** How root hands on who holds the ports, which others may not see. */
const HOLDERS = 'WAYMARK_SEEN_HOLDERS';

const SERVICE_USER = 'waymark';
const ROOT: User = { name: 'root', uid: 0, groups: [0] };

const current = async (): Promise<User> => {
  const uid = process.geteuid?.() ?? 0;
  const known = await findUser(uid);
  const groups = process.getgroups?.() ?? [];
  return { name: known?.name ?? String(uid), uid, groups: [...new Set([...groups, process.getegid?.() ?? 0])] };
};

/** Errors: `cli.usage` for a user that is not there, or that only root may be. */
export async function doctorUser(options: {
  roots: Roots;
  configFile: string;
  named: string | undefined;
}): Promise<Visitor> {
  const { roots, configFile, named } = options;
  const me = await current();
  if (me.uid !== 0) {
    if (named !== undefined && named !== me.name)
      throw new WaymarkError('cli.usage', `only root may look as ${named}`, { hint: 'Put sudo in front.' });
    const seenHolders = handedOn();
    if (seenHolders) return { user: me, seenHolders };
    // Somebody looks at a gateway that is not theirs: a cure that gives its files to them would break it.
    const owner = await ownerOf((await configAt(configFile))?.stateDir);
    return { user: owner ?? me };
  }
  const config = await configAt(configFile);
  const user = await serviceUser(named, config?.stateDir);
  if (user.uid === 0) return { user };
  const ports = await listPorts(roots);
  const set = [config?.modem?.port, config?.gnss?.port].filter((path) => path?.startsWith('/') === true);
  const paths = [...ports.map(({ path }) => path), ...set.filter((path) => path !== undefined)];
  const seenHolders = await findHoldersOf(paths, roots);
  const groups = [...new Set([...user.groups, ...(await unitGroups())])];
  return {
    user: { ...user, groups },
    seenHolders,
    // Not by this process: a Node with the system's libuv, as Debian has, refuses to change its user.
    become: {
      ...{ uid: user.uid, gid: user.groups[0] ?? user.uid, groups },
      env: { [HOLDERS]: JSON.stringify([...seenHolders]) },
    },
  };
}

/** What root has seen before it became us. */
function handedOn(): ReadonlyMap<string, readonly PortHolder[]> | undefined {
  const text = process.env[HOLDERS];
  if (text === undefined) return undefined;
  try {
    return new Map(JSON.parse(text) as [string, PortHolder[]][]);
  } catch {
    return undefined;
  }
}

async function serviceUser(named: string | undefined, stateDir: string | undefined): Promise<User> {
  if (named !== undefined) {
    const found = await findUser(named);
    if (!found) throw new WaymarkError('cli.usage', `there is no user ${named} here`);
    return found;
  }
  // A state directory of somebody else is a mistake to be told, where the service has a user of its own.
  return (await findUser(SERVICE_USER)) ?? (await ownerOf(stateDir)) ?? ROOT;
}

async function configAt(file: string): Promise<Config | undefined> {
  return parseConfig(await readFile(file, 'utf8').catch(() => ''), file).config;
}

async function ownerOf(dir: string | undefined): Promise<User | undefined> {
  const entry = dir === undefined ? undefined : await stat(dir).catch(() => undefined);
  return entry && findUser(entry.uid);
}
