// UBX-RXM-SPARTNKEY: decryption keys for the receiver (specs/ublox.md 3.2). The service counts in UTC, the receiver in
// GPS time, which is ahead by the leap seconds: forgetting them makes every key start 18 s early.
import type { Secret } from '../core/index.js';
import { UBX, ubxFrame } from './ubx.js';

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

/** The key's bytes; undefined unless it is 32 hex digits. They leave for the receiver and nowhere else. */
function keyBytes(value: Secret): Uint8Array | undefined {
  const hex = value.reveal();
  return KEY_HEX.test(hex) ? Buffer.from(hex, 'hex') : undefined;
}

const isUsable = ({ value }: SpartnKeyInput): boolean => KEY_HEX.test(value.reveal());

/** A roll-over is not the same instant everywhere: messages under way then still need the old key. */
const EXPIRED_GRACE_MS = 300_000;

/**
 * The keys worth sending at `utcMs`, earliest first: an expired one is left out only when a later one is known, so that a
 * wrong clock cannot leave the receiver without any. Unusable ones are left out, too.
 */
export function keysWorthSending(keys: readonly SpartnKeyInput[], utcMs: number): readonly SpartnKeyInput[] {
  const inOrder = keys.filter(isUsable).sort((a, b) => a.startUtcMs - b.startUtcMs);
  const newest = inOrder.at(-1);
  return inOrder.filter((key) => key === newest || key.startUtcMs + key.durationMs + EXPIRED_GRACE_MS > utcMs);
}

/** Start of the key in force at `utcMs`: the latest that has begun. Changes at a roll-over. */
export function startInForce(keys: readonly SpartnKeyInput[], utcMs: number): number | undefined {
  const begun = keys.map((key) => key.startUtcMs).filter((start) => start <= utcMs);
  return begun.length > 0 ? Math.max(...begun) : undefined;
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
