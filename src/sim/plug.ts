// The cable of a simulated device: it outlives being pulled and put back (each time a new port at the same address),
// and a port that dies by itself comes back after five seconds, as a re-enumerating USB device does.
import type { Clock, Logger, Timer } from '../core/index.js';
import { openPty, type PtyMethod, type SimPort } from './pty.js';

/** What a simulated device needs of its cable. */
export interface PortLike {
  /** Never blocks or throws; bytes for an unplugged port go nowhere. */
  write(bytes: Uint8Array): void;
  /** Calls `cb` with what the program on the other side sends; returns the unsubscribe. */
  onBytes(cb: (bytes: Uint8Array) => void): () => void;
}

export interface Plug extends PortLike, AsyncDisposable {
  /** Path of the port, or `tcp://...`; the same before and after a replug unless `link` says otherwise. */
  readonly address: string;
  readonly kind: 'pty' | 'tcp';
  readonly isPlugged: boolean;
  /** The child behind the present port, if there is one. */
  readonly childPid: number | undefined;
  /** Pulls the cable; the address vanishes. Idempotent. */
  unplug(): Promise<void>;
  /** Puts it back at the same address. Idempotent. */
  replug(): Promise<void>;
  /** Told `true` after each replug and `false` after each unplug, asked or not; returns the unsubscribe. */
  onPlug(cb: (isPlugged: boolean) => void): () => void;
}

export interface PlugOptions {
  /** Path of the port; a function is asked at each replug. */
  link: string | (() => string);
  clock: Clock;
  log: Logger;
  /** What kinds of port to try (default all). */
  methods?: readonly PtyMethod[];
  /** Made without being plugged in (default false). */
  isUnplugged?: boolean;
}

const REPLUG_AFTER_MS = 5000;

/** Makes the cable and plugs it in. Errors: those of `openPty`. */
export async function createPlug({ link, clock, log, methods, isUnplugged }: PlugOptions): Promise<Plug> {
  const linkNow = (): string => (typeof link === 'string' ? link : link());
  const readers = new Set<(bytes: Uint8Array) => void>();
  const watchers = new Set<(isPlugged: boolean) => void>();
  let port: SimPort | undefined;
  let replugTimer: Timer | undefined;
  let disposed = false;
  let tcpPort = 0;
  let address = linkNow();
  let kind: 'pty' | 'tcp' = 'pty';
  // One plug action at a time, in the order asked.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (action: () => Promise<void>): Promise<void> => {
    const turn = last.then(action);
    last = turn.catch(() => undefined);
    return turn;
  };
  const tell = (isPlugged: boolean): void => {
    for (const cb of [...watchers]) cb(isPlugged);
  };

  const plugIn = async (): Promise<void> => {
    replugTimer?.cancel();
    if (port || disposed) return;
    const opened = await openPty({ link: linkNow(), tcpPort, ...(methods ? { methods } : {}) });
    port = opened;
    address = opened.address;
    kind = opened.kind;
    if (kind === 'tcp') tcpPort = Number(new URL(address).port);
    void read(opened);
    void opened.closed.then(() => {
      if (port !== opened) return;
      port = undefined;
      log.warn('sim.port-died', { address }, 'the simulated port died by itself; it comes back in 5 s');
      tell(false);
      comeBackLater();
    });
    tell(true);
  };
  const comeBackLater = (): void => {
    if (disposed) return;
    replugTimer = clock.deadline(REPLUG_AFTER_MS, () => {
      void inTurn(plugIn).catch((error: unknown) => {
        log.warn('sim.replug-failed', { error });
        comeBackLater();
      });
    });
  };
  const read = async (from: SimPort): Promise<void> => {
    for await (const bytes of from.bytes) for (const cb of [...readers]) cb(bytes);
  };
  const pull = async (): Promise<void> => {
    replugTimer?.cancel();
    const pulled = port;
    if (!pulled) return;
    port = undefined;
    await pulled.unplug();
    tell(false);
  };

  if (isUnplugged !== true) await inTurn(plugIn);
  return {
    get address() {
      return address;
    },
    get kind() {
      return kind;
    },
    get isPlugged() {
      return port !== undefined;
    },
    get childPid() {
      return port?.childPid;
    },
    write: (bytes) => port?.write(bytes),
    onBytes(cb) {
      readers.add(cb);
      return () => void readers.delete(cb);
    },
    onPlug(cb) {
      watchers.add(cb);
      return () => void watchers.delete(cb);
    },
    unplug: () => inTurn(pull),
    replug: () => inTurn(plugIn),
    [Symbol.asyncDispose]: () => {
      disposed = true;
      return inTurn(pull);
    },
  };
}
