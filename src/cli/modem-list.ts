// `waymark modem list`: every serial port with what it is, who holds it, how it comes free, and what auto would take.
import { createClock, EXIT, linkedController, oneLine } from '../core/index.js';
import { createProgress } from './modem-access.js';
import { type InspectedPort, inspectPorts, type PortsReport } from './modem-tools.js';
import { onStopSignal } from './on-stop.js';
import { printJson, stderr, stdout } from './output.js';
import { type RootFlags, rootsOf } from './roots.js';

const NOTHING = `No USB serial port is there.
  - lsusb shows whether the device is on the bus: if not, check cable, power and the SIM board's switch.
  - A module in lsusb without ports lacks its kernel driver (option, cdc_acm, qcserial): dmesg tells.
  - In a container the device has to be handed in (--device, or a /dev mount with its device cgroup rule).
`;

const USERS = { modem: 'the module', gnss: 'the receiver' } as const;

/** Always 0: nothing found is an answer, too. */
export async function modemList(flags: RootFlags & { json: boolean; probe: boolean }): Promise<number> {
  const clock = createClock();
  using stop = linkedController();
  using progress = createProgress(clock);
  const off = onStopSignal(() => stop.abort());
  progress.stage('the list of ports');
  try {
    const report = await inspectPorts({
      roots: rootsOf(flags),
      clock,
      signal: stop.signal,
      probe: flags.probe,
      onProbe(name) {
        progress.stage(name);
        progress.spoken();
        stderr.write(`asking ${name} what it is …\n`);
      },
    });
    if (flags.json) printJson(report);
    else stdout.write(describePorts(report, flags.probe));
    return EXIT.ok;
  } finally {
    off();
  }
}

function holderWords({ holders }: InspectedPort): string {
  return holders
    .map(({ name, pid, isAgent }) => `${name} (pid ${pid}${isAgent ? ', this gateway’s agent' : ''})`)
    .join(', ');
}

function rowOf(port: InspectedPort, auto: PortsReport['auto']): string[] {
  const { usb } = port;
  const user = auto.modem === port.name ? 'modem' : auto.gnss === port.name ? 'gnss' : '';
  return [
    port.name,
    usb ? `${usb.vendorId}:${usb.productId}` : '',
    port.module ?? [usb?.manufacturer, usb?.product].filter(Boolean).join(' '),
    port.probed ?? port.roleWords,
    user,
    holderWords(port),
    port.stableName === port.path ? '' : port.stableName,
  ].map(oneLine);
}

/** The report in words, ending in a newline. */
export function describePorts(report: PortsReport, wasProbed: boolean): string {
  const { ports, auto } = report;
  const noUsb = ports.every(({ usb }) => usb === undefined);
  if (ports.length === 0) return NOTHING;
  const rows = [
    ['PORT', 'USB', 'DEVICE', 'ROLE', 'AUTO', 'HELD BY', 'STABLE NAME'],
    ...ports.map((port) => rowOf(port, auto)),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  // A column that nothing stands in is left out.
  const used = widths.map((_, column) => rows.slice(1).some((row) => row[column] !== ''));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .filter((_, column) => used[column])
      .join('  ')
      .trimEnd(),
  );
  if (noUsb && auto.modem === undefined && auto.gnss === undefined) return `${lines.join('\n')}\n\n${NOTHING}`;
  for (const user of ['modem', 'gnss'] as const) {
    const found = ports.find(({ name }) => name === auto[user]);
    lines.push(
      ...(user === 'modem' ? [''] : []),
      found
        ? `auto takes ${found.name} for ${USERS[user]}. To name it: ${user}.port: ${found.stableName}`
        : `auto finds no port for ${USERS[user]}.`,
    );
  }
  const unknown = ports.filter(({ usb, role, probed }) => usb && role === undefined && probed === undefined);
  if (!wasProbed && unknown.length > 0)
    lines.push(
      `Not known: ${unknown.map(({ name }) => name).join(', ')}. With --probe they are asked what they are, as auto does by itself.`,
    );
  for (const { name } of ports.filter(({ isDownloadMode }) => isDownloadMode))
    lines.push(`${name}: the module is in its download mode and is left alone. Cut its power to bring it back.`);
  const cures = ports.filter(({ cure }) => cure !== undefined);
  if (cures.length > 0) lines.push('', 'In use by other programs:');
  for (const { name, cure = '' } of cures) lines.push(`  ${name}: ${cure.replaceAll('\n', '\n    ')}`);
  return `${lines.join('\n')}\n`;
}
