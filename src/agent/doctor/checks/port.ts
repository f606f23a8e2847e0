// Are the ports there that the configuration names, or ones that `auto` would take?
import { stat } from 'node:fs/promises';
import type { Desk, Target } from '../desk.js';
import { defineCheck, type Finding, ok, skipped } from '../types.js';

interface Facts {
  targets: readonly (Target & { is: 'node' | 'other' | 'absent' | 'tcp' })[];
  /** Stable names of USB ports, and how many of them the table does not know. */
  usb: readonly string[];
  unknown: readonly string[];
  downloadMode: string | undefined;
}

const WORDS = { modem: 'the module', gnss: 'the receiver' } as const;
const NO_USB =
  'Plug the device in. If lsusb shows it, its driver is missing (modprobe option; modprobe cdc_acm); if not, check cable and power';

async function kindOf({ setting, path }: Target): Promise<Facts['targets'][number]['is']> {
  if (setting.startsWith('tcp://')) return 'tcp';
  if (path === undefined) return 'absent';
  const entry = await stat(path).catch(() => undefined);
  if (!entry) return 'absent';
  return entry.isCharacterDevice() ? 'node' : 'other';
}

export const portCheck = defineCheck<Desk, Facts>({
  id: 'port',
  title: 'Ports',
  needs: ['configuration'],
  deadlineMs: 15_000,
  looksAt: 'whether `modem.port` and `gnss.port` are there, or a port that `auto` would take',
  cures: [
    ['no USB port at all', 'plug the device in; `lsusb` tells cable from driver'],
    ['the named port is not there', 'set it to one of those shown (`waymark modem list`), or to `auto`'],
    ['the module is in its download mode', 'cut its power'],
  ],
  async gather(desk) {
    const targets = await Promise.all(
      (await desk.targets()).map(async (target) => ({ ...target, is: await kindOf(target) })),
    );
    const { ports } = await desk.ports();
    const usb = ports.filter((port) => port.usb !== undefined);
    return {
      targets,
      usb: usb.map(({ stableName }) => stableName),
      unknown: usb.filter(({ role }) => role === undefined).map(({ name }) => name),
      downloadMode: ports.find(({ isDownloadMode }) => isDownloadMode)?.name,
    };
  },
  judge({ targets, usb, unknown, downloadMode }) {
    if (targets.length === 0) return skipped('neither modem nor gnss is configured');
    return targets.map(({ user, setting, path, is }): Finding => {
      const who = WORDS[user];
      if (is === 'node') return ok(`${who}: ${path ?? setting}`);
      if (is === 'tcp') return ok(`${who}: ${setting}, on the network`);
      const fail = (sentence: string, cure: string): Finding => ({ is: 'fail', sentence, cure, code: 'link.absent' });
      if (is === 'other')
        return fail(
          `${user}.port: ${setting} is no serial device`,
          `Set ${user}.port to auto, or to a name that waymark modem list shows`,
        );
      if (user === 'modem' && downloadMode !== undefined)
        return fail(
          `the module on ${downloadMode} is in its download mode`,
          'Cut the module’s power; if it comes back like this, its firmware has to be loaded again',
        );
      if (setting !== 'auto')
        return fail(
          `${user}.port: ${setting} is not there`,
          usb.length === 0 ? NO_USB : `Set ${user}.port to auto, or to one of: ${usb.slice(0, 6).join(', ')}`,
        );
      if (unknown.length > 0) return ok(`${who}: auto will ask ${unknown.slice(0, 6).join(', ')} what they are`);
      return usb.length === 0
        ? fail(`no port for ${who}: no USB serial port is there`, NO_USB)
        : fail(
            `no port for ${who} among ${usb.length} USB serial ports`,
            `Plug ${who} in, or name its port in ${user}.port: waymark modem list shows all of them`,
          );
    });
  },
});
