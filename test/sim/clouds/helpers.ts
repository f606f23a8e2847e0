// What the tests of the simulated clouds share: a scratch folder, plain HTTPS requests, MQTT clients, polling.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { onTestFinished } from 'vitest';
import { createClock, silentLogger } from '../../../src/core/index.js';
import { createSimClouds, type SimClouds, type SimCloudsOptions } from '../../../src/sim/clouds/index.js';

export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'waymark-clouds-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function startClouds(options: Partial<SimCloudsOptions> = {}): Promise<SimClouds> {
  const clouds = await createSimClouds({
    clock: createClock(),
    log: silentLogger,
    stateDir: options.stateDir ?? scratch(),
    ...options,
  });
  onTestFinished(() => clouds[Symbol.asyncDispose]());
  return clouds;
}

/** Waits until `test` is true; the error names what was waited for. */
export async function until(what: string, test: () => boolean, ms = 10_000): Promise<void> {
  const end = Date.now() + ms;
  while (!test()) {
    if (Date.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export interface Answer {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  text: string;
  json: () => Record<string, unknown>;
}

export interface AskOptions {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Sends the body without Content-Length. */
  chunked?: boolean;
}

/** One request to the simulated provisioning service; rejects when the connection is cut. */
export function ask(clouds: SimClouds, options: AskOptions = {}): Promise<Answer> {
  const url = new URL(clouds.description.ztp.url);
  const body = options.body ?? '';
  return new Promise((resolve, reject) => {
    const req = request(
      {
        host: '127.0.0.1',
        port: url.port,
        servername: 'localhost',
        path: options.path ?? url.pathname,
        method: options.method ?? 'POST',
        ca: readFileSync(clouds.description.caFile),
        agent: false,
        headers: {
          'content-type': 'application/json',
          ...(options.chunked ? {} : { 'content-length': Buffer.byteLength(body) }),
          ...options.headers,
        },
      },
      (res) => {
        const parts: Buffer[] = [];
        res.on('data', (part: Buffer) => parts.push(part));
        res.on('error', reject);
        res.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          resolve({
            status: res.statusCode ?? 0,
            headers: res.headers,
            text,
            json: () => JSON.parse(text) as Record<string, unknown>,
          });
        });
      },
    );
    req.on('error', reject);
    if (options.chunked) req.write(body);
    req.end(options.chunked ? undefined : body);
  });
}

/** A provisioning request as the agent makes it. */
export const provision = (clouds: SimClouds, changes: Record<string, unknown> = {}): Promise<Answer> =>
  ask(clouds, {
    body: JSON.stringify({ tags: ['ztp'], token: clouds.description.ztp.token, hardwareId: 'gw-1', ...changes }),
  });

export interface Client {
  readonly mqtt: mqtt.MqttClient;
  readonly messages: { topic: string; payload: Buffer; retain: boolean }[];
  readonly errors: Error[];
  readonly isUp: () => boolean;
  readonly isClosed: () => boolean;
}

/** An MQTT client with the ready identity, or another. Never reconnects by itself. `leave` = options not given at all. */
export function connectClient(
  clouds: SimClouds,
  options: Partial<mqtt.IClientOptions> = {},
  leave: readonly ('cert' | 'key')[] = [],
): Client {
  const { port, clientId, certFile, keyFile } = clouds.description.pointperfect.mqtt;
  const all: mqtt.IClientOptions = {
    protocol: 'mqtts',
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    clientId,
    ca: readFileSync(clouds.description.caFile),
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    protocolVersion: 4,
    reconnectPeriod: 0,
    ...options,
  };
  const left = Object.entries(all).filter(([name]) => !leave.some((key) => key === name));
  const client = mqtt.connect(Object.fromEntries(left) as mqtt.IClientOptions);
  onTestFinished(() => void client.end(true));
  let isUp = false;
  let isClosed = false;
  const out: Client = { mqtt: client, messages: [], errors: [], isUp: () => isUp, isClosed: () => isClosed };
  client.on('connect', () => (isUp = true));
  client.on('close', () => (isClosed = true));
  client.on('error', (error) => out.errors.push(error));
  client.on('message', (topic, payload, packet) => out.messages.push({ topic, payload, retain: packet.retain }));
  return out;
}

export async function joined(clouds: SimClouds, options: Partial<mqtt.IClientOptions> = {}): Promise<Client> {
  const client = connectClient(clouds, options);
  await until('CONNACK', () => client.isUp() || client.isClosed());
  if (!client.isUp()) throw client.errors[0] ?? new Error('closed before CONNACK');
  return client;
}
