// The simulated AssistNow: chipcodes on the provisioning server, and one HTTPS server with the current and the old service
// (specs/ublox.md 1.6, 4.1 to 4.3; simulator rows 16, 17 and 35 to 39). Healthy by default; faults are pushed in front.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import type { Clock, Logger } from '../../core/index.js';
import { createMgaGenerator } from '../mga.js';
import { openAssistAccount } from './assistnow-account.js';
import { type AssistAnswer, answerCurrent, CURRENT_PATH, textAnswer } from './assistnow-current.js';
import { type AssistFault, sendAssist, spoilt } from './assistnow-faults.js';
import { answerLegacy, LEGACY_PATHS } from './assistnow-legacy.js';
import { shownParameters, splitQuery } from './assistnow-query.js';
import { type AssistNowSettings, DEFAULT_ASSIST_SETTINGS, TEMPORARY_TOKEN_MS } from './assistnow-settings.js';
import { ASSIST_ZTP_PATH, answerAssistZtp } from './assistnow-ztp.js';
import { createDoor, type Door } from './door.js';
import type { Pki, ServerFace } from './pki.js';
import type { SimZtp, ZtpCall, ZtpFault } from './ztp.js';

export const ASSIST_SERVICES = ['current', 'online', 'offline'] as const;
export type AssistService = (typeof ASSIST_SERVICES)[number];

/** How to reach the simulated AssistNow. Holds simulated tokens: hand it over, do not log it. */
export interface AssistNowDescription {
  ztp: { url: string; token: string };
  /** What the provisioning answer says. */
  serviceUrl: string;
  legacy: {
    onlineUrl: string;
    offlineUrl: string;
    token: string;
    expiredToken: string;
    deactivatedToken: string;
    /** A CellLocate token. */
    otherServiceToken: string;
  };
}

export interface AssistRequestSeen {
  service: AssistService;
  status: number;
  /** Decoded, without chipcode and token. */
  parameters: Readonly<Record<string, string>>;
  /** Of the answer's body. */
  bytes: number;
  /** Why it was refused, which the client is not always told. */
  reason?: string;
  fault?: AssistFault['is'];
}

export interface SimAssistNow extends AsyncDisposable {
  readonly description: AssistNowDescription;
  readonly door: Door;
  /** Requests that reached the services, oldest first (at most the last 1000). */
  readonly requests: readonly AssistRequestSeen[];
  /** Calls for a chipcode, likewise. */
  readonly ztpCalls: readonly ZtpCall[];
  readonly settings: AssistNowSettings;
  configure(changes: Partial<AssistNowSettings>): void;
  /** The next `times` requests (default 1) to one service, or to any, get this fault; faults queue up. */
  pushFault(fault: AssistFault, options?: { times?: number; service?: AssistService }): void;
  /** The same for calls for a chipcode. */
  pushZtpFault(fault: ZtpFault, times?: number): void;
  clearFaults(): void;
  /** Every chipcode handed out is worthless from now on; the next call for one answers a new one. */
  renewChipcodes(): void;
  /** What certificate the services' server shows from now on. */
  show(face: ServerFace): Promise<void>;
}

export interface AssistNowDeps {
  clock: Clock;
  log: Logger;
  pki: Pki;
  /** The provisioning server that also answers calls for a chipcode. */
  ztp: SimZtp;
  /** The account is kept in it, as `assistnow.json`. */
  folder: string;
  /** The data's contents follow from it. */
  seed: string;
}

const MAX_SEEN = 1000;
const BARE: readonly string[] = ['filteronpos'];

const serviceOf = (path: string): AssistService | undefined => {
  if (path === CURRENT_PATH) return 'current';
  if (path === LEGACY_PATHS.online) return 'online';
  return path === LEGACY_PATHS.offline ? 'offline' : undefined;
};

function keepLast<T>(list: T[], entry: T): void {
  list.push(entry);
  if (list.length > MAX_SEEN) list.shift();
}

