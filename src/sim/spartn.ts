// SPARTN 2 transport frames as the simulated side makes and judges them (specs/ublox.md 3.1). Deliberately written bit
// by bit and apart from the agent's own framer, so that one mistake cannot hide on both sides of the wire.

/** TF002: what the frame carries. */
export const SPARTN_TYPE = { ocb: 0, hpac: 1, gad: 2 } as const;
export type SpartnGroup = keyof typeof SPARTN_TYPE;

/** TF007 for OCB and HPAC. */
export const SPARTN_SYSTEM = { gps: 0, glo: 1, gal: 2, bds: 3 } as const;

export const SPARTN_PREAMBLE = 0x73;
/** 1 + 3 + 8 header bytes, 1023 of payload, 64 of embedded authentication, 4 of check. */
export const SPARTN_MAX_FRAME = 1103;

const SOLUTION_ID = 5;
const PROCESSOR_ID = 12;
const AUTH_BYTES = [8, 12, 16, 32, 64, 0, 0, 0] as const;

/** What a generated frame says about itself; everything else is as PointPerfect sets it. */
export interface SpartnFields {
  type: number;
  subtype: number;
  timeTagBits: 16 | 32;
  /** Seconds: of the half day (16 bits) or since 2010-01-01 in the constellation's own time (32 bits). */
  timeTag: number;
  /** TF013, 0..63; an unencrypted frame has none. */
  sequence: number;
  /** TF004, default true. False as over NTRIP: no encryption block in the header. */
  encrypted?: boolean;
}

/** A frame that passed both checks. */
export interface SpartnFrame extends SpartnFields {
  encrypted: boolean;
  solutionId: number;
  processorId: number;
  encryptionId: number;
  authIndicator: number;
  crcType: number;
  /** From the preamble through the header block. */
  header: Uint8Array;
  payload: Uint8Array;
  bytes: Uint8Array;
}

export type SpartnCheck =
  | { is: 'frame'; frame: SpartnFrame }
  /** Not decidable before `need` bytes are there. */
  | { is: 'more'; need: number }
  | { is: 'bad'; why: 'preamble' | 'header' }
  | { is: 'bad'; why: 'message'; type: number; subtype: number };

/** TF006: least significant bit first, polynomial 9, over three bytes. */
function crc4(bytes: readonly number[]): number {
  let crc = 0;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const feedback = (crc ^ (byte >> bit)) & 1;
      crc = (crc >> 1) ^ (feedback ? 9 : 0);
    }
  }
  return crc;
}

const MESSAGE_CRC = [
  { width: 8, poly: 0x07n, init: 0n, xorOut: 0n },
  { width: 16, poly: 0x1021n, init: 0n, xorOut: 0n },
  { width: 24, poly: 0x864cfbn, init: 0n, xorOut: 0n },
  { width: 32, poly: 0x04c11db7n, init: 0xffffffffn, xorOut: 0xffffffffn },
] as const;

/** TF018: most significant bit first; `crcType` 0..3. Slow on purpose: one bit at a time, in big integers. */
function messageCrc(crcType: number, bytes: Uint8Array): bigint {
  const { width, poly, init, xorOut } = MESSAGE_CRC[crcType & 3] as (typeof MESSAGE_CRC)[number];
  const top = 1n << BigInt(width - 1);
  const mask = (1n << BigInt(width)) - 1n;
  let crc: bigint = init;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const out = ((crc & top) !== 0n) !== (((byte >> bit) & 1) !== 0);
      crc = (crc << 1n) & mask;
      if (out) crc ^= poly;
    }
  }
  return crc ^ xorOut;
}

function readBits(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i++) value = value * 2 + (((bytes[i >> 3] ?? 0) >> (7 - (i & 7))) & 1);
  return value;
}

function writeBits(bytes: Uint8Array, from: number, count: number, value: number): void {
  for (let i = 0; i < count; i++) {
    const bit = Math.floor(value / 2 ** (count - 1 - i)) % 2;
    const at = from + i;
    if (bit) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (7 - (at & 7)));
  }
}

/** Bytes of the header block, preamble included. */
export function spartnHeaderLength(timeTagBits: 16 | 32, encrypted = true): number {
  return (timeTagBits === 32 ? 10 : 8) + (encrypted ? 2 : 0);
}

