// What to do about a program that has our port open, exact enough to be pasted into a shell.
import { type PortHolder, type TtyPort } from './ports.js';

const TERMINALS = new Set(['minicom', 'picocom', 'screen', 'cu', 'tio', 'putty', 'microcom', 'gtkterm', 'miniterm']);
const RULE_FILE = '/etc/udev/rules.d/77-waymark.rules';

/** The udev rule that keeps ModemManager off the serial ports of a device. Undefined for a port that is not on USB. */
export function modemManagerRule(port: TtyPort | undefined): string | undefined {
  const usb = port?.usb;
  if (!usb) return undefined;
  return `ACTION!="remove", SUBSYSTEM=="tty", ATTRS{idVendor}=="${usb.vendorId}", ATTRS{idProduct}=="${usb.productId}", ENV{ID_MM_PORT_IGNORE}="1"`;
}

/** What to do so that ModemManager leaves the port alone. `pid`: when it is known to have it open. */
export function modemManagerCure(port: TtyPort | undefined, path: string, pid?: number): string {
  const rule =
    modemManagerRule(port) ??
    `ACTION!="remove", SUBSYSTEM=="tty", KERNEL=="${port?.name ?? path.replace(/^.*\//, '').replace(/[^\w.-]/g, '?')}", ENV{ID_MM_PORT_IGNORE}="1"`;
  const inhibit = port?.usb
    ? `\nOr only for now: mmcli --inhibit-device=$(readlink -f /sys/bus/usb/devices/${port.usb.busPath})`
    : '';
  const who =
    pid === undefined ? 'ModemManager runs here and may be on the port.' : `ModemManager (pid ${pid}) uses the port.`;
  return `${who} To have it leave the serial ports of this device alone, as root:
echo '${rule}' > ${RULE_FILE}
udevadm control --reload; udevadm trigger; systemctl try-restart ModemManager${inhibit}`;
}

function cureOf({ pid, name, isSelf }: PortHolder, port: TtyPort | undefined, path: string): string {
  if (isSelf) return 'This program has the port open itself: modem.port and gnss.port lead to the same device.';
  if (name === 'ModemManager') return modemManagerCure(port, path, pid);
  if (TERMINALS.has(name.toLowerCase())) return `${name} has the port open: quit it, or: kill ${pid}`;
  const node = port?.name ?? path.replace(/^.*\//, '');
  if (/^a?getty$/.test(name))
    return `A login prompt (${name}, pid ${pid}) runs on the port: systemctl disable --now 'serial-getty@${node}.service'`;
  if (name === 'gpsd')
    return `gpsd (pid ${pid}) reads the port: take it out of DEVICES in /etc/default/gpsd, then: systemctl restart gpsd; or: systemctl disable --now gpsd.socket gpsd`;
  if (name === 'pppd' || name === 'wvdial')
    return `${name} (pid ${pid}) dials on this port: give it another port of the module, or: kill ${pid}`;
  return `${name} (pid ${pid}) has the port open: stop it, or: kill ${pid}`;
}

/** What to do so that the port comes free, one paragraph a holder. `port`: what is known of it, for a rule that fits. */
export function holderCure(holders: readonly PortHolder[], port: TtyPort | undefined, path: string): string {
  if (holders.length === 0)
    return `No process that may be looked at has the port open. As root this names it: fuser -v ${path}`;
  return holders
    .slice(0, 4)
    .map((holder) => cureOf(holder, port, path))
    .join('\n');
}

/** `ModemManager (pid 612), minicom (pid 8123)`. */
export const holderNames = (holders: readonly PortHolder[]): string =>
  holders
    .slice(0, 4)
    .map(({ name, pid }) => `${name} (pid ${pid})`)
    .join(', ');