/** Starts the services' server and hooks into the provisioning one. Errors: `demo.port`. */
export async function createSimAssistNow(deps: AssistNowDeps, options: { port: number }): Promise<SimAssistNow> {
  const { clock, log, pki, ztp } = deps;
  const account = openAssistAccount(join(deps.folder, 'assistnow.json'));
  const mga = createMgaGenerator({ seed: deps.seed });
  let settings = DEFAULT_ASSIST_SETTINGS;
  let temporarySinceUtcMs = clock.wall();
  const faults: { fault: AssistFault; service: AssistService | undefined }[] = [];
  const ztpFaults: ZtpFault[] = [];
  const requests: AssistRequestSeen[] = [];
  const ztpCalls: ZtpCall[] = [];
  const silences = new Set<() => void>();

  const face = await pki.server('normal');
  const server = createServer({ key: face.privateKey, cert: face.certificate, maxHeaderSize: 16_384 });
  server.on('tlsClientError', (error: Error) => log.debug('sim.assistnow.tls', { reason: error.message }));
  const door = createDoor(server, 'assistnow', options.port);
  const urlOf = (path: string): string => `https://localhost:${door.port}${path}`;

  const takeFault = (service: AssistService): AssistFault | undefined => {
    const at = faults.findIndex((entry) => entry.service === undefined || entry.service === service);
    return at < 0 ? undefined : faults.splice(at, 1)[0]?.fault;
  };

  const tokenState = (): AssistNowSettings['legacyToken'] =>
    settings.legacyToken === 'temporary' && clock.wall() >= temporarySinceUtcMs + TEMPORARY_TOKEN_MS
      ? 'expired'
      : settings.legacyToken;

  const answerOf = (service: AssistService, query: string): { answer: AssistAnswer; shown: Record<string, string> } => {
    const isCurrent = service === 'current';
    const parameters = isCurrent ? splitQuery(query, /&/) : splitQuery(query, /[;&]/, BARE);
    const facts = { account, mga, utcMs: clock.wall() };
    return {
      answer: isCurrent
        ? answerCurrent(parameters, { ...facts, settings })
        : answerLegacy(service, parameters, { ...facts, tokenState: tokenState() }),
      shown: shownParameters(parameters),
    };
  };

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.resume();
    const target = request.url ?? '';
    const at = target.indexOf('?');
    const service = serviceOf(at < 0 ? target : target.slice(0, at));
    const hold = (end: () => void): void => {
      silences.add(end);
      response.once('close', () => silences.delete(end));
    };
    if (!service || request.method !== 'GET') {
      const refusal = service ? textAnswer(405, 'Method not allowed') : textAnswer(404, 'Not found');
      sendAssist(response, refusal, 'length', clock, hold);
      return;
    }
    const { answer, shown } = answerOf(service, at < 0 ? '' : target.slice(at + 1));
    const fault = takeFault(service);
    const wire = fault ? spoilt(answer, fault) : answer;
    const seen: AssistRequestSeen = {
      service,
      status: wire.status,
      parameters: shown,
      bytes: wire.body.length,
      ...(wire.reason === undefined ? {} : { reason: wire.reason }),
      ...(fault ? { fault: fault.is } : {}),
    };
    keepLast(requests, seen);
    log.debug('sim.assistnow.request', { service, status: seen.status, bytes: seen.bytes });
    const isLength = service !== 'current' || settings.framing === 'length' || wire.status !== 200;
    sendAssist(response, wire, isLength ? 'length' : 'close', clock, hold);
  };
  server.on('request', onRequest);
  await door.open();

  ztp.addGuest({
    path: ASSIST_ZTP_PATH,
    answer: (text) => answerAssistZtp(text, settings, account, urlOf(CURRENT_PATH)),
    takeFault: () => ztpFaults.shift(),
    record: (call) => keepLast(ztpCalls, call),
  });

  return {
    get description() {
      return {
        ztp: { url: new URL(ASSIST_ZTP_PATH, ztp.url).href, token: account.token },
        serviceUrl: urlOf(CURRENT_PATH),
        legacy: {
          onlineUrl: urlOf(LEGACY_PATHS.online),
          offlineUrl: urlOf(LEGACY_PATHS.offline),
          ...account.legacy,
        },
      };
    },
    door,
    requests,
    ztpCalls,
    get settings() {
      return settings;
    },
    configure(changes) {
      settings = { ...settings, ...changes };
      if (changes.legacyToken === 'temporary') temporarySinceUtcMs = clock.wall();
    },
    pushFault(fault, { times = 1, service } = {}) {
      for (let i = 0; i < times; i++) faults.push({ fault, service });
    },
    pushZtpFault(fault, times = 1) {
      for (let i = 0; i < times; i++) ztpFaults.push(fault);
    },
    clearFaults() {
      faults.length = 0;
      ztpFaults.length = 0;
    },
    renewChipcodes: () => account.renewChipcodes(),
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
