// MQTT 3.1.1 and 3.1 as bytes: the server's side, as much as Losant and deviceWISE speak, and the client's side, as much as
// a module's own client does. A broker from a package could not give their answers (refusals by a plain close, a QoS granted
// lower, keep-alive on the simulation's clock, silence, messages nobody subscribed to), so packets are read and written
// here, without any I/O.

export interface Connect {
  is: 'connect';
  /** 3 = MQTT 3.1 (`MQIsdp`), 4 = 3.1.1; of others nothing behind the keep-alive is read. */
  level: number;
  isClean: boolean;
  keepaliveS: number;
  clientId: string;
  userName: string;
  password: string;
}

export interface Publish {
  is: 'publish';
  topic: string;
  qos: number;
  isRetained: boolean;
  /** 0 with QoS 0. */
  id: number;
  payload: Buffer;
}

export type ClientPacket =
  | Connect
  | Publish
  | { is: 'subscribe'; id: number; topics: readonly { topic: string; qos: number }[] }
  | { is: 'unsubscribe'; id: number; topics: readonly string[] }
  | { is: 'ping' | 'disconnect' }
  /** PUBACK. */
  | { is: 'ack'; id: number };

export type ServerPacket =
  | { is: 'connack'; code: number }
  | Publish
  | { is: 'ack'; id: number }
  | { is: 'pong' }
  /** SUBACK, UNSUBACK. */
  | { is: 'other' };

/** `close`: not MQTT, or longer than anything allowed. */
export type Cut<P = ClientPacket> =
  | { is: 'packet'; packet: P; length: number }
  | { is: 'more' }
  | { is: 'close'; why: string };

const TYPE = {
  ...{ connect: 1, connack: 2, publish: 3, puback: 4, subscribe: 8, suback: 9, unsubscribe: 10, unsuback: 11 },
  ...{ ping: 12, pong: 13, disconnect: 14 },
} as const;
/** A payload one above the limit has to arrive to be refused for its length. */
const MAX_PACKET_BYTES = 512 * 1024;

/** Reads fields one after the other; throws RangeError past the end, as Buffer does. */
function reader(bytes: Buffer) {
  let at = 0;
  const take = (count: number): Buffer => {
    if (at + count > bytes.length) throw new RangeError('packet is too short');
    at += count;
    return bytes.subarray(at - count, at);
  };
  const short = (): number => take(2).readUInt16BE();
  return {
    byte: (): number => take(1).readUInt8(),
    short,
    text: (): string => take(short()).toString('utf8'),
    rest: (): Buffer => take(bytes.length - at),
    get isAtEnd() {
      return at >= bytes.length;
    },
  };
}

function readConnect(body: Buffer): Connect {
  const fields = reader(body);
  fields.text();
  const level = fields.byte();
  const flags = fields.byte();
  const keepaliveS = fields.short();
  const head = { is: 'connect', level, isClean: (flags & 0x02) !== 0, keepaliveS } as const;
  // What follows is laid out otherwise in other versions, and not looked at.
  if (level !== 3 && level !== 4) return { ...head, clientId: '', userName: '', password: '' };
  const clientId = fields.text();
  if ((flags & 0x04) !== 0) {
    fields.text();
    fields.text();
  }
  const userName = (flags & 0x80) === 0 ? '' : fields.text();
  const password = (flags & 0x40) === 0 ? '' : fields.text();
  return { ...head, clientId, userName, password };
}

function readPublish(flags: number, fields: ReturnType<typeof reader>): Publish {
  const topic = fields.text();
  const qos = (flags >> 1) & 3;
  const id = qos === 0 ? 0 : fields.short();
  return { is: 'publish', topic, qos, isRetained: (flags & 1) === 1, id, payload: Buffer.from(fields.rest()) };
}

function readServerPacket(type: number, flags: number, body: Buffer): ServerPacket | undefined {
  const fields = reader(body);
  switch (type) {
    case TYPE.connack:
      fields.byte();
      return { is: 'connack', code: fields.byte() };
    case TYPE.publish:
      return readPublish(flags, fields);
    case TYPE.puback:
      return { is: 'ack', id: fields.short() };
    case TYPE.pong:
      return { is: 'pong' };
    case TYPE.suback:
    case TYPE.unsuback:
      return { is: 'other' };
    default:
      return undefined;
  }
}

