// Which port belongs to whom. Modem and receiver open their ports through this book: it looks for them (`auto`), finds a
// renamed device again, keeps the two apart, and says who else is on a port that does not open.
//
//   auto        list → search (one at a time, search.ts) → claim → open
//   path        claim → open; its USB identity is remembered
//   path gone   list → the same identity under another name → claim → open ('moved')
//   tcp://      claim → open
//
// A claim lasts as long as the link. What neither user is on is nobody's.
import { realpath } from 'node:fs/promises';
import { abortable, type Clock, isWaymarkError, type Logger, WaymarkError } from '../../core/index.js';
import {
  findHolders,
  type Link,
  type LinkOpener,
  type LinkTarget,
  listPorts,
  type Roots,
  stableName,
  type TtyPort,
} from '../../link/index.js';
import { roleOf } from '../../modem/index.js';
import { findAgain, identityOf, mayBelongTo, type PortIdentity, portBehind } from './identity.js';
import { createProbeMemory } from './probes.js';
import { atPortsOf, candidatesFor, isSameDevice, searchPort } from './search.js';
import type { FoundPort, PortBook, PortUser } from './types.js';
import { nodeAt, portsMark, untilChanged } from './watch.js';
import { heldError, otherPortsHint } from './words.js';

export type { FoundPort, PortBook, PortUser } from './types.js';

export interface PortBookDeps {
  open: LinkOpener;
  clock: Clock;
  log: Logger;
  roots: Roots;
  /** What the receiver is to speak (default `ubx`). */
  gnssProtocol?: 'ubx' | 'nmea';
}

const AWAY_MS = 60_000;
const OTHER: Readonly<Record<PortUser, PortUser>> = { modem: 'gnss', gnss: 'modem' };
const OWNER: Readonly<Record<PortUser, string>> = {
  modem: 'the modem of this agent',
  gnss: 'the receiver of this agent',
};

interface Claim {
  /** Real path of the node, or the address. */
  readonly key: string;
  readonly found: FoundPort;
}

/** What is known of one user's port over time. */
interface Past {
  configured: string | undefined;
  /** What was open last: found again under another name. */
  identity: PortIdentity | undefined;
  /** Other devices that were there then (bus paths). */
  neighbours: ReadonlySet<string>;
  closedMonoMs: number;
  /** The list when it was last tried. */
  mark: string | undefined;
  /** Said once. */
  said: string | undefined;
}

const isAddress = (text: string): boolean => text.startsWith('tcp://');
const keyOf = (path: string): Promise<string> =>
  isAddress(path) ? Promise.resolve(path) : realpath(path).catch(() => path);

