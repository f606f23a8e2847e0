import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compareNames, listPorts, stableName } from '../../src/link/index.js';
import { converter, LE910, layTree, UBLOX } from './tty-tree.js';

const FOLDER = 'devices/pci0000:00/0000:00:14.0/usb1/1-1';

describe('listPorts', () => {
  test('a module and a receiver are listed with all that USB tells', async () => {
    using tree = layTree();
    tree.plug(LE910);
    tree.plug(UBLOX);
    const ports = await listPorts(tree.roots);
    expect(ports.map(({ name }) => name)).toEqual(['ttyACM0', 'ttyUSB0', 'ttyUSB1', 'ttyUSB2', 'ttyUSB3', 'ttyUSB4']);
    expect(ports[3]).toEqual({
      name: 'ttyUSB2',
      path: tree.node('ttyUSB2'),
      byId: tree.byId(LE910, 4),
      byPath: tree.byPath(LE910, 4),
      usb: {
        vendorId: '1bc7',
        productId: '1201',
        interfaceNumber: 4,
        manufacturer: 'Telit',
        product: 'LE910C1-EUX',
        serialNumber: '0123456789ABCDEF',
        busPath: '1-1.3',
        driver: 'option',
      },
    });
    expect(ports[0]?.usb).toEqual({
      vendorId: '1546',
      productId: '01a9',
      interfaceNumber: 0,
      manufacturer: 'u-blox AG',
      product: 'u-blox GNSS receiver',
      busPath: '1-1.4',
      driver: 'cdc_acm',
    });
    expect(stableName(ports[3]!)).toBe(tree.byId(LE910, 4));
  });

  test('interface numbers are read as hexadecimal', async () => {
    using tree = layTree();
    tree.plug({ ...UBLOX, ports: { ttyACM5: 10 } });
    expect((await listPorts(tree.roots))[0]?.usb?.interfaceNumber).toBe(10);
  });

  test('names are sorted as people count', async () => {
    using tree = layTree();
    for (const n of [10, 2, 0]) tree.plug(converter(`1-1.${n}`, `ttyUSB${n}`));
    expect((await listPorts(tree.roots)).map(({ name }) => name)).toEqual(['ttyUSB0', 'ttyUSB2', 'ttyUSB10']);
    expect(['ttyUSB10', 'ttyACM3', 'ttyUSB2'].sort(compareNames)).toEqual(['ttyACM3', 'ttyUSB2', 'ttyUSB10']);
  });

  test('a stable name that goes another way round is found by the node it ends at', async () => {
    using tree = layTree();
    tree.write(join(tree.root, 'pts'), '');
    tree.plug(LE910, { ttyUSB2: join(tree.root, 'pts') });
    rmSync(tree.byId(LE910, 4));
    symlinkSync(join(tree.root, 'pts'), join(tree.roots.dev, 'serial/by-id/elsewhere'));
    const ports = await listPorts(tree.roots);
    expect(ports.find(({ name }) => name === 'ttyUSB2')?.byId).toBe(join(tree.roots.dev, 'serial/by-id/elsewhere'));
  });

  test('UARTs of the board are listed only with a driver behind them', async () => {
    using tree = layTree();
    const driver = join(tree.roots.sys, 'bus/amba/drivers/uart-pl011');
    mkdirSync(driver, { recursive: true });
    for (const [name, hasDriver, type] of [
      ['ttyAMA0', true, undefined],
      ['ttyS0', true, '4'],
      ['ttyS1', true, '0'],
      ['ttyS2', false, undefined],
      ['ttyprintk', true, undefined],
    ] as const) {
      const device = join(tree.roots.sys, 'devices/platform', `${name}.uart`);
      mkdirSync(device, { recursive: true });
      if (hasDriver) symlinkSync(driver, join(device, 'driver'));
      const tty = join(tree.roots.sys, 'class/tty', name);
      mkdirSync(tty);
      symlinkSync(device, join(tty, 'device'));
      if (type !== undefined) writeFileSync(join(tty, 'type'), `${type}\n`);
    }
    expect(await listPorts(tree.roots)).toEqual([
      { name: 'ttyAMA0', path: tree.node('ttyAMA0') },
      { name: 'ttyS0', path: tree.node('ttyS0') },
    ]);
  });

  test('a machine without sysfs has no ports', async () => {
    expect(await listPorts({ sys: '/nowhere/sys', dev: '/nowhere/dev', proc: '/proc' })).toEqual([]);
  });
});

