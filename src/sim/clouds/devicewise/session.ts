// One MQTT connection to the simulated deviceWISE, from its first byte to its end (specs/devicewise.md 2.2, 5.2). Nobody has
// to subscribe: answers and notifications come to every client that is up.
//
//   silent --CONNECT taken--> up --close, DISCONNECT, keep-alive, violation--> over
//      '-----refused: CONNACK and close---------------------------------------^
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../../../core/index.js';
import {
  type ClientPacket,
  type Connect,
  connack,
  type Publish,
  pingresp,
  puback,
  publish,
  publishQos1,
  suback,
  unsuback,
} from '../../mqtt-wire.js';
import { readClientPackets } from '../client-packets.js';
import { type DeviceWiseFault, type FaultQueue, garbageOf, isCommitted, wrongJsonOf } from './faults.js';
import { type DeviceWiseConnectSeen, type DeviceWiseFrontLedger, note } from './front-ledger.js';
import type { FrontSettings } from './front-settings.js';
import { pack, unpack } from './pack.js';
import { createReplyQueue } from './replies.js';
import type { DeviceWisePlatform, ThingSession } from './types.js';

/** What all sessions share. */
export interface SessionDeps {
  clock: Clock;
  platform: DeviceWisePlatform;
  settings: () => FrontSettings;
  faults: FaultQueue;
  ledger: DeviceWiseFrontLedger;
  random: () => number;
  /** A CONNECT was taken: an older session with the same client id ends. */
  onUp(session: Session): void;
  onOver(session: Session): void;
}

/** Of the gate it came through. */
export interface Entrance {
  readonly isTls: boolean;
  /** Sends nothing and reads nothing while true. */
  isSilent: () => boolean;
}

export interface Session {
  /** Both empty before CONNECT. */
  readonly clientId: string;
  readonly thingKey: string;
  /** Tells it to look into its mailbox. */
  notify(): void;
  /** Ends it without a word. */
  close(reason: string): void;
}

const MAILBOX_TOPIC = 'notify/mailbox_activity';
const REFUSED = 0x80;
/** `api`, `api/7`, `apiz/7`: whatever follows the stroke comes back as it is. */
const REQUEST_TOPIC = /^api(z?)(\/.+)?$/s;
const SERVER_TOPIC = /^thing\//;

