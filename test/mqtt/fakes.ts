// Brokers for tests: a real one in this process, and ones that speak a few bytes of our choice.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Aedes, type AedesOptions } from 'aedes';
import { createClock, silentLogger } from '../../src/core/index.js';
import { openSession, type Session, type SessionOptions } from '../../src/mqtt/index.js';

export interface RawBroker extends AsyncDisposable {
  port: number;
  sockets: Set<Socket>;
}

export const CONNACK = (code = 0): Buffer => Buffer.from([0x20, 2, 0, code]);

/** Calls `onConnect` with the socket once CONNECT has arrived. */
export async function rawBroker(onConnect: (socket: Socket) => void): Promise<RawBroker> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', () => onConnect(socket));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

export interface TestBroker extends RawBroker {
  aedes: Aedes;
}

export async function aedesBroker(options: AedesOptions = {}): Promise<TestBroker> {
  const aedes = await Aedes.createBroker(options);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    aedes.handle(socket);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    aedes,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => void server.close(resolve));
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
    },
  };
}

export const tcp = (port: number): Promise<Duplex> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    socket.on('error', reject);
    socket.once('connect', () => resolve(socket));
  });

export const sessionOptions = (port: number, extra: Partial<SessionOptions> = {}): SessionOptions => ({
  connect: () => tcp(port),
  clientId: 'gateway-1',
  keepaliveSeconds: 30,
  connackTimeoutMs: 15_000,
  maxPacketBytes: 262_144,
  ...extra,
});

export const open = (
  port: number,
  extra: Partial<SessionOptions> = {},
  clock = createClock(),
  signal?: AbortSignal,
): Promise<Session> => openSession({ clock, log: silentLogger }, sessionOptions(port, extra), { signal });
