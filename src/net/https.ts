// A small HTTPS client: one request, one connection, given by a Dialer. It never follows a redirect (credentials would
// travel), always sends Content-Length (chunked bodies are answered 411 by the provisioning service), and one deadline
// covers everything including the body.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { request as HttpsRequestFunction } from 'node:https';
import type { Duplex } from 'node:stream';
import {
  abortReason,
  type Clock,
  type Dialer,
  type Logger,
  onAbort,
  type Secret,
  WaymarkError,
  withDeadline,
} from '../core/index.js';
import { nodeErrorCode } from './host.js';
import { connectTls, mapTlsError, type SessionCache } from './tls.js';

export interface HttpsRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `https:` only. Never logged with its query. */
  url: string;
  /** Without a Content-Type a body is sent as JSON; JSON is asked for unless Accept says otherwise. */
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** PEM authorities trusted beside the built-in ones. */
  ca?: readonly string[] | undefined;
  cert?: string | undefined;
  key?: Secret | undefined;
  maxBodyBytes: number;
  /** For all of it: look-up, connection, handshake, answer. */
  deadlineMs: number;
  /** Runs on an established, checked connection just before the first byte of the request: the place to spend a budget. */
  beforeSend?: () => Promise<void>;
  signal?: AbortSignal | undefined;
}

export interface HttpsResponse {
  /** Any but 3xx: those are errors. */
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** What the server asked for, not clipped; absent when it did not or unreadably. */
  retryAfterMs?: number;
}

export interface HttpsClient {
  /**
   * Errors: those of the Dialer and of `connectTls`, `http.redirect`, `http.too-large`, `http.malformed`,
   * `net.closed` (answer cut short), `core.timeout`, the abort reason. A status of 4xx or 5xx is an answer.
   */
  request(request: HttpsRequest): Promise<HttpsResponse>;
}

export function createHttpsClient(deps: {
  dial: Dialer;
  clock: Clock;
  log: Logger;
  sessions?: SessionCache;
}): HttpsClient {
  const { dial, clock, log } = deps;
  return {
    async request(request) {
      const url = new URL(request.url);
      if (url.protocol !== 'https:') throw new WaymarkError('config.invalid', `${url.host}: only https is spoken`);
      const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
      const startMs = clock.mono();
      const what = `${request.method} ${url.host}${url.pathname}`;
      const response = await withDeadline(
        { clock, ms: request.deadlineMs, signal: request.signal, what },
        async (signal) => {
          const raw = await dial({ host, port: url.port === '' ? 443 : Number(url.port) }, { signal });
          const { ca, cert, key } = request;
          const tls = await connectTls(raw, { host, ca, cert, key, sessions: deps.sessions, clock, signal });
          try {
            await request.beforeSend?.();
            // Loaded with the first request: most gateways start on an identity they already have.
            const { request: httpsRequest } = await import('node:https');
            return await exchange(httpsRequest, tls, url, request, clock, signal);
          } finally {
            tls.destroy();
            raw.destroy();
          }
        },
      );
      log.debug('net.https', { what, status: response.status, ms: Math.round(clock.mono() - startMs) });
      return response;
    },
  };
}

function exchange(
  httpsRequest: typeof HttpsRequestFunction,
  stream: Duplex,
  url: URL,
  request: HttpsRequest,
  clock: Clock,
  signal: AbortSignal,
): Promise<HttpsResponse> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortReason(signal));
      return;
    }
    const body = request.body === undefined ? undefined : Buffer.from(request.body, 'utf8');
    const outgoing = httpsRequest({
      method: request.method,
      host: url.hostname,
      port: url.port === '' ? 443 : Number(url.port),
      path: `${url.pathname}${url.search}`,
      createConnection: () => stream,
      maxHeaderSize: 16_384,
      headers: {
        Accept: 'application/json',
        ...(body ? { 'Content-Type': 'application/json', 'Content-Length': String(body.length) } : {}),
        ...request.headers,
      },
    });
    const off = onAbort(signal, () => fail(abortReason(signal)));
    const fail = (error: unknown): void => {
      off();
      outgoing.destroy();
      reject(mapHttpError(error, url.host));
    };
    outgoing.on('error', fail);
    outgoing.on('response', (incoming) => {
      readAnswer(incoming, request.maxBodyBytes, url.host)
        .then((received) => {
          off();
          const retryAfterMs = parseRetryAfterMs(incoming.headers['retry-after'], clock.wall());
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: received,
            ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
          });
        })
        .catch(fail);
    });
    outgoing.end(body);
  });
}

async function readAnswer(incoming: IncomingMessage, maxBytes: number, host: string): Promise<Buffer> {
  const status = incoming.statusCode ?? 0;
  if (status >= 300 && status < 400) {
    incoming.destroy();
    throw new WaymarkError('http.redirect', `${host}: answered ${status}`, { evidence: { http: status } });
  }
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) {
    incoming.destroy();
    throw new WaymarkError('http.too-large', `${host}: announces more than ${maxBytes} bytes`);
  }
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving this loop destroys the message, and with it the connection.
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new WaymarkError('http.too-large', `${host}: sent more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function mapHttpError(error: unknown, host: string): WaymarkError {
  if (error instanceof WaymarkError) return error;
  const code = nodeErrorCode(error);
  if (code === 'HPE_HEADER_OVERFLOW')
    return new WaymarkError('http.too-large', `${host}: header too large`, { cause: error });
  if (code.startsWith('HPE_')) return new WaymarkError('http.malformed', `${host}: ${code}`, { cause: error });
  return mapTlsError(error, host);
}

/** `Retry-After` as milliseconds from now: seconds, or a date against the wall clock. */
export function parseRetryAfterMs(value: string | undefined, wallMs: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Date.parse takes nearly anything, so it has to be the one form HTTP servers send.
  if (!/^[A-Za-z]{3}, \d{2} [A-Za-z]{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - wallMs);
}
