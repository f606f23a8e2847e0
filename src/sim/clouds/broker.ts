// The simulated PointPerfect broker: MQTT 3.1.1 behind mutual TLS, with the manners of the real one
// (specs: simulator rows 18-27).
import { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { Aedes, type Client, type ConnectPacket } from 'aedes';
import type { Clock, Logger } from '../../core/index.js';
import { createBrokerFront, type FrontTls } from './broker-front.js';
import { ALERT, type AlertCode, type CertificateJudge } from './certificate-gate.js';
import { createDoor, type Door } from './door.js';
import type { Pki, ServerFace } from './pki.js';
import type { Registry } from './registry.js';
import { isCorrectionTopic, mayRead } from './topics.js';

export interface BrokerStats {
  /** Clients that had their CONNACK and are up. */
  sessions: readonly string[];
  /** Alerts sent for a certificate, by description number; 0 = refused by the TLS engine itself. */
  refusedHandshakes: Readonly<Record<number, number>>;
  connects: number;
  /** CONNECTs cut for a client id that is not the certificate's, or a Thing without a plan. */
  refusedConnects: number;
  /** Messages handed out to the topics (not multiplied by clients). */
  published: number;
  /** Client id and topics of every session. */
  subscriptions: ReadonlyMap<string, readonly string[]>;
}

export interface SimBroker extends AsyncDisposable {
  readonly door: Door;
  readonly stats: BrokerStats;
  /** Hands out a message. A retained one replaces the earlier of its topic. */
  publish(topic: string, payload: Uint8Array, options?: { retain?: boolean }): void;
  /** Told all topics anybody listens to, whenever somebody subscribes, unsubscribes or goes. */
  onInterest(fn: (topics: ReadonlySet<string>) => void): void;
  /** What a new subscriber of a topic gets, as if it had been retained. */
  answerAtOnce(fn: (topic: string) => Uint8Array | undefined): void;
  /** What localized dictionaries call this broker: `host:port`, unless told otherwise. */
  readonly endpoint: string;
  tellEndpoint(endpoint: string | undefined): void;
  /** Sessions, pings and subscriptions work, but no message comes through. */
  stall(isStalled: boolean): void;
  /** A path outside the account is answered with 0x80, or the connection is cut. */
  refuseSubscriptionBy(way: 'suback' | 'cut'): void;
  /** CONNACK return code for everybody from now on (0 = welcome). */
  answerConnectWith(returnCode: 0 | 2 | 3 | 4 | 5): void;
  /**
   * The delivery is discontinued: `silent` = correction topics are granted, but never carry a message again; `refused` =
   * everybody is cut, and each CONNECT answered with return code 5.
   */
  endOfService(form: EndOfService): void;
  /** Paths no longer in the account (the service changes its list now and then). */
  withdraw(topics: readonly string[]): void;
  show(face: ServerFace): Promise<void>;
  /** Cuts every session, as a restart of the far side does; it goes on serving. */
  cutSessions(): void;
  /** Stops serving until `start`; the port stays the same. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** How the end of MQTT delivery looks from outside. */
export const END_OF_SERVICE_FORMS = ['off', 'silent', 'refused'] as const;
export type EndOfService = (typeof END_OF_SERVICE_FORMS)[number];

const NOT_AUTHORIZED = 5;

export interface BrokerOptions {
  port: number;
  /** Newest TLS version, default TLSv1.2. With TLSv1.3 a refused client believes itself connected first. */
  tls?: FrontTls;
}

const commonNameOf = (client: Client): string | undefined =>
  (client.conn as TLSSocket).getPeerX509Certificate()?.subject.match(/^CN=([^\n]+)$/m)?.[1];

export async function createSimBroker(
  deps: { clock: Clock; log: Logger; pki: Pki; registry: Registry },
  options: BrokerOptions,
): Promise<SimBroker> {
  const { clock, log, pki, registry } = deps;
  const authority = new X509Certificate(pki.caPem);
  const refusedHandshakes: Record<number, number> = {};
  const counters = { connects: 0, refusedConnects: 0, published: 0 };
  const subscriptions = new Map<Client, Set<string>>();
  const retained = new Map<string, Buffer>();
  const withdrawn = new Set<string>();
  let isStalled = false;
  let refusal: 'suback' | 'cut' = 'suback';
  let returnCode = 0;
  let end: EndOfService = 'off';
  let toldEndpoint: string | undefined;
  let tellInterest: (topics: ReadonlySet<string>) => void = () => undefined;
  let atOnce: (topic: string) => Uint8Array | undefined = () => undefined;

  const judge: CertificateJudge = (certificate) => {
    if (!certificate.checkIssued(authority) || !certificate.verify(authority.publicKey)) return ALERT.unknownCa;
    if (Date.parse(certificate.validTo) < clock.wall()) return ALERT.expired;
    return registry.isRevoked(certificate.serialNumber) ? ALERT.revoked : undefined;
  };
  const countRefusal = (alert: AlertCode | 0, reason?: string): void => {
    refusedHandshakes[alert] = (refusedHandshakes[alert] ?? 0) + 1;
    log.debug('sim.broker.handshake-refused', { alert, ...(reason === undefined ? {} : { reason }) });
  };

  const noteInterest = (): void => tellInterest(new Set([...subscriptions.values()].flatMap((topics) => [...topics])));

  const mayConnect = (client: Client, packet: ConnectPacket): boolean => {
    const name = commonNameOf(client);
    return name === packet.clientId && registry.byClientId(name)?.isActive !== false;
  };

  const makeAedes = async (): Promise<Aedes> => {
    const aedes = await Aedes.createBroker({
      preConnect(client, packet, done) {
        counters.connects++;
        const isWelcome = mayConnect(client, packet);
        if (!isWelcome) counters.refusedConnects++;
        done(isWelcome ? null : new Error('client id is not the certificate’s'), isWelcome);
      },
      authenticate(_client, _user, _password, done) {
        const answer = end === 'refused' ? NOT_AUTHORIZED : returnCode;
        if (answer === 0) done(null, true);
        else done(Object.assign(new Error('not now'), { returnCode: answer }), false);
      },
      authorizeSubscribe(_client, subscription, done) {
        const isListed = mayRead(subscription.topic) && !withdrawn.has(subscription.topic);
        if (!isListed && refusal === 'cut') done(new Error('path is not in the account'));
        else done(null, isListed ? subscription : null);
      },
      authorizePublish: (_client, _packet, done) => done(new Error('devices may not publish')),
      authorizeForward: (_client, packet) =>
        isStalled || (end === 'silent' && isCorrectionTopic(packet.topic)) ? null : packet,
    });
    aedes.on('subscribe', (granted, client) => {
      const topics = subscriptions.get(client) ?? new Set<string>();
      // 128 is a refusal; the type knows only the grants.
      const taken = granted.filter(({ qos }) => (qos as number) !== 128);
      for (const { topic } of taken) topics.add(topic);
      subscriptions.set(client, topics);
      for (const { topic, qos } of taken) greet(client, topic, qos);
      noteInterest();
    });
    aedes.on('unsubscribe', (topics, client) => {
      for (const topic of topics) subscriptions.get(client)?.delete(topic);
      noteInterest();
    });
    aedes.on('clientDisconnect', (client) => {
      subscriptions.delete(client);
      noteInterest();
    });
    aedes.on('clientReady', (client) => {
      // One that never subscribes is a session too.
      if (!subscriptions.has(client)) subscriptions.set(client, new Set());
    });
    const quiet = (_client: Client, error: Error): void => log.debug('sim.broker.client', { reason: error.message });
    aedes.on('clientError', quiet);
    aedes.on('connectionError', quiet);
    for (const [topic, payload] of retained) deliver(aedes, topic, payload, true);
    return aedes;
  };

  const deliver = (aedes: Aedes, topic: string, payload: Buffer, retain: boolean): void =>
    aedes.publish({ cmd: 'publish', topic, payload, qos: retain ? 1 : 0, retain, dup: false }, (error) => {
      if (error) log.debug('sim.broker.publish', { topic, reason: error.message });
    });

  const greet = (client: Client, topic: string, qos: 0 | 1 | 2): void => {
    const payload = atOnce(topic);
    if (!payload) return;
    counters.published++;
    client.publish({ cmd: 'publish', topic, payload: Buffer.from(payload), qos, retain: true, dup: false }, (error) => {
      if (error) log.debug('sim.broker.publish', { topic, reason: error.message });
    });
  };

  let aedes = await makeAedes();
  const front = await createBrokerFront(
    { pki, judge, onRefused: countRefusal, onClient: (socket) => void aedes.handle(socket) },
    options.tls ?? 'TLSv1.2',
  );
  const door = createDoor(front.server, 'broker', options.port);
  await door.open();

  const closeAedes = (): Promise<void> => new Promise((resolve) => aedes.close(() => resolve()));

  return {
    door,
    get stats() {
      return {
        ...counters,
        refusedHandshakes: { ...refusedHandshakes },
        sessions: [...subscriptions.keys()].map((client) => client.id),
        subscriptions: new Map([...subscriptions].map(([client, topics]) => [client.id, [...topics]])),
      };
    },
    publish(topic, payload, { retain = false } = {}) {
      const bytes = Buffer.from(payload);
      if (retain) retained.set(topic, bytes);
      if (!door.isOpen) return;
      counters.published++;
      deliver(aedes, topic, bytes, retain);
    },
    onInterest: (fn) => void (tellInterest = fn),
    answerAtOnce: (fn) => void (atOnce = fn),
    get endpoint() {
      return toldEndpoint ?? `localhost:${door.port}`;
    },
    tellEndpoint: (endpoint) => void (toldEndpoint = endpoint),
    stall: (value) => void (isStalled = value),
    refuseSubscriptionBy: (way) => void (refusal = way),
    answerConnectWith: (code) => void (returnCode = code),
    endOfService(form) {
      end = form;
      if (form === 'refused') door.cutAll();
    },
    withdraw(topics) {
      withdrawn.clear();
      for (const topic of topics) withdrawn.add(topic);
    },
    show: (face) => front.show(face),
    cutSessions: () => door.cutAll(),
    async kill() {
      if (!door.isOpen) return;
      await door.close();
      await closeAedes();
    },
    async start() {
      if (door.isOpen) return;
      aedes = await makeAedes();
      await door.open();
    },
    async [Symbol.asyncDispose]() {
      await door.close();
      await closeAedes();
    },
  };
}
