// One listening TCP socket that says the same to everybody who has connected. A listener that reads too slowly loses whole
// pieces, counted, and is cut when that goes on for long, or at once when a newcomer finds every place taken; it never slows
// the others, or who speaks.
import { createServer, type Server, type Socket } from 'node:net';
import {
  abortReason,
  type Clock,
  deferred,
  type ErrorCode,
  type Logger,
  onAbort,
  WaymarkError,
} from '../core/index.js';

export interface Address {
  host: string;
  /** 0: any free one. */
  port: number;
}

export interface BroadcastOptions extends Address {
  /** Where it is configured, such as `location.raw`: for logs and hints. */
  setting: string;
}

/** What a listener gets of its own. */
export interface Listener {
  /** To this one only. */
  send(bytes: Uint8Array): void;
}

/** What becomes of what a listener says. */
export type Hears = (bytes: Uint8Array) => void;

export interface BroadcastDeps {
  clock: Clock;
  log: Logger;
  /** Somebody has connected. What it returns gets what that one says; without, that is read and dropped. */
  onListener?: (listener: Listener) => Hears | undefined;
  /** From nobody to somebody, and back. */
  onAudience?: (hasAudience: boolean) => void;
}

export interface BroadcastStatus {
  /** While it is open: the port, also where any free one was asked for. */
  port?: number;
  clients: number;
  counters: Readonly<BroadcastCounters>;
}

interface BroadcastCounters {
  accepted: number;
  /** Not let in: there were as many as may be. */
  refused: number;
  /** Too slow for long, or while another waited for the place, and cut. */
  cut: number;
  bytesOut: number;
  /** Whole pieces a slow listener did not get. */
  droppedChunks: number;
  droppedBytes: number;
  /** Said by listeners, and not passed on. */
  ignoredBytes: number;
}

/** A listening socket as a lane runs it: again and again. */
export interface Output {
  /**
   * Listens until aborted (rejects with the reason, everything closed). Errors: `link.busy` (the port is taken),
   * `link.permission`, `link.absent` (the host is none of ours).
   */
  serve(options: { signal: AbortSignal; onListening?: () => void }): Promise<never>;
  status(): BroadcastStatus;
}

export interface Broadcast extends Output {
  send(bytes: Uint8Array): void;
}

export const MAX_CLIENTS = 8;
/** Waiting for one listener; about a minute of a busy receiver. */
export const MAX_WAITING_BYTES = 256 * 1024;
/** It has lost pieces for so long: it does not keep up, or does not read at all. */
const CUT_AFTER_MS = 30_000;
/** What it takes so long after the last loss shows that it keeps up again. */
const CAUGHT_UP_MS = 10_000;
/** Notices a listener whose machine has gone. */
const KEEPALIVE_MS = 30_000;

interface Client {
  socket: Socket;
  /** Of the losses that go on: the first, the last, and how much. */
  losing?: { sinceMonoMs: number; lastMonoMs: number; bytes: number } | undefined;
}

