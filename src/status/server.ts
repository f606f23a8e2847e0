// The status door: HTTP on a unix socket always, on TCP when asked. Whoever may open the socket may read, and may ask
// for what actions.ts names; TCP is read-only.
import { chmodSync, existsSync, unlinkSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Clock, createClock, type ErrorCode, type Secret, WaymarkError } from '../core/index.js';
import type { StatusActions } from './actions.js';
import { send } from './answer.js';
import type { HistoryKeeper } from './history.js';
import type { LogTail } from './log-shape.js';
import { createModemDoor, isModemPath, type ModemDoor } from './modem-door.js';
import type { PageSource } from './page-source.js';
import type { StatusSnapshot } from './snapshot.js';
import { createTokenDoor, isTokenPath, type TokenDoor } from './token-door.js';

export type { AtAnswer, AtRequest, StatusActions, TraceLine } from './actions.js';

export interface StatusServerOptions {
  runtimeDir: string;
  socketMode: number;
  http?: { host: string; port: number } | undefined;
  /** What may be asked of the agent; over TCP only what a person may ask for by name, and only with `token`. */
  actions?: StatusActions | undefined;
  /** What a visitor over TCP has to show before anything is done for it. Without it TCP only looks. */
  token?: Secret | undefined;
  history?: HistoryKeeper | undefined;
  log?: LogTail | undefined;
  /** The configuration in force, secrets as references. */
  config?: (() => { file?: string; config: unknown }) | undefined;
  /** The JSON Schema of the configuration. */
  schema?: (() => unknown) | undefined;
  page?: PageSource | undefined;
  /** Prometheus text. */
  metrics?: ((snapshot: StatusSnapshot) => string) | undefined;
  /** False while lanes come up or end (default: always ready). Connectivity is no part of it. */
  isReady?: (() => boolean) | undefined;
  /** Tells that the snapshot may have changed. Returns the stop. */
  onChange?: ((listener: () => void) => () => void) | undefined;
  /** Bounds requests in time (default: real time). */
  clock?: Clock;
}

export interface StatusServer extends AsyncDisposable {
  readonly socketPath: string;
  /** The TCP port, when asked for. */
  readonly port: number | undefined;
}

export const socketPathIn = (runtimeDir: string): string => join(runtimeDir, 'status.sock');

const MAX_CONNECTIONS = 16;

/** What is asked for and not only looked at. */
interface Doors {
  modem: ModemDoor;
  token: TokenDoor;
}

/** A TCP visitor must name this host: a foreign page that rebinds its name to us is refused. */
function hostAllowed(request: IncomingMessage, port: number): boolean {
  const host = request.headers.host ?? '';
  return [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`].includes(host);
}

function route(
  snapshot: () => StatusSnapshot,
  doors: Doors | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = request.url?.split('?', 1)[0] ?? '';
  if (isModemPath(path) || isTokenPath(path)) {
    const door = doors?.[isModemPath(path) ? 'modem' : 'token'];
    if (!door) send(response, 403, { error: 'only on the unix socket' });
    else if (!door.handle(path, request, response)) send(response, 404, { error: 'not found' });
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    send(response, 405, { error: 'method not allowed' });
    return;
  }
  switch (path) {
    case '/api/v1/status':
      send(response, 200, snapshot());
      return;
    case '/healthz':
      // Alive is not connected: a gateway without network is healthy.
      send(response, 200, { alive: true });
      return;
    case '/readyz': {
      const { state } = snapshot();
      send(response, state === 'serving' ? 200 : 503, { ready: state === 'serving', state });
      return;
    }
    default:
      send(response, 404, { error: 'not found' });
  }
}

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
  const { actions = {}, clock = createClock() } = options;
  const doors = { modem: createModemDoor(actions, clock), token: createTokenDoor(actions, clock) };
  const make = (guard: (request: IncomingMessage) => boolean, open?: Doors): Server => {
    const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
      if (guard(request)) route(snapshot, open, request, response);
      else send(response, 403, { error: 'foreign host' });
    });
    server.maxConnections = MAX_CONNECTIONS;
    servers.push(server);
    return server;
  };
  await listen(
    make(() => true, doors),
    { path: socketPath },
  );
  chmodSync(socketPath, options.socketMode);
  let port: number | undefined;
  if (options.http) {
    const server = make((request) => hostAllowed(request, port ?? 0));
    try {
      await listen(server, options.http);
    } catch (error) {
      await closeAll(servers);
      throw error;
    }
    const address = server.address();
    port = typeof address === 'object' && address ? address.port : options.http.port;
  }
  return {
    socketPath,
    port,
    [Symbol.asyncDispose]: () => closeAll(servers),
  };
}
