// What the tests of the simulated Losant share: the service alone on a clock that stands still, requests, raw MQTT.
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import { createFakeClock, type FakeClock, silentLogger } from '../../../src/core/index.js';
import { createSimLosant, type LosantSettings, type SimLosant } from '../../../src/sim/clouds/index.js';
import { openPki, type Pki } from '../../../src/sim/clouds/pki.js';
import { scratch } from './helpers.js';

export interface LosantBench {
  losant: SimLosant;
  clock: FakeClock;
  pki: Pki;
}

// One for all tests of a file: making keys is most of what a start takes.
const authorityFolder = mkdtempSync(join(tmpdir(), 'waymark-losant-'));
let authority: Promise<Pki> | undefined;
afterAll(() => rmSync(authorityFolder, { recursive: true, force: true }));

/** Losant alone: no other cloud starts. */
export async function startLosant(
  settings: Partial<LosantSettings> = {},
  options: { stateDir?: string } = {},
): Promise<LosantBench> {
  const clock = createFakeClock();
  const folder = options.stateDir ?? scratch();
  authority ??= openPki(authorityFolder, clock);
  const pki = await authority;
  const losant = await createSimLosant({ clock, log: silentLogger, pki, folder });
  onTestFinished(() => losant[Symbol.asyncDispose]());
  losant.configure(settings);
  return { losant, clock, pki };
}

export interface RestReply {
  status: number;
  text: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  json: any;
}

