// UBX-MGA, assistance for a cold receiver: the two messages made here, the acknowledgement, and which frames from outside
// may pass (specs/ublox.md 3.4).
import { type CoarsePosition, presentAccuracyM } from '../core/index.js';
import { UBX, ubxFrame, ubxId, ubxPayload } from './ubx.js';

const MGA_CLASS = 0x13;
const INI_POS_LLH = 0x01;
const INI_TIME_UTC = 0x10;
const INI_TIME_GNSS = 0x11;

/**
 * MGA-INI-TIME_UTC for this moment (of reception). `accuracyMs`: 1 sigma, kept within a millisecond and 18 hours.
 */
export function iniTimeUtcFrame(time: { utcMs: number; accuracyMs: number; leapSeconds: number }): Uint8Array {
  const at = new Date(Math.floor(time.utcMs));
  const accuracyNs = Math.min(Math.max(time.accuracyMs, 1), 65_535_000) * 1e6;
  const b = Buffer.alloc(24);
  b[0] = INI_TIME_UTC;
  b.writeInt8(time.leapSeconds, 3);
  b.writeUInt16LE(at.getUTCFullYear(), 4);
  b.set([at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()], 6);
  b.writeUInt32LE(at.getUTCMilliseconds() * 1e6, 12);
  b.writeUInt16LE(Math.floor(accuracyNs / 1e9), 16);
  b.writeUInt32LE(Math.round(accuracyNs % 1e9), 20);
  return ubxFrame(UBX.mgaIni, b);
}

/** MGA-INI-POS_LLH. The altitude may be above mean sea level: the accuracy is never finer than the geoid's hundred metres. */
export function iniPosLlhFrame(position: {
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeM: number;
  accuracyM: number;
}): Uint8Array {
  const b = Buffer.alloc(20);
  b[0] = INI_POS_LLH;
  b.writeInt32LE(Math.round(position.latitudeDeg * 1e7), 4);
  b.writeInt32LE(Math.round(position.longitudeDeg * 1e7), 8);
  b.writeInt32LE(Math.round(position.altitudeM * 100), 12);
  b.writeUInt32LE(Math.min(Math.round(position.accuracyM * 100), 0xffffffff), 16);
  return ubxFrame(UBX.mgaIni, b);
}

const FINEST_M = 100;
/** Without an altitude zero is sent, and inhabited land reaches to about that height. */
const NO_ALTITUDE_M = 5000;

/** The accuracy that a position is handed to the receiver with, metres. */
export function aidAccuracyM(position: CoarsePosition): number {
  const floorM = position.altitudeMslM === undefined ? NO_ALTITUDE_M : FINEST_M;
  return Math.max(presentAccuracyM(position), floorM);
}

/** A message whose acknowledgement is awaited: its id and its first four payload bytes name it. */
export function mgaKey(frame: Uint8Array): string {
  return [frame[3], ...frame.subarray(6, 10)].join(' ');
}

export interface MgaAck {
  isAccepted: boolean;
  /** 0 accepted, 1 no time known, 2 version, 3 size or version, 4 not stored, 5 not ready, 6 unknown type. */
  infoCode: number;
  /** As `mgaKey` of the message it is about. */
  key: string;
}

/** MGA-ACK; undefined for any other frame or another length. */
export function parseMgaAck(frame: Uint8Array): MgaAck | undefined {
  if (ubxId(frame) !== UBX.mgaAck || frame.length !== 16) return undefined;
  const p = ubxPayload(frame);
  return {
    isAccepted: p.getUint8(0) === 1,
    infoCode: p.getUint8(2),
    key: [...new Uint8Array(p.buffer, p.byteOffset + 3, 5)].join(' '),
  };
}

/** One whole frame with a right check, of the assistance class, that a host may send. */
function isAid(frame: Uint8Array): boolean {
  if (frame.length < 8 + 4 || frame[2] !== MGA_CLASS || ubxId(frame) === UBX.mgaAck) return false;
  return Buffer.compare(frame, ubxFrame(ubxId(frame), frame.subarray(6, frame.length - 2))) === 0;
}

const isTime = (frame: Uint8Array): boolean =>
  ubxId(frame) === UBX.mgaIni && (frame[6] === INI_TIME_UTC || frame[6] === INI_TIME_GNSS);

/** The frames that may go on, in their order. A time inside them is that of their making, so it never passes. */
export function passableAids(frames: readonly Uint8Array[]): Uint8Array[] {
  return frames.filter((frame) => isAid(frame) && !isTime(frame));
}
