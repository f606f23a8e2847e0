// Whose rights are judged. Root sees everything and may everything, which says nothing about the service: so root looks
// who holds the ports, and then becomes the user that the service runs as. This process only; nothing goes back.
import { readFile, stat } from 'node:fs/promises';
import { parseConfig } from '../../config/index.js';
import { WaymarkError } from '../../core/index.js';
import { findHoldersOf, listPorts, type PortHolder, type Roots } from '../../link/index.js';
import { findUser, type User, unitGroups } from './users.js';

export interface Visitor {
  user: User;
  seenHolders?: ReadonlyMap<string, readonly PortHolder[]>;
}

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
    return { user: me };
  }
  const config = parseConfig(await readFile(configFile, 'utf8').catch(() => ''), configFile).config;
  const user = await serviceUser(named, config?.stateDir);
  if (user.uid === 0) return { user };
  const ports = await listPorts(roots);
  const set = [config?.modem?.port, config?.gnss?.port].filter((path) => path?.startsWith('/') === true);
  const paths = [...ports.map(({ path }) => path), ...set.filter((path) => path !== undefined)];
  const seenHolders = await findHoldersOf(paths, roots);
  const groups = [...new Set([...user.groups, ...(await unitGroups())])];
  process.setgroups?.(groups);
  process.setgid?.(user.groups[0] ?? user.uid);
  process.setuid?.(user.uid);
  return { user: { ...user, groups }, seenHolders };
}

async function serviceUser(named: string | undefined, stateDir: string | undefined): Promise<User> {
  if (named !== undefined) {
    const found = await findUser(named);
    if (!found) throw new WaymarkError('cli.usage', `there is no user ${named} here`);
    return found;
  }
  const owner = stateDir === undefined ? undefined : await stat(stateDir).catch(() => undefined);
  const service = await findUser(SERVICE_USER);
  // A state directory of somebody else is a mistake to be told, where the service has a user of its own.
  if (service) return service;
  return (owner && (await findUser(owner.uid))) ?? ROOT;
}
