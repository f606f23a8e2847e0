// A machine with USB ports: the module, the receiver and a foreign adapter hang on a hub, and what the kernel and udev
// would make of it lies in a directory (tree.ts), with a live port behind each node. Cables, the file `authorized`,
// re-enumeration under other numbers, and two devices that change places.
//
//   nothing ── cable in, not away ──→ known (device directory) ── authorized ──→ ready (interfaces, nodes, names)
//      ↑                               │        ↑                                 │
//      └──────── cable out, away ──────┘        └──────── not authorized ─────────┘
import { type Clock, createDisposer, type Logger, sleep, type Timer, WaymarkError } from '../core/index.js';
import type { Cables, WorldDevice } from './cables.js';
import { createPlug, type Plug } from './plug.js';
import type { SimProfile } from './profile.js';
import { createTree } from './tree.js';
import {
  type PortRole,
  portsOf,
  ttyPrefix,
  type UsbDeviceLayout,
  type UsbDeviceName,
  usbDevices,
} from './usb-layout.js';

export interface MachinePort {
  /** What is really behind the node now. */
  role: PortRole;
  /** `<tree>/dev/ttyUSB3`. */
  node: string;
  byId: string;
  byPath: string;
  /** The USB device the node belongs to, as sysfs tells. */
  device: UsbDeviceName;
  interfaceNumber: number;
  /** How much was ever written to what is behind it. */
  receivedBytes: number;
}

export interface MachineDescription {
  sysRoot: string;
  devRoot: string;
  isSwapped: boolean;
  ports: readonly MachinePort[];
}

export interface Machine extends Cables {
  readonly description: MachineDescription;
  /** The port of each role, whatever node it is behind. */
  readonly plugs: Readonly<Partial<Record<PortRole, Plug>>>;
  /** What was written to a port, the last 64 KiB of it. */
  received(role: PortRole): Uint8Array;
  /** Does a reset of the module take its ports away? Not so behind a bridge chip. */
  readonly isResetWithModule: boolean;
  /** Ports gone, and back after `gapMs` of clock time, under other numbers when asked; power stays. */
  reenumerate(device: WorldDevice, options: { renumber: boolean; gapMs: number }): Promise<void>;
  /** Off the bus for good (a module that was shut down), until re-enumerated or plugged in again. */
  leaveBus(device: WorldDevice): Promise<void>;
  /** The receiver and the module's first AT port change places: names stay, what is behind them does not. */
  swap(): Promise<void>;
}

/** Real time between two looks at the `authorized` files. */
const WATCH_MS = 50;
const MAX_RECEIVED = 65_536;

interface Slot {
  layout: UsbDeviceLayout;
  isCabled: boolean;
  isAuthorized: boolean;
  isAway: boolean;
  /** Counts departures: only the last one brings the device back. */
  departures: number;
  is: 'nothing' | 'known' | 'ready';
  numbers: Map<number, number>;
  told: { isPlugged: boolean; isPowered: boolean };
}

