// What is said when a port is not to be had: what was looked at, who has it, and what to do.
import { WaymarkError } from '../../core/index.js';
import {
  holderCure,
  holderNames,
  isModemManagerRunning,
  isUsbPort,
  modemManagerCure,
  type PortHolder,
  type Roots,
  type TtyPort,
} from '../../link/index.js';
import { ROLE_WORDS, roleOf } from '../../modem/index.js';
import type { PortUser } from './types.js';

const MAX_NAMED = 12;
const WANTED: Readonly<Record<PortUser, string>> = { modem: 'cellular module', gnss: 'GNSS receiver' };

/** `ttyUSB0 (diagnostics)`: by the table, or what has been found out beyond it. */
function describe(port: TtyPort, told: string | undefined): string {
  const known = roleOf(port);
  const words = told ?? (known?.layout.isDownloadMode ? 'in download mode' : known && ROLE_WORDS[known.role]);
  return `${port.name} (${words ?? (isUsbPort(port) ? 'unknown' : 'on the board, not looked at')})`;
}

/** `link.absent`: nothing that `user` could use; `told` maps port names to what was found out. */
export function nothingFound(
  user: PortUser,
  ports: readonly TtyPort[],
  told: ReadonlyMap<string, string>,
): WaymarkError {
  const usb = ports.filter(isUsbPort);
  const names = usb.slice(0, MAX_NAMED).map((port) => describe(port, told.get(port.name)));
  if (usb.length > MAX_NAMED) names.push('…');
  const count = `${usb.length} USB serial ${usb.length === 1 ? 'port' : 'ports'}`;
  const message =
    usb.length === 0
      ? `no ${WANTED[user]}: no USB serial port is there`
      : `no ${WANTED[user]} among ${count}: ${names.join(', ')}`;
  return new WaymarkError('link.absent', message, { hint: hintFor(user, usb) });
}

function hintFor(user: PortUser, usb: readonly TtyPort[]): string {
  const stuck = usb.find((port) => roleOf(port)?.layout.isDownloadMode);
  if (user === 'modem' && stuck)
    return `The module on ${stuck.name} is in its download mode and is left alone: cut its power. If it comes back like this, its firmware has to be loaded again.`;
  const where = user === 'modem' ? 'module' : 'receiver';
  return usb.length === 0
    ? `Plug the ${where} in. One on a UART of the board has to be named in ${user}.port.`
    : `Plug the ${where} in, or name its port in ${user}.port; \`waymark modem list\` shows all of them.`;
}

/** What to do about a configured port that is not there. */
export function otherPortsHint(user: PortUser, ports: readonly TtyPort[]): string {
  const usb = ports.filter(isUsbPort);
  const there = usb.slice(0, MAX_NAMED).map((port) => describe(port, undefined));
  const instead = `correct ${user}.port, or set it to auto`;
  return usb.length === 0
    ? `The device is not plugged in (no USB serial port is there); else ${instead}.`
    : `The device is not plugged in, or has another name; there are ${there.join(', ')}: ${instead}.`;
}

/** The error of a port that others hold, with their names and the exact cure. `link.busy`: it could not be opened. */
export async function heldError(
  code: 'link.busy' | 'link.shared',
  { path, port, holders, roots, cause }: HeldPort,
): Promise<WaymarkError> {
  const who = holders.length === 0 ? 'another program, which cannot be seen from here' : holderNames(holders);
  const what = code === 'link.busy' ? 'is held by' : 'does not answer and is also open in';
  const isLikelyManager = holders.length === 0 && (await isModemManagerRunning(roots));
  const hint = isLikelyManager ? modemManagerCure(port, path) : holderCure(holders, port, path);
  return new WaymarkError(code, `${path} ${what} ${who}`, { cause, hint });
}

interface HeldPort {
  path: string;
  port: TtyPort | undefined;
  /** Empty where /proc does not tell. */
  holders: readonly PortHolder[];
  roots: Roots;
  cause?: unknown;
}
