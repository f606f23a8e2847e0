import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anchorNow, createClock, silentLogger, sleep } from '../../src/core/index.js';
import { createLinkOpener } from '../../src/link/index.js';
import { createMachine, type Machine, type PortRole, SIM_PROFILES, type SimProfile } from '../../src/sim/index.js';

const clock = createClock();
const open = createLinkOpener({ clock, log: silentLogger });
let dir = '';
let root = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-machine-'));
  root = join(dir, 'machine');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const start = (profile: SimProfile = 'telit'): Promise<Machine> =>
  createMachine({ root, profile, clock: createClock(anchorNow(10)), log: silentLogger });

async function until(what: string, isTrue: () => boolean, limitMs = 10_000): Promise<void> {
  const end = clock.mono() + limitMs;
  while (!isTrue()) {
    if (clock.mono() > end) throw new Error(`never happened: ${what}`);
    await sleep(clock, 10);
  }
}

const read = (...parts: string[]): string => readFileSync(join(root, ...parts), 'utf8').trim();
const linkOf = (...parts: string[]): string => readlinkSync(join(root, ...parts));
const names = (...parts: string[]): string[] => readdirSync(join(root, ...parts)).sort();
const portOf = (machine: Machine, role: PortRole) => {
  const found = machine.description.ports.find((port) => port.role === role);
  if (!found) throw new Error(`no ${role}`);
  return found;
};
/** Every link below the root that leads nowhere; the PTYs outside count as somewhere. */
function dangling(): string[] {
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !existsSync(path))
    .map((path) => relative(root, path));
}

/** Writes a word into a node and says which role heard it; opens like any program would. */
async function whoHears(machine: Machine, path: string, word: string): Promise<PortRole> {
  await using link = await open({ address: path, baudRate: 115_200 }, {});
  await link.write(Buffer.from(word));
  const heard = (): PortRole | undefined =>
    (Object.keys(machine.plugs) as PortRole[]).find((role) =>
      Buffer.from(machine.received(role)).toString('latin1').endsWith(word),
    );
  await until(`somebody hears ${word}`, () => heard() !== undefined);
  return heard() as PortRole;
}

