// A machine's /sys and /dev below a directory, laid out as Linux does it for USB serial ports: device directories, the
// links of classes and buses, udev's stable names. Files and links only; the live ports behind the nodes are plugs.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { WaymarkError } from '../core/index.js';
import { byIdName, byPathName, portsOf, type UsbDeviceLayout, type UsbInterfaceLayout } from './usb-layout.js';

/** A Raspberry Pi 4's USB controller. */
const HOST = 'sys/devices/platform/scb/fd500000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0/usb1';
const CONTROLLER = 'platform-fd500000.pcie-pci-0000:01:00.0';
const MARKER = '.waymark-sim';
const DRIVER_PREFIX: Readonly<Record<string, string>> = { option: 'option1' };

/** Name of the serial port (`ttyUSB3`) of interface n. */
export type NameOfPort = (interfaceNumber: number) => string;

export interface Tree {
  readonly sysRoot: string;
  readonly devRoot: string;
  /** The device as the kernel first knows it: no interface yet. */
  addDevice(device: UsbDeviceLayout, devnum: number): void;
  /** The device is configured: its interfaces and their serial ports. */
  addInterfaces(device: UsbDeviceLayout, nameOf: NameOfPort): void;
  /** What udev makes once the nodes are there. */
  addStableNames(device: UsbDeviceLayout, nameOf: NameOfPort): void;
  removeStableNames(device: UsbDeviceLayout): void;
  removeInterfaces(device: UsbDeviceLayout, nameOf: NameOfPort): void;
  removeDevice(device: UsbDeviceLayout): void;
  /** What the file `authorized` holds now; undefined when it says neither. */
  authorized(device: UsbDeviceLayout): boolean | undefined;
  node(name: string): string;
  byId(device: UsbDeviceLayout, interfaceNumber: number): string;
  byPath(device: UsbDeviceLayout, interfaceNumber: number): string;
  /** Takes everything away again; the directory itself stays. */
  clear(): void;
}

