// From a request to its door, by the table of routes: who may come in, the method, the token, then the door.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toWaymarkError, WaymarkError } from '../core/index.js';
import { sendError } from './answer.js';
import { findRoutes, ROUTES, type Route, type RouteId, SOCKET_PREFIXES } from './routes.js';

/** One request on its way: what a door needs of it. */
export interface Visit {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  /** What stood for `{name}` in the path. */
  name: string;
  isSocket: boolean;
}

export type Handler = (visit: Visit) => void | Promise<void>;
export type Handlers = Readonly<Record<RouteId, Handler>>;

export interface Entrance {
  /** The unix socket: its mode decides who comes in. */
  isSocket: boolean;
  refuseForeign?: (request: IncomingMessage) => WaymarkError | undefined;
  refuseActing?: (request: IncomingMessage) => WaymarkError | undefined;
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

/** What is left of a body is neither read nor taken for the next request. */
function refuse(request: IncomingMessage, response: ServerResponse, error: WaymarkError): void {
  if (hasBody(request)) response.setHeader('connection', 'close');
  sendError(response, error);
}

/** The door, or why it stays shut. */
function admit(request: IncomingMessage, response: ServerResponse, path: string, at: Entrance): [RouteId, string] {
  const foreign = at.refuseForeign?.(request);
  if (foreign) throw foreign;
  if (!at.isSocket && SOCKET_PREFIXES.some((prefix) => path.startsWith(prefix)))
    throw new WaymarkError('status.local-only', 'only on the unix socket');
  const found = findRoutes(path);
  if (!found) throw new WaymarkError('status.not-found', 'there is no such door');
  const id = found.ids[request.method === 'HEAD' ? 'GET' : (request.method ?? '')];
  if (id === undefined) {
    const methods = Object.keys(found.ids);
    response.setHeader('allow', [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', '));
    throw new WaymarkError('status.method', `${String(request.method)} is not a method of this door`);
  }
  const route: Route = ROUTES[id];
  if (route.where === 'socket' && !at.isSocket) throw new WaymarkError('status.local-only', 'only on the unix socket');
  const idle = route.method === 'POST' ? at.refuseActing?.(request) : undefined;
  if (idle) throw idle;
  if (route.method === 'GET' && hasBody(request))
    throw new WaymarkError('status.request', 'a look has no body', { hint: 'Send the question in the address.' });
  return [id, found.name];
}

/** Answers every request; never throws. */
export async function route(
  handlers: Handlers,
  at: Entrance,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const [path = '', ...query] = (request.url ?? '').split('?');
    const [id, name] = admit(request, response, path, at);
    const visit = { request, response, query: new URLSearchParams(query.join('?')), name, isSocket: at.isSocket };
    await handlers[id](visit);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else refuse(request, response, toWaymarkError(error));
  }
}

/** A whole number of the query. Errors: `status.request`. */
export function wholeOf(
  query: URLSearchParams,
  name: string,
  { min, max, standard }: { min: number; max: number; standard: number },
): number {
  const text = query.get(name);
  if (text === null) return standard;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new WaymarkError('status.request', `${name} is no whole number from ${min} to ${max}`, {
      hint: `For example ${name}=${standard}.`,
    });
  return value;
}
