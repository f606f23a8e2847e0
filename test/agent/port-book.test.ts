import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createPortBook, type PortBook, type PortUser } from '../../src/agent/ports/book.js';
import {
  createFakeClock,
  createLogger,
  type FakeClock,
  isWaymarkError,
  silentLogger,
  type WaymarkError,
} from '../../src/core/index.js';
import type { Link } from '../../src/link/index.js';
import {
  createDevice,
  type Device,
  moduleDevice,
  openerOver,
  receiverDevice,
  silentDevice,
  UBX_FRAME,
} from '../helpers/port-devices.js';
import { converter, LE910, layTree, type TtyTree, UBLOX, type UsbSpec } from '../link/tty-tree.js';
import { during } from '../modem/during.js';

interface Rig extends Disposable {
  tree: TtyTree;
  clock: FakeClock;
  book: PortBook;
  events: string[];
  /** Makes the device and returns the path of what stands for its pseudo-terminal. */
  put(device: Device, name: string): string;
  open(user: PortUser, configured?: string): Promise<Link>;
  refused(user: PortUser, configured?: string): Promise<WaymarkError>;
  waiting(user: PortUser, configured: string, waitMs: number): { isDone: () => boolean };
}

function setUp(options: { gnssProtocol?: 'ubx' | 'nmea' } = {}): Rig {
  const tree = layTree();
  const clock = createPatientClock();
  const devices = new Map<string, Device>();
  const events: string[] = [];
  const log = createLogger({
    level: 'info',
    now: () => 0,
    output: { dropped: 0, write: (text) => void events.push(JSON.parse(text).event as string) },
  });
  const book = createPortBook({ open: openerOver(devices), clock, log, roots: tree.roots, ...options });
  const stop = new AbortController();
  const start = (user: PortUser, configured: string): Promise<Link> =>
    book.opener(user, configured)({ address: configured, baudRate: 115_200 }, { signal: stop.signal });
  return {
    tree,
    clock,
    book,
    events,
    put(device, name) {
      const path = join(tree.root, name);
      writeFileSync(path, '');
      devices.set(path, device);
      return path;
    },
    async open(user, configured = 'auto') {
      const link = await during(clock, start(user, configured));
      if ('code' in link) throw new Error(link.code);
      return link;
    },
    async refused(user, configured = 'auto') {
      const outcome = start(user, configured).then(
        () => ({ error: undefined }),
        (error: unknown) => ({ error }),
      );
      const { error } = (await during(clock, outcome)) as { error: unknown };
      if (!isWaymarkError(error)) throw new Error(`not refused: ${String(error)}`);
      return error;
    },
    waiting(user, configured, waitMs) {
      let done = false;
      book.whenChanged(user, configured, waitMs, stop.signal).then(
        () => (done = true),
        () => undefined,
      );
      return { isDone: () => done };
    },
    [Symbol.dispose]() {
      stop.abort();
      tree[Symbol.dispose]();
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Time stands still while real files are read: otherwise a look into sysfs would take fake minutes. */
async function filesRead(): Promise<void> {
  for (let idle = 0; idle < 4; ) {
    await turn();
    idle = process.getActiveResourcesInfo().some((kind) => /^(?:FS|Close)Req/.test(kind)) ? 0 : idle + 1;
  }
}

/** A fake clock that moves in small steps and lets file reads end between them. */
function createPatientClock(): FakeClock {
  const clock = createFakeClock();
  const { advance } = clock;
  clock.advance = async (ms) => {
    await filesRead();
    for (let left = ms; left > 0; left -= 50) {
      await advance(Math.min(50, left));
      await filesRead();
    }
  };
  return clock;
}

async function within(clock: FakeClock, limitMs: number, fact: () => boolean): Promise<boolean> {
  for (let spent = 0; spent < limitMs && !fact(); spent += 50) await clock.advance(50);
  return fact();
}

/** A LE910C1 (AT, second AT, NMEA, diagnostics, one more) and a u-blox receiver, all alive. */
function gateway(rig: Rig) {
  const { clock } = rig;
  const at = moduleDevice(clock);
  const at2 = moduleDevice(clock);
  const diag = silentDevice(clock);
  const nmea = receiverDevice(clock);
  const none = silentDevice(clock);
  const receiver = receiverDevice(clock);
  const nodes = {
    ttyUSB0: rig.put(diag, 'diag'),
    ttyUSB1: rig.put(nmea, 'nmea'),
    ttyUSB2: rig.put(at, 'at'),
    ttyUSB3: rig.put(at2, 'at2'),
    ttyUSB4: rig.put(none, 'none'),
  };
  const receiverNode = rig.put(receiver, 'receiver');
  rig.tree.plug(LE910, nodes);
  rig.tree.plug(UBLOX, { ttyACM0: receiverNode });
  return { at, at2, diag, nmea, none, receiver, nodes, receiverNode };
}

describe('auto', () => {
  test.each([
    ['the modem first', ['modem', 'gnss']],
    ['the receiver first', ['gnss', 'modem']],
  ] as const)('both users find their ports at the same time, %s, and nothing else is opened', async (_name, order) => {
    using rig = setUp();
    const { at, at2, diag, nmea, none, receiver } = gateway(rig);
    const links = await Promise.all(order.map((user) => rig.open(user)));
    const byUser = Object.fromEntries(order.map((user, i) => [user, links[i]?.name]));
    expect(byUser).toEqual({ modem: rig.tree.node('ttyUSB2'), gnss: rig.tree.node('ttyACM0') });
    expect([diag, nmea, none, at2].map(({ opens }) => opens)).toEqual([0, 0, 0, 0]);
    expect(receiver.received).toBe('');
    expect(at.received).toBe('AT\rAT+CGMI\rAT+CGMM\r');
    expect(rig.book.current('modem')).toMatchObject({
      path: rig.tree.node('ttyUSB2'),
      stableName: rig.tree.byId(LE910, 4),
      how: 'usb-id',
    });
    expect(rig.book.current('gnss')).toMatchObject({ path: rig.tree.node('ttyACM0'), how: 'usb-id' });
    expect(rig.book.secondary()).toMatchObject({ path: rig.tree.node('ttyUSB3'), stableName: rig.tree.byId(LE910, 5) });
  });

  test('a port is free again when its link ends', async () => {
    using rig = setUp();
    const { at } = gateway(rig);
    const link = await rig.open('modem');
    await at.hangUp();
    await link.closed;
    await rig.clock.advance(1);
    expect(rig.book.current('modem')).toBeUndefined();
    expect((await rig.open('modem')).name).toBe(rig.tree.node('ttyUSB2'));
  });

  test('with the receiver and the AT port swapped the modem takes its second AT port, and nobody the wrong one', async () => {
    using rig = setUp();
    const { at, receiver, nodes, receiverNode } = gateway(rig);
    rig.tree.point('ttyUSB2', receiverNode);
    rig.tree.point('ttyACM0', nodes.ttyUSB2);
    expect((await rig.open('modem')).name).toBe(rig.tree.node('ttyUSB3'));
    expect(receiver.received).toBe('AT\r');
    const refused = await rig.refused('gnss');
    expect(refused.code).toBe('link.absent');
    expect(refused.message).toContain('ttyACM0 (answers AT)');
    expect(at.isOpen).toBe(false);
    const waiting = rig.waiting('gnss', 'auto', 60_000);
    await rig.clock.advance(1000);
    expect(waiting.isDone()).toBe(false);
    rig.tree.point('ttyUSB2', nodes.ttyUSB2);
    rig.tree.point('ttyACM0', receiverNode);
    expect(await within(rig.clock, 2000, waiting.isDone)).toBe(true);
    expect((await rig.open('gnss')).name).toBe(rig.tree.node('ttyACM0'));
  });

  test('devices that nobody listed are found by probing, each by what it says', async () => {
    using rig = setUp();
    const module = moduleDevice(rig.clock);
    const receiver = receiverDevice(rig.clock);
    const silent = silentDevice(rig.clock);
    for (const [i, device] of [silent, receiver, module].entries())
      rig.tree.plug(converter(`1-1.${i}`, `ttyUSB${i}`), { [`ttyUSB${i}`]: rig.put(device, `d${i}`) });
    const [gnss, modem] = await Promise.all([rig.open('gnss'), rig.open('modem')]);
    expect(modem.name).toBe(rig.tree.node('ttyUSB2'));
    expect(gnss.name).toBe(rig.tree.node('ttyUSB1'));
    expect(receiver.received).toBe('');
    expect(silent.received).toBe('AT\rAT\rAT\r');
    expect(rig.book.current('modem')?.how).toBe('probed');
    expect(rig.book.secondary()).toBeUndefined();
  });

  test('looking for a receiver writes not a byte to a device that nobody knows', async () => {
    using rig = setUp();
    const plc = silentDevice(rig.clock);
    rig.tree.plug(converter('1-1.1', 'ttyUSB0'), { ttyUSB0: rig.put(plc, 'plc') });
    await rig.refused('gnss');
    expect(plc.opens).toBe(1);
    expect(plc.received).toBe('');
  });

  test('where UBX is wanted a receiver that speaks it wins over one that only speaks NMEA', async () => {
    for (const [gnssProtocol, expected] of [
      ['ubx', 'ttyUSB1'],
      ['nmea', 'ttyUSB0'],
    ] as const) {
      using rig = setUp({ gnssProtocol });
      const nodes = [receiverDevice(rig.clock), receiverDevice(rig.clock, UBX_FRAME)].map((d, i) =>
        rig.put(d, `r${i}`),
      );
      for (const i of [0, 1]) rig.tree.plug(converter(`1-1.${i}`, `ttyUSB${i}`), { [`ttyUSB${i}`]: nodes[i]! });
      expect((await rig.open('gnss')).name).toBe(rig.tree.node(expected));
    }
  });

  test('a module’s NMEA port serves as receiver only where NMEA is all that is wanted, and gets no byte', async () => {
    for (const gnssProtocol of ['ubx', 'nmea'] as const) {
      using rig = setUp({ gnssProtocol });
      const nmea = receiverDevice(rig.clock);
      rig.tree.plug(LE910, { ttyUSB1: rig.put(nmea, 'nmea') });
      if (gnssProtocol === 'ubx') expect((await rig.refused('gnss')).code).toBe('link.absent');
      else expect((await rig.open('gnss')).name).toBe(rig.tree.node('ttyUSB1'));
      expect(nmea.received).toBe('');
    }
  });

  test('an unknown device that says OK to everything but has no name is no module', async () => {
    using rig = setUp();
    const chatty = moduleDevice(rig.clock, { AT: 'OK\r\n' });
    rig.tree.plug(converter('1-1.1', 'ttyUSB0'), { ttyUSB0: rig.put(chatty, 'chatty') });
    expect((await rig.refused('modem')).message).toBe(
      'no cellular module among 1 USB serial port: ttyUSB0 (answers AT but has no name)',
    );
  });

  test('a silent device is not asked again for half a minute', async () => {
    using rig = setUp();
    const silent = silentDevice(rig.clock);
    rig.tree.plug(converter('1-1.1', 'ttyUSB0'), { ttyUSB0: rig.put(silent, 'silent') });
    await rig.refused('modem');
    await rig.refused('modem');
    expect(silent.opens).toBe(1);
    await rig.clock.advance(30_000);
    await rig.refused('modem');
    expect(silent.opens).toBe(2);
  });

  test('a module that hangs is opened by its USB identity all the same: the ladder mends it', async () => {
    using rig = setUp();
    const hung = silentDevice(rig.clock);
    const hung2 = silentDevice(rig.clock);
    rig.tree.plug(LE910, { ttyUSB2: rig.put(hung, 'hung'), ttyUSB3: rig.put(hung2, 'hung2') });
    expect((await rig.open('modem')).name).toBe(rig.tree.node('ttyUSB2'));
  });

  test('on request the second AT port comes first', async () => {
    using rig = setUp();
    const { at } = gateway(rig);
    const link = await rig.open('modem');
    rig.book.useSecondary(true);
    await at.hangUp();
    await link.closed;
    expect((await rig.open('modem')).name).toBe(rig.tree.node('ttyUSB3'));
    expect(rig.book.secondary()?.path).toBe(rig.tree.node('ttyUSB3'));
  });

  test('while the module restarts, another one that stood beside it is left alone for a minute', async () => {
    using rig = setUp();
    const { at } = gateway(rig);
    const other = moduleDevice(rig.clock);
    const twin: UsbSpec = { ...LE910, busPath: '1-1.9', serial: 'B', ports: { ttyUSB12: 4 } };
    rig.tree.plug(twin, { ttyUSB12: rig.put(other, 'other') });
    const link = await rig.open('modem');
    await at.hangUp();
    await link.closed;
    rig.tree.unplug(LE910);
    const refused = await rig.refused('modem');
    expect(refused.message).toContain('ttyUSB12 (another device, left alone while the module is away)');
    expect(other.opens).toBe(0);
    await rig.clock.advance(60_000);
    expect((await rig.open('modem')).name).toBe(rig.tree.node('ttyUSB12'));
  });

  test('a module that hangs, or whose node is late, is not left for another one that answers beside it', async () => {
    using rig = setUp();
    let isHung = false;
    const hangs = createDevice(rig.clock, {
      onLine: (line, device) => {
        if (!isHung) device.send(line === 'AT' ? '\r\nOK\r\n' : '\r\nTelit\r\n\r\nOK\r\n');
      },
    });
    const other = moduleDevice(rig.clock);
    const node = rig.put(hangs, 'hangs');
    rig.tree.plug({ ...LE910, ports: { ttyUSB2: 4 } }, { ttyUSB2: node });
    rig.tree.plug(
      { ...LE910, busPath: '1-1.9', serial: 'B', ports: { ttyUSB12: 4 } },
      { ttyUSB12: rig.put(other, 'other') },
    );
    for (let n = 0; n < 3; n++) {
      const link = await rig.open('modem');
      expect(link.name).toBe(rig.tree.node('ttyUSB2'));
      isHung = true;
      await rig.clock.advance(300_000);
      await hangs.hangUp();
      await link.closed;
    }
    renameSync(node, `${node}.late`);
    await rig.refused('modem');
    renameSync(`${node}.late`, node);
    expect((await rig.open('modem')).name).toBe(rig.tree.node('ttyUSB2'));
    expect(other.opens).toBe(0);
  });

  test('a module that comes back under other numbers is found again', async () => {
    using rig = setUp();
    const { at, nodes } = gateway(rig);
    const link = await rig.open('modem');
    await at.hangUp();
    await link.closed;
    rig.tree.unplug(LE910);
    const waiting = rig.waiting('modem', 'auto', 1000);
    await rig.clock.advance(30_000);
    expect(waiting.isDone()).toBe(false);
    rig.tree.plug({ ...LE910, ports: { ttyUSB7: 0, ttyUSB8: 4 } }, { ttyUSB7: nodes.ttyUSB0, ttyUSB8: nodes.ttyUSB2 });
    expect(await within(rig.clock, 1500, waiting.isDone)).toBe(true);
    expect((await rig.open('modem')).name).toBe(rig.tree.node('ttyUSB8'));
  });
});

describe('nothing found', () => {
  test('it says what was looked at, and what each port is', async () => {
    using rig = setUp();
    rig.tree.plug({ ...LE910, ports: { ttyUSB0: 0, ttyUSB1: 3 } });
    rig.tree.plug(UBLOX);
    const refused = await rig.refused('modem');
    expect(refused.code).toBe('link.absent');
    expect(refused.message).toBe(
      'no cellular module among 3 USB serial ports: ttyACM0 (receiver), ttyUSB0 (diagnostics), ttyUSB1 (NMEA)',
    );
    expect(refused.hint).toContain('modem.port');
  });

  test('it says so when there is no port at all', async () => {
    using rig = setUp();
    expect((await rig.refused('gnss')).message).toBe('no GNSS receiver: no USB serial port is there');
  });

  test('a module in its download mode is named and left alone', async () => {
    using rig = setUp();
    const stuck = silentDevice(rig.clock);
    rig.tree.plug({ ...LE910, productId: '9010', ports: { ttyUSB0: 0 } }, { ttyUSB0: rig.put(stuck, 'stuck') });
    const refused = await rig.refused('modem');
    expect(refused.message).toContain('ttyUSB0 (in download mode)');
    expect(refused.hint).toContain('cut its power');
    expect(stuck.opens).toBe(0);
  });

  test('a module that others hold, or that may not be opened, is not called absent', async () => {
    for (const code of ['link.busy', 'link.permission'] as const) {
      using rig = setUp();
      const { at, at2 } = gateway(rig);
      at.refuses = at2.refuses = code;
      expect((await rig.refused('modem')).code).toBe(code);
      at2.refuses = undefined;
      expect((await rig.open('modem')).name).toBe(rig.tree.node('ttyUSB3'));
    }
  });
});

describe('a configured port', () => {
  test('is opened as it is, without a question to the device', async () => {
    using rig = setUp();
    const { at } = gateway(rig);
    const path = rig.tree.byId(LE910, 4);
    const link = await rig.open('modem', path);
    expect(link.name).toBe(path);
    expect(at.received).toBe('');
    expect(rig.book.current('modem')).toMatchObject({ path, how: 'configured', port: { name: 'ttyUSB2' } });
    expect(rig.book.secondary()?.path).toBe(rig.tree.node('ttyUSB3'));
  });

  test('that is gone is found again under another name by what the device is, and said once', async () => {
    using rig = setUp();
    const { at, nodes } = gateway(rig);
    const path = rig.tree.node('ttyUSB2');
    const link = await rig.open('modem', path);
    await at.hangUp();
    await link.closed;
    rig.tree.unplug(LE910);
    const waiting = rig.waiting('modem', path, 500);
    await rig.clock.advance(60_000);
    expect(waiting.isDone()).toBe(false);
    rig.tree.plug({ ...LE910, ports: { ttyUSB6: 4 } }, { ttyUSB6: nodes.ttyUSB2 });
    expect(await within(rig.clock, 1000, waiting.isDone)).toBe(true);
    for (let i = 0; i < 2; i++) {
      const again = await rig.open('modem', path);
      expect(again.name).toBe(rig.tree.node('ttyUSB6'));
      expect(rig.book.current('modem')?.how).toBe('moved');
      await at.hangUp();
      await again.closed;
    }
    expect(rig.events.filter((event) => event === 'port.moved')).toHaveLength(1);
  });

  test('of two devices alike the one in the same plug is taken; a serial number that both have decides nothing', async () => {
    using rig = setUp();
    const { at } = gateway(rig);
    const path = rig.tree.node('ttyUSB2');
    const link = await rig.open('modem', path);
    await at.hangUp();
    await link.closed;
    rig.tree.unplug(LE910);
    const twins: UsbSpec[] = [
      { ...LE910, busPath: '1-1.7', ports: { ttyUSB10: 4 } },
      { ...LE910, busPath: '1-1.8', ports: { ttyUSB11: 4 } },
    ];
    for (const [i, twin] of twins.entries())
      rig.tree.plug(twin, { [`ttyUSB${10 + i}`]: rig.put(moduleDevice(rig.clock), `twin${i}`) });
    expect((await rig.refused('modem', path)).code).toBe('link.absent');
    rig.tree.plug({ ...LE910, ports: { ttyUSB20: 4 } }, { ttyUSB20: rig.put(moduleDevice(rig.clock), 'back') });
    expect((await rig.open('modem', path)).name).toBe(rig.tree.node('ttyUSB20'));
  });

  test('that was never there is absent, with what is there in the hint', async () => {
    using rig = setUp();
    gateway(rig);
    const refused = await rig.refused('modem', rig.tree.node('ttyUSB9'));
    expect(refused.code).toBe('link.absent');
    expect(refused.hint).toContain('ttyUSB2 (AT)');
    expect(refused.hint).toContain('modem.port');
  });

  test('is never opened by the other user’s search', async () => {
    using rig = setUp();
    const module = moduleDevice(rig.clock);
    rig.tree.plug(converter('1-1.1', 'ttyUSB0'), { ttyUSB0: rig.put(module, 'module') });
    rig.book.opener('modem', rig.tree.byId(converter('1-1.1', 'ttyUSB0'), 0));
    const refused = await rig.refused('gnss');
    expect(refused.message).toContain('ttyUSB0 (the modem of this agent)');
    expect(module.opens).toBe(0);
  });

  test('that the other user has open under another name is refused', async () => {
    using rig = setUp();
    gateway(rig);
    await rig.open('modem', rig.tree.node('ttyUSB2'));
    const refused = await rig.refused('gnss', rig.tree.byId(LE910, 4));
    expect(refused.code).toBe('link.busy');
    expect(refused.hint).toContain('gnss.port');
  });

  test('may be stood in for by the second AT port, and is returned to', async () => {
    using rig = setUp();
    const { at, at2 } = gateway(rig);
    const path = rig.tree.byId(LE910, 4);
    const first = await rig.open('modem', path);
    rig.book.useSecondary(true);
    await at.hangUp();
    await first.closed;
    const second = await rig.open('modem', path);
    expect(second.name).toBe(rig.tree.node('ttyUSB3'));
    rig.book.useSecondary(false);
    await at2.hangUp();
    await second.closed;
    expect((await rig.open('modem', path)).name).toBe(path);
  });

  test('where a receiver was opened by mistake, the receiver is not looked for elsewhere later', async () => {
    using rig = setUp();
    const { receiver, receiverNode } = gateway(rig);
    const path = rig.tree.node('ttyACM0');
    const link = await rig.open('modem', path);
    await receiver.hangUp();
    await link.closed;
    rig.tree.unplug(UBLOX);
    rig.tree.plug({ ...UBLOX, ports: { ttyACM1: 0 } }, { ttyACM1: receiverNode });
    expect((await rig.refused('modem', path)).code).toBe('link.absent');
  });

  test('an address on the network is passed on', async () => {
    const clock = createFakeClock();
    using tree = layTree();
    const device = createDevice(clock);
    const open = async ({ address }: { address: string }): Promise<Link> => ({ ...device.connect(), name: address });
    const book = createPortBook({ open, clock, log: silentLogger, roots: tree.roots });
    const address = 'tcp://127.0.0.1:4000';
    const link = await book.opener('modem', address)({ address, baudRate: 9600 }, { signal: undefined });
    expect(link.name).toBe(address);
    expect(book.current('modem')).toMatchObject({ path: address, how: 'configured' });
    expect(await book.holders('modem')).toEqual([]);
  });
});

describe('other programs on the port', () => {
  /** A program of that name with the file open. */
  async function program(rig: Rig, name: string, path: string): Promise<ChildProcess & Disposable> {
    const command = join(rig.tree.root, name);
    symlinkSync('/bin/sleep', command);
    const fd = openSync(path, 'r+');
    const child = spawn(command, ['100'], { stdio: [fd, 'ignore', 'ignore'] });
    await once(child, 'spawn');
    closeSync(fd);
    return Object.assign(child, { [Symbol.dispose]: () => void child.kill('SIGKILL') });
  }

  test('who holds a busy port is named with its number, and the cure fits the device', async () => {
    using rig = setUp();
    const { at, at2, nodes } = gateway(rig);
    using manager = await program(rig, 'ModemManager', nodes.ttyUSB2);
    at.refuses = at2.refuses = 'link.busy';
    for (const configured of ['auto', rig.tree.byId(LE910, 4)]) {
      const refused = await rig.refused('modem', configured);
      expect(refused.code).toBe('link.busy');
      expect(refused.message).toContain(`is held by ModemManager (pid ${manager.pid})`);
      expect(refused.hint).toContain('ATTRS{idVendor}=="1bc7", ATTRS{idProduct}=="1201"');
      expect(refused.hint).toContain('/etc/udev/rules.d/77-waymark.rules');
    }
  });

  test('of a module’s AT ports the one that nobody else has open is used', async () => {
    using rig = setUp();
    const { at, nodes } = gateway(rig);
    using _minicom = await program(rig, 'minicom', nodes.ttyUSB2);
    expect((await rig.open('modem')).name).toBe(rig.tree.node('ttyUSB3'));
    expect(at.opens).toBe(0);
    expect(await rig.book.holders('modem')).toEqual([]);
  });

  test('they are told while our own link is open', async () => {
    using rig = setUp();
    const { nodes } = gateway(rig);
    await rig.open('modem');
    using minicom = await program(rig, 'minicom', nodes.ttyUSB2);
    expect(await rig.book.holders('modem')).toEqual([{ pid: minicom.pid, name: 'minicom', isSelf: false }]);
    expect(await rig.book.holders('gnss')).toEqual([]);
  });

  test('a port of an unknown device that a program uses is not opened', async () => {
    using rig = setUp();
    const plc = moduleDevice(rig.clock);
    const node = rig.put(plc, 'plc');
    rig.tree.plug(converter('1-1.1', 'ttyUSB0'), { ttyUSB0: node });
    using modbus = await program(rig, 'modbusd', node);
    expect((await rig.refused('modem')).message).toContain(`ttyUSB0 (in use by modbusd (pid ${modbus.pid}))`);
    expect(plc.opens).toBe(0);
  });

  test('a module that does not answer while a program is on its port is not called hung', async () => {
    using rig = setUp();
    const node = rig.put(silentDevice(rig.clock), 'silent');
    rig.tree.plug({ ...LE910, ports: { ttyUSB2: 4 } }, { ttyUSB2: node });
    using screen = await program(rig, 'screen', node);
    const refused = await rig.refused('modem');
    expect(refused.code).toBe('link.shared');
    expect(refused.message).toContain(`screen (pid ${screen.pid})`);
    expect(refused.hint).toContain(`kill ${screen.pid}`);
  });
});

describe('whenChanged', () => {
  test('a port that is there and does not work gets its whole wait', async () => {
    using rig = setUp();
    gateway(rig);
    for (const configured of ['auto', rig.tree.node('ttyUSB2')]) {
      const waiting = rig.waiting('modem', configured, 20_000);
      await rig.clock.advance(19_000);
      expect(waiting.isDone()).toBe(false);
      expect(await within(rig.clock, 2000, waiting.isDone)).toBe(true);
    }
  });

  test('another device behind the same name ends the wait', async () => {
    using rig = setUp();
    const { receiverNode } = gateway(rig);
    const path = rig.tree.node('ttyUSB2');
    const waits = [rig.waiting('modem', path, 60_000), rig.waiting('modem', 'auto', 60_000)];
    await rig.clock.advance(1000);
    rig.tree.point('ttyUSB2', receiverNode);
    expect(await within(rig.clock, 1000, () => waits.every(({ isDone }) => isDone()))).toBe(true);
  });

  test('a change that came while nobody waited counts', async () => {
    using rig = setUp();
    const { receiverNode, nodes } = gateway(rig);
    rig.tree.point('ttyUSB2', receiverNode);
    rig.tree.point('ttyUSB3', receiverNode);
    await rig.refused('modem');
    rig.tree.point('ttyUSB2', nodes.ttyUSB2);
    const waiting = rig.waiting('modem', 'auto', 60_000);
    expect(await within(rig.clock, 1000, waiting.isDone)).toBe(true);
  });

  test('ports that are of no use to the user do not end it', async () => {
    using rig = setUp();
    const waiting = rig.waiting('modem', 'auto', 500);
    rig.tree.plug(UBLOX);
    await rig.clock.advance(10_000);
    expect(waiting.isDone()).toBe(false);
    rig.tree.plug(LE910);
    expect(await within(rig.clock, 1500, waiting.isDone)).toBe(true);
  });

  test('it ends with the signal', async () => {
    using rig = setUp();
    const stop = new AbortController();
    const waiting = rig.book.whenChanged('modem', 'auto', 500, stop.signal);
    const outcome = during(rig.clock, waiting);
    stop.abort(new Error('enough'));
    expect(await outcome).toEqual({ code: 'Error: enough' });
  });
});
