// The cables of a world: which port each simulated device talks through, and what pulling and putting back means. Here
// the plain kind, one port a device at a fixed path; machine.ts has the kind with USB around it.
import { type Clock, createDisposer, type Logger } from '../core/index.js';
import { createPlug, type PortLike } from './plug.js';
import type { UsbDeviceName } from './usb-layout.js';

export const WORLD_DEVICES = ['modem', 'receiver'] as const satisfies readonly UsbDeviceName[];
export type WorldDevice = (typeof WORLD_DEVICES)[number];

export interface Cables extends AsyncDisposable {
  readonly modem: PortLike;
  /** The module's second AT port and its NMEA port, where it has them. */
  readonly secondary?: PortLike;
  readonly nmea?: PortLike;
  readonly receiver: PortLike;
  /** Where the device is found; stays the same. `kind` says how the port is made: `pty` or `tcp`. */
  where(device: WorldDevice): { address: string; kind: string };
  /** Are its ports there? */
  isPlugged(device: WorldDevice): boolean;
  unplug(device: WorldDevice): Promise<void>;
  replug(device: WorldDevice): Promise<void>;
  /** Told when the ports have come or gone, and whether the device has power then; returns the unsubscribe. */
  onPlug(cb: (device: WorldDevice, isPlugged: boolean, isPowered: boolean) => void): () => void;
}

/** One port a device. Errors: those of `createPlug`. */
export async function createPlainCables(options: {
  links: Readonly<Record<WorldDevice, string>>;
  clock: Clock;
  log: Logger;
}): Promise<Cables> {
  const { links, clock, log } = options;
  const disposer = createDisposer();
  try {
    const modem = disposer.use(await createPlug({ link: links.modem, clock, log }));
    const receiver = disposer.use(await createPlug({ link: links.receiver, clock, log }));
    const plugs = { modem, receiver };
    return {
      modem,
      receiver,
      where: (device) => ({ address: plugs[device].address, kind: plugs[device].kind }),
      isPlugged: (device) => plugs[device].isPlugged,
      unplug: (device) => plugs[device].unplug(),
      replug: (device) => plugs[device].replug(),
      onPlug(cb) {
        const offs = WORLD_DEVICES.map((device) =>
          plugs[device].onPlug((isPlugged) => cb(device, isPlugged, isPlugged)),
        );
        return () => {
          for (const off of offs) off();
        };
      },
      [Symbol.asyncDispose]: () => disposer[Symbol.asyncDispose](),
    };
  } catch (error) {
    await Promise.allSettled([disposer[Symbol.asyncDispose]()]);
    throw error;
  }
}
