// The shared page's door: TLS on one address, the gate, and a forwarder to the agent's unix socket. The agent knows nothing
// of it, keeps its memory and its doors as they are, and answers as it would answer any local program.
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { isIPv6, type Socket } from 'node:net';
import { type Clock, WaymarkError } from '../core/index.js';
import { socketPathIn } from '../status/index.js';
import type { ShareCertificate } from './certificate.js';
import { COOKIE, FLAG, OPEN, passage } from './gate.js';
import { createShareKeys, createTries } from './keys.js';
import { createVisitors } from './visitors.js';

export interface ShareServerOptions {
  runtimeDir: string;
  host: string;
  port: number;
  isReadOnly: boolean;
  /** How long the cookie is good for. */
  forMs: number;
  certificate: ShareCertificate;
  clock: Clock;
  /** How long handshake and head of a request may take to come in, each (default: 5 s). */
  headersMs?: number;
  /** Somebody has opened the page: its key is used up. */
  onOpened: (address: string) => void;
}

export interface ShareServer extends AsyncDisposable {
  /** With the key that is good now. */
  url(): string;
}

const MAX_CONNECTIONS = 32;
const MAX_BODY = 4096;
/** What the agent says of its answer, and nothing else of its head. */
const PASSED = [
  'allow',
  'cache-control',
  'content-length',
  'content-security-policy',
  'content-type',
  'etag',
  'referrer-policy',
  'x-content-type-options',
  'x-frame-options',
];
const OWN = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;
/** The next look comes from this page itself: a cookie for one site only is not sent along from another one's link. */
const OPENED =
  '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=/"><title>Waymark</title><a href="/">Go on to the page</a>\n';

function refuse(response: ServerResponse, status: number, message: string): void {
  const error = { code: status === 502 ? 'status.unavailable' : 'cli.usage', message };
  response.writeHead(status, {
    ...{ ...OWN, 'content-type': 'application/json; charset=utf-8', 'content-security-policy': "default-src 'none'" },
    connection: 'close',
  });
  response.end(`${JSON.stringify({ error })}\n`);
}

/** Undefined when it is too long. */
function bodyOf(visit: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    visit.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BODY) chunks.push(chunk);
    });
    visit.on('end', () => resolve(length > MAX_BODY ? undefined : Buffer.concat(chunks)));
    visit.on('error', reject);
  });
}

async function forward(
  socketPath: string,
  { method, url }: { method: 'GET' | 'POST'; url: string },
  visit: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = method === 'POST' ? await bodyOf(visit) : Buffer.alloc(0);
  if (body === undefined) {
    refuse(response, 413, 'the request is too large');
    return;
  }
  const headers: Record<string, string> = { accept: visit.headers.accept ?? '*/*' };
  const lastId = visit.headers['last-event-id'];
  if (typeof lastId === 'string') headers['last-event-id'] = lastId;
  if (method === 'POST') {
    headers['content-type'] = visit.headers['content-type'] ?? '';
    headers['content-length'] = String(body.length);
  }
  const made = request({ socketPath, path: url, method, headers }, (answer) => {
    const passed = PASSED.flatMap((name) => {
      const value = answer.headers[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    response.writeHead(answer.statusCode ?? 502, { ...OWN, ...Object.fromEntries(passed) });
    if (visit.method === 'HEAD') {
      made.destroy();
      response.end();
      return;
    }
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  });
  made.on('error', () => {
    if (response.headersSent) response.destroy();
    else refuse(response, 502, 'the gateway does not answer');
  });
  response.on('close', () => made.destroy());
  made.end(body);
}

/** Errors: `share.cannot-open`. */
export async function openShare(options: ShareServerOptions): Promise<ShareServer> {
  const { host, certificate, clock, isReadOnly, headersMs = 5000 } = options;
  const keys = createShareKeys();
  const tries = createTries();
  const visitors = createVisitors();
  const socketPath = socketPathIn(options.runtimeDir);
  const shown = isIPv6(host) ? `[${host}]` : host.toLowerCase();
  let authority = '';

  const server = createServer(
    {
      ...{ cert: certificate.certificate, key: certificate.privateKey, minVersion: 'TLSv1.2' },
      ...{ handshakeTimeout: headersMs, headersTimeout: headersMs, requestTimeout: 2 * headersMs },
      // Node looks for those that are over their time every half minute otherwise.
      connectionsCheckingInterval: Math.min(1000, headersMs / 2),
    },
    (visit, response) => {
      const address = visit.socket.remoteAddress ?? '';
      const { host: named, origin, cookie } = visit.headers;
      const decided = passage(
        { method: visit.method ?? '', url: visit.url ?? '', host: named, origin, cookie },
        { authority, isReadOnly, ...keys, isTooMany: tries.isTooMany(address, clock.mono()) },
      );
      switch (decided.is) {
        case 'refused':
          if (decided.isWrongKey === true) tries.wrong(address, clock.mono());
          visit.resume();
          refuse(response, decided.status, decided.why);
          return;
        case 'open': {
          const value = keys.use();
          const rest = `Path=/; Secure; SameSite=Strict; Max-Age=${Math.ceil(options.forMs / 1000)}`;
          response.writeHead(200, {
            ...{ ...OWN, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'" },
            'set-cookie': [`${COOKIE}=${value}; HttpOnly; ${rest}`, `${FLAG}=${isReadOnly ? 'look' : 'act'}; ${rest}`],
          });
          response.end(OPENED);
          options.onOpened(address);
          return;
        }
        case 'forward':
          void forward(socketPath, decided, visit, response).catch(() => response.destroy());
      }
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.prependListener('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    if (visitors.enter(address, clock.mono())) socket.once('close', () => visitors.leave(address));
    else socket.destroy();
  });
  server.on('tlsClientError', () => undefined);
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new WaymarkError('share.cannot-open', `${shown}:${options.port}: ${cause.code ?? cause.message}`, { cause }),
      ),
    );
    server.listen({ host, port: options.port }, resolve);
  });
  server.on('error', () => undefined);
  const bound = server.address();
  authority = `${shown}:${typeof bound === 'object' && bound ? bound.port : options.port}`;
  return {
    url: () => `https://${authority}${OPEN}${keys.current()}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
