import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentHolding } from '../../src/agent/inspect-modem.js';
import { inspectPorts, type PortsReport } from '../../src/agent/inspect-ports.js';
import { describePorts, modemList } from '../../src/cli/modem-list.js';
import { createClock, silentLogger } from '../../src/core/index.js';
import type { Roots } from '../../src/link/index.js';
import { createPlug, createSimModule } from '../../src/sim/index.js';
import { printed } from '../cli/in-process.js';
import { converter, LE910, layTree, type TtyTree, UBLOX } from '../link/tty-tree.js';

const clock = createClock();

/** A procfs of its own: process number → name, command line, and the nodes it has open. */
function withProcesses(
  tree: TtyTree,
  processes: Record<number, { name: string; command?: string[]; open?: string[]; startedAt?: number }>,
): Roots {
  const proc = join(tree.root, 'proc');
  mkdirSync(proc, { recursive: true });
  for (const [pid, { name, command = [name], open = [], startedAt = 1 }] of Object.entries(processes)) {
    const own = join(proc, pid);
    mkdirSync(join(own, 'fd'), { recursive: true });
    writeFileSync(join(own, 'comm'), `${name}\n`);
    writeFileSync(join(own, 'cmdline'), `${command.join('\0')}\0`);
    writeFileSync(join(own, 'stat'), `${pid} (${name}) S 1 ${'0 '.repeat(17)}${startedAt} 0\n`);
    for (const [fd, node] of open.entries()) symlinkSync(tree.node(node), join(own, 'fd', String(fd + 3)));
  }
  return { ...tree.roots, proc };
}

const look = (roots: Roots, probe = false): Promise<PortsReport> =>
  inspectPorts({ roots, clock, signal: new AbortController().signal, probe });

test('ports are told with role and stable name, and auto takes the AT port and the receiver', async () => {
  using tree = layTree();
  tree.plug(LE910);
  tree.plug(UBLOX);
  tree.plug(converter('1-1.5', 'ttyUSB7'));
  const { ports, auto } = await look(withProcesses(tree, {}));
  expect(ports.map(({ name, roleWords }) => [name, roleWords])).toEqual([
    ['ttyACM0', 'receiver'],
    ['ttyUSB0', 'diagnostics'],
    ['ttyUSB1', 'NMEA'],
    ['ttyUSB2', 'AT'],
    ['ttyUSB3', 'second AT'],
    ['ttyUSB4', 'not for use'],
    ['ttyUSB7', 'unknown'],
  ]);
  expect(ports.find(({ name }) => name === 'ttyUSB2')?.stableName).toMatch(/by-(?:id|path)/);
  expect(auto).toEqual({ modem: 'ttyUSB2', gnss: 'ttyACM0' });
  const text = describePorts({ ports, auto }, false);
  expect(text).toMatch(/^PORT +USB +DEVICE +ROLE +AUTO +STABLE NAME\n/);
  expect(text).toMatch(/\nttyUSB2 +1bc7:1201 .*LE910C1.* AT +modem +\S+\n/);
  expect(text).toMatch(/\nauto takes ttyUSB2 for the module\. To name it: modem\.port: \S+\n/);
  expect(text).toMatch(/\nauto takes ttyACM0 for the receiver\./);
  expect(text).toContain('Not known: ttyUSB7. With --probe');
});

