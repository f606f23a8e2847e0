// Does ModemManager run and take our ports? Whether it is told to leave them alone stands in udev's database or rules.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isModemManagerRunning, modemManagerRule } from '../../../link/index.js';
import type { Desk, Target } from '../desk.js';
import { namesIn, readText } from '../files.js';
import { defineCheck, type Finding, ok, skipped } from '../types.js';
import { RULE_FOLDERS } from '../udev.js';

interface Facts {
  isRunning: boolean;
  ports: readonly { path: string; isIgnored: boolean; pid: number | undefined; rule: string }[];
}

const TAG = /ID_MM_(?:PORT|DEVICE)_IGNORE/;

/** By udev's record of the device, or by a rule that names it. */
async function isIgnored(path: string, { port }: Target, prefix: string): Promise<boolean> {
  const rdev = (await stat(path).catch(() => undefined))?.rdev;
  if (rdev !== undefined) {
    const [major, minor] = [(rdev >> 8) & 0xfff, (rdev & 0xff) | ((rdev >> 12) & 0xfff00)];
    const record = (await readText(join(prefix, `/run/udev/data/c${major}:${minor}`))) ?? '';
    if (/^E:ID_MM_(?:PORT|DEVICE)_IGNORE=1$/m.test(record)) return true;
  }
  const name = path.replace(/^.*\//, '');
  for (const folder of RULE_FOLDERS)
    for (const file of await namesIn(join(prefix, folder))) {
      if (!file.endsWith('.rules')) continue;
      const text = (await readText(join(prefix, folder, file))) ?? '';
      const lines = text.split('\n').filter((line) => TAG.test(line) && !line.startsWith('#'));
      if (lines.some((line) => line.includes(`KERNEL=="${name}"`))) return true;
      const vendor = port?.usb?.vendorId;
      if (vendor !== undefined && lines.some((line) => line.includes(`"${vendor}"`))) return true;
    }
  return false;
}

const ruleOf = (path: string, { port }: Target): string =>
  modemManagerRule(port) ??
  `ACTION!="remove", SUBSYSTEM=="tty", KERNEL=="${path.replace(/^.*\//, '').replace(/[^\w.-]/g, '?')}", ENV{ID_MM_PORT_IGNORE}="1"`;

export const modemManagerCheck = defineCheck<Desk, Facts>({
  id: 'modem-manager',
  title: 'ModemManager',
  needs: ['configuration'],
  deadlineMs: 15_000,
  looksAt: 'whether ModemManager runs, has a port open, and is told by udev to leave them alone',
  cures: [
    [
      'it uses a port, or may',
      'the udev rule that is printed (`ID_MM_PORT_IGNORE`), then `systemctl try-restart ModemManager`',
    ],
    ['only for now', '`mmcli --inhibit-device=…`'],
  ],
  async gather(desk) {
    const { machine } = desk;
    const ports = await Promise.all(
      (await desk.targets()).flatMap((target) => {
        const { path } = target;
        if (path === undefined) return [];
        return [
          (async () => ({
            path,
            isIgnored: await isIgnored(path, target, machine.prefix),
            pid: (await desk.holders(path)).find(({ name }) => name === 'ModemManager')?.pid,
            rule: ruleOf(path, target),
          }))(),
        ];
      }),
    );
    return { isRunning: await isModemManagerRunning(machine.roots), ports };
  },
  judge({ isRunning, ports }) {
    if (ports.length === 0) return skipped('there is no port to look at');
    const at = ports.find(({ pid }) => pid !== undefined) ?? ports.find((port) => !port.isIgnored);
    if (!isRunning && at?.pid === undefined) return ok('does not run');
    if (!at) return ok('runs, and leaves these ports alone');
    const cure = `echo '${at.rule}' > /etc/udev/rules.d/77-waymark.rules && udevadm control --reload && udevadm trigger && systemctl try-restart ModemManager`;
    const finding: Finding =
      at.pid === undefined
        ? { is: 'warn', sentence: `it runs, and nothing keeps it off ${at.path}`, cure, code: 'link.busy' }
        : { is: 'fail', sentence: `it has ${at.path} open (pid ${at.pid})`, cure, code: 'link.shared' };
    return finding;
  },
});
