// The simulated Verizon ThingSpace: one HTTPS server with the real host's paths, and the operator's endpoints beside them
// (specs/thingspace.md, above all section 11). Healthy by default; faults are pushed in front. Time is the clock's.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import type { Clock, Logger } from '../../../core/index.js';
import { createDoor, type Door } from '../door.js';
import type { Pki, ServerFace } from '../pki.js';
import { openThingSpaceAccount, type ThingSpaceSecrets, type UserRecord } from './account.js';
import { apiFault, dressed, sessionOf, type ThingSpaceAnswer, type ThingSpaceAsk, text } from './answers.js';
import { type CallbackSent, createCallbacks } from './callbacks.js';
import { retryAfterHeader, type ThingSpaceContext } from './context.js';
import { instead, isInFront, sendAnswer, type ThingSpaceFault } from './faults.js';
import { createOperator } from './operator.js';
import { answerCall, callOf, THINGSPACE_PATHS, type ThingSpaceCall, usesSession } from './routes.js';
import { credentialsOf, seenOf, type ThingSpaceRequestSeen } from './seen.js';
import { DEFAULT_THINGSPACE, type ThingSpaceSettings } from './settings.js';
import { createThingSpaceState, type SimDevice, type ThingSpaceCounters } from './state.js';

/** How to reach the simulated ThingSpace. Holds simulated credentials: hand it over, do not log it. */
export interface ThingSpaceDescription extends ThingSpaceSecrets {
  /** The base URL. */
  url: string;
  imei: string;
  /** The operator's endpoints; they take `enrolmentToken`, or the certificate of `identity`. */
  tokenEndpoint: string;
  locateEndpoint: string;
  identity: { certFile: string; keyFile: string };
}

export interface SimThingSpace extends AsyncDisposable {
  readonly description: ThingSpaceDescription;
  readonly door: Door;
  /** Requests that came, oldest first (at most the last 1000). */
  readonly requests: readonly ThingSpaceRequestSeen[];
  readonly counters: Readonly<ThingSpaceCounters>;
  readonly user: Readonly<UserRecord>;
  readonly devices: readonly Readonly<SimDevice>[];
  readonly callbacksSent: readonly CallbackSent[];
  readonly settings: ThingSpaceSettings;
  configure(changes: Partial<ThingSpaceSettings>): void;
  /** The next `times` requests (default 1) to one call, or to any, get this fault; faults queue up. */
  pushFault(fault: ThingSpaceFault, options?: { times?: number; call?: ThingSpaceCall }): void;
  clearFaults(): void;
  /** Changes the device with this IMEI; a new one with a number is added. False when there is no such device. */
  changeDevice(imei: string, changes: Partial<Omit<SimDevice, 'imei'>>): boolean;
  /** The network found it where it is, so long ago; undefined: never. */
  cachePlace(imei: string, ageMs: number | undefined): void;
  /** What Verizon Support does. */
  unlockUser(): void;
  /** As if somebody else who holds the key pair revoked its token. */
  revokeToken(): void;
  /** As if so much time had passed for the token, or for every session. */
  ageToken(ms: number): void;
  ageSessions(ms: number): void;
  /** Every token and session handed out: simulated secrets, for who looks where they get to. */
  issued(): readonly string[];
  /** What certificate the server shows from now on. */
  show(face: ServerFace): Promise<void>;
}

export interface ThingSpaceDeps {
  clock: Clock;
  log: Logger;
  pki: Pki;
  /** The account is kept in it, as `thingspace.json`. */
  folder: string;
  /** Of the module the account's first device is. */
  imei: string;
  iccid: string;
}

const MAX_SEEN = 1000;
const MAX_BODY_BYTES = 1024 * 1024;
const RATE_MS = 60_000;
/** Overland Park; nobody's. */
const HOME = { latitudeDeg: 38.9822, longitudeDeg: -94.6708, radiusM: 2400 };
const isOperators = (call: ThingSpaceCall): boolean => call === 'operator-token' || call === 'operator-locate';