/** Makes the directory a machine without devices. Errors: `cli.usage` when it holds something that is not ours. */
export function createTree(root: string): Tree {
  const at = (...parts: string[]): string => join(root, ...parts);
  const write = (folder: string, files: Readonly<Record<string, string | undefined>>): void => {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files))
      if (text !== undefined) writeFileSync(join(folder, name), `${text}\n`);
  };
  const link = (path: string, target: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    // As the kernel writes them: by way of the target's own folder, even when the link lies inside the target.
    symlinkSync(join(relative(dirname(path), dirname(target)), basename(target)), path);
  };
  const clear = (): void => {
    for (const name of ['sys', 'dev', MARKER]) rmSync(at(name), { recursive: true, force: true });
  };

  const hub = at(HOST, '1-1');
  const folderOf = (device: UsbDeviceLayout): string => join(hub, device.busPath);
  const usbName = (device: UsbDeviceLayout, number: number): string => `${device.busPath}:1.${number.toString(16)}`;
  const onBus = (name: string): string => at('sys/bus/usb/devices', name);
  const stable = (kind: 'by-id' | 'by-path', name: string): string => at('dev/serial', kind, name);
  const byId = (device: UsbDeviceLayout, number: number): string => stable('by-id', byIdName(device, number));
  const byPath = (device: UsbDeviceLayout, number: number): string =>
    stable('by-path', byPathName(CONTROLLER, device, number));

  const addUsbFolder = (folder: string, name: string, driver: string): void => {
    mkdirSync(folder, { recursive: true });
    mkdirSync(at('sys/bus/usb/drivers', driver), { recursive: true });
    link(join(folder, 'driver'), at('sys/bus/usb/drivers', driver));
    link(join(folder, 'subsystem'), at('sys/bus/usb'));
    link(onBus(name), folder);
    if (driver !== 'usb' && driver !== 'hub') link(at('sys/bus/usb/drivers', driver, name), folder);
  };
  const interfaceFiles = (number: number, [code, sub, protocol]: readonly [string, string, string]) => ({
    bInterfaceNumber: number.toString(16).padStart(2, '0'),
    bAlternateSetting: ' 0',
    bNumEndpoints: '03',
    bInterfaceClass: code,
    bInterfaceSubClass: sub,
    bInterfaceProtocol: protocol,
  });

  /** The serial port of an interface: `<interface>/ttyUSB3/tty/ttyUSB3`, or `<interface>/tty/ttyACM0`. */
  const addPort = (device: UsbDeviceLayout, folder: string, driver: string, name: string): void => {
    const isAcm = device.kind === 'acm';
    const owner = isAcm ? folder : join(folder, name);
    if (!isAcm) {
      write(owner, { port_number: '0' });
      const bus = at('sys/bus/usb-serial');
      mkdirSync(join(bus, 'drivers', DRIVER_PREFIX[driver] ?? driver), { recursive: true });
      link(join(owner, 'driver'), join(bus, 'drivers', DRIVER_PREFIX[driver] ?? driver));
      link(join(owner, 'subsystem'), bus);
      link(join(bus, 'devices', name), owner);
    }
    const tty = join(owner, 'tty', name);
    const [major, minor] = [isAcm ? '166' : '188', /\d+$/.exec(name)?.[0] ?? '0'];
    write(tty, { dev: `${major}:${minor}`, uevent: `MAJOR=${major}\nMINOR=${minor}\nDEVNAME=${name}` });
    link(join(tty, 'device'), owner);
    link(join(tty, 'subsystem'), at('sys/class/tty'));
    link(at('sys/class/tty', name), tty);
  };

  const addHubs = (): void => {
    const common = { busnum: '1', bDeviceClass: '09', authorized: '1', bConfigurationValue: '1' };
    write(at(HOST), {
      ...common,
      ...{ idVendor: '1d6b', idProduct: '0002', product: 'xHCI Host Controller', serial: '0000:01:00.0' },
      ...{ devnum: '1', devpath: '0', speed: '480' },
    });
    addUsbFolder(at(HOST), 'usb1', 'usb');
    write(hub, {
      ...common,
      ...{ idVendor: '2109', idProduct: '3431', product: 'USB2.0 Hub', devnum: '2', devpath: '1', speed: '480' },
    });
    addUsbFolder(hub, '1-1', 'usb');
    for (const [folder, name] of [
      [at(HOST, '1-0:1.0'), '1-0:1.0'],
      [join(hub, '1-1:1.0'), '1-1:1.0'],
    ] as const) {
      write(folder, interfaceFiles(0, ['09', '00', '00']));
      addUsbFolder(folder, name, 'hub');
    }
  };
  /** Terminals that no device can be behind. */
  const addConsoles = (): void => {
    for (const [name, dev] of [
      ['console', '5:1'],
      ['tty0', '4:0'],
      ['tty1', '4:1'],
    ] as const) {
      const folder = at('sys/devices/virtual/tty', name);
      const [major, minor] = dev.split(':');
      write(folder, { dev, uevent: `MAJOR=${major}\nMINOR=${minor}\nDEVNAME=${name}` });
      link(join(folder, 'subsystem'), at('sys/class/tty'));
      link(at('sys/class/tty', name), folder);
    }
  };

  if (existsSync(root) && readdirSync(root).length > 0 && !existsSync(at(MARKER)))
    throw new WaymarkError('cli.usage', `${root}: not empty, and not laid out by the simulator`, {
      hint: 'Name a directory that is empty or not there yet.',
    });
  clear();
  mkdirSync(root, { recursive: true });
  writeFileSync(at(MARKER), '');
  mkdirSync(at('dev'));
  mkdirSync(at('sys/class/tty'), { recursive: true });
  addConsoles();
  addHubs();

  return {
    sysRoot: at('sys'),
    devRoot: at('dev'),
    node: (name) => at('dev', name),
    byId,
    byPath,
    clear,
    addDevice(device, devnum) {
      const folder = folderOf(device);
      const { vendorId, productId, bcdDevice, manufacturer, product, serial } = device;
      const hex = (text: string): string => Number.parseInt(text, 16).toString(16);
      write(folder, {
        idVendor: vendorId,
        idProduct: productId,
        bcdDevice,
        manufacturer,
        product,
        serial,
        authorized: '1',
        busnum: '1',
        devnum: `${devnum}`,
        devpath: device.busPath.replace(/^\d+-/, ''),
        speed: device.kind === 'acm' ? '12' : '480',
        version: ' 2.00',
        bDeviceClass: device.kind === 'acm' ? '02' : '00',
        bConfigurationValue: '1',
        bNumInterfaces: `${device.interfaces.length}`.padStart(2),
        removable: 'unknown',
        uevent: [
          'MAJOR=189',
          `MINOR=${devnum - 1}`,
          `DEVNAME=bus/usb/001/${`${devnum}`.padStart(3, '0')}`,
          'DEVTYPE=usb_device',
          'DRIVER=usb',
          `PRODUCT=${[vendorId, productId, bcdDevice].map(hex).join('/')}`,
          'BUSNUM=001',
          `DEVNUM=${`${devnum}`.padStart(3, '0')}`,
        ].join('\n'),
      });
      addUsbFolder(folder, device.busPath, 'usb');
    },
    addInterfaces(device, nameOf) {
      const hasPort = (each: UsbInterfaceLayout): boolean => each.role !== undefined;
      for (const each of device.interfaces) {
        const name = usbName(device, each.number);
        const folder = join(folderOf(device), name);
        write(folder, {
          ...interfaceFiles(each.number, each.class),
          uevent: `DEVTYPE=usb_interface\nDRIVER=${each.driver}`,
        });
        addUsbFolder(folder, name, each.driver);
        if (hasPort(each)) addPort(device, folder, each.driver, nameOf(each.number));
      }
    },
    addStableNames(device, nameOf) {
      for (const { number } of portsOf(device))
        for (const path of [byId(device, number), byPath(device, number)]) link(path, at('dev', nameOf(number)));
    },
    removeStableNames(device) {
      for (const { number } of portsOf(device))
        for (const path of [byId(device, number), byPath(device, number)]) rmSync(path, { force: true });
    },
    removeInterfaces(device, nameOf) {
      for (const { number } of portsOf(device)) {
        const name = nameOf(number);
        for (const path of [at('sys/class/tty', name), at('sys/bus/usb-serial/devices', name)])
          rmSync(path, { force: true });
      }
      for (const { number, driver } of device.interfaces) {
        const name = usbName(device, number);
        for (const path of [onBus(name), at('sys/bus/usb/drivers', driver, name)]) rmSync(path, { force: true });
        rmSync(join(folderOf(device), name), { recursive: true, force: true });
      }
    },
    removeDevice(device) {
      rmSync(onBus(device.busPath), { force: true });
      rmSync(folderOf(device), { recursive: true, force: true });
    },
    authorized(device) {
      try {
        const text = readFileSync(join(folderOf(device), 'authorized'), 'utf8').trim();
        return text === '1' ? true : text === '0' ? false : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
