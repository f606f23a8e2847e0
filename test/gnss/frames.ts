// Frames for tests, made bit by bit from the specification: nothing is shared with the code under test.

function crcBits(bytes: Uint8Array, width: number, polynomial: number, start: bigint, end: bigint): number {
  const mask = (1n << BigInt(width)) - 1n;
  let c = start;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const top = (c >> BigInt(width - 1)) & 1n;
      c = (c << 1n) & mask;
      if (top !== BigInt((byte >> bit) & 1)) c ^= BigInt(polynomial);
    }
  }
  return Number(c ^ end);
}

export const slowCrc = {
  8: (b: Uint8Array) => crcBits(b, 8, 0x07, 0n, 0n),
  16: (b: Uint8Array) => crcBits(b, 16, 0x1021, 0n, 0n),
  24: (b: Uint8Array) => crcBits(b, 24, 0x864cfb, 0n, 0n),
  32: (b: Uint8Array) => crcBits(b, 32, 0x04c11db7, 0xffffffffn, 0xffffffffn),
} as const;

function slowCrc4(bytes: readonly number[]): number {
  let c = 0;
  for (const byte of bytes) {
    c ^= byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >> 1) ^ 0x9 : c >> 1;
  }
  return c;
}

const bigEndian = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * (bytes - 1 - i))) & 0xff);

export interface SpartnSpec {
  messageType?: number;
  subtype?: number;
  payload?: Uint8Array;
  crcType?: 0 | 1 | 2 | 3;
  encrypted?: { id: number; sequence: number; indicator: number; lengthCode: number } | undefined;
  timeTag?: { bits: 16 | 32; value: number };
  solutionId?: number;
  processorId?: number;
}

export const AUTHENTICATION_SIZES = [8, 12, 16, 32, 64] as const;

export function spartn(spec: SpartnSpec = {}): Buffer {
  const payload = spec.payload ?? Buffer.from('payload');
  const crcType = spec.crcType ?? 2;
  const tag = spec.timeTag ?? { bits: 16, value: 1234 };
  let bits = '';
  const put = (value: number, width: number): void => {
    bits += value.toString(2).padStart(width, '0');
  };
  put(spec.messageType ?? 0, 7);
  put(payload.length, 10);
  put(spec.encrypted ? 1 : 0, 1);
  put(crcType, 2);
  put(0, 4);
  const head = Number.parseInt(bits, 2);
  const crc4 = slowCrc4(bigEndian(head, 3));
  bits = '';
  put(spec.subtype ?? 0, 4);
  put(tag.bits === 32 ? 1 : 0, 1);
  put(tag.value, tag.bits);
  put(spec.solutionId ?? 5, 7);
  put(spec.processorId ?? 12, 4);
  let authentication = 0;
  if (spec.encrypted) {
    put(spec.encrypted.id, 4);
    put(spec.encrypted.sequence, 6);
    put(spec.encrypted.indicator, 3);
    put(spec.encrypted.lengthCode, 3);
    if (spec.encrypted.indicator > 1) authentication = AUTHENTICATION_SIZES[spec.encrypted.lengthCode] ?? 0;
  }
  const block = bits.match(/.{8}/g) ?? [];
  const body = Buffer.from([
    ...bigEndian(head | crc4, 3),
    ...block.map((b) => Number.parseInt(b, 2)),
    ...payload,
    ...new Uint8Array(authentication).fill(0xaa),
  ]);
  const width = ([8, 16, 24, 32] as const)[crcType];
  return Buffer.from([0x73, ...body, ...bigEndian(slowCrc[width](body), crcType + 1)]);
}

export function rtcm(type: number, bytes = 20): Buffer {
  const payload = Buffer.alloc(bytes, 0x5a);
  payload.writeUInt16BE((type << 4) | 0xa, 0);
  const body = Buffer.from([0xd3, bytes >> 8, bytes & 0xff, ...payload]);
  return Buffer.from([...body, ...bigEndian(slowCrc[24](body), 3)]);
}

export function ubx(cls: number, id: number, payload: Uint8Array = new Uint8Array(0)): Buffer {
  const body = [cls, id, payload.length & 0xff, payload.length >> 8, ...payload];
  let a = 0;
  let b = 0;
  for (const byte of body) {
    a = (a + byte) % 256;
    b = (b + a) % 256;
  }
  return Buffer.from([0xb5, 0x62, ...body, a, b]);
}

export function nmeaLine(body: string): string {
  let sum = 0;
  for (const c of Buffer.from(body, 'latin1')) sum ^= c;
  return `$${body}*${sum.toString(16).toUpperCase().padStart(2, '0')}`;
}

export const nmea = (body: string): Buffer => Buffer.from(`${nmeaLine(body)}\r\n`, 'latin1');

