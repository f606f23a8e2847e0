// The simulated provisioning service: an HTTPS server that is healthy by default and takes faults in front
// (specs: simulator rows 1-15).

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Clock, Logger, Timer } from '../../core/index.js';
import type { SimKeys } from '../keys.js';
import { createDoor, type Door } from './door.js';
import type { Pki, ServerFace } from './pki.js';
import type { Registry } from './registry.js';
import { createZtpAnswers } from './ztp-answers.js';
import { DEFAULT_PROFILE, judgeBody, judgeHead, MAX_BODY_BYTES, ZTP_PATH, type ZtpProfile } from './ztp-rules.js';

/** What goes wrong in front of the healthy service. */
export type ZtpFault =
  | { is: 'status'; status: number; body?: string; contentType?: string; retryAfter?: string }
  | { is: 'redirect'; location: string }
  /** 200 whose JSON ends in the middle, with a matching Content-Length. */
  | { is: 'truncated' }
  /** 200 with a captive portal's page. */
  | { is: 'html' }
  | { is: 'empty' }
  /** 200 with so many bytes of JSON. */
  | { is: 'huge'; bytes: number }
  /** Nothing for that long, then the connection is cut. */
  | { is: 'stall'; forMs: number }
  /** The connection is cut after the request. */
  | { is: 'cut' }
  /** A healthy answer whose private key belongs to another certificate. */
  | { is: 'wrong-key' }
  /** A healthy answer whose certificate ended long ago. */
  | { is: 'expired-certificate' };

export interface ZtpCall {
  status: number;
  hardwareId?: string;
  /** Which fault answered, when one did. */
  fault?: ZtpFault['is'];
}

/** Another product's provisioning on the same server. */
export interface ZtpGuest {
  path: string;
  /** Answers the body of a POST whose head is in order. */
  answer(text: string): { status: number; body: string };
  takeFault(): ZtpFault | undefined;
  record(call: ZtpCall): void;
}

export interface SimZtp extends AsyncDisposable {
  readonly url: string;
  readonly door: Door;
  /** Calls that reached the service, oldest first (at most the last 1000). */
  readonly calls: readonly ZtpCall[];
  readonly profile: Readonly<ZtpProfile>;
  configure(changes: Partial<ZtpProfile>): void;
  /** The next answer with caster credentials brings a new password; the old one is refused from then on. */
  rotateNext(): void;
  /** The Thing that got the last answer; undefined before the first. */
  readonly lastHardwareId: string | undefined;
  /** A new password for a Thing at once. False when there is no such Thing. */
  rotatePassword(hardwareId: string): boolean;
  /** The next `times` requests (default 1) get this fault; faults queue up. */
  pushFault(fault: ZtpFault, times?: number): void;
  clearFaults(): void;
  /** Serves another path as well. */
  addGuest(guest: ZtpGuest): void;
  /** What certificate the server shows from now on. */
  show(face: ServerFace): Promise<void>;
  /** Takes a Thing off its plan, or puts it back. False when there is no such Thing. */
  setActive(hardwareId: string, isActive: boolean): boolean;
  /** Withdraws the certificates issued to a Thing; the next answer holds a new one. False when there is no such Thing. */
  revoke(hardwareId: string): boolean;
}

export interface ZtpDeps {
  clock: Clock;
  log: Logger;
  pki: Pki;
  registry: Registry;
  keys: SimKeys;
  /** `host:port` of the broker. */
  brokerHost: () => string;
  /** Ports of the caster on localhost. */
  casterPorts: () => { plain: number; tls: number };
}

