// A deviceWISE of a few lines behind an in-memory stream, which answers as a test says, and the same over HTTPS.
import { setMaxListeners } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { createFakeClock, Secret, silentLogger, WaymarkError } from '../../../src/core/index.js';
import type { HttpsClient, HttpsResponse } from '../../../src/net/index.js';
import type { ApplicationId, GatewayIdentity } from '../../../src/services/index.js';
import { type ClientPacket, type Connect, connack, cutPacket, puback, publish } from '../../../src/sim/mqtt-wire.js';

export const TOKEN = new Secret('app-token', 'Abcd1234Efgh5678');
export const OWN: ApplicationId = { is: 'own', value: new Secret('application-id', '0123456789abcdef'.repeat(2)) };
export const IDENTITY: GatewayIdentity = { thingKey: 'thing-1234', applicationId: OWN };
export const never = new AbortController().signal;
setMaxListeners(0, never);

/** A request: commands by id. */
export type Request = Readonly<Partial<Record<string, { command: string; params?: Record<string, unknown> }>>>;

export interface Published {
  topic: string;
  payload: Buffer;
  json: Request;
}

export interface FakeServer {
  connect(): Promise<Duplex>;
  readonly connects: Connect[];
  /** Every request but the mailbox checks. */
  readonly requests: Published[];
  readonly checks: number;
  /** To the client, as QoS 0. */
  say(topic: string, payload: string | Uint8Array): void;
  hangUp(): void;
}

/** What is sent back to a request; undefined: nothing. */
export type Script = (request: Published) => unknown;

export const success = ({ json }: { json: Request }): unknown =>
  Object.fromEntries(Object.keys(json).map((id) => [id, { success: true }]));

/** Mailbox checks are answered by `mail`, the rest by `script`, each on the reply topic of its number. */
export function fakeServer(
  script: Script = success,
  { mail = () => [], code = 0 }: { mail?: () => unknown; code?: number } = {},
): FakeServer {
  const connects: Connect[] = [];
  const requests: Published[] = [];
  let checks = 0;
  let far: Duplex | undefined;
  const answer = (request: Published): unknown => {
    if (request.json['1']?.command === 'mailbox.check') {
      checks++;
      const messages = mail();
      return messages === undefined ? undefined : { '1': { success: true, params: { messages } } };
    }
    requests.push(request);
    return script(request);
  };
  const jsonOf = (payload: Buffer): Request => {
    try {
      return JSON.parse(payload.toString()) as Request;
    } catch {
      return {};
    }
  };
  const server: FakeServer = {
    connects,
    requests,
    get checks() {
      return checks;
    },
    async connect() {
      const [near, other] = duplexPair();
      far = other;
      let bytes: Buffer = Buffer.alloc(0);
      other.on('error', () => undefined);
      other.on('data', (chunk: Buffer) => {
        bytes = Buffer.concat([bytes, chunk]);
        for (let cut = cutPacket(bytes); cut.is === 'packet'; cut = cutPacket(bytes)) {
          bytes = bytes.subarray(cut.length);
          onPacket(cut.packet, other);
        }
      });
      return near;
    },
    say(topic, payload) {
      far?.write(publish(topic, Buffer.from(payload)));
    },
    hangUp: () => void far?.end(),
  };
  const onPacket = (packet: ClientPacket, stream: Duplex): void => {
    if (packet.is === 'connect') {
      connects.push(packet);
      stream.write(connack(code));
    }
    if (packet.is !== 'publish') return;
    stream.write(puback(packet.id));
    const { topic, payload } = packet;
    const reply = answer({ topic, payload, json: jsonOf(payload) });
    if (reply !== undefined) server.say(topic.replace(/^api/, 'reply'), JSON.stringify(reply));
  };
  return server;
}

export const base = () => {
  const clock = createFakeClock();
  return { clock, log: silentLogger, identity: async () => IDENTITY };
};

export interface Posted {
  sessionId: string | undefined;
  json: Request;
}

export type HttpReply = { status?: number; text?: string; json?: unknown; retryAfterMs?: number } | WaymarkError;

/** `api.authenticate` gives session-1, session-2, …, mailbox checks are empty, the rest is the script’s. */
export function fakeHttp(script: (posted: Posted) => HttpReply | Promise<HttpReply> | undefined): HttpsClient & {
  posted: Posted[];
  signIns: number;
} {
  const posted: Posted[] = [];
  const http = {
    posted,
    signIns: 0,
    async request(request: Parameters<HttpsClient['request']>[0]): Promise<HttpsResponse> {
      const json = JSON.parse(request.body ?? '{}') as Request;
      const one: Posted = { sessionId: request.headers?.['sessionId'], json };
      posted.push(one);
      const reply = (await script(one)) ?? usual(one);
      if (reply instanceof WaymarkError) throw reply;
      const { status = 200, text, retryAfterMs } = reply;
      const body = Buffer.from(text ?? JSON.stringify(reply.json));
      return { status, headers: {}, body, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    },
  };
  const usual = (one: Posted): HttpReply => {
    if (one.json['auth'])
      return { json: { auth: { success: true, params: { sessionId: `session-${++http.signIns}` } } } };
    if (one.json['1']?.command === 'mailbox.check')
      return { json: { '1': { success: true, params: { messages: [] } } } };
    return { json: success(one) };
  };
  return http;
}
