// Which port is the module's, which the receiver's: by the USB identity first, by probing where that does not tell, and
// never by opening what is known to be something else.
//
//   modem   AT ports of the table, device by device (AT before second AT; those that nobody holds first), asked to be
//           sure → unknown USB ports, listened to, then asked
//   gnss    receivers of the table → unknown USB ports, only listened to (UBX before NMEA where UBX is wanted)
//           → a module's NMEA port, where NMEA is all that is wanted
//
// A port that the table names and that says nothing is used in the end: a module that hangs is for the ladder to mend.
import type { Logger, WaymarkError } from '../../core/index.js';
import { findHoldersOf, holderNames, isUsbPort, type PortHolder, type Roots, type TtyPort } from '../../link/index.js';
import { type PortProbe, type PortRole, roleOf } from '../../modem/index.js';
import type { PortIdentity } from './identity.js';
import type { ProbeMemory, ProbeQuestion } from './probes.js';
import type { FoundPort, PortUser } from './types.js';
import { nodeAt } from './watch.js';
import { heldError, nothingFound } from './words.js';

export interface SearchRequest {
  user: PortUser;
  ports: readonly TtyPort[];
  /** Ports of the other user by name, with what to say of them. */
  taken: ReadonlyMap<string, string>;
  gnssProtocol: 'ubx' | 'nmea';
  /** The modem's second AT port before its first. */
  secondFirst: boolean;
  /** The device used before comes first. */
  preferred: PortIdentity | undefined;
  baudRate: number;
  signal: AbortSignal | undefined;
}

export interface SearchDeps {
  probes: ProbeMemory;
  roots: Roots;
  log: Logger;
}

interface Candidate {
  readonly port: TtyPort;
  /** Undefined: the table does not know the device. */
  readonly role: PortRole | undefined;
}

export type Pick = { port: TtyPort; how: FoundPort['how'] };

const AT_ROLES: readonly (PortRole | undefined)[] = ['at', 'at2'];

export const isSameDevice = (identity: PortIdentity, { usb }: TtyPort): boolean =>
  usb?.busPath === identity.busPath ||
  (identity.serialNumber !== undefined &&
    usb?.serialNumber === identity.serialNumber &&
    usb.vendorId === identity.vendorId &&
    usb.productId === identity.productId);

/** AT ports of one device, first and second; `second` first where that is asked for. */
export function atPortsOf(busPath: string, ports: readonly TtyPort[], secondFirst = false): readonly TtyPort[] {
  const own = ports.filter(({ usb }) => usb?.busPath === busPath);
  const byRole = AT_ROLES.map((wanted) => own.filter((port) => roleOf(port)?.role === wanted));
  return (secondFirst ? byRole.reverse() : byRole).flat();
}

/** What may be tried for `user`, best first. */
export function candidatesFor(request: Omit<SearchRequest, 'baudRate' | 'signal'>): readonly Candidate[] {
  const { user, taken, preferred, gnssProtocol } = request;
  const ports = request.ports.filter((port) => isUsbPort(port) && !taken.has(port.name));
  const known = (role: PortRole): Candidate[] =>
    ports.filter((port) => roleOf(port)?.role === role).map((port) => ({ port, role }));
  const unknown = ports.filter((port) => roleOf(port) === undefined).map((port) => ({ port, role: undefined }));
  if (user === 'gnss') {
    const receivers = known('gnss');
    return [
      ...receivers.filter(({ port }) => roleOf(port)?.profile === undefined),
      ...receivers.filter(({ port }) => roleOf(port)?.profile !== undefined),
      ...unknown,
      ...(gnssProtocol === 'nmea' ? known('nmea') : []),
    ];
  }
  const before = preferred && ports.find((port) => isSameDevice(preferred, port))?.usb?.busPath;
  const devices = new Set(ports.flatMap(({ usb }) => (usb ? [usb.busPath] : [])));
  const inOrder = [...(before === undefined ? [] : [before]), ...[...devices].filter((each) => each !== before)];
  const modules = inOrder.flatMap((each) => atPortsOf(each, ports, request.secondFirst));
  return [...modules.map((port) => ({ port, role: roleOf(port)?.role })), ...unknown];
}

/** How far a port may be bothered to find out what it is. */
function questionFor(user: PortUser, { port, role }: Candidate): Omit<ProbeQuestion, 'baudRate' | 'signal'> {
  const { path } = port;
  if (AT_ROLES.includes(role)) return { path, listenMs: 0, ask: true };
  // A silent one that answers AT is no receiver, whatever its name says (links may be swapped).
  const isReceiver = role === 'gnss' && roleOf(port)?.profile === undefined;
  // For the receiver's sake others' devices and modules' NMEA ports are only listened to.
  return { path, ask: user === 'modem' || isReceiver };
}