export function startSession(socket: Duplex, entrance: Entrance, deps: SessionDeps): Session {
  const { clock, platform } = deps;
  let clientId = '';
  let thing: ThingSession | undefined;
  let seen: DeviceWiseConnectSeen | undefined;
  let keepaliveMs = 0;
  let alive: Timer | undefined;
  let isOver = false;
  let lastId = 0;

  const over = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    alive?.cancel();
    replies.stop();
    if (seen?.answer === 'welcome') Object.assign(seen, { endedMs: clock.wall(), endReason: reason });
    deps.onOver(session);
  };
  const close = (reason: string, lastWord?: Buffer): void => {
    over(reason);
    if (lastWord && !entrance.isSilent()) socket.end(lastWord);
    else socket.destroy();
  };
  const send = (bytes: Buffer): void => {
    if (!isOver && !entrance.isSilent()) socket.write(bytes);
  };
  const say = (topic: string, payload: Buffer): void => {
    if (deps.settings().replyQos === '0') send(publish(topic, payload));
    else {
      lastId = (lastId % 0xffff) + 1;
      send(publishQos1(topic, payload, lastId));
    }
  };
  const replies = createReplyQueue({
    ...{ clock, settings: deps.settings, random: deps.random },
    send(topic, payload) {
      if (seen) seen.replies++;
      say(topic, payload);
    },
  });
  const notify = (): void => {
    if (!seen || isOver) return;
    seen.notifications++;
    say(MAILBOX_TOPIC, Buffer.from('{}'));
  };
  const stayAlive = (): void => {
    alive?.cancel();
    if (keepaliveMs === 0) return;
    alive = clock.after(keepaliveMs * 1.5, () => {
      // A far side that is only half there does not end it either.
      if (deps.settings().keepalive === 'enforced' && !entrance.isSilent()) close('keepalive');
    });
  };

  /** The code it is refused with, and why. */
  const refusalOf = (packet: Connect): { code: number; why: string } | undefined => {
    if (packet.level !== 3 && packet.level !== 4) return { code: 1, why: 'protocol version' };
    const fault = deps.faults.take('mqtt', 'connect');
    if (fault) return { code: fault.code ?? 3, why: 'fault' };
    if (packet.clientId === '') return { code: 2, why: 'no client id' };
    const { clientId: applicationId, userName: thingKey, password: appToken } = packet;
    const admission = platform.admit({ applicationId, thingKey, appToken, via: 'mqtt' });
    if (admission.is === 'refused') return { code: admission.connack, why: admission.why };
    thing = admission.session;
    return undefined;
  };

  const onConnect = (packet: Connect): void => {
    const { level, isClean, keepaliveS } = packet;
    const entry = note<DeviceWiseConnectSeen>(deps.ledger.connects, {
      thingKey: packet.userName.slice(0, 64),
      atMs: clock.wall(),
      ...{ level, isClean, keepaliveS, isTls: entrance.isTls },
      answer: 'welcome',
      ...{ requests: 0, packedRequests: 0, replies: 0, notifications: 0 },
    });
    const refusal = refusalOf(packet);
    if (refusal || !thing) {
      Object.assign(entry, { answer: refusal?.code, reason: refusal?.why });
      close(refusal?.why ?? '', connack(refusal?.code ?? 3));
      return;
    }
    [clientId, seen, keepaliveMs] = [packet.clientId, entry, keepaliveS * 1000];
    deps.onUp(session);
    send(connack(0));
    if (deps.settings().notifyOnConnect === 'mail' && platform.hasMail(thing.thingKey)) notify();
  };

  /** Spoils the answer; undefined where there is none. */
  const spoilt = (fault: DeviceWiseFault): string | undefined => {
    if (fault.is === 'garbage') return garbageOf(fault);
    return fault.is === 'json' ? wrongJsonOf(fault) : undefined;
  };

  const onRequest = (session: ThingSession, payload: Buffer, isPacked: boolean, suffix: string): void => {
    if (seen) {
      seen.requests++;
      if (isPacked) seen.packedRequests++;
    }
    const run = (): string => JSON.stringify(platform.execute(session, isPacked ? unpack(payload) : payload));
    const fault = deps.faults.take('mqtt', 'request');
    const good = !fault || isCommitted(fault) ? run() : '';
    if (fault?.is === 'reset') {
      close('fault');
      return;
    }
    const text = fault ? spoilt(fault) : good;
    if (text === undefined) return;
    const bytes = Buffer.from(text);
    replies.push(`reply${isPacked ? 'z' : ''}${suffix}`, isPacked ? pack(bytes, deps.settings().deflate) : bytes);
  };

  const onPublish = ({ topic, qos, id, payload }: Publish): void => {
    const settings = deps.settings();
    if (!thing) return;
    if (qos > 1) close('QoS 2');
    else if (payload.length > settings.maxPayloadBytes) close('payload is too long');
    else {
      if (qos === 1 && settings.puback === 'sent') send(puback(id));
      const request = REQUEST_TOPIC.exec(topic);
      if (request) onRequest(thing, payload, request[1] === 'z', request[2] ?? '');
      else if (SERVER_TOPIC.test(topic)) platform.serverTopic(thing, topic, payload);
      else deps.ledger.strayMessages++;
    }
  };

  const onPacket = (packet: ClientPacket): void => {
    if ((packet.is === 'connect') === (thing !== undefined)) {
      close(thing ? 'second CONNECT' : 'no CONNECT');
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
        // Granted, and without any effect: what it would ask for comes anyway.
        send(
          suback(
            packet.id,
            packet.topics.map(({ qos }) => (qos > 1 ? REFUSED : qos)),
          ),
        );
        break;
      case 'unsubscribe':
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
    get clientId() {
      return clientId;
    },
    get thingKey() {
      return seen ? (thing?.thingKey ?? '') : '';
    },
    notify,
    close: (reason) => close(reason),
  };

  readClientPackets(socket, {
    isConnected: () => thing !== undefined,
    isOver: () => isOver,
    isSilent: () => entrance.isSilent(),
    ...{ onPacket, close, over },
  });
  return session;
}
