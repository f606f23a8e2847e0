// One MQTT connection to the simulated Losant, from its first byte to its end (specs/losant.md section 12).
//
//   silent --CONNECT taken--> up --close, DISCONNECT, keep-alive, violation--> over
//      '-----refused: CONNACK and close, or only close--------------------------^
import type { Socket } from 'node:net';
import type { Timer } from '../../../core/index.js';
import {
  type ClientPacket,
  type Connect,
  connack,
  type Publish,
  pingresp,
  puback,
  publish,
  suback,
  unsuback,
} from '../../mqtt-wire.js';
import { readClientPackets } from '../client-packets.js';
import type { LosantDevice, LosantKey } from './account.js';
import type { LosantCloud } from './cloud.js';
import { type ConnectSeen, keep } from './ledger.js';
import type { Bans, Window } from './throttle.js';
import { commandTopic, coversTopic, losantTopic, mayUseCustom } from './topics.js';

/** What all sessions share. */
export interface SessionDeps {
  cloud: LosantCloud;
  bans: Bans;
  perTopic: Window;
  perConnection: Window;
  /** New connections of the application. */
  connects: Window;
  /** Sends nothing and reads nothing while true. */
  isHalfOpen: () => boolean;
  /** A CONNECT was taken: the older session of the same device ends. */
  onUp(session: Session): void;
  onOver(session: Session): void;
  /** Messages on custom topics go to whoever listens. */
  spread(topic: string, payload: Buffer): void;
}

export interface Session {
  /** Empty before CONNECT. */
  readonly deviceId: string;
  /** The access key's id. */
  readonly keyId: string | undefined;
  readonly topics: ReadonlySet<string>;
  /** QoS 0; false when nobody listens. */
  deliver(topic: string, payload: Uint8Array): boolean;
  /** Ends it without a word. */
  close(reason: string): void;
}

const MAX_PAYLOAD_BYTES = 262_144;
const MAX_TOPICS = 1000;
const REFUSED = 0x80;
/** Serial of connections, for their own window. */
let serial = 0;