const CLOSED = { busy: 'held by another program', permission: 'no permission', absent: 'does not open' } as const;

type Verdict = 'take' | 'second-choice' | 'last-resort' | { not: string };

function judge({ user, gnssProtocol }: SearchRequest, { role }: Candidate, probe: PortProbe): Verdict {
  if ('error' in probe) return { not: CLOSED[probe.is] };
  if (probe.is === 'silent') return role === undefined ? { not: 'says nothing we know' } : 'last-resort';
  if (probe.is === 'modem') {
    if (user === 'gnss') return { not: 'answers AT' };
    // Anything may say OK: an unknown device has to tell its maker.
    return role !== undefined || probe.manufacturer !== undefined ? 'take' : { not: 'answers AT but has no name' };
  }
  if (user === 'modem') return { not: 'a receiver' };
  return role === undefined && gnssProtocol === 'ubx' && probe.speaks === 'nmea' ? 'second-choice' : 'take';
}

/** Finds the port. Errors: `link.absent`, `link.busy`, `link.shared`, `link.permission`, the abort reason. */
export async function searchPort(deps: SearchDeps, request: SearchRequest): Promise<Pick> {
  const { probes, roots, log } = deps;
  const { user, baudRate, signal } = request;
  const told = new Map(request.taken);
  const there = candidatesFor(request).filter(({ port }) => {
    const isThere = nodeAt(port.path) !== undefined;
    if (!isThere) told.set(port.name, 'its node is missing');
    return isThere;
  });
  const holders = await findHoldersOf(
    there.map(({ port }) => port.path),
    roots,
  );
  const rivals = (port: TtyPort): readonly PortHolder[] =>
    (holders.get(port.path) ?? []).filter(({ isSelf }) => !isSelf);

  let secondChoice: Pick | undefined;
  let lastResort: TtyPort | undefined;
  const failures: { error: WaymarkError; port: TtyPort; isBusy: boolean }[] = [];
  for (const candidate of lessHeldFirst(there, rivals)) {
    const { port, role } = candidate;
    const others = rivals(port);
    if (role === undefined && others.length > 0) {
      told.set(port.name, `in use by ${holderNames(others)}`);
      continue;
    }
    const probe = await probes.probe({ ...questionFor(user, candidate), baudRate, signal });
    log.debug('port.probed', { user, port: port.name, role, is: probe.is });
    const verdict = judge(request, candidate, probe);
    if (verdict === 'take') return { port, how: role === undefined ? 'probed' : 'usb-id' };
    if (verdict === 'second-choice') secondChoice ??= { port, how: 'probed' };
    else if (verdict === 'last-resort') {
      lastResort ??= port;
      told.set(port.name, 'does not answer');
    } else told.set(port.name, verdict.not);
    if (role !== undefined && (probe.is === 'busy' || probe.is === 'permission'))
      failures.push({ error: probe.error, port, isBusy: probe.is === 'busy' });
  }
  if (secondChoice) return secondChoice;
  // The one whose holder can be named tells most.
  const failure = failures.find(({ port }) => rivals(port).length > 0) ?? failures[0];
  if (failure) {
    const { error, port, isBusy } = failure;
    if (!isBusy) throw error;
    throw await heldError('link.busy', { path: port.path, port, holders: rivals(port), roots, cause: error });
  }
  if (!lastResort) throw nothingFound(user, request.ports, told);
  const others = rivals(lastResort);
  if (user === 'modem' && others.length > 0)
    throw await heldError('link.shared', { path: lastResort.path, port: lastResort, holders: others, roots });
  return { port: lastResort, how: 'usb-id' };
}

/** Of one device's ports those come first that no other program has open: the second AT port is as good. */
function lessHeldFirst(
  candidates: readonly Candidate[],
  rivals: (port: TtyPort) => readonly PortHolder[],
): readonly Candidate[] {
  const groupOf = ({ port, role }: Candidate): string =>
    role === undefined ? port.name : (port.usb?.busPath ?? port.name);
  const groups = [...new Set(candidates.map(groupOf))];
  const isHeld = ({ port }: Candidate): number => (rivals(port).length > 0 ? 1 : 0);
  // Sorting is stable: within a group the order given stays.
  return [...candidates].sort(
    (a, b) => groups.indexOf(groupOf(a)) - groups.indexOf(groupOf(b)) || isHeld(a) - isHeld(b),
  );
}