export interface PvtSpec {
  latitudeDeg?: number;
  longitudeDeg?: number;
  fixType?: number;
  flags?: number;
  flags3?: number;
  valid?: number;
  utc?: [number, number, number, number, number, number];
  nano?: number;
  numSv?: number;
}

export function navPvt(spec: PvtSpec = {}): Buffer {
  const p = Buffer.alloc(92);
  const [year, month, day, hour, minute, second] = spec.utc ?? [2026, 3, 4, 5, 6, 7];
  p.writeUInt16LE(year, 4);
  p.set([month, day, hour, minute, second, spec.valid ?? 7], 6);
  p.writeInt32LE(spec.nano ?? 0, 16);
  p[20] = spec.fixType ?? 3;
  p[21] = spec.flags ?? 1;
  p[23] = spec.numSv ?? 11;
  p.writeInt32LE(Math.round((spec.longitudeDeg ?? -2.24) * 1e7), 24);
  p.writeInt32LE(Math.round((spec.latitudeDeg ?? 53.45) * 1e7), 28);
  p.writeInt32LE(71_500, 32);
  p.writeInt32LE(23_000, 36);
  p.writeUInt32LE(14, 40);
  p.writeUInt32LE(20, 44);
  p.writeUInt16LE(spec.flags3 ?? 0, 78);
  return ubx(0x01, 0x07, p);
}

export interface CorSpec {
  protocol?: number;
  bad?: boolean;
  used?: boolean;
  encrypted?: boolean;
  decrypted?: boolean;
}

export function rxmCor(spec: CorSpec = {}): Buffer {
  const yes = (fact: boolean | undefined): bigint => (fact ? 2n : 1n);
  const status =
    BigInt(spec.protocol ?? 2) |
    (yes(spec.bad) << 5n) |
    (yes(spec.used) << 7n) |
    (yes(spec.encrypted ?? true) << 28n) |
    (yes(spec.decrypted) << 30n);
  const p = Buffer.alloc(12);
  p[0] = 1;
  p.writeUInt32LE(Number(status), 4);
  return ubx(0x02, 0x34, p);
}

export const ack = (cls: number, id: number, accepted = true): Buffer =>
  ubx(0x05, accepted ? 1 : 0, Buffer.from([cls, id]));

/** MGA-ACK for a whole MGA frame. */
export function mgaAck(of: Buffer, infoCode = 0): Buffer {
  return ubx(0x13, 0x60, Buffer.from([infoCode === 0 ? 1 : 0, 0, infoCode, of[3]!, ...of.subarray(6, 10)]));
}

export function navStatus(spec: { gpsFix?: number; flags?: number; carrier?: number; uptimeMs: number }): Buffer {
  const p = Buffer.alloc(16);
  p[4] = spec.gpsFix ?? 3;
  p[5] = spec.flags ?? 1;
  p[7] = (spec.carrier ?? 0) << 6;
  p.writeUInt32LE(spec.uptimeMs, 12);
  return ubx(0x01, 0x03, p);
}

export function navTimels(seconds: number, valid = 3): Buffer {
  const p = Buffer.alloc(24);
  p.writeInt8(seconds, 9);
  p[23] = valid;
  return ubx(0x01, 0x26, p);
}

export interface SatSpec {
  gnss: number;
  sv: number;
  cn0: number;
  elevation: number;
  azimuth: number;
  used: boolean;
}

export function navSat(satellites: readonly SatSpec[]): Buffer {
  const p = Buffer.alloc(8 + 12 * satellites.length);
  p[4] = 1;
  p[5] = satellites.length;
  satellites.forEach((s, i) => {
    const at = 8 + 12 * i;
    p.set([s.gnss, s.sv, s.cn0], at);
    p.writeInt8(s.elevation, at + 3);
    p.writeInt16LE(s.azimuth, at + 4);
    p.writeUInt32LE(s.used ? 0x1f : 0x17, at + 8);
  });
  return ubx(0x01, 0x35, p);
}

export interface Random {
  /** Integer in 0..n-1. */
  below(n: number): number;
  bytes(n: number): Buffer;
  pick<T>(items: readonly T[]): T;
}

export function random(seed: number): Random {
  let s = seed >>> 0 || 1;
  const next = (): number => {
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    return s >>> 0;
  };
  const below = (n: number): number => next() % n;
  return {
    below,
    bytes: (n) => Buffer.from(Array.from({ length: n }, () => below(256))),
    pick: (items) => items[below(items.length)]!,
  };
}

/** `bytes` cut at random places. */
export function cut(bytes: Buffer, r: Random, longest = 200): Buffer[] {
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const n = 1 + r.below(longest);
    out.push(bytes.subarray(at, at + n));
    at += n;
  }
  return out;
}