export interface RestAsk {
  token?: string;
  /** Sent as JSON, or as it is when it is text. */
  body?: unknown;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** `POST /path` or `GET /path`; rejects when no whole answer comes. */
export function rest({ losant, pki }: LosantBench, line: string, ask: RestAsk = {}): Promise<RestReply> {
  const [method = '', path = ''] = line.split(' ');
  const body = ask.body === undefined ? undefined : typeof ask.body === 'string' ? ask.body : JSON.stringify(ask.body);
  return new Promise((resolve, reject) => {
    const req = request(
      {
        ...{ host: '127.0.0.1', port: losant.rest.door.port, servername: 'localhost', agent: false },
        ...{ method, path, ca: pki.caPem },
        headers: {
          ...(ask.token === undefined ? {} : { authorization: `Bearer ${ask.token}` }),
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
      },
      (res) => {
        const parts: Buffer[] = [];
        res.on('data', (part: Buffer) => parts.push(part));
        res.on('error', reject);
        res.on('end', () => {
          const text = Buffer.concat(parts).toString();
          resolve({ status: res.statusCode ?? 0, text, headers: res.headers, json: parsed(text) });
        });
      },
    );
    req.on('error', reject);
    req.end(body);
  });
}

/** Paths of the ready application and device. */
export const pathsOf = ({ losant }: LosantBench) => {
  const { applicationId, deviceId } = losant.description;
  const app = `/applications/${applicationId}`;
  return { app, devices: `${app}/devices`, device: `${app}/devices/${deviceId}`, keys: `${app}/keys` };
};

export const authBody = ({ losant }: LosantBench) => {
  const { deviceId, accessKey: key, accessSecret: secret } = losant.description;
  return { deviceId, key, secret };
};

export async function deviceToken(bench: LosantBench, more: Record<string, unknown> = {}): Promise<string> {
  const reply = await rest(bench, 'POST /auth/device', { body: { ...authBody(bench), ...more } });
  return String(reply.json.token);
}

export const payloadOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

// MQTT, written down once more: the simulator's own writer would share its mistakes.

const word = (value: number): number[] => [value >> 8, value & 255];
const field = (text: string): Buffer => Buffer.concat([Buffer.from(word(Buffer.byteLength(text))), Buffer.from(text)]);
const frame = (first: number, ...parts: readonly (Buffer | number[])[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const size: number[] = [];
  for (let left = body.length; ; left = Math.floor(left / 128)) {
    size.push(left >= 128 ? (left % 128) + 128 : left);
    if (left < 128) break;
  }
  return Buffer.concat([Buffer.from([first, ...size]), body]);
};

export interface ConnectAs {
  clientId: string;
  userName: string;
  password: string;
  level?: number;
  isClean?: boolean;
  keepaliveS?: number;
}

export const connectPacket = (as: ConnectAs): Buffer =>
  frame(
    0x10,
    field('MQTT'),
    [as.level ?? 4, 0xc0 | (as.isClean === false ? 0 : 2), ...word(as.keepaliveS ?? 60)],
    ...((as.level ?? 4) === 5 ? [[0]] : []),
    ...[as.clientId, as.userName, as.password].map(field),
  );
export const subscribePacket = (topic: string, qos = 0): Buffer => frame(0x82, word(7), field(topic), [qos]);
export const publishPacket = (topic: string, payload: string, options: { qos?: number; retain?: boolean } = {}) => {
  const { qos = 0, retain = false } = options;
  return frame(0x30 | (qos << 1) | (retain ? 1 : 0), field(topic), ...(qos > 0 ? [word(9)] : []), Buffer.from(payload));
};
export const PING = frame(0xc0);
export const DISCONNECT = frame(0xe0);

/** What a server sends, as hex; a PUBLISH as topic and payload; or that it closed. */
export type Heard = { hex: string } | { topic: string; payload: string; qos: number } | 'closed';

export interface RawMqtt {
  readonly socket: Socket;
  send(...packets: Buffer[]): void;
  /** The next packet, or the end. */
  next(): Promise<Heard>;
}

function readFrame(bytes: Buffer): { heard: Heard; length: number } | undefined {
  let [size, at, factor] = [0, 1, 1];
  for (;;) {
    const byte = bytes[at++];
    if (byte === undefined) return undefined;
    size += (byte % 128) * factor;
    factor *= 128;
    if (byte < 128) break;
  }
  const length = at + size;
  if (bytes.length < length) return undefined;
  const first = bytes[0] ?? 0;
  if (first >> 4 !== 3) return { heard: { hex: bytes.subarray(0, length).toString('hex') }, length };
  const end = at + 2 + bytes.readUInt16BE(at);
  const topic = bytes.subarray(at + 2, end).toString();
  return { heard: { topic, payload: bytes.subarray(end, length).toString(), qos: (first >> 1) & 3 }, length };
}

/** A connection to the plain door; nothing is sent yet. */
export async function rawMqtt({ losant }: LosantBench): Promise<RawMqtt> {
  const socket = connect(losant.broker.plainDoor.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const heard: Heard[] = [];
  let wake: () => void = () => undefined;
  let bytes = Buffer.alloc(0);
  socket.on('data', (part: Buffer) => {
    bytes = Buffer.concat([bytes, part]);
    for (let read = readFrame(bytes); read; read = readFrame(bytes)) {
      heard.push(read.heard);
      bytes = bytes.subarray(read.length);
    }
    wake();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    heard.push('closed');
    wake();
  });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return {
    socket,
    send: (...packets) => void socket.write(Buffer.concat(packets)),
    async next() {
      while (heard.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return heard.shift() ?? 'closed';
    },
  };
}

export const ready = ({ losant }: LosantBench): ConnectAs => {
  const { deviceId, accessKey, accessSecret } = losant.description;
  return { clientId: deviceId, userName: accessKey, password: accessSecret };
};

/** Sends CONNECT and hears what comes. */
export async function connectRaw(
  bench: LosantBench,
  changes: Partial<ConnectAs> = {},
): Promise<RawMqtt & { first: Heard }> {
  const client = await rawMqtt(bench);
  client.send(connectPacket({ ...ready(bench), ...changes }));
  return { ...client, first: await client.next() };
}

export const connackHex = (code: number): Heard => ({ hex: `2002000${String(code)}` });
export const PUBACK: Heard = { hex: '40020009' };
export const PONG: Heard = { hex: 'd000' };
export const subackHex = (code: string): Heard => ({ hex: `90030007${code}` });
export const stateTopic = ({ losant }: LosantBench): string => `losant/${losant.description.deviceId}/state`;
export const commandTopic = ({ losant }: LosantBench): string => `losant/${losant.description.deviceId}/command`;
