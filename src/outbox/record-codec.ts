// One record of the log as bytes, and back.
//
//   segment = "WMOX" version 0 0 0, then records
//   record  = magic(4) length(4) crc32c(4) boot(4) seq(6) flags(2) payload(length)
//
// The magic begins with two bytes that no UTF-8 text holds, so that a reader that lost its place never takes a payload for
// a beginning. The CRC covers everything behind it. The payload is JSON with short names: most of a record is its body.
import { type CloudRecord, RECORD_KINDS, WaymarkError } from '../core/index.js';
import { crc32c } from '../vault/index.js';

export const SEGMENT_VERSION = 1;
export const SEGMENT_HEADER = Buffer.from([0x57, 0x4d, 0x4f, 0x58, SEGMENT_VERSION, 0, 0, 0]);
export const MAGIC = Buffer.from([0xff, 0xfe, 0x57, 0x4d]);
export const RECORD_HEADER_BYTES = 24;
/** Largest payload a record may have. */
export const MAX_PAYLOAD_BYTES = 65_536;
const CRC_FROM = 12;

/** The id of a record: unique as long as the caller never hands the same boot in twice. */
export const idOf = (boot: number, seq: number): string => `${boot}-${seq}`;

/** A record's payload as it goes into the log. Errors: `outbox.quarantined` for what is too large or no JSON. */
export function payloadOf(record: CloudRecord): Buffer {
  let text: string;
  try {
    text = JSON.stringify({
      k: record.kind,
      u: record.utcMs,
      q: record.timeQuality === 'utc' ? 1 : 0,
      m: record.monoMs,
      b: record.body,
    });
  } catch (error) {
    throw new WaymarkError('outbox.quarantined', `a ${record.kind} record is no JSON`, { cause: error });
  }
  const payload = Buffer.from(text);
  if (payload.length > MAX_PAYLOAD_BYTES)
    throw new WaymarkError(
      'outbox.quarantined',
      `a ${record.kind} record of ${payload.length} bytes is larger than ${MAX_PAYLOAD_BYTES}`,
    );
  return payload;
}

export function encodeRecord(boot: number, seq: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(RECORD_HEADER_BYTES + payload.length);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt32BE(payload.length, 4);
  bytes.writeUInt32BE(boot >>> 0, 12);
  bytes.writeUIntBE(seq, 16, 6);
  bytes.writeUInt16BE(0, 22);
  bytes.set(payload, RECORD_HEADER_BYTES);
  bytes.writeUInt32BE(crc32c(bytes.subarray(CRC_FROM)), 8);
  return bytes;
}

/** A whole record at `at`: where it ends, and whose it is; undefined when there is none or its CRC is wrong. */
export function recordAt(
  bytes: Buffer,
  at: number,
): { boot: number; seq: number; payload: Buffer; end: number } | undefined {
  const from = at + RECORD_HEADER_BYTES;
  if (from > bytes.length || bytes.compare(MAGIC, 0, 4, at, at + 4) !== 0) return undefined;
  const end = from + bytes.readUInt32BE(at + 4);
  if (end - from > MAX_PAYLOAD_BYTES || end > bytes.length) return undefined;
  if (crc32c(bytes.subarray(at + CRC_FROM, end)) !== bytes.readUInt32BE(at + 8)) return undefined;
  return {
    boot: bytes.readUInt32BE(at + 12),
    seq: bytes.readUIntBE(at + 16, 6),
    payload: bytes.subarray(from, end),
    end,
  };
}

/** The record of a payload; undefined when it is none of ours (another program's, or a newer form). */
export function decodePayload(boot: number, seq: number, payload: Uint8Array): CloudRecord | undefined {
  let data: unknown;
  try {
    data = JSON.parse(Buffer.from(payload).toString());
  } catch {
    return undefined;
  }
  if (typeof data !== 'object' || data === null) return undefined;
  const { k, u, q, m, b } = data as Readonly<Record<string, unknown>>;
  const kind = RECORD_KINDS.find((name) => name === k);
  if (!kind || typeof u !== 'number' || typeof m !== 'number') return undefined;
  if (typeof b !== 'object' || b === null || Array.isArray(b)) return undefined;
  return {
    id: idOf(boot, seq),
    kind,
    class: 'A',
    utcMs: u,
    timeQuality: q === 1 ? 'utc' : 'none',
    boot,
    monoMs: m,
    body: b as Readonly<Record<string, unknown>>,
  };
}
