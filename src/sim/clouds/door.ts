// One listening port of the simulated clouds. While nothing is reachable every connection is cut at once, the live ones
// too: that is what a far side without a network in between looks like.
import type { AddressInfo, Server, Socket } from 'node:net';
import { WaymarkError } from '../../core/index.js';

const HOST = '127.0.0.1';

export interface Door {
  /** Set by the first `open`; the same after a close and a new open. */
  readonly port: number;
  readonly isOpen: boolean;
  /** Connections that are up. */
  readonly live: number;
  /** Connections that have come since the start, cut ones too. */
  readonly connections: number;
  /** Listens. Errors: `demo.port`. */
  open(): Promise<void>;
  /** Stops listening and cuts every connection. Idempotent. */
  close(): Promise<void>;
  setReachable(isReachable: boolean): void;
  /** Cuts every connection, goes on listening. */
  cutAll(): void;
}

/**
 * Watches over `server`.
 * @param name as in `--port NAME=N`.
 * @param port 0 = any free one.
 */
export function createDoor(server: Server, name: string, port: number): Door {
  let chosen = port;
  let isReachable = true;
  let connections = 0;
  const sockets = new Set<Socket>();
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  // Before the server's own listener, so that nothing is answered to a connection that does not exist.
  server.prependListener('connection', (socket: Socket) => {
    connections++;
    socket.on('error', () => undefined);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (!isReachable) socket.destroy();
  });

  return {
    get port() {
      return chosen;
    },
    get isOpen() {
      return server.listening;
    },
    get live() {
      return sockets.size;
    },
    get connections() {
      return connections;
    },
    cutAll,
    setReachable(value) {
      isReachable = value;
      if (!value) cutAll();
    },
    open() {
      if (server.listening) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const onError = (error: NodeJS.ErrnoException): void => {
          const text = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${error.code ?? error.message})`;
          reject(new WaymarkError('demo.port', `simulated ${name}: port ${chosen} ${text}`, { cause: error }));
        };
        server.once('error', onError);
        server.listen(chosen, HOST, () => {
          server.off('error', onError);
          chosen = (server.address() as AddressInfo).port;
          resolve();
        });
      });
    },
    close() {
      if (!server.listening) return Promise.resolve();
      return new Promise((resolve) => {
        server.close(() => resolve());
        cutAll();
      });
    },
  };
}