describe('the layout', () => {
  test('a USB serial port hangs in sysfs as Linux lays it out', async () => {
    await using machine = await start();
    const { node } = portOf(machine, 'at');
    expect(node).toBe(join(root, 'dev/ttyUSB3'));
    const usb = 'devices/platform/scb/fd500000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0/usb1/1-1/1-1.2';
    expect(linkOf('sys/class/tty/ttyUSB3')).toBe(`../../${usb}/1-1.2:1.4/ttyUSB3/tty/ttyUSB3`);
    expect(linkOf('sys/class/tty/ttyUSB3/device')).toBe('../../../ttyUSB3');
    expect(realpathSync(join(root, 'sys/class/tty/ttyUSB3/device'))).toBe(
      join(realpathSync(root), 'sys', usb, '1-1.2:1.4/ttyUSB3'),
    );
    expect(read('sys/class/tty/ttyUSB3/dev')).toBe('188:3');
    const face = join('sys', usb, '1-1.2:1.4');
    expect(read(face, 'bInterfaceNumber')).toBe('04');
    expect(read(face, 'bInterfaceClass')).toBe('ff');
    expect(linkOf(face, 'driver')).toMatch(/^(\.\.\/)+bus\/usb\/drivers\/option$/);
    expect(names(face, 'driver')).toContain('1-1.2:1.4');
    expect(linkOf(face, 'ttyUSB3/driver')).toMatch(/bus\/usb-serial\/drivers\/option1$/);
    const device = join('sys', usb);
    const facts = ['idVendor', 'idProduct', 'manufacturer', 'product', 'serial', 'busnum', 'devpath', 'authorized'];
    expect(facts.map((name) => read(device, name))).toEqual([
      ...['1bc7', '1201', 'Telit', 'LE910C1', '0123456789ABCDEF', '1', '1.2', '1'],
    ]);
    expect(Number(read(device, 'devnum'))).toBeGreaterThan(2);
    expect(names('sys/bus/usb/devices')).toEqual([
      ...['1-0:1.0', '1-1', '1-1.2', '1-1.2:1.0', '1-1.2:1.2', '1-1.2:1.3', '1-1.2:1.4', '1-1.2:1.5', '1-1.3'],
      ...['1-1.3:1.0', '1-1.3:1.1', '1-1.4', '1-1.4:1.0', '1-1:1.0', 'usb1'],
    ]);
    expect(linkOf('sys/bus/usb/devices/1-1.2')).toBe(`../../../${usb}`);
  });
  test('a CDC-ACM port’s device is the interface itself', async () => {
    await using machine = await start();
    expect(portOf(machine, 'receiver').node).toBe(join(root, 'dev/ttyACM0'));
    expect(linkOf('sys/class/tty/ttyACM0')).toMatch(/\/usb1\/1-1\/1-1\.3\/1-1\.3:1\.0\/tty\/ttyACM0$/);
    expect(linkOf('sys/class/tty/ttyACM0/device')).toBe('../../../1-1.3:1.0');
    expect(read('sys/class/tty/ttyACM0/device/bInterfaceNumber')).toBe('00');
    expect(linkOf('sys/class/tty/ttyACM0/device/driver')).toMatch(/drivers\/cdc_acm$/);
    expect(read('sys/bus/usb/devices/1-1.3/idVendor')).toBe('1546');
    expect(read('sys/bus/usb/devices/1-1.3/idProduct')).toBe('01a9');
    // As many receivers: no serial number.
    expect(existsSync(join(root, 'sys/bus/usb/devices/1-1.3/serial'))).toBe(false);
  });
  test('nodes are live ports, stable names point at them, and nothing points nowhere', async () => {
    await using machine = await start();
    expect(names('dev').filter((name) => name !== 'serial')).toEqual([
      ...['ttyACM0', 'ttyUSB0', 'ttyUSB1', 'ttyUSB2', 'ttyUSB3', 'ttyUSB4'],
    ]);
    for (const { node } of machine.description.ports) expect(readlinkSync(node)).toMatch(/^\/dev\/pts\/\d+$/);
    expect(linkOf('dev/serial/by-id/usb-Telit_LE910C1_0123456789ABCDEF-if04-port0')).toBe('../../ttyUSB3');
    expect(names('dev/serial/by-id')).toEqual([
      'usb-FTDI_FT232R_USB_UART_A5069RR4-if00-port0',
      'usb-Telit_LE910C1_0123456789ABCDEF-if00-port0',
      'usb-Telit_LE910C1_0123456789ABCDEF-if03-port0',
      'usb-Telit_LE910C1_0123456789ABCDEF-if04-port0',
      'usb-Telit_LE910C1_0123456789ABCDEF-if05-port0',
      'usb-u-blox_AG_-_www.u-blox.com_u-blox_GNSS_receiver-if00',
    ]);
    expect(linkOf('dev/serial/by-path/platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.2:1.5-port0')).toBe(
      '../../ttyUSB0',
    );
    expect(names('dev/serial/by-path')).toContain('platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.3:1.0');
    expect(dangling()).toEqual([]);
  });
  test.each(SIM_PROFILES)('%s: numbers are not in the order of the interfaces', async (profile) => {
    await using machine = await start(profile);
    const ofModule = machine.description.ports.filter(({ device }) => device === 'modem');
    const nodes = ofModule.map(({ node }) => node);
    expect(nodes).not.toEqual([...nodes].sort());
    const byNumber = [...ofModule].sort((a, b) => a.node.localeCompare(b.node)).map(({ role }) => role);
    expect(byNumber).not.toEqual(['at', 'at2', 'nmea', 'diag']);
    const roles = profile === 'ublox' ? ['at', 'at2'] : ['at', 'at2', 'diag', 'nmea'];
    expect(ofModule.map(({ role }) => role).sort()).toEqual(roles);
    expect(new Set(machine.description.ports.map(({ node }) => node)).size).toBe(machine.description.ports.length);
  });
  test('terminals without a device are there, too, as on every machine', async () => {
    await using _machine = await start();
    expect(names('sys/class/tty')).toContain('tty0');
    expect(existsSync(join(root, 'sys/class/tty/tty0/device'))).toBe(false);
  });
  test('a directory that holds something else is refused, an earlier machine’s is not', async () => {
    mkdirSync(root);
    writeFileSync(join(root, 'precious'), 'data');
    await expect(start()).rejects.toMatchObject({ code: 'cli.usage' });
    expect(read('precious')).toBe('data');
    rmSync(join(root, 'precious'));
    writeFileSync(join(root, '.waymark-sim'), '');
    mkdirSync(join(root, 'dev'));
    writeFileSync(join(root, 'dev/ttyUSB3'), 'left over');
    await using machine = await start();
    expect(lstatSync(portOf(machine, 'at').node).isSymbolicLink()).toBe(true);
  });
  test('at the end everything is gone but the directory', async () => {
    const machine = await start();
    await machine[Symbol.asyncDispose]();
    expect(names('.')).toEqual([]);
  });
});

