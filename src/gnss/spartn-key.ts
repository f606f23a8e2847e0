// UBX-RXM-SPARTNKEY: decryption keys for the receiver (specs/ublox.md 3.2). The service counts in UTC, the receiver in
// GPS time, which is ahead by the leap seconds: forgetting them makes every key start 18 s early.
import { Secret } from '../core/index.js';
import { UBX, ubxFrame, ubxId, ubxPayload } from './ubx.js';

/** A decryption key as the provisioning service and the key topic give it. */
export interface SpartnKeyInput {
  /** ms since 1970 UTC. */
  startUtcMs: number;
  durationMs: number;
  /** Hex digits. */
  value: Secret;
}

/** 1980-01-06 in Unix seconds. */
const GPS_EPOCH_S = 315_964_800;
const WEEK_S = 604_800;
/** The message holds the current and the next key. */
const MAX_KEYS = 2;
const KEY_HEX = /^(?:[0-9a-fA-F]{2}){16}$/;

/** Week and second of week in GPS time. */
export function gpsTimeOf(utcMs: number, leapSeconds: number): { week: number; towS: number } {
  const seconds = Math.floor(utcMs / 1000) - GPS_EPOCH_S + leapSeconds;
  return { week: Math.floor(seconds / WEEK_S), towS: ((seconds % WEEK_S) + WEEK_S) % WEEK_S };
}

/** ms since 1970 UTC of a GPS time. */
export function utcMsOf(gps: { week: number; towS: number }, leapSeconds: number): number {
  return (gps.week * WEEK_S + gps.towS + GPS_EPOCH_S - leapSeconds) * 1000;
}

/** The key's bytes; undefined unless it is 32 hex digits. They leave for the receiver and nowhere else. */
function keyBytes(value: Secret): Uint8Array | undefined {
  const hex = value.reveal();
  return KEY_HEX.test(hex) ? Buffer.from(hex, 'hex') : undefined;
}

/**
 * The frame for the first two usable keys, current before next; undefined when there is none. A key that is not 32 hex
 * digits or starts outside GPS time is left out.
 */
export function spartnKeyFrame(keys: readonly SpartnKeyInput[], leapSeconds: number): Uint8Array | undefined {
  const usable = keys
    .map((key) => ({ bytes: keyBytes(key.value), ...gpsTimeOf(key.startUtcMs, leapSeconds) }))
    .filter((key) => key.bytes !== undefined && key.week >= 0 && key.week <= 0xffff)
    .slice(0, MAX_KEYS);
  if (usable.length === 0) return undefined;
  const header = Buffer.alloc(4 + 8 * usable.length);
  header[0] = 1;
  header[1] = usable.length;
  usable.forEach(({ bytes, week, towS }, i) => {
    const at = 4 + 8 * i;
    header[at + 1] = bytes?.length ?? 0;
    header.writeUInt16LE(week, at + 2);
    header.writeUInt32LE(towS, at + 4);
  });
  return ubxFrame(UBX.rxmSpartnKey, Buffer.concat([header, ...usable.map(({ bytes }) => bytes ?? Buffer.alloc(0))]));
}

/** Keys in a frame, in order, with their starts in UTC; undefined for any other frame or a malformed one. */
export function parseSpartnKeyFrame(
  frame: Uint8Array,
  leapSeconds: number,
): { startUtcMs: number; value: Secret }[] | undefined {
  if (ubxId(frame) !== UBX.rxmSpartnKey || frame.length < 12) return undefined;
  const p = ubxPayload(frame);
  const count = p.getUint8(1);
  if (p.getUint8(0) !== 1 || count > MAX_KEYS || p.byteLength < 4 + 8 * count) return undefined;
  const keys: { startUtcMs: number; value: Secret }[] = [];
  let at = 4 + 8 * count;
  for (let i = 0; i < count; i++) {
    const size = p.getUint8(4 + 8 * i + 1);
    if (at + size > p.byteLength) return undefined;
    const gps = { week: p.getUint16(4 + 8 * i + 2, true), towS: p.getUint32(4 + 8 * i + 4, true) };
    const hex = Buffer.from(p.buffer, p.byteOffset + at, size).toString('hex');
    keys.push({ startUtcMs: utcMsOf(gps, leapSeconds), value: new Secret('spartn-key', hex) });
    at += size;
  }
  return keys;
}