function readPacket(type: number, flags: number, body: Buffer): ClientPacket | undefined {
  const fields = reader(body);
  switch (type) {
    case TYPE.connect:
      return readConnect(body);
    case TYPE.publish:
      return readPublish(flags, fields);
    case TYPE.subscribe: {
      const id = fields.short();
      const topics: { topic: string; qos: number }[] = [];
      while (!fields.isAtEnd) topics.push({ topic: fields.text(), qos: fields.byte() & 3 });
      return { is: 'subscribe', id, topics };
    }
    case TYPE.unsubscribe: {
      const id = fields.short();
      const topics: string[] = [];
      while (!fields.isAtEnd) topics.push(fields.text());
      return { is: 'unsubscribe', id, topics };
    }
    case TYPE.puback:
      return { is: 'ack', id: fields.short() };
    case TYPE.ping:
      return { is: 'ping' };
    case TYPE.disconnect:
      return { is: 'disconnect' };
    default:
      return undefined;
  }
}

/** Cuts the first packet of a client off what has arrived. */
export const cutPacket = (bytes: Buffer): Cut => cut(bytes, readPacket);

/** Cuts the first packet of a server off what has arrived. */
export const cutServerPacket = (bytes: Buffer): Cut<ServerPacket> => cut(bytes, readServerPacket);

function cut<P>(bytes: Buffer, read: (type: number, flags: number, body: Buffer) => P | undefined): Cut<P> {
  let size = 0;
  let at = 1;
  for (let shift = 0; ; shift += 7) {
    if (shift > 21) return { is: 'close', why: 'malformed length' };
    const byte = bytes[at++];
    if (byte === undefined) return { is: 'more' };
    size += (byte & 127) << shift;
    if (byte < 128) break;
  }
  if (size > MAX_PACKET_BYTES) return { is: 'close', why: 'packet is too long' };
  if (bytes.length < at + size) return { is: 'more' };
  const first = bytes[0] ?? 0;
  try {
    const packet = read(first >> 4, first & 15, bytes.subarray(at, at + size));
    return packet ? { is: 'packet', packet, length: at + size } : { is: 'close', why: 'unknown packet' };
  } catch {
    return { is: 'close', why: 'malformed packet' };
  }
}

const shortOf = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);

function packet(first: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const head = [first];
  let left = body.length;
  do {
    const low = left & 127;
    left >>= 7;
    head.push(left > 0 ? low | 128 : low);
  } while (left > 0);
  return Buffer.concat([Buffer.from(head), body]);
}

export const connack = (code: number): Buffer => packet(0x20, Buffer.from([0, code]));
export const puback = (id: number): Buffer => packet(0x40, shortOf(id));
export const suback = (id: number, codes: readonly number[]): Buffer => packet(0x90, shortOf(id), Buffer.from(codes));
export const unsuback = (id: number): Buffer => packet(0xb0, shortOf(id));
export const pingresp = (): Buffer => packet(0xd0);

/** QoS 0. */
export function publish(topic: string, payload: Uint8Array): Buffer {
  const name = Buffer.from(topic);
  return packet(0x30, shortOf(name.length), name, Buffer.from(payload));
}

const textOf = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([shortOf(bytes.length), bytes]);
};

/** CONNECT of a client; `level` 3 is MQTT 3.1, 4 is 3.1.1. */
export function connect(of: Connect): Buffer {
  const flags = 0x80 | 0x40 | (of.isClean ? 0x02 : 0);
  return packet(
    0x10,
    textOf(of.level === 3 ? 'MQIsdp' : 'MQTT'),
    Buffer.from([of.level, flags]),
    shortOf(of.keepaliveS & 0xffff),
    ...[of.clientId, of.userName, of.password].map(textOf),
  );
}

/** With QoS 1, which needs an id of 1 to 65535. */
export function publishQos1(topic: string, payload: Uint8Array, id: number): Buffer {
  return packet(0x32, textOf(topic), shortOf(id), Buffer.from(payload));
}

export const pingreq = (): Buffer => packet(0xc0);
export const disconnect = (): Buffer => packet(0xe0);
