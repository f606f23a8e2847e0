// The keys the simulated receiver has been given, and whether one of them opens a frame (specs/ublox.md 3.2, 7.6 rows 50
// and 51). Nothing is decrypted: a generated frame carries a tag that only its key could have made, and a recorded one
// counts as readable as soon as any key is in force.
import { payloadTag } from '../keys.js';
import type { SpartnFrame } from '../spartn.js';
import { frameGpsSeconds, utcMsOfGps } from '../spartn-time.js';

export type KeyCheck = 'tag' | 'any-valid-key';

interface HeldKey {
  fromGpsS: number;
  valueHex: string;
}

export interface Keyring {
  /** Takes a SPARTNKEY payload; false when its shape is wrong (what was held stays). */
  take(payload: Uint8Array): boolean;
  opens(frame: SpartnFrame, nowGpsS: number): boolean;
  clear(): void;
  readonly size: number;
  /** When each key starts, ms since 1970 UTC. */
  readonly startsUtcMs: readonly number[];
  /** The payload a poll is answered with. */
  payload(): Uint8Array;
}

const WEEK_S = 604_800;
/** Longest life a real key was given (29 days); the message itself names only starts. */
const LONGEST_LIFE_S = 29 * 86_400;

function parse(payload: Uint8Array): HeldKey[] | undefined {
  const view = Buffer.from(payload);
  const count = view[1] ?? 0;
  let valueAt = 4 + 8 * count;
  if (view[0] !== 1 || view.length < valueAt) return undefined;
  const keys: HeldKey[] = [];
  for (let at = 4; at < 4 + 8 * count; at += 8) {
    const length = view.readUInt8(at + 1);
    const valueHex = view.subarray(valueAt, valueAt + length).toString('hex');
    if (valueHex.length !== 2 * length) return undefined;
    valueAt += length;
    keys.push({ fromGpsS: view.readUInt16LE(at + 2) * WEEK_S + view.readUInt32LE(at + 4), valueHex });
  }
  return valueAt === view.length ? keys : undefined;
}

export function createKeyring(check: KeyCheck): Keyring {
  let held: HeldKey[] = [];
  /** A key is in force from its start until a later held key starts. */
  const inForce = (gpsS: number): HeldKey | undefined =>
    held
      .filter((key) => key.fromGpsS <= gpsS && gpsS < key.fromGpsS + LONGEST_LIFE_S)
      .reduce<HeldKey | undefined>((best, key) => (best && best.fromGpsS > key.fromGpsS ? best : key), undefined);
  return {
    take(payload) {
      const keys = parse(payload);
      if (keys) held = keys;
      return keys !== undefined;
    },
    opens(frame, nowGpsS) {
      if (check === 'any-valid-key') return inForce(nowGpsS) !== undefined;
      // The frame's own second decides, so that what was under way at a roll-over is still read with the old key.
      const key = inForce(frameGpsSeconds(frame, Math.floor(nowGpsS)));
      return (
        key !== undefined && Buffer.compare(payloadTag(key.valueHex, frame.header), frame.payload.subarray(0, 8)) === 0
      );
    },
    clear() {
      held = [];
    },
    get size() {
      return held.length;
    },
    get startsUtcMs() {
      return held.map((key) => utcMsOfGps(key.fromGpsS));
    },
    payload() {
      const head = Buffer.alloc(4 + 8 * held.length);
      head.writeUInt8(1, 0);
      head.writeUInt8(held.length, 1);
      held.forEach((key, i) => {
        head.writeUInt8(key.valueHex.length / 2, 5 + 8 * i);
        head.writeUInt16LE(Math.floor(key.fromGpsS / WEEK_S), 6 + 8 * i);
        head.writeUInt32LE(key.fromGpsS % WEEK_S, 8 + 8 * i);
      });
      return Buffer.concat([head, ...held.map((key) => Buffer.from(key.valueHex, 'hex'))]);
    },
  };
}
