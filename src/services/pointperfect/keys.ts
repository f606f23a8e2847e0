// Decryption keys as they come on the key topic: a ready-made UBX-RXM-SPARTNKEY frame, or JSON (specs/ublox.md 2.2, 3.2).
import { Secret } from '../../core/index.js';
import type { SpartnKey } from '../../vault/index.js';

/** As it was read, before it is taken: making a `Secret` is not free, and a topic may say a lot. */
export interface ReadKey {
  startUtcMs: number;
  durationMs: number;
  /** 32 hexadecimal digits in lower case. */
  hex: string;
}

type Malformed = { is: 'malformed'; why: string };
export type KeysRead = { is: 'keys'; keys: ReadKey[] } | Malformed;

const GPS_EPOCH_S = 315_964_800;
const WEEK_S = 604_800;
/** Keys live four weeks; the frame says when one begins but not when it ends. */
const USUAL_LIFE_MS = 28 * 86_400_000 - 1;
const FRAME_OVERHEAD = 8;
const KEY_BYTES = 16;
const MAX_KEYS = 4;
const MAX_JSON_BYTES = 65_536;

const malformed = (why: string): Malformed => ({ is: 'malformed', why });

/** Does this payload begin as a UBX frame? */
export function isUbxFrame(payload: Uint8Array): boolean {
  return payload[0] === 0xb5 && payload[1] === 0x62;
}

/** Keys of a payload in either form. Never throws. `leapSeconds`: GPS minus UTC, 18 since 2017. */
export function readKeyMessage(payload: Uint8Array, leapSeconds: number): KeysRead {
  return isUbxFrame(payload) ? readSpartnKeyFrame(payload, leapSeconds) : readKeyJson(payload);
}

export function sealKeys(keys: readonly ReadKey[]): SpartnKey[] {
  return keys.map(({ hex, ...times }) => ({ ...times, value: new Secret('spartn-key', hex) }));
}

/** UBX-RXM-SPARTNKEY, whole frame. Week and time of week are GPS time: the leap seconds go off again. */
function readSpartnKeyFrame(frame: Uint8Array, leapSeconds: number): KeysRead {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  if (!isUbxFrame(bytes) || bytes.length < FRAME_OVERHEAD + 4) return malformed('not a UBX frame');
  if (bytes[2] !== 0x02 || bytes[3] !== 0x36) return malformed('another UBX message');
  const payloadBytes = bytes.readUInt16LE(4);
  if (bytes.length !== payloadBytes + FRAME_OVERHEAD) return malformed('wrong length');
  if (!hasGoodChecksum(bytes)) return malformed('checksum differs');
  const version = bytes[6];
  const count = bytes[7] ?? 0;
  if (version !== 1 || count > MAX_KEYS) return malformed('unknown version or number of keys');
  const keysAt = 10 + 8 * count;
  if (payloadBytes !== 4 + (8 + KEY_BYTES) * count) return malformed('key lengths do not add up');
  const keys: ReadKey[] = [];
  for (let i = 0; i < count; i++) {
    const at = 10 + 8 * i;
    if (bytes[at + 1] !== KEY_BYTES) return malformed('unknown key length');
    const gpsSeconds = bytes.readUInt16LE(at + 2) * WEEK_S + bytes.readUInt32LE(at + 4);
    const hex = bytes.toString('hex', keysAt + KEY_BYTES * i, keysAt + KEY_BYTES * (i + 1));
    keys.push({
      startUtcMs: (gpsSeconds + GPS_EPOCH_S - leapSeconds) * 1000,
      durationMs: USUAL_LIFE_MS,
      hex,
    });
  }
  return { is: 'keys', keys: withEnds(keys) };
}

/** Each key lasts until the next begins. */
function withEnds(keys: readonly ReadKey[]): ReadKey[] {
  return keys.map((key, i) => {
    const next = keys[i + 1];
    return next && next.startUtcMs > key.startUtcMs
      ? { ...key, durationMs: next.startUtcMs - key.startUtcMs - 1 }
      : key;
  });
}

function hasGoodChecksum(frame: Buffer): boolean {
  let a = 0;
  let b = 0;
  for (let i = 2; i < frame.length - 2; i++) {
    a = (a + (frame[i] ?? 0)) & 0xff;
    b = (b + a) & 0xff;
  }
  return frame[frame.length - 2] === a && frame[frame.length - 1] === b;
}

/** `{"current":K,"next":K}`, alone or under `dynamickeys` in any spelling of its case. */
function readKeyJson(payload: Uint8Array): KeysRead {
  if (payload.length > MAX_JSON_BYTES) return malformed('too large');
  let data: unknown;
  try {
    data = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'));
  } catch {
    return malformed('neither UBX nor JSON');
  }
  const outer = asRecord(data);
  const inner = asRecord(Object.entries(outer).find(([name]) => name.toLowerCase() === 'dynamickeys')?.[1] ?? outer);
  const keys: ReadKey[] = [];
  for (const name of ['current', 'next']) {
    if (inner[name] === undefined || inner[name] === null) continue;
    const key = decodeJsonKey(asRecord(inner[name]));
    if (!key) return malformed(`${name} has a wrong shape`);
    keys.push(key);
  }
  return keys.length > 0 ? { is: 'keys', keys } : malformed('no keys in it');
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function decodeJsonKey({ start, duration, value }: Readonly<Record<string, unknown>>): ReadKey | undefined {
  const [startUtcMs, durationMs] = [Number(start), Number(duration)];
  if (!Number.isInteger(startUtcMs) || startUtcMs <= 0 || !Number.isInteger(durationMs) || durationMs <= 0)
    return undefined;
  if (typeof value !== 'string' || !/^[0-9a-f]{32}$/i.test(value)) return undefined;
  return { startUtcMs, durationMs, hex: value.toLowerCase() };
}
