// A small world around the provisioner: stores in memory that survive a "restart", a token, a service that answers as told.
import { createFakeClock, type FakeClock, Secret, silentLogger, WaymarkError } from '../../src/core/index.js';
import type { HttpsResponse } from '../../src/net/index.js';
import type { Identity } from '../../src/vault/index.js';
import {
  createProvisioner,
  type Prove,
  type Provisioner,
  type ProvisionOptions,
  type TokenLease,
  type TokenOutcome,
  type TokenSource,
  type ZtpMemory,
  ztpMemoryCodec,
} from '../../src/ztp/index.js';
import type { Issued } from '../helpers/pki.js';

export const TOKEN = '01234567-89ab-cdef-0123-456789abcdef';
export const URL_ = 'https://api.test/ztp/pointperfect/credentials';

export const keysAnswer = (pair: Issued, extra: Record<string, unknown> = {}): Record<string, unknown> => ({
  certificate: pair.cert,
  privateKey: pair.key,
  clientId: '2f4d5e6a-0000-4000-8000-000000000001',
  brokerHost: 'pp.services.test',
  supportsMqtt: true,
  supportsLband: false,
  subscriptions: [
    { description: 'key distribution topic', path: '/pp/ubx/0236/ip' },
    { description: 'correction topic for EU region', path: '/pp/ip/eu' },
    { path: '/pp/ip/eu;/pp/ip/eu/gad' },
  ],
  dynamickeys: {
    current: { start: 1668815982000, duration: 2419199999, value: '00112233445566778899aabbccddeeff' },
    next: { start: 1671235182000, duration: 2505599999, value: 'ffeeddccbbaa99887766554433221100' },
  },
  ...extra,
});

/** What tests change in a u-center file. */
export interface UcenterParts {
  ClientID: unknown;
  ServerURI: unknown;
  Cert: unknown;
  Key: unknown;
  RootCA: unknown;
  DataTopics: unknown;
  current: unknown;
}

/** The file the portal gives for u-center. */
export function ucenterFile(pair: Issued, parts: Partial<UcenterParts> = {}): string {
  const { dynamickeys } = keysAnswer(pair) as { dynamickeys: { current: unknown; next: unknown } };
  const all: UcenterParts = {
    ClientID: '2f4d5e6a-0000-4000-8000-000000000001',
    ServerURI: 'ssl://pp.services.test:8883',
    Cert: pair.cert,
    Key: pair.key,
    RootCA: undefined,
    DataTopics: ['/pp/ip/eu', '/pp/ip/eu;/pp/ip/eu/gad', '/pp/ip/us', '/pp/ip/us;'],
    current: dynamickeys.current,
    ...parts,
  };
  const { ClientID, ServerURI, Cert, Key, RootCA, DataTopics, current } = all;
  return JSON.stringify({
    MQTT: {
      Connectivity: {
        Name: 'PointPerfect',
        ClientID,
        Protocol: 'MQTTv3',
        ServerURI,
        ClientCredentials: { Type: 'Cert', Key, Cert, RootCA },
        CleanSession: true,
        ConnectionTimeout: 30,
        KeepAliveInterval: 60,
        SSL: { Mode: 'on', Protocol: 'TLSv1.2' },
      },
      Subscriptions: {
        Key: { QoS: 1, KeyTopics: ['/pp/ubx/0236/ip'] },
        AssistNow: { QoS: 0, AssistNowTopics: ['/pp/ubx/mga'] },
        Data: { QoS: 0, DataTopics },
      },
      dynamicKeys: { current, next: dynamickeys.next },
    },
  });
}