export function createBroadcast(deps: BroadcastDeps, options: BroadcastOptions): Broadcast {
  const { clock, log } = deps;
  const { setting } = options;
  const clients = new Set<Client>();
  const counters: BroadcastCounters = {
    accepted: 0,
    refused: 0,
    cut: 0,
    bytesOut: 0,
    droppedChunks: 0,
    droppedBytes: 0,
    ignoredBytes: 0,
  };
  let port: number | undefined;

  const sendTo = (client: Client, bytes: Uint8Array): void => {
    const { socket } = client;
    if (!socket.writable) return;
    if (socket.writableLength + bytes.length <= MAX_WAITING_BYTES) {
      if (client.losing && clock.mono() - client.losing.lastMonoMs >= clock.ioBudgetMs(CAUGHT_UP_MS))
        client.losing = undefined;
      counters.bytesOut += bytes.length;
      socket.write(bytes);
      return;
    }
    counters.droppedChunks++;
    counters.droppedBytes += bytes.length;
    const losing = client.losing ?? { sinceMonoMs: clock.mono(), lastMonoMs: 0, bytes: 0 };
    client.losing = { ...losing, lastMonoMs: clock.mono(), bytes: losing.bytes + bytes.length };
    if (clock.mono() - losing.sinceMonoMs >= clock.ioBudgetMs(CUT_AFTER_MS)) cut(client);
  };

  const cut = (client: Client): void => {
    counters.cut++;
    log.info('location.client-cut', { setting }, 'A local program did not keep up and was disconnected.');
    // Its place is free at once; the last one goes with its `close`, as the audience does.
    if (clients.size > 1) clients.delete(client);
    client.socket.destroy();
  };

  /** A place for one more: where all are taken, that of the one that loses most. */
  const hasPlace = (): boolean => {
    if (clients.size < MAX_CLIENTS) return true;
    const [slowest] = [...clients]
      .filter(({ losing }) => losing !== undefined)
      .sort((a, b) => (b.losing?.bytes ?? 0) - (a.losing?.bytes ?? 0));
    if (slowest) cut(slowest);
    return slowest !== undefined;
  };

  const welcome = (socket: Socket): void => {
    if (!hasPlace()) {
      counters.refused++;
      socket.on('error', () => undefined).destroy();
      return;
    }
    const client: Client = { socket };
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEPALIVE_MS);
    // What is wrong with a listener is its own affair: `close` follows.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (clients.delete(client) && clients.size === 0) deps.onAudience?.(false);
    });
    clients.add(client);
    counters.accepted++;
    if (clients.size === 1) deps.onAudience?.(true);
    const hears = deps.onListener?.({ send: (bytes) => sendTo(client, bytes) });
    socket.on('data', (bytes) => {
      if (hears) hears(bytes);
      else counters.ignoredBytes += bytes.length;
    });
  };

  return {
    async serve({ signal, onListening }) {
      if (signal.aborted) throw abortReason(signal);
      const server = createServer(welcome);
      // Who is turned away takes a moment to go.
      server.maxConnections = 2 * MAX_CLIENTS;
      server.on('drop', () => counters.refused++);
      const ended = deferred<never>();
      const off = onAbort(signal, () => ended.reject(abortReason(signal)));
      server.once('error', (error) => ended.reject(cannotListen(options, error)));
      server.listen({ host: options.host, port: options.port }, () => {
        const address = server.address();
        port = address !== null && typeof address === 'object' ? address.port : undefined;
        log.info('location.listening', { setting, host: options.host, port });
        onListening?.();
      });
      try {
        return await ended.promise;
      } finally {
        off();
        port = undefined;
        await close(server, clients);
      }
    },
    send(bytes) {
      for (const client of [...clients]) sendTo(client, bytes);
    },
    status: () => ({ ...(port === undefined ? {} : { port }), clients: clients.size, counters: { ...counters } }),
  };
}

async function close(server: Server, clients: ReadonlySet<Client>): Promise<void> {
  server.removeAllListeners('error').on('error', () => undefined);
  const closed = [...clients].map(
    ({ socket }) =>
      new Promise<void>((resolve) => {
        socket.once('close', () => resolve());
        socket.destroy();
      }),
  );
  // Its callback comes also where it never listened.
  await Promise.all([...closed, new Promise<void>((resolve) => void server.close(() => resolve()))]);
}

const NOT_OURS = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EAFNOSUPPORT']);

function cannotListen({ host, port, setting }: BroadcastOptions, error: NodeJS.ErrnoException): WaymarkError {
  const { code = 'unknown error' } = error;
  const at = `${setting}: ${host}:${port}: ${code}`;
  const [is, hint]: [ErrorCode, string] =
    code === 'EACCES' || code === 'EPERM'
      ? ['link.permission', `The service user may not listen there: choose a port from 1024 on at ${setting}.port.`]
      : NOT_OURS.has(code)
        ? ['link.absent', `This machine has no such address (yet): correct ${setting}.host.`]
        : ['link.busy', `Another program listens there: stop it, or choose another port at ${setting}.port.`];
  return new WaymarkError(is, at, { hint, cause: error });
}
