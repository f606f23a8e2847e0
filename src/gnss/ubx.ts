// UBX frames: scanning, building, and the few messages that are not positions (specs/ublox.md 3.2, 3.3).
import { BAD_CHECKSUM, NEED_MORE, NO_FRAME, OVERLONG, type Scanner, skipToByte } from './scanner.js';

const SYNC_1 = 0xb5;
const SYNC_2 = 0x62;
/** Payload bound (specs/reliability.md 2.7). */
export const UBX_MAX_PAYLOAD = 8192;
const MAX_BYTES = UBX_MAX_PAYLOAD + 8;

/** A message's class and id as one number, `class << 8 | id`. */
export const UBX = {
  navStatus: 0x0103,
  navPvt: 0x0107,
  navTimels: 0x0126,
  navSat: 0x0135,
  rxmCor: 0x0234,
  rxmSpartnKey: 0x0236,
  rxmPmp: 0x0272,
  ackNak: 0x0500,
  ackAck: 0x0501,
  cfgValset: 0x068a,
  monVer: 0x0a04,
  mgaIni: 0x1340,
  mgaAck: 0x1360,
  secUniqid: 0x2703,
} as const;

/** Writes both sums after each of `bytes[from..to)` behind those at index `at`. */
function recordSums(sumA: Uint8Array, sumB: Uint8Array, at: number, bytes: Uint8Array, from: number, to: number) {
  let k = at;
  let a = sumA[k] as number;
  let b = sumB[k] as number;
  for (let i = from; i < to; i++) {
    a = (a + (bytes[i] as number)) & 0xff;
    b = (b + a) & 0xff;
    sumA[++k] = a;
    sumB[k] = b;
  }
}

/**
 * Checksums of overlapping ranges in linear time (for the reason see range-crc.ts): the first sum of a range is a
 * difference of running sums, the second a difference less the first sum's share.
 */
class RangeFletcher {
  readonly #window = 2 * MAX_BYTES;
  readonly #sumA = new Uint8Array(this.#window + 1);
  readonly #sumB = new Uint8Array(this.#window + 1);
  #base = 0;
  #upto = 0;

  restart(): void {
    this.#base = this.#upto = 0;
  }

  /** Checksum of `bytes[from..to)`: first byte low, second high. */
  over(bytes: Uint8Array, from: number, to: number): number {
    const sumA = this.#sumA;
    const sumB = this.#sumB;
    if (from >= this.#upto || from < this.#base || to - this.#base > this.#window) {
      this.#base = this.#upto = from;
      sumA[0] = sumB[0] = 0;
    }
    const base = this.#base;
    if (to > this.#upto) {
      recordSums(sumA, sumB, this.#upto - base, bytes, this.#upto, to);
      this.#upto = to;
    }
    const a0 = sumA[from - base] as number;
    const rangeA = ((sumA[to - base] as number) - a0) & 0xff;
    const rangeB = ((sumB[to - base] as number) - (sumB[from - base] as number) - (to - from) * a0) & 0xff;
    return rangeA | (rangeB << 8);
  }
}

class UbxScanner implements Scanner {
  readonly kind = 'ubx';
  readonly first = SYNC_1;
  readonly maxBytes = MAX_BYTES;
  readonly #check = new RangeFletcher();

  examine(bytes: Uint8Array, at: number, to: number): number {
    if (to - at < 2) return NEED_MORE;
    if (bytes[at + 1] !== SYNC_2) return NO_FRAME;
    if (to - at < 6) return NEED_MORE;
    const payload = (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8);
    if (payload > UBX_MAX_PAYLOAD) return OVERLONG;
    const end = at + payload + 8;
    if (end > to) return NEED_MORE;
    const sent = (bytes[end - 2] as number) | ((bytes[end - 1] as number) << 8);
    return this.#check.over(bytes, at + 2, end - 2) === sent ? payload + 8 : BAD_CHECKSUM;
  }

  skip(bytes: Uint8Array, at: number, to: number): number {
    return skipToByte(SYNC_1, bytes, at, to);
  }

  restart(): void {
    this.#check.restart();
  }
}

export function createUbxScanner(): Scanner {
  return new UbxScanner();
}

/** A complete frame; `id` is one of `UBX`. An empty payload makes a poll. */
export function ubxFrame(id: number, payload: Uint8Array = new Uint8Array(0)): Uint8Array {
  const frame = new Uint8Array(payload.length + 8);
  frame.set([SYNC_1, SYNC_2, id >> 8, id & 0xff, payload.length & 0xff, payload.length >> 8]);
  frame.set(payload, 6);
  let a = 0;
  let b = 0;
  for (let i = 2; i < frame.length - 2; i++) {
    a = (a + (frame[i] as number)) & 0xff;
    b = (b + a) & 0xff;
  }
  frame[frame.length - 2] = a;
  frame[frame.length - 1] = b;
  return frame;
}

/** Class and id of a valid frame, comparable with `UBX`. */
export function ubxId(frame: Uint8Array): number {
  return ((frame[2] as number) << 8) | (frame[3] as number);
}

/** The payload of a valid frame, as a view on it. */
export function ubxPayload(frame: Uint8Array): DataView {
  return new DataView(frame.buffer, frame.byteOffset + 6, frame.length - 8);
}

/** One configuration item. The value's size is part of the key (bits 28-30). */
export interface ConfigItem {
  key: number;
  value: number;
}

const VALUE_BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4 };

/** Where a configuration goes: `ram` is gone with the power, `bbr` with the battery. */
export const LAYERS = { ram: 1, bbr: 2, flash: 4 } as const;

/** CFG-VALSET; `layers` is a sum of `LAYERS`. Throws on a key of unknown size. */
export function valsetFrame(items: readonly ConfigItem[], layers: number = LAYERS.ram): Uint8Array {
  const payload: number[] = [0, layers, 0, 0];
  for (const { key, value } of items) {
    const size = VALUE_BYTES[(key >>> 28) & 7];
    if (size === undefined) throw new RangeError(`configuration key 0x${key.toString(16)} has no known size`);
    for (let i = 0; i < 4; i++) payload.push((key >>> (8 * i)) & 0xff);
    for (let i = 0; i < size; i++) payload.push((value >>> (8 * i)) & 0xff);
  }
  return ubxFrame(UBX.cfgValset, Uint8Array.from(payload));
}

/** Which message a receiver accepted or refused; undefined for any other frame. */
export function parseAck(frame: Uint8Array): { accepted: boolean; of: number } | undefined {
  const id = ubxId(frame);
  if ((id !== UBX.ackAck && id !== UBX.ackNak) || frame.length !== 10) return undefined;
  return { accepted: id === UBX.ackAck, of: ((frame[6] as number) << 8) | (frame[7] as number) };
}