test('who holds a port is named with pid and the exact cure; the agent is told from strangers', async () => {
  using tree = layTree();
  tree.plug(LE910);
  tree.plug(UBLOX);
  const roots = withProcesses(tree, {
    612: { name: 'ModemManager', command: ['/usr/sbin/ModemManager'], open: ['ttyUSB2'] },
    840: { name: 'node', command: ['node', '/usr/bin/waymark', 'run'], open: ['ttyACM0'] },
  });
  const { ports, auto } = await look(roots);
  const named = (name: string) => ports.find((port) => port.name === name)!;
  expect(named('ttyUSB2').holders).toEqual([{ pid: 612, name: 'ModemManager', isSelf: false, isAgent: false }]);
  expect(named('ttyUSB2').cure).toMatch(/ID_MM_PORT_IGNORE/);
  expect(named('ttyACM0')).toMatchObject({ holders: [{ pid: 840, isAgent: true }] });
  expect(named('ttyACM0').cure).toBeUndefined();
  // The second AT port of the same module is free.
  expect(auto).toEqual({ modem: 'ttyUSB3', gnss: 'ttyACM0' });
  const text = describePorts({ ports, auto }, false);
  expect(text).toMatch(/ModemManager \(pid 612\)/);
  expect(text).toMatch(/node \(pid 840, this gateway’s agent\)/);
  expect(text).toMatch(/In use by other programs:\n {2}ttyUSB2: ModemManager \(pid 612\)[^]*udevadm control --reload/);
});

test('a module in download mode is named and never taken', async () => {
  using tree = layTree();
  tree.plug({ ...LE910, vendorId: '05c6', productId: '9008', ports: { ttyUSB0: 0 } });
  const report = await look(withProcesses(tree, {}));
  expect(report.auto.modem).toBeUndefined();
  if (report.ports[0]?.isDownloadMode === true) expect(describePorts(report, false)).toContain('download mode');
});

test('with --probe an unknown port is asked, and only an unknown one', async () => {
  using tree = layTree();
  await using plug = await createPlug({ link: join(tree.root, 'pts0'), clock, log: silentLogger });
  await using module = createSimModule({ port: plug, clock, log: silentLogger, boot: 0, latencyScale: 0 });
  tree.plug(LE910);
  tree.plug(converter('1-1.5', 'ttyUSB7'), { ttyUSB7: plug.address });
  const roots = { ...tree.roots, proc: '/proc' };
  const flags = { sysRoot: roots.sys, devRoot: roots.dev, procRoot: roots.proc };
  const { code, stdout, stderr } = await printed(() => modemList({ ...flags, json: true, probe: true }));
  expect(code).toBe(0);
  // On a busy machine a word of waiting may follow.
  expect(stderr.split('\n').filter((line) => line.startsWith('asking'))).toEqual(['asking ttyUSB7 what it is …']);
  const report = JSON.parse(stdout) as PortsReport;
  expect(report.ports.filter(({ probed }) => probed !== undefined).map(({ name, probed }) => [name, probed])).toEqual([
    ['ttyUSB7', 'answers AT: Telit LE910C1-EUX'],
  ]);
  expect(module.counters.lines).toBeGreaterThan(0);
});

test('nothing found is an answer with what to check, and ends with 0', async () => {
  using tree = layTree();
  const flags = { sysRoot: tree.roots.sys, devRoot: tree.roots.dev, procRoot: '/proc', probe: false };
  const words = await printed(() => modemList({ ...flags, json: false }));
  expect(words).toMatchObject({ code: 0, stderr: '' });
  expect(words.stdout).toMatch(/^No USB serial port is there\.\n[^]*lsusb[^]*cable[^]*driver/);
  const json = await printed(() => modemList({ ...flags, json: true }));
  expect(JSON.parse(json.stdout)).toEqual({ ports: [], auto: {} });
});

test('the holder of a state directory is known while it lives, and not mistaken for its successor', async () => {
  using tree = layTree();
  const roots = withProcesses(tree, { 840: { name: 'node', startedAt: 4711 } });
  const state = join(tree.root, 'state');
  mkdirSync(state);
  const holder = (text: string): void => writeFileSync(join(state, 'holder'), text);
  expect(await agentHolding(state, roots)).toBeUndefined();
  holder('840 4711\n');
  expect(await agentHolding(state, roots)).toBe(840);
  for (const text of ['840 1\n', '841 4711\n', '\n', 'x y\n', '../1 4711\n']) {
    holder(text);
    expect(await agentHolding(state, roots)).toBeUndefined();
  }
});
