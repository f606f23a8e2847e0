// What the tests of the simulated deviceWISE's fronts share: the service alone on a clock that stands still, a hand-made MQTT
// client, requests over HTTP. That the bytes are MQTT is for mosquitto to judge (test/interop).
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectSocket, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, onTestFinished } from 'vitest';
import { createFakeClock, type FakeClock, silentLogger } from '../../../src/core/index.js';
import { createSimDeviceWise, type SimDeviceWise } from '../../../src/sim/clouds/index.js';
import { openPki, type Pki } from '../../../src/sim/clouds/pki.js';
import { type Connect, connect, cutServerPacket, publish, type ServerPacket } from '../../../src/sim/mqtt-wire.js';
import { scratch } from './helpers.js';

export interface FrontBench {
  devicewise: SimDeviceWise;
  clock: FakeClock;
  pki: Pki;
}

// One for all tests of a file: making keys is most of what a start takes.
const authorityFolder = mkdtempSync(join(tmpdir(), 'waymark-devicewise-'));
let authority: Promise<Pki> | undefined;
afterAll(() => rmSync(authorityFolder, { recursive: true, force: true }));

export async function startFronts(changes: Parameters<SimDeviceWise['configure']>[0] = {}): Promise<FrontBench> {
  const clock = createFakeClock();
  authority ??= openPki(authorityFolder, clock);
  const pki = await authority;
  const devicewise = await createSimDeviceWise({ clock, log: silentLogger, pki, folder: scratch(), seed: 'fronts' });
  onTestFinished(() => devicewise[Symbol.asyncDispose]());
  devicewise.configure(changes);
  return { devicewise, clock, pki };
}

/** A packet, or the end. */
export type Heard = ServerPacket | 'closed';

export interface HandMade {
  readonly socket: Socket;
  send(...packets: Buffer[]): void;
  /** A request on `topic`, QoS 0. */
  ask(topic: string, body: unknown): void;
  next(): Promise<Heard>;
  /** The next packet, which has to be a PUBLISH. */
  heard(): Promise<{ topic: string; qos: number; payload: Buffer; text: string }>;
}

/** Nothing is sent yet. Rejects when there is no connection, or no TLS. */
export async function dial({ devicewise, pki }: FrontBench, isTls = false): Promise<HandMade> {
  const { mqtt } = devicewise.description;
  const socket = isTls
    ? connectTls({ port: mqtt.port, host: '127.0.0.1', servername: 'localhost', ca: pki.caPem })
    : connectSocket(mqtt.plainPort, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const inbox: Heard[] = [];
  let wake: () => void = () => undefined;
  let bytes: Buffer = Buffer.alloc(0);
  socket.on('data', (part: Buffer) => {
    bytes = Buffer.concat([bytes, part]);
    for (let cut = cutServerPacket(bytes); cut.is === 'packet'; cut = cutServerPacket(bytes)) {
      inbox.push(cut.packet);
      bytes = bytes.subarray(cut.length);
    }
    wake();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    inbox.push('closed');
    wake();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once(isTls ? 'secureConnect' : 'connect', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed before anything was said')));
  });
  const next = async (): Promise<Heard> => {
    while (inbox.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return inbox.shift() ?? 'closed';
  };
  return {
    socket,
    send: (...packets) => void socket.write(Buffer.concat(packets)),
    ask: (topic, body) =>
      void socket.write(publish(topic, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)))),
    next,
    async heard() {
      const packet = await next();
      if (packet === 'closed' || packet.is !== 'publish') throw new Error(`no PUBLISH: ${JSON.stringify(packet)}`);
      const { topic, qos, payload } = packet;
      return { topic, qos, payload, text: payload.toString() };
    },
  };
}

export const IMEI = '001017000000427';

/** A CONNECT as a module makes it. */
export const hello = ({ devicewise }: FrontBench, changes: Partial<Connect> = {}): Buffer =>
  connect({
    ...{ is: 'connect', level: 3, isClean: false, keepaliveS: 60, clientId: IMEI, userName: IMEI },
    password: devicewise.description.appToken,
    ...changes,
  });

/** Dials, signs in and hears what comes first. */
export async function come(
  bench: FrontBench,
  changes: Partial<Connect> = {},
  isTls = false,
): Promise<HandMade & { first: Heard }> {
  const client = await dial(bench, isTls);
  client.send(hello(bench, changes));
  return { ...client, first: await client.next() };
}

export const connackOf = (code: number): Heard => ({ is: 'connack', code });

export interface HttpReply {
  status: number;
  text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  json: any;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Rejects when no whole answer comes. `body` is sent as JSON, or as it is when it is text. */
export function post(
  { devicewise, pki }: FrontBench,
  body: unknown,
  options: { path?: string; method?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<HttpReply> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const { port, pathname } = new URL(devicewise.description.http.url);
  return new Promise((resolve, reject) => {
    const req = request(
      {
        ...{ host: '127.0.0.1', port, servername: 'localhost', agent: false, ca: pki.caPem },
        ...{ method: options.method ?? 'POST', path: options.path ?? pathname },
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...options.headers },
      },
      (res) => {
        const parts: Buffer[] = [];
        res.on('data', (part: Buffer) => parts.push(part));
        res.on('error', reject);
        res.on('end', () => {
          const got = Buffer.concat(parts).toString();
          resolve({ status: res.statusCode ?? 0, text: got, json: parsed(got) });
        });
      },
    );
    req.on('error', reject);
    req.end(text);
  });
}

export const PING = { '1': { command: 'diag.ping' } };
export const GOOD = { '1': { success: true } };

export const authCommand = ({ devicewise }: FrontBench, changes: Readonly<Record<string, unknown>> = {}) => ({
  command: 'api.authenticate',
  params: { appToken: devicewise.description.appToken, appId: 'made-once', thingKey: 'gateway-1', ...changes },
});

/** Gives the id of a session. */
export async function signIn(bench: FrontBench): Promise<string> {
  const { json } = await post(bench, { auth: authCommand(bench) });
  return String(json.auth.params.sessionId);
}
