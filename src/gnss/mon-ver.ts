// Who the receiver says it is: UBX-MON-VER and UBX-SEC-UNIQID (specs/ublox.md 3.2).
import { UBX, ubxId, ubxPayload } from './ubx.js';

export interface ReceiverVersion {
  software: string;
  hardware: string;
  /** `MOD=`, e.g. ZED-F9P. */
  model?: string;
  /** `FWVER=`, e.g. HPG 1.32. */
  firmware?: string;
  /** `PROTVER=`. */
  protocol?: string;
}

/** Printable ASCII up to the first NUL: the text goes to logs and the status page. */
function padded(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0) break;
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?';
  }
  return text.trim();
}

/** MON-VER; undefined for any other frame or a short one. */
export function parseMonVer(frame: Uint8Array): ReceiverVersion | undefined {
  if (ubxId(frame) !== UBX.monVer || frame.length < 48) return undefined;
  const payload = frame.subarray(6, frame.length - 2);
  const version: ReceiverVersion = {
    software: padded(payload.subarray(0, 30)),
    hardware: padded(payload.subarray(30, 40)),
  };
  // A receiver sends a dozen extensions at most.
  for (let at = 40, n = 0; at + 30 <= payload.length && n < 32; at += 30, n++) {
    const text = padded(payload.subarray(at, at + 30));
    const split = text.indexOf('=');
    const value = text.slice(split + 1);
    if (split < 0 || value === '') continue;
    const name = text.slice(0, split);
    if (name === 'MOD') version.model = value;
    else if (name === 'FWVER') version.firmware = value;
    else if (name === 'PROTVER') version.protocol = value;
  }
  return version;
}

/** Bytes of the unique id by message version. */
const UNIQUE_ID_BYTES: Readonly<Record<number, number>> = { 1: 5, 2: 6 };

/** The unique id as upper-case hex (10 digits in version 1, 12 in version 2); undefined for any other frame. */
export function parseSecUniqid(frame: Uint8Array): string | undefined {
  if (ubxId(frame) !== UBX.secUniqid || frame.length < 13) return undefined;
  const p = ubxPayload(frame);
  const size = UNIQUE_ID_BYTES[p.getUint8(0)];
  if (size === undefined || p.byteLength < 4 + size) return undefined;
  return Buffer.from(p.buffer, p.byteOffset + 4, size)
    .toString('hex')
    .toUpperCase();
}
