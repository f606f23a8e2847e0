// The simulated Losant's REST API: one HTTPS server for Losant's calls and the operator's endpoint. Judges path, token and
// scope; the calls themselves are in rest-*.ts and enrol.ts.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Logger } from '../../../core/index.js';
import { createDoor, type Door } from '../door.js';
import type { Pki, ServerFace } from '../pki.js';
import { bodyOf } from '../request-body.js';
import { ENROL_ROUTES } from './enrol.js';
import { keep, type RestSeen } from './ledger.js';
import { ACCOUNT_ROUTES } from './rest-account.js';
import {
  invalid,
  isId,
  type LosantRoute,
  notFound,
  type RestAnswer,
  type RestCall,
  type RestDeps,
  type RouteEntry,
  refuse,
  unauthorized,
} from './rest-call.js';
import { DEVICE_ROUTES } from './rest-device.js';
import { DEVICES_ROUTES } from './rest-devices.js';
import { faultyAnswer, isCommitted, type LosantFault, leaveUnanswered, type PushedFault } from './rest-faults.js';
import { allows } from './scopes.js';

const MAX_BODY_BYTES = 10 * 1024 * 1024;
const ROUTES: readonly RouteEntry[] = [...DEVICE_ROUTES, ...DEVICES_ROUTES, ...ACCOUNT_ROUTES, ...ENROL_ROUTES];
/** Reads that carry no body worth parsing. */
const BODILESS: readonly string[] = ['GET', 'DELETE'];

export interface LosantRest extends AsyncDisposable {
  readonly door: Door;
  pushFault(fault: LosantFault, options: { times: number; route?: LosantRoute }): void;
  clearFaults(): void;
  show(face: ServerFace): Promise<void>;
}

function match(path: string, pattern: string): string[] | undefined {
  const [given, wanted] = [path.split('/'), pattern.split('/')];
  if (given.length !== wanted.length) return undefined;
  const ids: string[] = [];
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith(':')) ids.push(given[i] ?? '');
    else if (part !== given[i]) return undefined;
  }
  return ids;
}

function find(method: string, path: string): { entry: RouteEntry; ids: string[] } | undefined {
  for (const entry of ROUTES) {
    const ids = entry.method === method ? match(path, entry.path) : undefined;
    if (ids) return { entry, ids };
  }
  return undefined;
}

/** Why the caller may not, if so. */
function refusalOf(
  { entry, call }: { entry: RouteEntry; call: RestCall },
  { cloud }: RestDeps,
): RestAnswer | undefined {
  if (entry.action === undefined) return undefined;
  const { caller, ids } = call;
  if (!caller) return unauthorized();
  const out = (): RestAnswer =>
    cloud.settings.outOfScope === '403' ? refuse(403, 'Forbidden', 'Forbidden') : notFound('Resource');
  if (!ids.every(isId)) return invalid('ids are 24 hexadecimal digits');
  if (ids[0] !== cloud.account.applicationId || !allows(caller.scopes, entry.action)) return out();
  if (caller.is === 'application') return undefined;
  // A device's token is for itself and for what reports through it.
  const isOwn =
    entry.path.includes('/:D') &&
    (ids[1] === caller.deviceId || cloud.device(ids[1] ?? '')?.gatewayId === caller.deviceId);
  return isOwn ? undefined : out();
}

function send(response: ServerResponse, { status, body, headers }: RestAnswer): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/** Starts the server. Errors: `demo.port`. */
export async function createLosantRest(
  deps: RestDeps & { log: Logger; pki: Pki; afterCall: () => void },
  options: { port: number },
): Promise<LosantRest> {
  const { cloud, log, pki } = deps;
  const faults: PushedFault[] = [];
  const silences = new Set<() => void>();
  const face = await pki.server('normal');
  const server = createServer({ key: face.privateKey, cert: face.certificate, maxHeaderSize: 16_384 });
  server.on('tlsClientError', (error: Error) => log.debug('sim.losant.tls', { reason: error.message }));
  const door = createDoor(server, 'losantRest', options.port);

  const takeFault = (route: LosantRoute): LosantFault | undefined => {
    const at = faults.findIndex((entry) => entry.route === undefined || entry.route === route);
    return at < 0 ? undefined : faults.splice(at, 1)[0]?.fault;
  };

  const perform = (
    entry: RouteEntry,
    ids: readonly string[],
    query: URLSearchParams,
    request: IncomingMessage,
    text: string,
  ): RestAnswer => {
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const call: RestCall = { ids, query, bearer, caller: cloud.caller(bearer), body: undefined };
    const refusal = refusalOf({ entry, call }, deps);
    if (refusal) return refusal;
    if (BODILESS.includes(entry.method) || text === '') return entry.answer(call, deps);
    try {
      call.body = JSON.parse(text);
    } catch {
      return invalid('body is not JSON');
    }
    return entry.answer(call, deps);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'https://localhost');
    const method = request.method ?? '';
    const found = find(method, url.pathname);
    const text = await bodyOf(request, MAX_BODY_BYTES);
    const seen: RestSeen = {
      route: found?.entry.route ?? 'none',
      method,
      path: url.pathname,
      status: 0,
      atMs: cloud.clock.wall(),
    };
    keep(cloud.ledger.requests, seen);
    const reply = (made: RestAnswer): void => {
      seen.status = made.status;
      log.debug('sim.losant.request', { route: seen.route, method, status: made.status });
      send(response, made);
    };
    if (text === undefined) {
      seen.status = 413;
      response.writeHead(413, { 'content-length': 0 });
      response.end();
      return;
    }
    if (!found) {
      reply(refuse(405, 'MethodNotAllowed', `${method} is not allowed here`));
      return;
    }
    const run = (): RestAnswer => {
      const made = perform(found.entry, found.ids, url.searchParams, request, text);
      deps.afterCall();
      return made;
    };
    const fault = takeFault(found.entry.route);
    if (!fault) {
      reply(run());
      return;
    }
    seen.fault = fault.is;
    const good = isCommitted(fault) ? run() : undefined;
    if (good) seen.isCommitted = good.status < 400;
    const made = faultyAnswer(fault, good);
    if (made) reply(made);
    else
      leaveUnanswered(fault, response, cloud.clock, (end) => {
        silences.add(end);
        response.once('close', () => silences.delete(end));
      });
  };

  server.on('request', (request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    answer(request, response).catch((error: unknown) => {
      log.debug('sim.losant.failed', { error });
      response.destroy();
    });
  });
  await door.open();

  return {
    door,
    pushFault(fault, { times, route }) {
      for (let i = 0; i < times; i++) faults.push({ fault, route });
    },
    clearFaults: () => void (faults.length = 0),
    async show(name) {
      const shown = await pki.server(name);
      server.setSecureContext({ key: shown.privateKey, cert: shown.certificate });
    },
    async [Symbol.asyncDispose]() {
      for (const end of silences) end();
      await door.close();
    },
  };
}
