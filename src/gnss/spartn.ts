// SPARTN v2 transport frames (specs/ublox.md 3.1): found, measured and checked; the payload is the receiver's business.
import { CRC8, CRC16, CRC24Q, CRC32, crc4 } from './crc.js';
import { RangeCrc } from './range-crc.js';
import { BAD_CHECKSUM, NEED_MORE, NO_FRAME, type Scanner } from './scanner.js';

export const SPARTN_PREAMBLE = 0x73;
/** 1 preamble + 3 + 8 header + 1023 payload + 64 authentication + 4 CRC. */
export const SPARTN_MAX_BYTES = 1103;

/** TF017 length in bytes by TF015; other codes are reserved. */
const AUTHENTICATION_BYTES = [8, 12, 16, 32, 64] as const;
const CRC_SHAPES = [CRC8, CRC16, CRC24Q, CRC32] as const;

export interface SpartnHeader {
  /** TF002: 0 OCB, 1 HPAC, 2 GAD, 3 BPAC, 4 EAS, 120 proprietary. */
  messageType: number;
  /** TF007: for OCB and HPAC 0 GPS, 1 GLONASS, 2 Galileo, 3 BeiDou, 4 QZSS. */
  subtype: number;
  payloadBytes: number;
  /** TF004: encryption and authentication fields are present. */
  isEncrypted: boolean;
  /** Bytes of the message CRC, 1 to 4. */
  crcBytes: number;
  /** TF008: 16 (seconds in the half day) or 32 (seconds since 2010-01-01). */
  timeTagBits: 16 | 32;
  timeTag: number;
  solutionId: number;
  processorId: number;
  encryptionId?: number;
  sequence?: number;
  authenticationIndicator?: number;
  authenticationBytes?: number;
  /** Of the whole frame. */
  totalBytes: number;
}

// A local name: some loaders turn every use of an import into a property read, and this one is asked for each byte.
const headerCrc = crc4;

/** Do the three bytes after the preamble carry their own CRC? */
function isHeader(bytes: Uint8Array, at: number): boolean {
  const b3 = bytes[at + 3] as number;
  return headerCrc(bytes[at + 1] as number, bytes[at + 2] as number, b3) === (b3 & 0x0f);
}

/** Length of the frame whose header starts at `at`; NEED_MORE or NO_FRAME when it cannot be told or is no header. */
function measure(bytes: Uint8Array, at: number, to: number): number {
  if (to - at < 4) return NEED_MORE;
  if (!isHeader(bytes, at)) return NO_FRAME;
  if (to - at < 5) return NEED_MORE;
  const b1 = bytes[at + 1] as number;
  const b2 = bytes[at + 2] as number;
  const b3 = bytes[at + 3] as number;
  const isEncrypted = (b3 & 0x40) !== 0;
  const payload = ((b1 & 1) << 9) | (b2 << 1) | (b3 >> 7);
  const header = ((bytes[at + 4] as number) & 0x08 ? 10 : 8) + (isEncrypted ? 2 : 0);
  let authentication = 0;
  if (isEncrypted) {
    if (to - at < header) return NEED_MORE;
    const last = bytes[at + header - 1] as number;
    if (((last >> 3) & 7) > 1) {
      const size = AUTHENTICATION_BYTES[last & 7];
      if (size === undefined) return NO_FRAME;
      authentication = size;
    }
  }
  return header + payload + authentication + ((b3 >> 4) & 3) + 1;
}

class SpartnScanner implements Scanner {
  readonly kind = 'spartn';
  readonly first = SPARTN_PREAMBLE;
  readonly maxBytes = SPARTN_MAX_BYTES;
  readonly #checks: (RangeCrc | undefined)[] = [undefined, undefined, undefined, undefined];

  examine(bytes: Uint8Array, at: number, to: number): number {
    const total = measure(bytes, at, to);
    if (total <= 0) return total;
    const end = at + total;
    if (end > to) return NEED_MORE;
    const type = ((bytes[at + 3] as number) >> 4) & 3;
    const check = (this.#checks[type] ??= new RangeCrc(CRC_SHAPES[type] ?? CRC24Q));
    const crcAt = end - type - 1;
    let sent = 0;
    for (let i = crcAt; i < end; i++) sent = (sent << 8) | (bytes[i] as number);
    return check.matches(bytes, at + 1, crcAt, sent >>> 0) ? total : BAD_CHECKSUM;
  }

  skip(bytes: Uint8Array, at: number, to: number): number {
    const decided = to - 3;
    for (let i = at; i < to; i++) {
      if (bytes[i] !== SPARTN_PREAMBLE) continue;
      if (i >= decided || isHeader(bytes, i)) return i;
    }
    return to;
  }

  restart(): void {
    for (const check of this.#checks) check?.restart();
  }
}

export function createSpartnScanner(): Scanner {
  return new SpartnScanner();
}

/** The header fields of a frame; undefined if these bytes do not start with a valid header. Does not check the CRC. */
export function parseSpartnHeader(frame: Uint8Array): SpartnHeader | undefined {
  if (frame[0] !== SPARTN_PREAMBLE) return undefined;
  const totalBytes = measure(frame, 0, frame.length);
  if (totalBytes <= 0 || frame.length < 12) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const first = view.getUint32(0) & 0xffffff;
  const isLong = (view.getUint8(4) & 0x08) !== 0;
  const isEncrypted = ((first >> 6) & 1) === 1;
  // Subtype 4, tag type 1, tag 16 or 32, solution 7, processor 4 bits: the tag is not on a byte border.
  const timeTag = isLong
    ? ((view.getUint32(4) << 5) | (view.getUint8(8) >> 3)) >>> 0
    : (view.getUint32(4) >>> 11) & 0xffff;
  const tail = isLong ? view.getUint16(8) : view.getUint16(6);
  const header: SpartnHeader = {
    messageType: first >> 17,
    subtype: view.getUint8(4) >> 4,
    payloadBytes: (first >> 7) & 0x3ff,
    isEncrypted,
    crcBytes: ((first >> 4) & 3) + 1,
    timeTagBits: isLong ? 32 : 16,
    timeTag,
    solutionId: (tail >> 4) & 0x7f,
    processorId: tail & 0x0f,
    totalBytes,
  };
  if (!isEncrypted) return header;
  const security = view.getUint16(isLong ? 10 : 8);
  const indicator = (security >> 3) & 7;
  return {
    ...header,
    encryptionId: security >> 12,
    sequence: (security >> 6) & 0x3f,
    authenticationIndicator: indicator,
    authenticationBytes: indicator > 1 ? (AUTHENTICATION_BYTES[security & 7] ?? 0) : 0,
  };
}
