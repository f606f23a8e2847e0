// What the tests of the simulated ThingSpace share: a program that does everything by hand.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { onTestFinished } from 'vitest';
import type { Pki, SimThingSpace } from '../../../src/sim/clouds/index.js';
import { THINGSPACE_PATHS as PATHS } from '../../../src/sim/clouds/index.js';
import { startThingSpace } from '../../helpers/thingspace.js';

export interface Got {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  text: string;
  json: () => Record<string, unknown>;
}

export interface AskOptions {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** Shows this certificate. */
  identity?: { certFile: string; keyFile: string };
}

const agents = new WeakMap<SimThingSpace, Agent>();

/** Connections stay: a test is to wait for answers, not for handshakes. */
function agentOf(sim: SimThingSpace): Agent {
  const agent = agents.get(sim) ?? new Agent({ keepAlive: true });
  if (!agents.has(sim)) onTestFinished(() => agent.destroy());
  agents.set(sim, agent);
  return agent;
}

export function ask(sim: SimThingSpace, pki: Pki, path: string, options: AskOptions = {}): Promise<Got> {
  const { method = 'POST', body = '', identity } = options;
  return new Promise((resolve, reject) => {
    const req = request(
      {
        ...{ host: '127.0.0.1', port: sim.door.port, servername: 'localhost', path, method },
        ...{ ca: pki.caPem, agent: agentOf(sim) },
        ...(identity ? { cert: readFileSync(identity.certFile), key: readFileSync(identity.keyFile) } : {}),
        headers: { 'content-length': Buffer.byteLength(body), ...options.headers },
      },
      (res) => {
        const parts: Buffer[] = [];
        res.on('data', (part: Buffer) => parts.push(part));
        res.on('error', reject);
        res.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          const json = (): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
          resolve({ status: res.statusCode ?? 0, headers: res.headers, text, json });
        });
      },
    );
    req.on('error', reject);
    req.end(body);
  });
}

export const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
export const basic = (key: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`,
});

/** The simulated ThingSpace, and a caller that knows its account. */
export async function start(options: { folder?: string } = {}) {
  const { sim, clock, pki } = await startThingSpace(options);
  const { key, secret, username, password, account, imei, mdn, enrolmentToken } = sim.description;
  let bearer = '';
  let session = '';
  const call = (path: string, more?: AskOptions): Promise<Got> => ask(sim, pki, path, more);
  const form = (path: string, body: string, headers: Record<string, string> = basic(key, secret)) =>
    call(path, { headers: { ...FORM_TYPE, ...headers }, body });
  const tokens = (headers: Record<string, string>): Record<string, string> => ({
    ...JSON_TYPE,
    ...(bearer === '' ? {} : { authorization: `Bearer ${bearer}` }),
    ...(session === '' ? {} : { 'vz-m2m-token': session }),
    ...headers,
  });
  const device = { id: imei, kind: 'imei', mdn };
  const api = {
    ...{ sim, clock, pki, call, form, device },
    /** Takes what it gets as its own bearer. */
    async token(body = 'grant_type=client_credentials', headers?: Record<string, string>) {
      const got = await form(PATHS.token, body, headers);
      if (got.status === 200) bearer = String(got.json()['access_token']);
      return got;
    },
    revoke: (token: string, more = '') => form(PATHS.revoke, `grant_type=client_credentials&token=${token}${more}`),
    /** Takes the session as its own. */
    async login(changes: object = {}) {
      const body = JSON.stringify({ username, password, ...changes });
      const got = await call(PATHS.login, { headers: tokens({}), body });
      if (got.status === 200) session = String(got.json()['sessionToken']);
      return got;
    },
    logout: () => call(PATHS.logout, { headers: tokens({}) }),
    /** Any call with the tokens it has. */
    with: (path: string, body?: unknown, method = 'POST', headers: Record<string, string> = {}) =>
      call(path, { method, headers: tokens(headers), ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    locate: (changes: object = {}) =>
      api.with(PATHS.locations, {
        ...{ accountName: account, accuracyMode: '0', cacheMode: '1', deviceList: [device] },
        ...changes,
      }),
    devices: (body: object = {}) => api.with(PATHS.devices, body),
    operator: (
      path: string,
      body: object = {},
      more: AskOptions = { headers: { authorization: `Bearer ${enrolmentToken}` } },
    ) => {
      const usual = { provider: 'thingspace', device: { imei }, reason: 'initial' };
      return call(path, { ...more, body: JSON.stringify({ ...usual, ...body }) });
    },
    use(tokensOf: { bearer?: string; session?: string }) {
      bearer = tokensOf.bearer ?? bearer;
      session = tokensOf.session ?? session;
    },
    get bearer() {
      return bearer;
    },
    get session() {
      return session;
    },
    /** Token and login. */
    async ready() {
      await api.token();
      await api.login();
      return api;
    },
  };
  return api;
}

export const started = async () => (await start()).ready();
