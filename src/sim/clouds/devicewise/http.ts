// The simulated deviceWISE's HTTP front: POST /api over TLS, status 200 whatever became of the commands
// (specs/devicewise.md 2.4). What is wrong in front of it is pushed.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Clock, Logger, Timer } from '../../../core/index.js';
import type { Door } from '../door.js';
import type { Pki, ServerFace } from '../pki.js';
import { bodyOf } from '../request-body.js';
import { type DeviceWiseFault, type FaultQueue, garbageOf, isCommitted, wrongJsonOf } from './faults.js';
import { type DeviceWiseCallSeen, type DeviceWiseFrontLedger, note } from './front-ledger.js';
import { createGate, type DeviceWiseOutage } from './gate.js';
import { answerCall, type CallDeps, isAuthCall, rootCodeOf } from './http-call.js';
import { createHttpSessions, type HttpSessions } from './http-sessions.js';

export const API_PATH = '/api';

export interface DeviceWiseHttp extends AsyncDisposable {
  readonly door: Door;
  readonly sessions: HttpSessions;
  readonly outage: DeviceWiseOutage;
  setOutage(outage: DeviceWiseOutage): Promise<void>;
  show(face: ServerFace): Promise<void>;
}

export interface HttpDeps extends Omit<CallDeps, 'sessions'> {
  clock: Clock;
  log: Logger;
  pki: Pki;
  faults: FaultQueue;
  ledger: DeviceWiseFrontLedger;
}

interface Answer {
  status: number;
  type?: string;
  body: string;
}

const MAX_BODY_BYTES = 1024 * 1024;
const DEFAULT_SILENCE_MS = 60_000;
const PAGE = '<!doctype html><title>502 Bad Gateway</title><h1>Bad Gateway</h1>';

/** The answer that comes instead of the good one, at once and whole; undefined when it does not. */
function instead(fault: DeviceWiseFault): Answer | undefined {
  switch (fault.is) {
    case 'status':
      return { status: fault.status ?? 503, type: 'text/plain', body: fault.body ?? '' };
    case 'html':
      return { status: fault.status ?? 502, type: 'text/html', body: PAGE };
    case 'garbage':
      return { status: 200, type: 'text/plain', body: garbageOf(fault) };
    case 'json':
      return { status: 200, body: wrongJsonOf(fault) };
    default:
      return undefined;
  }
}

const headOf = ({ type = 'application/json', body }: Answer): Record<string, string | number> => ({
  'content-type': type,
  'content-length': Buffer.byteLength(body),
});

/** Starts the server. Errors: `demo.port`. */
export async function createDeviceWiseHttp(deps: HttpDeps, options: { port: number }): Promise<DeviceWiseHttp> {
  const { clock, log, pki } = deps;
  const sessions = createHttpSessions(clock);
  const timers = new Set<Timer>();
  const face = await pki.server('normal');
  const server = createServer({ key: face.privateKey, cert: face.certificate, maxHeaderSize: 16_384 });
  server.on('tlsClientError', (error: Error) => log.debug('sim.devicewise.tls', { reason: error.message }));
  const gate = createGate(server, 'devicewiseHttp', options.port);

  const send = (response: ServerResponse, seen: DeviceWiseCallSeen, answer: Answer): void => {
    seen.status = answer.status;
    response.writeHead(answer.status, headOf(answer));
    response.end(answer.body);
  };
  const later = (response: ServerResponse, ms: number, then: () => void): void => {
    const timer = clock.after(ms, () => {
      timers.delete(timer);
      then();
    });
    timers.add(timer);
    response.once('close', () => {
      timer.cancel();
      timers.delete(timer);
    });
  };
  /** Faults that are about how the answer travels. */
  const spoil = (response: ServerResponse, seen: DeviceWiseCallSeen, fault: DeviceWiseFault, good: string): void => {
    const forMs = fault.forMs ?? DEFAULT_SILENCE_MS;
    const half = Math.floor(good.length / 2);
    if (fault.is === 'truncated') send(response, seen, { status: 200, body: good.slice(0, half) });
    else if (fault.is === 'stall') later(response, forMs, () => response.destroy());
    else if (fault.is === 'slow') {
      seen.status = 200;
      response.writeHead(200, headOf({ status: 200, body: good }));
      response.write(good.slice(0, half));
      later(response, forMs, () => response.end(good.slice(half)));
    } else response.destroy();
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname: path } = new URL(request.url ?? '/', 'https://localhost');
    const method = request.method ?? '';
    const text = await bodyOf(request, MAX_BODY_BYTES);
    if (gate.isSilent) return;
    const seen = note<DeviceWiseCallSeen>(deps.ledger.calls, {
      atMs: clock.wall(),
      ...{ method, path, status: 0, isAuth: text !== undefined && isAuthCall(text) },
    });
    const refused = path !== API_PATH ? 404 : method !== 'POST' ? 405 : text === undefined ? 413 : undefined;
    if (refused !== undefined || text === undefined) {
      send(response, seen, { status: refused ?? 413, type: 'text/plain', body: '' });
      return;
    }
    const header = request.headers['sessionid'];
    const run = (): string => {
      const reply = answerCall(text, typeof header === 'string' ? header : undefined, { ...deps, sessions });
      const rootCode = rootCodeOf(reply);
      if (rootCode !== undefined) seen.rootCode = rootCode;
      return JSON.stringify(reply);
    };
    const fault = deps.faults.take('http', 'request');
    if (!fault) {
      send(response, seen, { status: 200, body: run() });
      return;
    }
    seen.fault = fault.is;
    seen.isCommitted = isCommitted(fault);
    const good = seen.isCommitted ? run() : '';
    const made = instead(fault);
    if (made) send(response, seen, made);
    else spoil(response, seen, fault, good);
  };

  server.on('request', (request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    answer(request, response).catch((error: unknown) => {
      log.debug('sim.devicewise.failed', { error });
      response.destroy();
    });
  });
  await gate.door.open();

  return {
    door: gate.door,
    sessions,
    get outage() {
      return gate.outage;
    },
    setOutage: (value) => gate.setOutage(value),
    async show(name) {
      const shown = await pki.server(name);
      server.setSecureContext({ key: shown.privateKey, cert: shown.certificate });
    },
    async [Symbol.asyncDispose]() {
      for (const timer of timers) timer.cancel();
      await gate[Symbol.asyncDispose]();
    },
  };
}
