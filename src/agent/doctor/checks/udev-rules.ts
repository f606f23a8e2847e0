// Are this program's udev rules installed? They give the ports stable names and keep ModemManager off them.
import { join } from 'node:path';
import type { Desk } from '../desk.js';
import { isThere, namesIn } from '../files.js';
import { defineCheck, ok, skipped } from '../types.js';
import { RULE_FOLDERS } from '../udev.js';

interface Facts {
  hasUdev: boolean;
  hasUsb: boolean;
  file: string | undefined;
  /** The device goes by a number that changes. */
  unstable: string | undefined;
}

export const udevRulesCheck = defineCheck<Desk, Facts>({
  id: 'udev-rules',
  title: 'udev rules',
  needs: ['configuration'],
  deadlineMs: 10_000,
  looksAt: 'whether a file *waymark*.rules is in a udev rules folder, where USB ports are used',
  cures: [
    [
      'there is none',
      '`install -m 644 config/*waymark*.rules /etc/udev/rules.d/ && udevadm control --reload && udevadm trigger` (the Debian package brings them)',
    ],
  ],
  async gather(desk) {
    const { prefix } = desk.machine;
    let file: string | undefined;
    for (const folder of RULE_FOLDERS)
      for (const name of await namesIn(join(prefix, folder)))
        if (/waymark.*\.rules$/.test(name)) file ??= `${folder}/${name}`;
    const targets = await desk.targets();
    return {
      hasUdev: await isThere(join(prefix, '/run/udev')),
      hasUsb: targets.some(({ port }) => port?.usb !== undefined),
      file,
      unstable: targets.find(({ setting }) => /^\/dev\/tty(?:USB|ACM)\d/.test(setting))?.setting,
    };
  },
  judge({ hasUdev, hasUsb, file, unstable }) {
    if (file !== undefined) return ok(file);
    if (!hasUsb) return skipped('no USB port is used');
    if (!hasUdev) return skipped('no udev runs here (a container: its host has the rules)');
    return {
      is: 'warn',
      sentence: `no rules of this program are installed${unstable === undefined ? '' : `, and ${unstable} may be another device after the next start`}`,
      cure: 'From the program’s folder: install -m 644 config/*waymark*.rules /etc/udev/rules.d/ && udevadm control --reload && udevadm trigger',
    };
  },
});
