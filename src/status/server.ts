// The status doors: HTTP on a unix socket always, on TCP when asked. Whoever may open the socket may read, and may ask for
// what actions.ts names; over TCP a visitor reads, and acts only with the page's token (visitor.ts). What lies behind the
// doors is in doors.ts, which of them there are in routes.ts.
import { chmodSync, existsSync, unlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createClock, type ErrorCode, isWaymarkError, WaymarkError } from '../core/index.js';
import { createDoors, type Doors } from './doors.js';
import { type Entrance, route } from './router.js';
import type { StatusServerOptions } from './server-options.js';
import type { StatusSnapshot } from './snapshot.js';
import { ownHosts, refuseActing, refuseForeign } from './visitor.js';

export type { AtAnswer, AtRequest, StatusActions, TraceLine } from './actions.js';
export type { StatusServerOptions } from './server-options.js';

export interface StatusServer extends AsyncDisposable {
  readonly socketPath: string;
  /** The TCP port, when asked for. */
  readonly port: number | undefined;
}

export const socketPathIn = (runtimeDir: string): string => join(runtimeDir, 'status.sock');

const MAX_CONNECTIONS = 16;
/** A head that dribbles in, and a request that does. */
const LIMITS = { headersMs: 5000, requestMs: 10_000 };
/** A visitor over TCP who takes or says nothing. */
const IDLE_MS = 30_000;

/** A door that cannot open is a matter of the configuration or the machine, not a defect. */
function doorFailure(name: string, error: unknown): WaymarkError {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  const is: ErrorCode = code === 'EACCES' || code === 'EPERM' ? 'link.permission' : 'link.busy';
  const hint =
    is === 'link.busy'
      ? 'Something else is in the place of the status door: remove it, or choose another runtimeDir or status.http.'
      : 'The service user may not open the status door there: choose another runtimeDir or status.http, or grant it.';
  return new WaymarkError(is, `status door ${name}: ${code}`, { hint, cause: error });
}

function listen(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const name = 'path' in where ? where.path : `${where.host}:${where.port}`;
    server.once('error', (error) => reject(doorFailure(name, error)));
    server.listen(where, () => {
      server.removeAllListeners('error');
      server.on('error', () => undefined);
      resolve();
    });
  });
}

const NOBODY = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTSOCK', 'ECONNRESET']);

/** True when somebody answers on the socket: a second agent must not take the first one's door. */
function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    // Only a refusal means that nobody is there: a busy agent with a full queue (EAGAIN) is one all the same.
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(!NOBODY.has(error.code ?? '')));
  });
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  const open = servers.filter((server) => server.listening);
  await Promise.all(
    open.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    ),
  );
}

/** Opens the doors. Errors: `link.busy` when another agent serves this runtime directory. */
export async function openStatusServer(
  snapshot: () => StatusSnapshot,
  options: StatusServerOptions,
): Promise<StatusServer> {
  const socketPath = socketPathIn(options.runtimeDir);
  if (existsSync(socketPath)) {
    if (await isServed(socketPath))
      throw new WaymarkError('link.busy', `another agent already serves ${socketPath}`, {
        hint: 'Stop the other agent first, or give this one its own runtimeDir.',
      });
    try {
      unlinkSync(socketPath);
    } catch (error) {
      throw doorFailure(socketPath, error);
    }
  }
  const servers: Server[] = [];
  const doors: Doors[] = [];
  const { clock = createClock(), limits = LIMITS } = options;
  const closeEverything = async (): Promise<void> => {
    for (const set of doors) set[Symbol.dispose]();
    await closeAll(servers);
  };
  const make = (entrance: Entrance): Server => {
    const behind = createDoors(snapshot, options, clock);
    const server = createServer(
      {
        headersTimeout: limits.headersMs,
        requestTimeout: limits.requestMs,
        connectionsCheckingInterval: Math.min(1000, limits.headersMs / 2),
      },
      (request, response) => void route(behind.handlers, entrance, request, response),
    );
    server.maxConnections = MAX_CONNECTIONS;
    doors.push(behind);
    servers.push(server);
    return server;
  };
  await listen(make({ isSocket: true }), { path: socketPath });
  chmodSync(socketPath, options.socketMode);
  const port =
    options.http &&
    (await openTcp(options.http, options, make).catch(async (error: unknown) => {
      await closeEverything();
      throw error;
    }));
  return { socketPath, port, [Symbol.asyncDispose]: closeEverything };
}

type Http = NonNullable<StatusServerOptions['http']>;

/** The port it listens on. */
async function openTcp(
  http: Http,
  { token }: StatusServerOptions,
  make: (entrance: Entrance) => Server,
): Promise<number> {
  let hosts: readonly string[] = [];
  const server = make({
    isSocket: false,
    refuseForeign: (request) => refuseForeign(request, hosts),
    refuseActing: (request) => refuseActing(request, token),
  });
  server.setTimeout(IDLE_MS);
  const { host } = http;
  try {
    await listen(server, { host, port: http.port });
  } catch (error) {
    if (!http.orAnyPort || !isWaymarkError(error, 'link.busy')) throw error;
    await listen(server, { host, port: 0 });
  }
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : http.port;
  hosts = ownHosts(host, port);
  return port;
}