/** A book for one agent. Opens nothing by itself. */
export function createPortBook(deps: PortBookDeps): PortBook {
  const { open, clock, log, roots, gnssProtocol = 'ubx' } = deps;
  const probes = createProbeMemory(open, clock);
  const claims = new Map<PortUser, Claim>();
  const newPast = (): Past => ({
    configured: undefined,
    identity: undefined,
    neighbours: new Set(),
    closedMonoMs: Number.NEGATIVE_INFINITY,
    mark: undefined,
    said: undefined,
  });
  const past: Record<PortUser, Past> = { modem: newPast(), gnss: newPast() };
  let lastPorts: readonly TtyPort[] = [];
  let onSecond = false;
  let turn: Promise<unknown> = Promise.resolve();

  const list = async (): Promise<readonly TtyPort[]> => {
    lastPorts = await listPorts(roots);
    return lastPorts;
  };

  /** One search at a time: two would open each other's ports to see what they are. */
  async function inTurn<T>(signal: AbortSignal | undefined, action: () => Promise<T>): Promise<T> {
    const before = turn;
    const mine = abortable(before, signal).then(action);
    turn = Promise.allSettled([before, mine]).then(() => undefined);
    return mine;
  }

  // ---- which port

  /** The other user's ports by name: the one that is open, and the one that is configured. */
  async function takenBy(user: PortUser, ports: readonly TtyPort[]): Promise<Map<string, string>> {
    const { configured } = past[user];
    const keys = new Set<string>();
    const claim = claims.get(user);
    if (claim) keys.add(claim.key);
    if (configured !== undefined && configured !== 'auto') keys.add(await keyOf(configured));
    const taken = new Map<string, string>();
    for (const port of ports) if (keys.has(await keyOf(port.path))) taken.set(port.name, OWNER[user]);
    return taken;
  }

  /**
   * While a module restarts or hangs, those that stood beside it are not taken in its place: they have another SIM, and
   * what is to be done to it would be done to them.
   */
  function keptOut(user: PortUser, ports: readonly TtyPort[]): [string, string][] {
    const { identity, neighbours, closedMonoMs } = past[user];
    if (user !== 'modem' || identity === undefined || clock.mono() - closedMonoMs >= AWAY_MS) return [];
    const beside = ports.filter(({ usb }) => usb !== undefined && neighbours.has(usb.busPath));
    return beside.map(({ name }) => [name, 'another device, left alone while the module is away']);
  }

  async function search(user: PortUser, baudRate: number, signal: AbortSignal | undefined): Promise<FoundPort> {
    const ports = await list();
    const taken = new Map([...keptOut(user, ports), ...(await takenBy(OTHER[user], ports))]);
    const request = { user, ports, taken, gnssProtocol, secondFirst: onSecond, preferred: past[user].identity };
    const { port, how } = await searchPort({ probes, roots, log }, { ...request, baudRate, signal });
    return { path: port.path, stableName: stableName(port), port, how };
  }

  /** The modem's device as its AT ports, first and second; the configured one counts as the first. */
  function modemPorts(ports: readonly TtyPort[]): readonly TtyPort[] {
    const { identity, configured } = past.modem;
    const busPath = identity && ports.find((port) => isSameDevice(identity, port))?.usb?.busPath;
    if (busPath === undefined) return [];
    const named = (port: TtyPort): boolean => [port.path, port.byId, port.byPath].includes(configured);
    const own = atPortsOf(busPath, ports);
    return [...own.filter(named), ...own.filter((port) => !named(port))];
  }

  function secondOf(ports: readonly TtyPort[]): FoundPort | undefined {
    const port = modemPorts(ports)[1];
    return port && { path: port.path, stableName: stableName(port), port, how: 'usb-id' };
  }

  async function configuredPort(user: PortUser, configured: string): Promise<FoundPort> {
    const ports = await list();
    if (user === 'modem' && onSecond) {
      const second = secondOf(ports);
      if (second && nodeAt(second.path) !== undefined) return second;
    }
    const port = await portBehind(configured, ports);
    // A number may have gone to another interface of the device: the name is there, and is not what was meant.
    if (nodeAt(configured) === undefined || (port && !mayBelongTo(user, port))) {
      const again = movedTo(user, ports);
      if (again) return { path: again.path, stableName: stableName(again), port: again, how: 'moved' };
    }
    return {
      path: configured,
      stableName: port ? stableName(port) : configured,
      ...(port ? { port } : {}),
      how: 'configured',
    };
  }

  function movedTo(user: PortUser, ports: readonly TtyPort[]): TtyPort | undefined {
    const { identity } = past[user];
    const again = identity && findAgain(identity, ports);
    return again && nodeAt(again.path) !== undefined ? again : undefined;
  }

  // ---- opening

  async function openClaimed(
    user: PortUser,
    found: FoundPort,
    target: LinkTarget,
    signal: AbortSignal | undefined,
  ): Promise<Link> {
    const claim: Claim = { key: await keyOf(found.path), found };
    if (claims.get(OTHER[user])?.key === claim.key)
      throw new WaymarkError('link.busy', `${found.path} is open already: it is the port of ${OWNER[OTHER[user]]}`, {
        hint: 'modem.port and gnss.port lead to the same device: name another port for one of them.',
      });
    claims.set(user, claim);
    const release = (): void => {
      if (claims.get(user) === claim) claims.delete(user);
    };
    try {
      const link = await open({ ...target, address: found.path }, { signal });
      void link.closed.then(() => {
        release();
        past[user].closedMonoMs = clock.mono();
        probes.forget(found.path);
      });
      return link;
    } catch (error) {
      release();
      if (isWaymarkError(error, 'link.absent') && found.how === 'configured' && !isAddress(found.path))
        throw new WaymarkError('link.absent', error.message, { cause: error, hint: otherPortsHint(user, lastPorts) });
      if (!isWaymarkError(error, 'link.busy')) throw error;
      const { path, port } = found;
      const holders = await findHolders(path, roots);
      throw await heldError('link.busy', { path, port, holders, roots, cause: error });
    }
  }

  /** Remembers what is open now, and says so when it is news. */
  function opened(user: PortUser, configured: string, { path, port, how }: FoundPort): void {
    const mine = past[user];
    // A device that is known to be of another kind came there by mistake: it is not what is looked for later. Nor is
    // the second AT port the one that was configured.
    const isStandIn = configured !== 'auto' && how === 'usb-id';
    if (port && !isStandIn && mayBelongTo(user, port)) {
      mine.identity = identityOf(port);
      mine.neighbours = new Set(
        lastPorts.flatMap(({ usb }) => (usb && usb.busPath !== port.usb?.busPath ? [usb.busPath] : [])),
      );
    }
    const said = `${how} ${path}`;
    if (said === mine.said) return;
    mine.said = said;
    if (how === 'configured') return;
    const device = port && (roleOf(port)?.module ?? port.usb?.product);
    const fields = { user, path, how, ...(device === undefined ? {} : { device }) };
    if (how === 'moved') log.warn('port.moved', { ...fields, configured }, 'The device came back under another name.');
    else log.info('port.found', fields);
  }

  const opener =
    (user: PortUser, configured: string): LinkOpener =>
    async (target, { signal }) => {
      past[user].mark = markFor(configured);
      const openNow = async (found: FoundPort): Promise<Link> => {
        const link = await openClaimed(user, found, target, signal);
        opened(user, configured, found);
        return link;
      };
      if (isAddress(configured)) return openNow({ path: configured, stableName: configured, how: 'configured' });
      if (configured === 'auto')
        return inTurn(signal, async () => openNow(await search(user, target.baudRate, signal)));
      const found = await configuredPort(user, configured);
      // Under its new name the port is nobody's yet: a search might be looking at it.
      return found.how === 'moved' ? inTurn(signal, () => openNow(found)) : openNow(found);
    };

  // ---- waiting

  /** The configured node alone, while it is there; else everything that may take its place. */
  const markFor = (configured: string): string => {
    const node = configured === 'auto' || isAddress(configured) ? undefined : nodeAt(configured);
    if (isAddress(configured)) return configured;
    return node === undefined || onSecond ? `${node ?? ''} ${portsMark(roots)}` : node;
  };

  async function isThere(user: PortUser, configured: string): Promise<boolean> {
    if (isAddress(configured)) return true;
    if (configured !== 'auto') return nodeAt(configured) !== undefined || movedTo(user, await list()) !== undefined;
    const ports = await list();
    const taken = await takenBy(OTHER[user], ports);
    return candidatesFor({ user, ports, taken, gnssProtocol, secondFirst: false, preferred: undefined }).some(
      ({ port }) => nodeAt(port.path) !== undefined,
    );
  }

  return {
    opener(user, configured) {
      past[user].configured = configured;
      return opener(user, configured);
    },
    whenChanged: (user, configured, waitMs, signal) =>
      untilChanged({
        clock,
        signal,
        waitMs,
        mark: () => markFor(configured),
        since: past[user].mark,
        isThere: () => isThere(user, configured),
      }),
    current: (user) => claims.get(user)?.found,
    secondary: () => secondOf(lastPorts),
    useSecondary(on) {
      onSecond = on;
    },
    async holders(user) {
      const { configured } = past[user];
      const path = claims.get(user)?.found.path ?? (configured === 'auto' ? undefined : configured);
      if (path === undefined || isAddress(path)) return [];
      return (await findHolders(path, roots)).filter(({ isSelf }) => !isSelf);
    },
  };
}
