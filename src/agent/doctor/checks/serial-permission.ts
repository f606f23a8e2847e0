// May the gateway's user open the ports?
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import type { Desk, Target } from '../desk.js';
import { defineCheck, type Finding, ok, skipped } from '../types.js';
import { groupName, type User } from '../users.js';

interface Node {
  path: string;
  uid: number;
  gid: number;
  mode: number;
  group: string | undefined;
  rule: string;
  /** It was tried as that user. */
  isOpen: boolean | undefined;
}

interface Facts {
  user: User;
  nodes: readonly Node[];
}

function ruleFor(path: string, { port }: Target): string {
  const usb = port?.usb;
  const match = usb
    ? `ATTRS{idVendor}=="${usb.vendorId}", ATTRS{idProduct}=="${usb.productId}"`
    : `KERNEL=="${path.replace(/^.*\//, '').replace(/[^\w.-]/g, '?')}"`;
  return `SUBSYSTEM=="tty", ${match}, GROUP="dialout", MODE="0660"`;
}

async function lookAt(path: string, target: Target, user: User, prefix: string): Promise<Node | undefined> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry?.isCharacterDevice()) return undefined;
  // An access list may allow what the mode does not show.
  const isOpen =
    process.geteuid?.() === user.uid
      ? await access(path, constants.R_OK | constants.W_OK).then(
          () => true,
          () => false,
        )
      : undefined;
  const { uid, gid, mode } = entry;
  return {
    path,
    uid,
    gid,
    mode: mode & 0o777,
    group: await groupName(gid, prefix),
    rule: ruleFor(path, target),
    isOpen,
  };
}

export function mayUse({ uid, groups }: User, node: Pick<Node, 'uid' | 'gid' | 'mode'>): boolean {
  if (uid === 0) return true;
  const shift = uid === node.uid ? 6 : groups.includes(node.gid) ? 3 : 0;
  return ((node.mode >> shift) & 0o6) === 0o6;
}

export const serialPermissionCheck = defineCheck<Desk, Facts>({
  id: 'serial-permission',
  title: 'Serial permissions',
  needs: ['configuration'],
  deadlineMs: 15_000,
  looksAt: 'whether the gateway’s user may read and write the ports of module and receiver: owner, group and mode',
  cures: [
    ['the user is not in the port’s group', '`usermod -aG dialout USER && systemctl restart waymark`'],
    ['the port has no group of its own', 'the udev rule that is printed, into /etc/udev/rules.d'],
  ],
  async gather(desk) {
    const { machine } = desk;
    const nodes = await Promise.all(
      (await desk.targets()).flatMap((target) =>
        target.path === undefined ? [] : [lookAt(target.path, target, machine.user, machine.prefix)],
      ),
    );
    return { user: machine.user, nodes: nodes.filter((node) => node !== undefined) };
  },
  judge({ user, nodes }) {
    if (nodes.length === 0) return skipped('there is no port to look at');
    const closed = nodes.filter((node) => !(node.isOpen ?? mayUse(user, node)));
    if (closed.length === 0) return ok(`${user.name} may use ${nodes.map(({ path }) => path).join(' and ')}`);
    return closed.map((node): Finding => {
      const byGroup = node.gid !== 0 && (node.mode & 0o060) === 0o060;
      const group = node.group ?? String(node.gid);
      const mode = node.mode.toString(8).padStart(4, '0');
      return {
        is: 'fail',
        sentence: byGroup
          ? `${user.name} may not open ${node.path}, which belongs to the group ${group}`
          : `${user.name} may not open ${node.path}: mode ${mode}, group ${group}`,
        cure: byGroup
          ? `usermod -aG ${group} ${user.name} && systemctl restart waymark`
          : `echo '${node.rule}' > /etc/udev/rules.d/78-waymark-access.rules && udevadm control --reload && udevadm trigger && usermod -aG dialout ${user.name}`,
        code: 'link.permission',
      };
    });
  },
});