/** Starts the server. Errors: `demo.port`. */
export async function createSimThingSpace(deps: ThingSpaceDeps, options: { port: number }): Promise<SimThingSpace> {
  const { clock, log, pki, imei, iccid } = deps;
  const account = openThingSpaceAccount(join(deps.folder, 'thingspace.json'));
  const state = createThingSpaceState({ clock, account });
  const { mdn, account: accountName } = account.secrets;
  const usual = { iccid, account: accountName, consent: 'coarse' as const, isReachable: true, cache: undefined };
  state.devices.push({ ...usual, imei, mdn, place: { ...HOME } });
  const operator = createOperator();
  const callbacks = createCallbacks({ clock, log, caPem: pki.caPem, onSent: () => state.counters.callbacks++ });
  let settings = DEFAULT_THINGSPACE;
  const faults: { fault: ThingSpaceFault; call: ThingSpaceCall | undefined }[] = [];
  const requests: ThingSpaceRequestSeen[] = [];
  const recent: number[] = [];
  const silences = new Set<() => void>();

  const identity = await pki.keptClient('thingspace-device', imei);
  const [face, ca] = [await pki.server('normal'), pki.caPem];
  const server = createServer({
    ...{ key: face.privateKey, cert: face.certificate, ca, maxHeaderSize: 16_384 },
    // Only the operator's endpoints look at it.
    ...{ requestCert: true, rejectUnauthorized: false },
  });
  server.on('tlsClientError', (error: Error) => log.debug('sim.thingspace.tls', { reason: error.message }));
  const door = createDoor(server, 'thingspace', options.port);
  const urlOf = (path = ''): string => `https://localhost:${door.port}${path}`;
  // Another host by its name, and the same server: whoever follows is seen.
  const elsewhere = (path: string): string => `https://127.0.0.1:${door.port}/elsewhere${path}`;

  const takeFault = (call: ThingSpaceCall): ThingSpaceFault | undefined => {
    const at = faults.findIndex((entry) => entry.call === undefined || entry.call === call);
    return at < 0 ? undefined : faults.splice(at, 1)[0]?.fault;
  };

  const isTooMuch = (): boolean => {
    const now = clock.mono();
    while (recent.length > 0 && now - (recent[0] ?? 0) >= RATE_MS) recent.shift();
    if (settings.ratePerMinute === 0) return false;
    if (recent.length >= settings.ratePerMinute) return true;
    recent.push(now);
    return false;
  };

  const healthy = (ask: ThingSpaceAsk, call: ThingSpaceCall, context: ThingSpaceContext): ThingSpaceAnswer => {
    if (isOperators(call)) return answerCall(ask, context, { operator, callbacks });
    if (isTooMuch()) {
      const headers = retryAfterHeader(settings.retryAfter, settings.retryAfterS, clock);
      return dressed({ ...apiFault(429, '900800', settings), headers }, settings.errorBody);
    }
    const session = sessionOf(ask.headers);
    const wasLive = session !== undefined && state.sessionStanding(session) === 'live';
    const answer = answerCall(ask, context, { operator, callbacks });
    const isUse = wasLive && usesSession(ask.path) && (answer.status < 300 || settings.failedCallsSlide);
    if (isUse) state.touch(session);
    return dressed(answer, settings.errorBody);
  };

  const respond = (ask: ThingSpaceAsk, response: ServerResponse): void => {
    const call = callOf(ask.path);
    const context: ThingSpaceContext = { clock, account, state, settings };
    const credentials = credentialsOf(ask, context);
    const fault = takeFault(call);
    const answer =
      fault && isInFront(fault)
        ? instead(fault, { clock, elsewhere: elsewhere(ask.path) })
        : healthy(ask, call, context);
    requests.push(seenOf(ask, { atMs: clock.mono(), call, credentials, answer, fault }));
    if (requests.length > MAX_SEEN) requests.shift();
    log.debug('sim.thingspace.request', { call, status: answer.status });
    const hold = (end: () => void): void => {
      silences.add(end);
      response.once('close', () => silences.delete(end));
    };
    sendAnswer(response, answer, fault, { clock, hold });
  };

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= MAX_BODY_BYTES) parts.push(part);
    });
    request.on('end', () => {
      if (bytes > MAX_BODY_BYTES) {
        sendAnswer(response, text(413, 'Payload Too Large'), undefined, { clock, hold: () => undefined });
        return;
      }
      const [path = '', query = ''] = (request.url ?? '').split('?', 2);
      respond(
        {
          ...{ path, headers: request.headers, method: request.method ?? '' },
          query: new URLSearchParams(query),
          body: Buffer.concat(parts).toString('utf8'),
          hasCertificate: request.socket instanceof TLSSocket && request.socket.authorized,
        },
        response,
      );
    });
  });
  await door.open();

  return {
    get description() {
      return {
        url: urlOf(),
        ...account.secrets,
        imei,
        tokenEndpoint: urlOf(THINGSPACE_PATHS.operatorToken),
        locateEndpoint: urlOf(THINGSPACE_PATHS.operatorLocate),
        identity,
      };
    },
    door,
    requests,
    counters: state.counters,
    get user() {
      return account.user;
    },
    devices: state.devices,
    callbacksSent: callbacks.sent,
    issued: () => state.issued(),
    get settings() {
      return settings;
    },
    configure(changes) {
      settings = { ...settings, ...changes };
    },
    pushFault(fault, { times = 1, call } = {}) {
      for (let i = 0; i < times; i++) faults.push({ fault, call });
    },
    clearFaults() {
      faults.length = 0;
    },
    changeDevice(name, changes) {
      const known = state.devices.find((device) => device.imei === name);
      if (known) Object.assign(known, changes);
      else if (changes.mdn === undefined) return false;
      else state.devices.push({ ...usual, place: { ...HOME }, mdn: changes.mdn, ...changes, imei: name });
      return true;
    },
    cachePlace(name, ageMs) {
      const device = state.devices.find((each) => each.imei === name);
      if (device)
        device.cache = ageMs === undefined ? undefined : { place: { ...device.place }, fixUtcMs: clock.wall() - ageMs };
    },
    unlockUser: () => state.unlock(),
    revokeToken: () => void state.revoke(state.token().value),
    ageToken: (ms) => state.ageToken(ms),
    ageSessions: (ms) => state.ageSessions(ms),
    async show(name) {
      const shown = await pki.server(name);
      server.setSecureContext({ key: shown.privateKey, cert: shown.certificate, ca });
    },
    async [Symbol.asyncDispose]() {
      callbacks.stop();
      for (const end of silences) end();
      await door.close();
    },
  };
}
