// A machine's sysfs and /dev under a temporary directory, as Linux lays them out for USB serial ports.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Roots } from '../../src/link/index.js';

export interface UsbSpec {
  busPath: string;
  vendorId: string;
  productId: string;
  serial?: string;
  manufacturer?: string;
  product?: string;
  /** tty name → interface number. */
  ports: Record<string, number>;
}

export interface TtyTree extends Disposable {
  readonly roots: Roots;
  readonly root: string;
  /** Plugs a device in; `nodes` leads each tty name to what stands behind it (default: an empty file). */
  plug(usb: UsbSpec, nodes?: Record<string, string>): void;
  unplug(usb: UsbSpec): void;
  /** Points the name of a port to something else. */
  point(name: string, node: string): void;
  node(name: string): string;
  byId(usb: UsbSpec, interfaceNumber: number): string;
  byPath(usb: UsbSpec, interfaceNumber: number): string;
  /** A file under the tree. */
  write(path: string, text: string | Uint8Array): void;
}

const hex = (n: number): string => n.toString(16).padStart(2, '0');

export function layTree(): TtyTree {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'waymark-tree-')));
  const roots = { sys: join(root, 'sys'), dev: join(root, 'dev'), proc: '/proc' };
  const classTty = join(roots.sys, 'class/tty');
  const bus = join(roots.sys, 'devices/pci0000:00/0000:00:14.0/usb1');
  const stable = (kind: string): string => join(roots.dev, 'serial', kind);
  for (const folder of [classTty, bus, stable('by-id'), stable('by-path')]) mkdirSync(folder, { recursive: true });
  for (const name of ['tty0', 'console', 'ptmx']) mkdirSync(join(classTty, name));

  const node = (name: string): string => join(roots.dev, name);
  const byId = (usb: UsbSpec, n: number): string =>
    join(stable('by-id'), `usb-${usb.manufacturer ?? usb.vendorId}_${usb.serial ?? 'none'}-if${hex(n)}-port0`);
  const byPath = (usb: UsbSpec, n: number): string =>
    join(stable('by-path'), `pci-0000:00:14.0-usb-0:${usb.busPath.slice(2)}:1.${n}-port0`);
  const write = (path: string, text: string | Uint8Array): void => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  };
  const point = (name: string, to: string): void => {
    rmSync(node(name), { force: true });
    symlinkSync(to, node(name));
  };
  return {
    root,
    roots,
    node,
    byId,
    byPath,
    write,
    point,
    plug(usb, nodes = {}) {
      const device = join(bus, '1-1', usb.busPath);
      for (const [name, text] of Object.entries({
        idVendor: usb.vendorId,
        idProduct: usb.productId,
        serial: usb.serial,
        manufacturer: usb.manufacturer,
        product: usb.product,
      }))
        if (text !== undefined) write(join(device, name), `${text}\n`);
      for (const [name, number] of Object.entries(usb.ports)) {
        const face = join(device, `${usb.busPath}:1.${number.toString(16)}`);
        write(join(face, 'bInterfaceNumber'), `${hex(number)}\n`);
        const isAcm = name.startsWith('ttyACM');
        const owner = isAcm ? face : join(face, name);
        const tty = join(owner, 'tty', name);
        mkdirSync(tty, { recursive: true });
        const driver = join(roots.sys, 'bus/usb/drivers', isAcm ? 'cdc_acm' : 'option');
        mkdirSync(driver, { recursive: true });
        rmSync(join(face, 'driver'), { force: true });
        symlinkSync(driver, join(face, 'driver'));
        symlinkSync(owner, join(tty, 'device'));
        symlinkSync(tty, join(classTty, name));
        const to = nodes[name];
        if (to === undefined) writeFileSync(node(name), '');
        else point(name, to);
        for (const link of [byId(usb, number), byPath(usb, number)]) {
          rmSync(link, { force: true });
          symlinkSync(`../../${name}`, link);
        }
      }
    },
    unplug(usb) {
      for (const [name, number] of Object.entries(usb.ports))
        for (const path of [join(classTty, name), node(name), byId(usb, number), byPath(usb, number)])
          rmSync(path, { force: true });
      rmSync(join(bus, '1-1', usb.busPath), { recursive: true, force: true });
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Two AT ports, NMEA, diagnostics and one for nobody, as a LE910C1 has them. */
export const LE910: UsbSpec = {
  busPath: '1-1.3',
  vendorId: '1bc7',
  productId: '1201',
  manufacturer: 'Telit',
  product: 'LE910C1-EUX',
  serial: '0123456789ABCDEF',
  ports: { ttyUSB0: 0, ttyUSB1: 3, ttyUSB2: 4, ttyUSB3: 5, ttyUSB4: 6 },
};

export const UBLOX: UsbSpec = {
  busPath: '1-1.4',
  vendorId: '1546',
  productId: '01a9',
  manufacturer: 'u-blox AG',
  product: 'u-blox GNSS receiver',
  ports: { ttyACM0: 0 },
};

/** A USB-to-UART converter: its identity says nothing of what hangs on it. */
export const converter = (busPath: string, name: string): UsbSpec => ({
  busPath,
  vendorId: '10c4',
  productId: 'ea60',
  manufacturer: 'Silicon Labs',
  product: 'CP2102',
  ports: { [name]: 0 },
});
