import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, realpathSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  findHolders,
  findHoldersOf,
  holderCure,
  isModemManagerRunning,
  type PortHolder,
  ROOTS,
  type TtyPort,
} from '../../src/link/index.js';
import { openPty } from './pty.js';
import { layTree } from './tty-tree.js';

/** A program that has the port open on its standard input, as `sleep 100 < path` would. */
async function holding(path: string, command = 'sleep'): Promise<ChildProcess & Disposable> {
  const fd = openSync(path, 'r+');
  const child = spawn(command, ['100'], { stdio: [fd, 'ignore', 'ignore'] });
  await once(child, 'spawn');
  closeSync(fd);
  return Object.assign(child, { [Symbol.dispose]: () => void child.kill('SIGKILL') });
}

const port: TtyPort = {
  name: 'ttyUSB2',
  path: '/dev/ttyUSB2',
  usb: { vendorId: '1bc7', productId: '1201', interfaceNumber: 4, busPath: '1-1.3' },
};

describe('findHolders', () => {
  test('a program on the port is found by name and process number, and gone when it is gone', async () => {
    using pty = await openPty();
    expect(await findHolders(pty.path)).toEqual([]);
    using child = await holding(pty.path);
    expect(await findHolders(pty.path)).toEqual([{ pid: child.pid, name: 'sleep', isSelf: false }]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await findHolders(pty.path)).toEqual([]);
  });

  test('the maker of a pseudo-terminal, which is the device, is no holder of it', async () => {
    using pty = await openPty();
    using child = await holding(pty.path);
    const pids = (await findHolders(pty.path)).map(({ pid }) => pid);
    expect(pids).toEqual([child.pid]);
    expect(pids).not.toContain(pty.child.pid);
  });

  test('this very process is told from others', async () => {
    using pty = await openPty();
    const fd = openSync(pty.path, 'r+');
    try {
      expect(await findHolders(pty.path)).toMatchObject([{ pid: process.pid, isSelf: true }]);
    } finally {
      closeSync(fd);
    }
  });

  test('several ports are looked for at once, by whatever name they are asked for', async () => {
    using one = await openPty();
    using two = await openPty();
    using child = await holding(two.path);
    const real = realpathSync(two.path);
    const found = await findHoldersOf([one.path, two.path, real, 'tcp://127.0.0.1:1', '/nowhere']);
    const expected = [{ pid: child.pid, name: 'sleep', isSelf: false }];
    expect(Object.fromEntries(found)).toEqual({
      [one.path]: [],
      [two.path]: expected,
      [real]: expected,
      'tcp://127.0.0.1:1': [],
      '/nowhere': [],
    });
  });

  test('a lock names its holder even where the descriptors may not be read', async () => {
    using pty = await openPty();
    using tree = layTree();
    const proc = join(tree.root, 'proc');
    const { dev, ino } = statSync(pty.path);
    const place = `${((dev >> 8) & 0xfff).toString(16).padStart(2, '0')}:${(dev & 0xff).toString(16).padStart(2, '0')}`;
    tree.write(join(proc, 'locks'), `1: FLOCK  ADVISORY  WRITE 4711 ${place}:${ino} 0 EOF\n2: POSIX x\n`);
    tree.write(join(proc, '4711/comm'), 'minicom\n');
    expect(await findHolders(pty.path, { ...ROOTS, proc })).toEqual([{ pid: 4711, name: 'minicom', isSelf: false }]);
  });

  test('a hostile process name is made printable, an unreadable one is unknown', async () => {
    using tree = layTree();
    const proc = join(tree.root, 'proc');
    tree.write(tree.node('ttyUSB2'), '');
    for (const [pid, comm] of [
      ['41', '\u001b]0;evil\u0007sh\n'],
      ['42', undefined],
    ] as const) {
      mkdirSync(join(proc, pid, 'fd'), { recursive: true });
      symlinkSync(tree.node('ttyUSB2'), join(proc, pid, 'fd/3'));
      if (comm !== undefined) tree.write(join(proc, pid, 'comm'), comm);
    }
    expect(await findHolders(tree.node('ttyUSB2'), { ...tree.roots, proc })).toEqual([
      { pid: 41, name: ']0;evil sh', isSelf: false },
      { pid: 42, name: 'unknown', isSelf: false },
    ]);
  });

  test('one that ends while it is looked at is no holder', async () => {
    using pty = await openPty();
    using tree = layTree();
    const proc = join(tree.root, 'proc');
    const { dev, ino } = statSync(pty.path);
    const place = `${((dev >> 8) & 0xfff).toString(16).padStart(2, '0')}:${(dev & 0xff).toString(16).padStart(2, '0')}`;
    mkdirSync(proc, { recursive: true });
    // Listed, and no more there when its name is asked for.
    symlinkSync(join(proc, 'ended'), join(proc, '42'));
    const lock = (pid: number): string => `1: FLOCK  ADVISORY  WRITE ${pid} ${place}:${ino} 0 EOF\n`;
    tree.write(join(proc, 'locks'), lock(42) + lock(4711));
    expect(await findHolders(pty.path, { ...ROOTS, proc })).toEqual([{ pid: 4711, name: 'unknown', isSelf: false }]);
  });

  test('ModemManager is seen running before it has any port', async () => {
    using tree = layTree();
    const roots = { ...tree.roots, proc: join(tree.root, 'proc') };
    tree.write(join(roots.proc, '612/comm'), 'systemd\n');
    expect(await isModemManagerRunning(roots)).toBe(false);
    tree.write(join(roots.proc, '613/comm'), 'ModemManager\n');
    expect(await isModemManagerRunning(roots)).toBe(true);
  });
});

describe('holderCure', () => {
  const holder = (name: string, isSelf = false): PortHolder[] => [{ pid: 612, name, isSelf }];

  test('for ModemManager a rule that can be pasted, with the device’s own identity', () => {
    const cure = holderCure(holder('ModemManager'), port, port.path);
    expect(cure).toContain('/etc/udev/rules.d/77-waymark.rules');
    expect(cure).toContain(
      'SUBSYSTEM=="tty", ATTRS{idVendor}=="1bc7", ATTRS{idProduct}=="1201", ENV{ID_MM_PORT_IGNORE}="1"',
    );
    expect(cure).toContain('udevadm control --reload; udevadm trigger');
    expect(cure).toContain('mmcli --inhibit-device=$(readlink -f /sys/bus/usb/devices/1-1.3)');
  });

  test('for ModemManager on a port that is not on USB a rule by the name of the port', () => {
    expect(holderCure(holder('ModemManager'), undefined, "/dev/tty'S0")).toContain('KERNEL=="tty?S0"');
  });

  test.each([
    ['minicom', /quit it, or: kill 612/],
    ['picocom', /quit it/],
    ['screen', /quit it/],
    ['gpsd', /gpsd\.socket/],
    ['pppd', /kill 612/],
    ['agetty', /serial-getty@ttyUSB2\.service/],
    ['my-daemon', /my-daemon \(pid 612\)/],
  ])('for %s what to do', (name, expected) => {
    expect(holderCure(holder(name), port, port.path)).toMatch(expected);
  });

  test('for this program itself, and for nobody to be seen', () => {
    expect(holderCure(holder('node', true), port, port.path)).toContain('modem.port and gnss.port');
    expect(holderCure([], port, port.path)).toContain('fuser -v /dev/ttyUSB2');
  });
});