const MAX_CALLS = 1000;
export async function createSimZtp(deps: ZtpDeps, options: { port: number }): Promise<SimZtp> {
  const { clock, log, pki, registry } = deps;
  const answers = createZtpAnswers(deps);
  let isRotating = false;
  let lastHardwareId: string | undefined;
  let profile: ZtpProfile = DEFAULT_PROFILE;
  const faults: ZtpFault[] = [];
  const calls: ZtpCall[] = [];
  const stalls = new Set<Timer>();
  const guests = new Map<string, ZtpGuest>();

  const face = await pki.server('normal');
  const server = createServer({ key: face.privateKey, cert: face.certificate, maxHeaderSize: 16_384 });
  server.on('tlsClientError', (error: Error) => log.debug('sim.ztp.tls', { reason: error.message }));
  const door = createDoor(server, 'ztp', options.port);

  const record = (call: ZtpCall): void => {
    calls.push(call);
    if (calls.length > MAX_CALLS) calls.shift();
    log.debug('sim.ztp.call', { ...call });
  };

  const send = (
    response: ServerResponse,
    status: number,
    body: string,
    headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' },
  ): void => {
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
  };

  /** The faults that replace the whole answer. True when one did. */
  const spoil = (fault: ZtpFault, response: ServerResponse): boolean => {
    switch (fault.is) {
      case 'wrong-key':
      case 'expired-certificate':
      case 'truncated':
        return false;
      case 'status':
        send(response, fault.status, fault.body ?? '', {
          'content-type': fault.contentType ?? 'text/plain',
          ...(fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }),
        });
        break;
      case 'redirect':
        send(response, 302, '', { location: fault.location });
        break;
      case 'html':
        send(response, 200, '<!doctype html><title>Welcome</title><p>Please sign in to the guest network.</p>', {
          'content-type': 'text/html; charset=utf-8',
        });
        break;
      case 'empty':
        send(response, 200, '');
        break;
      case 'huge':
        send(response, 200, JSON.stringify({ certificate: 'A'.repeat(fault.bytes) }));
        break;
      case 'cut':
        response.destroy();
        break;
      case 'stall': {
        const timer = clock.after(fault.forMs, () => {
          stalls.delete(timer);
          response.destroy();
        });
        stalls.add(timer);
        response.once('close', () => {
          timer.cancel();
          stalls.delete(timer);
        });
        break;
      }
    }
    return true;
  };

  const answer = async (text: string, response: ServerResponse): Promise<void> => {
    const fault = faults.shift();
    if (fault && spoil(fault, response)) {
      record({ status: response.statusCode, fault: fault.is });
      return;
    }
    const judgement = judgeBody(text, profile, registry);
    if (judgement.is === 'refused') {
      const { status, body, headers } = judgement.refusal;
      send(response, status, body, headers);
      record({ status });
      return;
    }
    const { thing } = judgement;
    const isComplete = thing.answers >= profile.incompleteAnswers;
    registry.change(thing, { answers: thing.answers + 1 });
    lastHardwareId = thing.hardwareId;
    if (isRotating && profile.plan !== 'mqtt') {
      registry.rotatePassword(thing);
      isRotating = false;
    }
    const spoiled = fault?.is === 'wrong-key' || fault?.is === 'expired-certificate' ? fault.is : undefined;
    const body = JSON.stringify(await answers.answer(thing, profile, isComplete, spoiled));
    send(response, 200, fault?.is === 'truncated' ? body.slice(0, Math.floor(body.length / 2)) : body);
    record({ status: 200, hardwareId: thing.hardwareId, ...(fault ? { fault: fault.is } : {}) });
  };

  const answerGuest = (guest: ZtpGuest, text: string, response: ServerResponse): void => {
    const fault = guest.takeFault();
    if (fault && spoil(fault, response)) {
      guest.record({ status: response.statusCode, fault: fault.is });
      return;
    }
    const { status, body } = guest.answer(text);
    send(response, status, fault?.is === 'truncated' ? body.slice(0, Math.floor(body.length / 2)) : body);
    guest.record({ status, ...(fault ? { fault: fault.is } : {}) });
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const path = (request.url ?? '').split('?')[0] ?? '';
    const guest = guests.get(path);
    const known = guest ? ZTP_PATH : path;
    const refusal = judgeHead({ method: request.method ?? '', path: known, headers: request.headers });
    if (refusal) {
      // The body is not read, so the connection cannot serve another request.
      send(response, refusal.status, refusal.body, { ...refusal.headers, connection: 'close' });
      (guest?.record ?? record)({ status: refusal.status });
      return;
    }
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= MAX_BODY_BYTES) parts.push(part);
    });
    request.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8');
      const answered = guest
        ? Promise.resolve().then(() => answerGuest(guest, text, response))
        : answer(text, response);
      answered.catch((error: unknown) => {
        log.error('sim.ztp.failed', { error });
        response.destroy();
      });
    });
  };
  server.on('request', onRequest);
  await door.open();

  return {
    get url() {
      return `https://localhost:${door.port}${ZTP_PATH}`;
    },
    door,
    calls,
    get profile() {
      return profile;
    },
    rotateNext: () => void (isRotating = true),
    get lastHardwareId() {
      return lastHardwareId;
    },
    rotatePassword(hardwareId) {
      const thing = registry.byHardwareId(hardwareId);
      if (thing) registry.rotatePassword(thing);
      return thing !== undefined;
    },
    configure: (changes) => void (profile = { ...profile, ...changes }),
    pushFault(fault, times = 1) {
      for (let i = 0; i < times; i++) faults.push(fault);
    },
    clearFaults: () => void (faults.length = 0),
    addGuest: (guest) => void guests.set(guest.path, guest),
    async show(name) {
      const shown = await pki.server(name);
      server.setSecureContext({ key: shown.privateKey, cert: shown.certificate });
    },
    setActive(hardwareId, isActive) {
      const thing = registry.byHardwareId(hardwareId);
      if (thing) registry.change(thing, { isActive });
      return thing !== undefined;
    },
    revoke(hardwareId) {
      const thing = registry.byHardwareId(hardwareId);
      if (thing) registry.revoke(thing);
      return thing !== undefined;
    },
    async [Symbol.asyncDispose]() {
      for (const timer of stalls) timer.cancel();
      await door.close();
    },
  };
}
