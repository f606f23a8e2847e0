// All serial ports of the machine for a person who looks for the right one: what they are, who holds them and how they
// come free, and which ones `auto` would take. Opens nothing, unless unknown ports are to be asked what they are.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, silentLogger } from '../core/index.js';
import {
  createLinkOpener,
  findHoldersOf,
  holderCure,
  isUsbPort,
  listPorts,
  type PortHolder,
  type Roots,
  stableName,
  type TtyPort,
  type UsbInterface,
} from '../link/index.js';
import { type PortProbe, type PortRole, probePort, ROLE_WORDS, roleOf } from '../modem/index.js';
import { candidatesFor } from './ports/search.js';
import type { PortUser } from './ports/types.js';

const BAUD = 115_200;

export interface InspectedHolder extends PortHolder {
  /** An agent of this program. */
  isAgent: boolean;
}

export interface InspectedPort {
  name: string;
  path: string;
  stableName: string;
  usb?: UsbInterface;
  /** By the table of USB identities. */
  module?: string;
  role?: PortRole;
  roleWords: string;
  isDownloadMode: boolean;
  /** What it said when it was asked, in words. */
  probed?: string;
  holders: readonly InspectedHolder[];
  /** What to do so that the port comes free; absent when nobody foreign holds it. */
  cure?: string;
}

export interface PortsReport {
  ports: readonly InspectedPort[];
  /** What `auto` would take, as far as is known without opening the ports: names. */
  auto: Partial<Record<PortUser, string>>;
}

export interface InspectPortsOptions {
  roots: Roots;
  clock: Clock;
  signal: AbortSignal;
  /** Ask ports that the table does not know what they are. */
  probe: boolean;
  /** Told before each port that is asked. */
  onProbe?: (name: string) => void;
}

/** Never rejects for what ports do; only with the abort reason. */
export async function inspectPorts(options: InspectPortsOptions): Promise<PortsReport> {
  const { roots, clock, signal, onProbe } = options;
  const ports = await listPorts(roots);
  const holders = await findHoldersOf(
    ports.map(({ path }) => path),
    roots,
  );
  const open = createLinkOpener({ clock, log: silentLogger });
  const probes = new Map<string, PortProbe>();
  const out: InspectedPort[] = [];
  for (const port of ports) {
    const known = roleOf(port);
    const others = (holders.get(port.path) ?? []).filter(({ isSelf }) => !isSelf);
    if (options.probe && !known && isUsbPort(port) && others.length === 0) {
      onProbe?.(port.name);
      probes.set(port.name, await probePort(open, port.path, { clock, signal, baudRate: BAUD }));
    }
    const probe = probes.get(port.name);
    const named = await Promise.all(
      others.map(async (holder) => ({ ...holder, isAgent: await isAgent(holder.pid, roots) })),
    );
    const foreign = named.filter((holder) => !holder.isAgent);
    out.push({
      name: port.name,
      path: port.path,
      stableName: stableName(port),
      ...(port.usb ? { usb: port.usb } : {}),
      ...(known ? { module: known.module, role: known.role } : {}),
      roleWords: roleWords(port),
      isDownloadMode: known?.layout.isDownloadMode === true,
      ...(probe ? { probed: probeWords(probe) } : {}),
      holders: named,
      ...(foreign.length > 0 ? { cure: holderCure(foreign, port, port.path) } : {}),
    });
  }
  return { ports: out, auto: choose(ports, out, probes) };
}

function roleWords(port: TtyPort): string {
  const known = roleOf(port);
  if (known?.layout.isDownloadMode) return 'download mode';
  if (known) return ROLE_WORDS[known.role];
  return isUsbPort(port) ? 'unknown' : 'on the board';
}

function probeWords(probe: PortProbe): string {
  switch (probe.is) {
    case 'modem':
      return `answers AT${probe.manufacturer === undefined ? '' : `: ${probe.manufacturer} ${probe.model ?? ''}`.trimEnd()}`;
    case 'receiver':
      return `a receiver, speaks ${probe.speaks.toUpperCase()}`;
    case 'silent':
      return probe.heard === 'nothing' ? 'says nothing' : `says ${probe.heard}, no AT and no receiver`;
    case 'busy':
    case 'absent':
    case 'permission':
      return probe.error.message;
  }
}

/** The first candidate of each user that nobody holds (else the first), as the search of the agent goes about it. */
function choose(
  ports: readonly TtyPort[],
  shown: readonly InspectedPort[],
  probes: ReadonlyMap<string, PortProbe>,
): PortsReport['auto'] {
  const auto: PortsReport['auto'] = {};
  const taken = new Map<string, string>();
  for (const user of ['modem', 'gnss'] as const) {
    const request = { user, ports, taken, gnssProtocol: 'ubx', secondFirst: false, preferred: undefined } as const;
    const fitting = candidatesFor(request).filter(
      ({ port, role }) => role !== undefined || isProven(user, probes.get(port.name)),
    );
    const isFree = (name: string): boolean =>
      shown.find((port) => port.name === name)?.holders.every((holder) => holder.isAgent) ?? true;
    const device = fitting[0]?.port.usb?.busPath;
    const own = fitting.filter(({ port }) => port.usb?.busPath === device);
    const pick = (own.find(({ port }) => isFree(port.name)) ?? fitting[0])?.port.name;
    if (pick === undefined) continue;
    auto[user] = pick;
    taken.set(pick, user);
  }
  return auto;
}

const isProven = (user: PortUser, probe: PortProbe | undefined): boolean =>
  user === 'modem' ? probe?.is === 'modem' && probe.manufacturer !== undefined : probe?.is === 'receiver';

/** True for a process that runs this program’s agent, as far as its command line tells. */
export async function isAgent(pid: number, { proc }: Pick<Roots, 'proc'>): Promise<boolean> {
  const text = await readFile(join(proc, String(pid), 'cmdline'), 'latin1').catch(() => '');
  const words = text.slice(0, 4096).split('\0');
  return (
    words.some((word) => /(?:^|\/)waymark(?:\.cjs)?$/.test(word)) && (words.includes('run') || words.includes('demo'))
  );
}