/** The header of a frame with `payloadLength` (0..1023) payload bytes: CRC-24; if encrypted, encryption id 1, authentication 1. */
export function spartnHeader(fields: SpartnFields, payloadLength: number): Uint8Array {
  const { encrypted = true } = fields;
  const header = new Uint8Array(spartnHeaderLength(fields.timeTagBits, encrypted));
  header[0] = SPARTN_PREAMBLE;
  let at = 8;
  const put = (count: number, value: number): void => {
    writeBits(header, at, count, value);
    at += count;
  };
  put(7, fields.type);
  put(10, payloadLength);
  put(1, encrypted ? 1 : 0);
  put(2, 2);
  put(4, 0);
  writeBits(header, 28, 4, crc4([header[1] ?? 0, header[2] ?? 0, header[3] ?? 0]));
  put(4, fields.subtype);
  put(1, fields.timeTagBits === 32 ? 1 : 0);
  put(fields.timeTagBits, fields.timeTag);
  put(7, SOLUTION_ID);
  put(4, PROCESSOR_ID);
  if (!encrypted) return header;
  put(4, 1);
  put(6, fields.sequence & 63);
  put(3, 1);
  put(3, 0);
  return header;
}

/** Header and payload (of the length the header was made for) with the message check behind them. */
export function sealSpartn(header: Uint8Array, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(header.length + payload.length + 3);
  frame.set(header);
  frame.set(payload, header.length);
  writeBits(frame, (frame.length - 3) * 8, 24, Number(messageCrc(2, frame.subarray(1, frame.length - 3))));
  return frame;
}

/** Judges what starts at the first byte of `bytes`; looks at no more than one frame. */
export function checkSpartn(bytes: Uint8Array): SpartnCheck {
  if (bytes.length === 0) return { is: 'more', need: 1 };
  if (bytes[0] !== SPARTN_PREAMBLE) return { is: 'bad', why: 'preamble' };
  if (bytes.length < 4) return { is: 'more', need: 4 };
  const [, b1 = 0, b2 = 0, b3 = 0] = bytes;
  if (crc4([b1, b2, b3 & 0xf0]) !== (b3 & 0x0f)) return { is: 'bad', why: 'header' };
  if (bytes.length < 5) return { is: 'more', need: 5 };

  const type = readBits(bytes, 8, 7);
  const payloadLength = readBits(bytes, 15, 10);
  const encrypted = readBits(bytes, 25, 1) === 1;
  const crcType = readBits(bytes, 26, 2);
  const subtype = readBits(bytes, 32, 4);
  const timeTagBits = readBits(bytes, 36, 1) === 1 ? 32 : 16;
  const headerLength = (timeTagBits === 32 ? 10 : 8) + (encrypted ? 2 : 0);
  if (bytes.length < headerLength) return { is: 'more', need: headerLength };

  let at = 37;
  const take = (count: number): number => {
    const value = readBits(bytes, at, count);
    at += count;
    return value;
  };
  const timeTag = take(timeTagBits);
  const solutionId = take(7);
  const processorId = take(4);
  const encryptionId = encrypted ? take(4) : 0;
  const sequence = encrypted ? take(6) : 0;
  const authIndicator = encrypted ? take(3) : 0;
  const authBytes = authIndicator > 1 ? (AUTH_BYTES[take(3)] ?? 0) : 0;
  const crcAt = headerLength + payloadLength + authBytes;
  const length = crcAt + crcType + 1;
  if (bytes.length < length) return { is: 'more', need: length };
  const claimed = BigInt(readBits(bytes, crcAt * 8, (crcType + 1) * 8));
  if (messageCrc(crcType, bytes.subarray(1, crcAt)) !== claimed) return { is: 'bad', why: 'message', type, subtype };
  return {
    is: 'frame',
    frame: {
      type,
      subtype,
      timeTagBits,
      timeTag,
      sequence,
      encrypted,
      solutionId,
      processorId,
      encryptionId,
      authIndicator,
      crcType,
      header: bytes.slice(0, headerLength),
      payload: bytes.slice(headerLength, headerLength + payloadLength),
      bytes: bytes.slice(0, length),
    },
  };
}

export type SpartnPiece = { is: 'frame'; frame: SpartnFrame; bytes: Uint8Array } | { is: 'junk'; bytes: Uint8Array };

/** Cuts a whole recording into valid frames and whatever lies between them; the pieces joined are the recording. */
export function cutSpartn(recording: Uint8Array): SpartnPiece[] {
  const pieces: SpartnPiece[] = [];
  let junkFrom = 0;
  let at = 0;
  const junkUpTo = (end: number): void => {
    if (end > junkFrom) pieces.push({ is: 'junk', bytes: recording.slice(junkFrom, end) });
  };
  while (at < recording.length) {
    const check = checkSpartn(recording.subarray(at, at + SPARTN_MAX_FRAME));
    if (check.is !== 'frame') {
      at++;
      continue;
    }
    junkUpTo(at);
    pieces.push({ is: 'frame', frame: check.frame, bytes: check.frame.bytes });
    at += check.frame.bytes.length;
    junkFrom = at;
  }
  junkUpTo(recording.length);
  return pieces;
}