export function startSession(socket: Socket, deps: SessionDeps): Session {
  const { cloud, bans } = deps;
  const name = `#${String(++serial)}`;
  const topics = new Set<string>();
  let device: LosantDevice | undefined;
  let key: LosantKey | undefined;
  let seen: ConnectSeen | undefined;
  let keepaliveMs = 0;
  let alive: Timer | undefined;
  let isOver = false;

  const over = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    alive?.cancel();
    if (seen?.answer === 'welcome') Object.assign(seen, { endedMs: cloud.clock.wall(), endReason: reason });
    deps.onOver(session);
  };
  const close = (reason: string, lastWord?: Buffer): void => {
    over(reason);
    if (lastWord && !deps.isHalfOpen()) socket.end(lastWord);
    else socket.destroy();
  };
  const send = (bytes: Buffer): void => {
    if (!isOver && !deps.isHalfOpen()) socket.write(bytes);
  };
  const stayAlive = (): void => {
    alive?.cancel();
    if (keepaliveMs === 0 || cloud.settings.keepalive === 'ignored') return;
    alive = cloud.clock.after(keepaliveMs * 1.5, () => {
      // A far side that is only half there does not end it either.
      if (cloud.settings.keepalive === 'enforced' && !deps.isHalfOpen()) close('keepalive');
    });
  };

  /** One message in or out; false when it was one too many, and the session is over. */
  const count = (topic: string, direction: 'in' | 'out'): boolean => {
    const id = device?.deviceId ?? '';
    const isTopicFine = deps.perTopic.take(`${id}/${direction}/${topic}`);
    if (isTopicFine && deps.perConnection.take(name)) return true;
    const why = isTopicFine ? 'connection' : 'topic';
    const forMs = bans.ban(id);
    deps.perTopic.forget(`${id}/`);
    keep(cloud.ledger.bans, { deviceId: id, atMs: cloud.clock.wall(), forMs, why });
    close('throttled');
    return false;
  };

  const onConnect = (packet: Connect): void => {
    const { clientId, keepaliveS } = packet;
    const entry: ConnectSeen = {
      deviceId: clientId.slice(0, 64),
      atMs: cloud.clock.wall(),
      answer: 'closed',
      messagesIn: 0,
      messagesOut: 0,
      keepaliveS,
    };
    keep(cloud.ledger.connects, entry);
    const refuse = (reason: string, code: 1 | 2 | 3 | 4 | 5 | undefined): void => {
      entry.reason = reason;
      if (code !== undefined) entry.answer = code;
      close(reason, code === undefined ? undefined : connack(code));
    };
    const { settings } = cloud;
    if (packet.level !== 4) {
      refuse('protocol version', 1);
      return;
    }
    if (!deps.connects.take('application')) {
      refuse('too many connections', undefined);
      return;
    }
    const known = cloud.device(clientId);
    if (!known) {
      refuse('unknown device', settings.unknownClient === '2' ? 2 : 5);
      return;
    }
    if (bans.left(clientId) > 0) {
      if (settings.bannedAttempt === 'extends') bans.extend(clientId);
      const { bannedConnect } = settings;
      refuse('banned', bannedConnect === 'close' ? undefined : bannedConnect === '3' ? 3 : 5);
      return;
    }
    const admitted = cloud.admit(packet.userName, packet.password, known);
    if (typeof admitted === 'string') {
      refuse(admitted, settings.badSecret === '4' ? 4 : 5);
      return;
    }
    if (!packet.isClean) {
      refuse('kept session', settings.cleanFalse === 'refuse' ? 5 : undefined);
      return;
    }
    [device, key, seen] = [known, admitted, entry];
    entry.answer = 'welcome';
    keepaliveMs = keepaliveS * 1000;
    deps.onUp(session);
    send(connack(0));
  };

  const mayPublish = (topic: string): LosantDevice | true | undefined => {
    if (!device || !key) return undefined;
    const own = losantTopic(topic);
    if (!own) return mayUseCustom(key, device.deviceId, topic, 'pub') ? true : undefined;
    if (own.kind !== 'state') return undefined;
    const target = cloud.device(own.deviceId);
    // A gateway reports for its peripherals, too.
    return target && (target === device || target.gatewayId === device.deviceId) ? target : undefined;
  };

  const store = (target: LosantDevice, payload: Buffer): void => {
    let body: unknown;
    try {
      body = JSON.parse(payload.toString('utf8'));
    } catch {
      // Accepted all the same; the record says that it could not be read.
      body = undefined;
    }
    const isList = Array.isArray(body) && cloud.settings.arraysOverMqtt === 'stored';
    for (const state of isList ? (body as unknown[]) : [body]) cloud.record(target, state, 'mqtt');
  };

  const onPublish = ({ topic, qos, isRetained, id, payload }: Publish): void => {
    const { settings, ledger } = cloud;
    // Topics are the client's word: so many, and no more.
    if (ledger.messages.has(topic) || ledger.messages.size < MAX_TOPICS)
      ledger.messages.set(topic, (ledger.messages.get(topic) ?? 0) + 1);
    if (seen) seen.messagesIn++;
    const target = mayPublish(topic);
    if (qos > 1) close('QoS 2');
    else if (isRetained && settings.retain === 'close') close('retain');
    else if (payload.length > MAX_PAYLOAD_BYTES) close('payload is too long');
    else if (!target) close('topic is not allowed');
    else if (count(topic, 'in')) {
      if (target === true) deps.spread(topic, payload);
      else store(target, payload);
      if (qos === 1 && settings.puback === 'sent') send(puback(id));
    }
  };

  const onSubscribe = (id: number, asked: readonly { topic: string; qos: number }[]): void => {
    const { settings } = cloud;
    const codes: number[] = [];
    for (const { topic, qos } of asked) {
      const own = losantTopic(topic);
      const target = own?.kind === 'command' ? cloud.device(own.deviceId) : undefined;
      const isOwn = target !== undefined && (target === device || target.gatewayId === device?.deviceId);
      const isCustom = !own && key !== undefined && mayUseCustom(key, device?.deviceId ?? '', topic, 'sub');
      if (!isOwn && !isCustom && settings.foreignSubscribe === 'close') {
        close('subscription is not allowed');
        return;
      }
      const isGranted = (isOwn || isCustom) && (qos === 0 || settings.subscribeQos1 === 'downgrade');
      if (isGranted) topics.add(topic);
      codes.push(isGranted ? 0 : REFUSED);
    }
    send(suback(id, codes));
  };

  const onPacket = (packet: ClientPacket): void => {
    if ((packet.is === 'connect') === (device !== undefined)) {
      close(device ? 'second CONNECT' : 'no CONNECT');
      return;
    }
    switch (packet.is) {
      case 'connect':
        onConnect(packet);
        break;
      case 'publish':
        onPublish(packet);
        break;
      case 'subscribe':
        onSubscribe(packet.id, packet.topics);
        break;
      case 'unsubscribe':
        for (const topic of packet.topics) topics.delete(topic);
        send(unsuback(packet.id));
        break;
      case 'ping':
        send(pingresp());
        break;
      case 'ack':
        break;
      case 'disconnect':
        close('disconnected by the client');
        break;
    }
    if (!isOver) stayAlive();
  };

  const session: Session = {
    get deviceId() {
      return device?.deviceId ?? '';
    },
    get keyId() {
      return key?.id;
    },
    topics,
    deliver(topic, payload) {
      if (isOver || ![...topics].some((filter) => coversTopic(filter, topic))) return false;
      if (!count(topic, 'out')) return false;
      if (seen) seen.messagesOut++;
      send(publish(topic, payload));
      return true;
    },
    close: (reason) => close(reason),
  };

  readClientPackets(socket, {
    isConnected: () => device !== undefined,
    isOver: () => isOver,
    isSilent: () => deps.isHalfOpen(),
    ...{ onPacket, close, over },
  });
  return session;
}

/** To a device's own command topic. */
export const deliverCommand = (session: Session, deviceId: string, body: Uint8Array): boolean =>
  session.deliver(commandTopic(deviceId), body);