/** Lays out the tree and plugs everything in. Errors: `cli.usage` (directory), those of `createPlug`. */
export async function createMachine(options: {
  root: string;
  profile: SimProfile;
  clock: Clock;
  log: Logger;
}): Promise<Machine> {
  const { clock, log } = options;
  const tree = createTree(options.root);
  const disposer = createDisposer();
  disposer.add(() => tree.clear());
  const ending = new AbortController();
  const watchers = new Set<(device: WorldDevice, isPlugged: boolean, isPowered: boolean) => void>();
  const received = new Map<PortRole, { total: number; tail: Buffer }>();
  let isSwapped = false;
  // What Linux has counted so far: the root hub and the hub.
  let devnum = 2;

  const slots = usbDevices(options.profile).map(
    (layout): Slot => ({
      layout,
      isCabled: true,
      isAuthorized: true,
      isAway: false,
      departures: 0,
      is: 'nothing',
      numbers: new Map(portsOf(layout).map(({ number, role }) => [number, layout.firstNumbers[role] ?? 0])),
      told: { isPlugged: false, isPowered: true },
    }),
  );
  const slotOf = (device: UsbDeviceName): Slot => {
    const found = slots.find(({ layout }) => layout.name === device);
    if (!found) throw new WaymarkError('core.internal', `no ${device} in this machine`);
    return found;
  };
  const nameIn = (slot: Slot) => (interfaceNumber: number) =>
    `${ttyPrefix(slot.layout)}${slot.numbers.get(interfaceNumber) ?? 0}`;
  /** The role behind a port, and the port of a role: the same exchange both ways. */
  const exchanged = (role: PortRole): PortRole =>
    isSwapped && role === 'at' ? 'receiver' : isSwapped && role === 'receiver' ? 'at' : role;

  // ---- ports
  const nodeOf = (role: PortRole): string => {
    const place = exchanged(role);
    for (const slot of slots)
      for (const port of portsOf(slot.layout)) if (port.role === place) return tree.node(nameIn(slot)(port.number));
    throw new WaymarkError('core.internal', `no port for ${role}`);
  };
  const makePlug = async (role: PortRole): Promise<Plug> => {
    const plug = disposer.use(
      await createPlug({
        link: () => nodeOf(role),
        clock,
        log,
        // A node in a tree is a file; the fall-back to TCP is none.
        methods: ['socat', 'script'],
        isUnplugged: true,
      }),
    );
    const heard = { total: 0, tail: Buffer.alloc(0) };
    received.set(role, heard);
    plug.onBytes((bytes) => {
      heard.total += bytes.length;
      heard.tail = Buffer.concat([heard.tail, bytes]).subarray(-MAX_RECEIVED);
    });
    return plug;
  };
  const plugs: Partial<Record<PortRole, Plug>> = {};
  for (const slot of slots) for (const { role } of portsOf(slot.layout)) plugs[role] = await makePlug(role);
  const { at, receiver } = plugs;
  if (!at || !receiver) throw new WaymarkError('core.internal', 'a machine needs a module and a receiver');
  const plugsIn = (slot: Slot): Plug[] =>
    portsOf(slot.layout).flatMap(({ role }) => {
      const plug = plugs[exchanged(role)];
      return plug ? [plug] : [];
    });

  // ---- coming and going
  // One change at a time, in the order asked.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (action: () => Promise<void>): Promise<void> => {
    const turn = last.then(action);
    last = turn.catch(() => undefined);
    return turn;
  };
  const wanted = ({ isCabled, isAway, isAuthorized }: Slot): Slot['is'] =>
    ending.signal.aborted || !isCabled || isAway ? 'nothing' : isAuthorized ? 'ready' : 'known';
  const settle = async (slot: Slot): Promise<void> => {
    const { layout } = slot;
    const goal = wanted(slot);
    if (slot.is === 'ready' && goal !== 'ready') {
      tree.removeStableNames(layout);
      tree.removeInterfaces(layout, nameIn(slot));
      await Promise.all(plugsIn(slot).map((plug) => plug.unplug()));
      slot.is = 'known';
    }
    if (slot.is === 'known' && goal === 'nothing') {
      tree.removeDevice(layout);
      slot.is = 'nothing';
    }
    if (slot.is === 'nothing' && goal !== 'nothing') {
      tree.addDevice(layout, ++devnum);
      slot.is = 'known';
    }
    if (slot.is === 'known' && goal === 'ready') {
      tree.addInterfaces(layout, nameIn(slot));
      await Promise.all(plugsIn(slot).map((plug) => plug.replug()));
      tree.addStableNames(layout, nameIn(slot));
      slot.is = 'ready';
    }
    const now = { isPlugged: slot.is === 'ready', isPowered: slot.isCabled && slot.isAuthorized };
    const { told } = slot;
    if (now.isPlugged === told.isPlugged && now.isPowered === told.isPowered) return;
    slot.told = now;
    if (layout.name !== 'foreign') for (const cb of [...watchers]) cb(layout.name, now.isPlugged, now.isPowered);
  };
  const change = (slot: Slot, set: (slot: Slot) => void): Promise<void> =>
    inTurn(() => {
      set(slot);
      return settle(slot);
    });
  /** The lowest numbers nobody has, in reverse order of the interfaces: a holder kept the old ones. */
  const renumber = (slot: Slot): void => {
    const prefix = ttyPrefix(slot.layout);
    const taken = new Set(
      slots.flatMap((each) => (ttyPrefix(each.layout) === prefix ? [...each.numbers.values()] : [])),
    );
    let next = 0;
    for (const { number } of [...portsOf(slot.layout)].reverse()) {
      while (taken.has(next)) next++;
      taken.add(next);
      slot.numbers.set(number, next);
    }
  };
  const reenumerate: Machine['reenumerate'] = async (device, how) => {
    const slot = slotOf(device);
    const departure = ++slot.departures;
    await change(slot, () => void (slot.isAway = true));
    await sleep(clock, how.gapMs, ending.signal).catch(() => undefined);
    // Somebody may have shut it down or pulled it meanwhile, or everything ends.
    if (departure !== slot.departures || ending.signal.aborted) return;
    await change(slot, () => {
      slot.isAway = false;
      if (how.renumber) renumber(slot);
    });
  };

  // ---- the switch in sysfs
  let watch: Timer | undefined;
  const look = (): void => {
    for (const slot of slots) {
      if (slot.is === 'nothing') continue;
      const isAuthorized = tree.authorized(slot.layout);
      if (isAuthorized === undefined || isAuthorized === slot.isAuthorized) continue;
      change(slot, () => void (slot.isAuthorized = isAuthorized)).catch((error: unknown) =>
        log.warn('sim.replug-failed', { device: slot.layout.name, error }),
      );
    }
    watch = clock.deadline(WATCH_MS, look);
  };
  // Everything is taken down, then the plugs, then the tree.
  disposer.add(async () => {
    ending.abort();
    watch?.cancel();
    watchers.clear();
    for (const slot of slots) await inTurn(() => settle(slot));
  });

  try {
    for (const slot of slots) await inTurn(() => settle(slot));
  } catch (error) {
    await Promise.allSettled([disposer[Symbol.asyncDispose]()]);
    throw error;
  }
  look();

  const portAt = (slot: Slot, interfaceNumber: number, place: PortRole): MachinePort => ({
    role: exchanged(place),
    node: tree.node(nameIn(slot)(interfaceNumber)),
    byId: tree.byId(slot.layout, interfaceNumber),
    byPath: tree.byPath(slot.layout, interfaceNumber),
    device: slot.layout.name,
    interfaceNumber,
    receivedBytes: received.get(exchanged(place))?.total ?? 0,
  });
  const stableAddress = (device: WorldDevice): string => {
    const { layout } = slotOf(device);
    const place: PortRole = device === 'modem' ? 'at' : 'receiver';
    const port = portsOf(layout).find(({ role }) => role === place);
    return tree.byId(layout, port?.number ?? 0);
  };
  return {
    modem: at,
    receiver,
    ...(plugs.at2 ? { secondary: plugs.at2 } : {}),
    ...(plugs.nmea ? { nmea: plugs.nmea } : {}),
    plugs,
    isResetWithModule: slotOf('modem').layout.isResetWithModule,
    received: (role) => received.get(role)?.tail ?? new Uint8Array(),
    get description() {
      return {
        sysRoot: tree.sysRoot,
        devRoot: tree.devRoot,
        isSwapped,
        ports: slots.flatMap((slot) => portsOf(slot.layout).map(({ number, role }) => portAt(slot, number, role))),
      };
    },
    where: (device) => ({ address: stableAddress(device), kind: 'pty' }),
    isPlugged: (device) => slotOf(device).is === 'ready',
    unplug: (device) =>
      change(slotOf(device), (slot) => {
        slot.departures++;
        slot.isCabled = false;
      }),
    replug: (device) =>
      change(slotOf(device), (slot) => {
        if (!slot.isCabled) Object.assign(slot, { isAuthorized: true, isAway: false });
        slot.isCabled = true;
      }),
    onPlug(cb) {
      watchers.add(cb);
      return () => void watchers.delete(cb);
    },
    reenumerate,
    leaveBus: (device) =>
      change(slotOf(device), (slot) => {
        slot.departures++;
        slot.isAway = true;
      }),
    swap: () =>
      inTurn(async () => {
        const pair = [slotOf('modem'), slotOf('receiver')];
        const before = pair.map(({ isCabled }) => isCabled);
        for (const slot of pair) {
          slot.isCabled = false;
          await settle(slot);
        }
        isSwapped = !isSwapped;
        for (const [i, slot] of pair.entries()) {
          slot.isCabled = before[i] === true;
          await settle(slot);
        }
      }),
    [Symbol.asyncDispose]: () => disposer[Symbol.asyncDispose](),
  };
}