describe('a hostile sysfs', () => {
  test('huge, binary and coloured texts come out short and printable', async () => {
    using tree = layTree();
    tree.plug(LE910);
    const texts: Record<string, string | Uint8Array> = {
      product: 'X'.repeat(1_000_000),
      manufacturer: Buffer.from('\u001b[31mTelit\u0007\u202e\n\u0000\u0085\ufffdevil\u009b'),
      serial: Buffer.from([0x01, 0xff, 0xfe, 0x0a, 0x9b]),
    };
    for (const [name, text] of Object.entries(texts)) tree.write(join(tree.roots.sys, FOLDER, '1-1.3', name), text);
    for (const { usb } of await listPorts(tree.roots)) {
      expect(usb?.product).toHaveLength(80);
      expect(usb?.manufacturer).toBe('[31mTelit evil');
      expect(usb?.serialNumber).toBeUndefined();
    }
  });

  test('identities that are none make a port without USB facts', async () => {
    using tree = layTree();
    tree.plug({ ...UBLOX, vendorId: '15464', productId: 'zz' });
    expect(await listPorts(tree.roots)).toMatchObject([{ name: 'ttyACM0' }]);
    expect((await listPorts(tree.roots))[0]?.usb).toBeUndefined();
  });

  test('a pipe, a loop and a way out of the tree are neither waited for nor followed', async () => {
    using tree = layTree();
    const usbFolder = join(tree.roots.sys, FOLDER, '1-1.3');
    tree.plug(LE910);
    rmSync(join(usbFolder, 'product'));
    execFileSync('mkfifo', [join(usbFolder, 'product')]);
    rmSync(join(usbFolder, 'serial'));
    symlinkSync('serial', join(usbFolder, 'serial'));
    rmSync(join(usbFolder, 'manufacturer'));
    symlinkSync('/dev/zero', join(usbFolder, 'manufacturer'));
    const outside = join(tree.root, 'outside');
    tree.write(join(outside, 'idVendor'), '1bc7\n');
    tree.write(join(outside, 'idProduct'), '1201\n');
    mkdirSync(join(tree.roots.sys, 'class/tty/ttyUSB9'));
    symlinkSync(outside, join(tree.roots.sys, 'class/tty/ttyUSB9/device'));
    const ports = await listPorts(tree.roots);
    expect(ports.map(({ name }) => name)).not.toContain('ttyUSB9');
    expect(ports[0]?.usb).toEqual({
      vendorId: '1bc7',
      productId: '1201',
      interfaceNumber: 0,
      busPath: '1-1.3',
      driver: 'option',
    });
  });

  test('names with controls are left out, and so is what exceeds any real number of ports', async () => {
    using tree = layTree();
    tree.plug(LE910);
    const evil = join(tree.roots.sys, 'class/tty', 'tty\u001b[2J');
    mkdirSync(evil);
    symlinkSync(join(tree.roots.sys, FOLDER, '1-1.3'), join(evil, 'device'));
    for (let n = 100; n < 400; n++) {
      const tty = join(tree.roots.sys, 'class/tty', `ttyUSB${n}`);
      mkdirSync(tty);
      symlinkSync(join(tree.roots.sys, FOLDER, '1-1.3'), join(tty, 'device'));
    }
    const ports = await listPorts(tree.roots);
    expect(ports).toHaveLength(128);
    expect(ports.every(({ name }) => /^ttyUSB\d+$/.test(name))).toBe(true);
  });
});
