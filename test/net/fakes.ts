// Servers for the tests of this room; each is closed by `await using`.

import type { RequestListener } from 'node:http';
import { createServer as createHttps, type Server as HttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTls, type TLSSocket, type TlsOptions } from 'node:tls';
import { type Dialer, onAbort } from '../../src/core/index.js';

export interface Fake extends AsyncDisposable {
  port: number;
}

async function listening(server: Server | HttpsServer): Promise<Fake> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

export const tcpFake = (onConnection: (socket: Socket) => void): Promise<Fake> => listening(createServer(onConnection));

export function tlsFake(options: TlsOptions, onConnection: (socket: TLSSocket) => void): Promise<Fake> {
  const server = createTls(options, (socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  server.on('tlsClientError', () => undefined);
  return listening(server);
}

export function httpsFake(options: TlsOptions, onRequest: RequestListener): Promise<Fake> {
  const server = createHttps(options, onRequest);
  server.on('tlsClientError', () => undefined);
  server.on('clientError', (_error, socket) => void socket.destroy());
  return listening(server);
}

/** Dials the loopback whatever name is asked for, so that names can be tested without a resolver. */
export const loopback: Dialer = (target, { signal }) =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: target.port, noDelay: true });
    const off = onAbort(signal, () => void socket.destroy());
    socket.on('error', reject);
    socket.once('connect', () => {
      off();
      resolve(socket);
    });
  });

/** A fatal TLS alert in the clear, as a server sends that refuses at once. */
export const tlsAlert = (description: number): Buffer => Buffer.from([0x15, 3, 3, 0, 2, 2, description]);
