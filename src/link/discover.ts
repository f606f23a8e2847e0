// Which serial ports this machine has, and what hangs behind them: read from sysfs, nothing is opened. The roots can be
// given, so that a tree laid out by the simulator is read like the real one.
//
//   <sys>/class/tty/ttyUSB2/device → …/usb1/1-1/1-1.3/1-1.3:1.2/ttyUSB2
//                                            device │ interface │
import { opendir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { cleanText, readHead } from './peek.js';
import { ROOTS, type Roots, type TtyPort, type UsbInterface } from './ports.js';

/** More than any machine has; a directory that holds more is cut there. */
const MAX_ENTRIES = 1024;
const MAX_PORTS = 128;
const MAX_LEVELS = 12;
const NAME = /^[A-Za-z][\w.-]{0,31}$/;
const STABLE_NAME = /^[\x21-\x7e]{1,255}$/;
const BUS_PATH = /^[\w.:-]{1,64}$/;
const USB_TTY = /^tty(?:USB|ACM)\d{1,4}$/;
/** UARTs of the board; other drivers' ttys (consoles, gadgets, Bluetooth) carry no device we could talk to. */
const PLATFORM_TTY = /^(?:tty(?:AMA|S|O|mxc|THS|HS|SAC|PS|LP|SC|STM)|serial)\d{1,3}$/;

/** True for a port behind USB, also where sysfs does not tell what is there. */
export const isUsbPort = (port: TtyPort): boolean => port.usb !== undefined || USB_TTY.test(port.name);

/** `ttyUSB2` before `ttyUSB10`. */
export function compareNames(a: string, b: string): number {
  const [, headA = '', numberA = '', tailA = ''] = /^(\D*)(\d*)(.*)$/s.exec(a) ?? [];
  const [, headB = '', numberB = '', tailB = ''] = /^(\D*)(\d*)(.*)$/s.exec(b) ?? [];
  if (headA !== headB) return headA < headB ? -1 : 1;
  const byNumber = Number(numberA) - Number(numberB);
  if (byNumber !== 0) return byNumber;
  return tailA === tailB ? 0 : tailA < tailB ? -1 : 1;
}

async function entries(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of await opendir(folder)) {
      names.push(name);
      if (names.length >= MAX_ENTRIES) break;
    }
  } catch {
    // Absent or unreadable: what was read so far.
  }
  return names.sort(compareNames);
}

const target = (link: string): Promise<string | undefined> => readlink(link).catch(() => undefined);
const real = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined);

async function hexadecimal(path: string, digits: RegExp): Promise<string | undefined> {
  const text = (await readHead(path, 16))?.trim().toLowerCase();
  return text !== undefined && digits.test(text) ? text : undefined;
}

async function driverOf(folder: string): Promise<string | undefined> {
  const name = basename((await target(join(folder, 'driver'))) ?? '');
  return NAME.test(name) ? name : undefined;
}

/** Goes up from the tty's device to the USB interface and the USB device; never above `sys`. */
async function usbAbove(device: string, sys: string): Promise<UsbInterface | undefined> {
  let number: string | undefined;
  let driver: string | undefined;
  let folder = device;
  for (let level = 0; level < MAX_LEVELS && folder.startsWith(sys + sep); level++, folder = dirname(folder)) {
    if (number === undefined) {
      number = await hexadecimal(join(folder, 'bInterfaceNumber'), /^[0-9a-f]{2}$/);
      if (number !== undefined) driver = await driverOf(folder);
    }
    const vendorId = await hexadecimal(join(folder, 'idVendor'), /^[0-9a-f]{4}$/);
    if (vendorId === undefined) continue;
    const productId = await hexadecimal(join(folder, 'idProduct'), /^[0-9a-f]{4}$/);
    const busPath = basename(folder);
    if (productId === undefined || !BUS_PATH.test(busPath)) return undefined;
    const [manufacturer, product, serialNumber] = await Promise.all(
      ['manufacturer', 'product', 'serial'].map(async (name) => cleanText(await readHead(join(folder, name)))),
    );
    return {
      vendorId,
      productId,
      busPath,
      ...(number === undefined ? {} : { interfaceNumber: Number.parseInt(number, 16) }),
      ...(manufacturer === undefined ? {} : { manufacturer }),
      ...(product === undefined ? {} : { product }),
      ...(serialNumber === undefined ? {} : { serialNumber }),
      ...(driver === undefined ? {} : { driver }),
    };
  }
  return undefined;
}

/** A UART that is really there: the kernel also lists those the board might have had. */
async function isRealUart(folder: string, device: string): Promise<boolean> {
  const driver = await driverOf(device);
  if (driver === undefined) return false;
  const type = (await readHead(join(folder, 'type'), 16))?.trim();
  return type === undefined ? driver !== 'serial8250' : type !== '0';
}

async function examine(name: string, sys: string, roots: Roots): Promise<TtyPort | undefined> {
  const folder = join(sys, 'class', 'tty', name);
  const device = await real(join(folder, 'device'));
  if (device?.startsWith(sys + sep) !== true) return undefined;
  const path = join(roots.dev, name);
  const usb = await usbAbove(device, sys);
  if (usb) return { name, path, usb };
  if (USB_TTY.test(name)) return { name, path };
  return PLATFORM_TTY.test(name) && (await isRealUart(folder, device)) ? { name, path } : undefined;
}

/** Node path → stable name, from the links of one folder. */
async function stableNames(folder: string, ports: readonly TtyPort[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const nodes = new Set(ports.map(({ path }) => path));
  /** Only needed for links that go by another way. */
  let realNodes: Map<string, string> | undefined;
  for (const name of await entries(folder)) {
    const link = join(folder, name);
    const to = STABLE_NAME.test(name) ? await target(link) : undefined;
    if (to === undefined) continue;
    let node: string | undefined = resolve(folder, to);
    if (!nodes.has(node)) {
      realNodes ??= new Map(
        await Promise.all(ports.map(async (p) => [(await real(p.path)) ?? p.path, p.path] as const)),
      );
      node = realNodes.get((await real(link)) ?? '');
    }
    if (node !== undefined && !found.has(node)) found.set(node, link);
  }
  return found;
}

/**
 * Every serial port that could carry a device, in the order of their names: all behind USB, and the board's own UARTs.
 * Never throws: what cannot be read is left out. A port may be listed whose node is (not yet, or in a container) there.
 */
export async function listPorts(roots: Roots = ROOTS): Promise<readonly TtyPort[]> {
  const sys = await real(roots.sys);
  if (sys === undefined) return [];
  const dev = resolve(roots.dev);
  const names = (await entries(join(sys, 'class', 'tty'))).filter((name) => NAME.test(name));
  const examined = await Promise.all(names.map((name) => examine(name, sys, { ...roots, dev })));
  const ports = examined.filter((port) => port !== undefined).slice(0, MAX_PORTS);
  if (ports.length === 0) return ports;
  const [byId, byPath] = await Promise.all([
    stableNames(join(dev, 'serial', 'by-id'), ports),
    stableNames(join(dev, 'serial', 'by-path'), ports),
  ]);
  return ports.map((port) => {
    const [id, way] = [byId.get(port.path), byPath.get(port.path)];
    return { ...port, ...(id === undefined ? {} : { byId: id }), ...(way === undefined ? {} : { byPath: way }) };
  });
}