describe('live bytes', () => {
  test('each node leads to its own role, by every one of its names', async () => {
    await using machine = await start();
    let n = 0;
    for (const port of machine.description.ports)
      for (const path of [port.node, port.byId, port.byPath])
        expect(await whoHears(machine, path, `word ${n++} `)).toBe(port.role);
    for (const { receivedBytes } of machine.description.ports) expect(receivedBytes).toBeGreaterThan(0);
  });
  test('what a port says comes out of its node', async () => {
    await using machine = await start();
    await using link = await open({ address: portOf(machine, 'nmea').byId, baudRate: 115_200 }, {});
    machine.plugs.nmea?.write(Buffer.from('$GPGGA'));
    let text = '';
    for await (const bytes of link.bytes) {
      text += Buffer.from(bytes).toString('latin1');
      if (text.length >= 6) break;
    }
    expect(text).toBe('$GPGGA');
  });
});

describe('coming and going', () => {
  const told: string[] = [];
  const watch = (machine: Machine): void => {
    told.length = 0;
    machine.onPlug((device, isPlugged, isPowered) =>
      told.push(`${device} ${isPlugged ? 'there' : 'gone'} ${isPowered ? 'on' : 'off'}`),
    );
  };
  /** No trace of the module outside of the foreign and the receiver's own. */
  const expectGone = (): void => {
    expect(existsSync(join(root, 'sys/bus/usb/devices/1-1.2'))).toBe(false);
    expect(names('dev')).toEqual(['serial', 'ttyACM0', 'ttyUSB2']);
    expect(names('dev/serial/by-id').filter((name) => name.includes('Telit'))).toEqual([]);
    expect(names('dev/serial/by-path').filter((name) => name.includes('0:1.2:'))).toEqual([]);
    expect(names('sys/class/tty').filter((name) => name.startsWith('ttyUSB'))).toEqual(['ttyUSB2']);
    expect(names('sys/bus/usb/drivers/option')).toEqual([]);
    expect(dangling()).toEqual([]);
  };

  test('a pulled cable takes everything of the device along, and a put-back one lays it out again', async () => {
    await using machine = await start();
    watch(machine);
    const before = machine.description.ports.map(({ node, byId }) => [node, byId]);
    const devnum = Number(read('sys/bus/usb/devices/1-1.2/devnum'));
    await machine.unplug('modem');
    await machine.unplug('modem');
    expectGone();
    expect(machine.isPlugged('modem')).toBe(false);
    expect(machine.isPlugged('receiver')).toBe(true);
    await machine.replug('modem');
    await machine.replug('modem');
    expect(machine.description.ports.map(({ node, byId }) => [node, byId])).toEqual(before);
    expect(Number(read('sys/bus/usb/devices/1-1.2/devnum'))).toBeGreaterThan(devnum);
    expect(await whoHears(machine, portOf(machine, 'at').byId, 'again')).toBe('at');
    expect(told).toEqual(['modem gone off', 'modem there on']);
    expect(dangling()).toEqual([]);
  });
  test('a device back under other numbers keeps its stable names and its power', async () => {
    await using machine = await start();
    watch(machine);
    const seen = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const before = portOf(machine, 'at');
      await machine.reenumerate('modem', { renumber: true, gapMs: 100 });
      const after = portOf(machine, 'at');
      expect(after.node).not.toBe(before.node);
      expect([after.byId, after.byPath]).toEqual([before.byId, before.byPath]);
      expect(existsSync(before.node)).toBe(machine.description.ports.some(({ node }) => node === before.node));
      expect(await whoHears(machine, after.byId, `round ${round}`)).toBe('at');
      seen.add(after.node);
    }
    // Numbers come round: an endless run does not count up for ever.
    expect(Math.max(...[...seen].map((node) => Number(/\d+$/.exec(node)?.[0])))).toBeLessThan(10);
    expect(told).toEqual(Array.from({ length: 3 }, () => ['modem gone on', 'modem there on']).flat());
    expect(dangling()).toEqual([]);
  });
  test('swapped, the names stay and the devices behind them are exchanged; again, and they are back', async () => {
    await using machine = await start();
    watch(machine);
    const atName = portOf(machine, 'at').byId;
    const receiverName = portOf(machine, 'receiver').byId;
    const before = names('dev/serial/by-id');
    await machine.swap();
    expect(machine.description.isSwapped).toBe(true);
    expect(names('dev/serial/by-id')).toEqual(before);
    expect(portOf(machine, 'receiver')).toMatchObject({ byId: atName, device: 'modem' });
    expect(await whoHears(machine, atName, 'to the module?')).toBe('receiver');
    expect(await whoHears(machine, receiverName, 'to the receiver?')).toBe('at');
    await machine.unplug('modem');
    await machine.replug('modem');
    expect(await whoHears(machine, atName, 'still?')).toBe('receiver');
    await machine.swap();
    expect(await whoHears(machine, atName, 'and now?')).toBe('at');
    expect(await whoHears(machine, receiverName, 'as before')).toBe('receiver');
    expect(told).toContain('receiver gone off');
    expect(dangling()).toEqual([]);
  });
  test('0 in `authorized` takes ports and power but leaves the device known, 1 brings them back', async () => {
    await using machine = await start();
    watch(machine);
    const file = join(root, 'sys/bus/usb/devices/1-1.2/authorized');
    writeFileSync(file, '0');
    await until('ports are gone', () => told.includes('modem gone off'));
    expect(names('dev')).toEqual(['serial', 'ttyACM0', 'ttyUSB2']);
    expect(existsSync(join(root, 'sys/bus/usb/devices/1-1.2:1.4'))).toBe(false);
    expect(read('sys/bus/usb/devices/1-1.2/idVendor')).toBe('1bc7');
    writeFileSync(file, '1\n');
    await until('ports are back', () => told.includes('modem there on'));
    expect(await whoHears(machine, portOf(machine, 'at').byId, 'back')).toBe('at');
    // Nonsense is no switch.
    writeFileSync(file, 'maybe');
    await sleep(clock, 150);
    expect(told).toEqual(['modem gone off', 'modem there on']);
  });
  test('a cable put back authorizes again', async () => {
    await using machine = await start();
    writeFileSync(join(root, 'sys/bus/usb/devices/1-1.2/authorized'), '0');
    await until('ports are gone', () => !machine.isPlugged('modem'));
    await machine.unplug('modem');
    expectGone();
    await machine.replug('modem');
    expect(read('sys/bus/usb/devices/1-1.2/authorized')).toBe('1');
    expect(machine.isPlugged('modem')).toBe(true);
  });
  test('a device that left the bus stays away until the cable is put back', async () => {
    await using machine = await start();
    watch(machine);
    await machine.leaveBus('modem');
    expectGone();
    expect(told).toEqual(['modem gone on']);
    await machine.unplug('modem');
    await machine.replug('modem');
    expect(machine.isPlugged('modem')).toBe(true);
  });
  test('who pulls the cable of a device on its way back keeps it away', async () => {
    await using machine = await start();
    const back = machine.reenumerate('modem', { renumber: false, gapMs: 500 });
    await machine.unplug('modem');
    await back;
    expectGone();
    await machine.replug('modem');
    expect(machine.isPlugged('modem')).toBe(true);
  });
});
