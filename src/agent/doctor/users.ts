// Users and groups of the machine, read from passwd and group: whose rights the doctor judges by.
import { join } from 'node:path';
import { readText } from './files.js';

export interface User {
  name: string;
  uid: number;
  /** Numbers of all groups, the first one included. */
  groups: readonly number[];
}

interface Group {
  name: string;
  gid: number;
  members: readonly string[];
}

const rows = async (file: string): Promise<string[][]> =>
  ((await readText(file)) ?? '').split('\n').map((line) => line.split(':'));

async function groupsOf(prefix: string): Promise<Group[]> {
  return (await rows(join(prefix, '/etc/group'))).flatMap(([name = '', , gid = '', members = '']) =>
    /^\d+$/.test(gid) ? [{ name, gid: Number(gid), members: members.split(',') }] : [],
  );
}

/** The user of that name or number; undefined when passwd does not know it. */
export async function findUser(who: string | number, prefix = ''): Promise<User | undefined> {
  for (const [name = '', , uid = '', gid = ''] of await rows(join(prefix, '/etc/passwd'))) {
    if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) continue;
    if (typeof who === 'number' ? Number(uid) !== who : name !== who) continue;
    const others = (await groupsOf(prefix)).filter(({ members }) => members.includes(name)).map((group) => group.gid);
    return { name, uid: Number(uid), groups: [...new Set([Number(gid), ...others])] };
  }
  return undefined;
}

export async function groupName(gid: number, prefix = ''): Promise<string | undefined> {
  return (await groupsOf(prefix)).find((group) => group.gid === gid)?.name;
}

export async function groupNumber(name: string, prefix = ''): Promise<number | undefined> {
  return (await groupsOf(prefix)).find((group) => group.name === name)?.gid;
}

const UNITS = ['/etc/systemd/system', '/run/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];

/** Groups that the service's unit gives beside those of its user. */
export async function unitGroups(prefix = ''): Promise<number[]> {
  for (const folder of UNITS) {
    const text = await readText(join(prefix, folder, 'waymark.service'));
    if (text === undefined) continue;
    const names = [...text.matchAll(/^SupplementaryGroups=(.*)$/gm)].flatMap(([, list = '']) =>
      list.trim().split(/\s+/),
    );
    const numbers = await Promise.all(names.filter((name) => name !== '').map((name) => groupNumber(name, prefix)));
    return numbers.filter((gid) => gid !== undefined);
  }
  return [];
}