export const answer = (status: number, body: unknown, retryAfterMs?: number): HttpsResponse => ({
  status,
  headers: {},
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

/** What a vault slot does, without a disk. */
export function memorySlot<T>(initial?: T) {
  const slot = {
    current: initial,
    next: undefined as T | undefined,
    writes: 0,
    failing: false,
    read: () => Promise.resolve(slot.current === undefined ? undefined : { value: slot.current }),
    write: (value: T) => {
      if (slot.failing) return Promise.reject(new WaymarkError('vault.write', 'disk full'));
      slot.writes++;
      slot.current = value;
      return Promise.resolve();
    },
    stage: (value: T) => {
      if (slot.failing) return Promise.reject(new WaymarkError('vault.write', 'disk full'));
      slot.next = value;
      return Promise.resolve();
    },
    staged: () => Promise.resolve(slot.next),
    promote: () => {
      if (slot.next === undefined) return Promise.reject(new WaymarkError('vault.write', 'nothing whole is staged'));
      slot.current = slot.next;
      slot.next = undefined;
      return Promise.resolve();
    },
    discard: () => {
      slot.next = undefined;
      return Promise.resolve();
    },
  };
  return slot;
}

export function fakeToken(value = TOKEN) {
  const listeners = new Set<() => void>();
  const outcomes: TokenOutcome[] = [];
  let generation = 1;
  let secret: Secret | undefined = new Secret('ztp-token', value);
  const source: TokenSource = {
    get: () => {
      if (!secret) return Promise.reject(new WaymarkError('secret.absent', 'no token file'));
      return Promise.resolve({ value: secret, generation, fingerprint: secret.fingerprint });
    },
    report: (_lease: TokenLease, outcome) => {
      outcomes.push(outcome);
      for (const listener of [...listeners]) listener();
    },
    onChange: (callback) => {
      listeners.add(callback);
      return () => void listeners.delete(callback);
    },
  };
  return {
    source,
    outcomes,
    replace(next: string | undefined) {
      secret = next === undefined ? undefined : new Secret('ztp-token', next);
      generation++;
      for (const listener of [...listeners]) listener();
    },
  };
}

export interface World {
  clock: FakeClock;
  identity: ReturnType<typeof memorySlot<Identity>>;
  memory: ReturnType<typeof memorySlot<string>>;
  token: ReturnType<typeof fakeToken>;
  /** Request bodies the service has seen. */
  calls: string[];
  /** How many calls the ledger on disk knew of when each call was made. */
  onDiskAtCall: number[];
  /** Answers in turn; the last one stays. A thrown error is a connection that did not come up. */
  answers: (HttpsResponse | Error)[];
  /** What the proof does. */
  prove: Prove;
  proofs: Identity[];
  /** A new provisioner on the same stores, as after a restart. */
  start(options?: Partial<ProvisionOptions>): Provisioner;
}

export function world(answers: (HttpsResponse | Error)[], options: Partial<ProvisionOptions> = {}): World {
  const clock = createFakeClock(Date.now());
  const memory = memorySlot<string>();
  const w: World = {
    clock,
    identity: memorySlot<Identity>(),
    memory,
    token: fakeToken(),
    calls: [],
    onDiskAtCall: [],
    answers,
    proofs: [],
    prove: () => Promise.resolve(),
    start: (more = {}) =>
      createProvisioner(
        {
          http: {
            request: async (request) => {
              const next = w.answers.length > 1 ? w.answers.shift() : w.answers[0];
              if (next instanceof Error) throw next;
              await request.beforeSend?.();
              w.calls.push(request.body ?? '');
              w.onDiskAtCall.push(ztpMemoryCodec.decode(JSON.parse(memory.current ?? '')).calls.length);
              if (!next) throw new Error('no answer prepared');
              return next;
            },
          },
          identitySlot: w.identity,
          // Through the codec and JSON, as a disk would.
          memorySlot: {
            read: () =>
              Promise.resolve(
                memory.current === undefined ? undefined : { value: ztpMemoryCodec.decode(JSON.parse(memory.current)) },
              ),
            write: (value: ZtpMemory) => memory.write(JSON.stringify(ztpMemoryCodec.encode(value))),
          },
          token: w.token.source,
          prove: async (identity, signal) => {
            w.proofs.push(identity);
            await w.prove(identity, signal);
          },
          clock,
          log: silentLogger,
          random: () => 1,
        },
        { url: URL_, tags: ['ztp'], hardwareId: 'gw-1', ...options, ...more },
      ),
  };
  return w;
}

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
