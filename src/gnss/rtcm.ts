// RTCM 3 transport frames (specs/ublox.md 3.5).
import { CRC24Q } from './crc.js';
import { RangeCrc } from './range-crc.js';
import { BAD_CHECKSUM, NEED_MORE, NO_FRAME, type Scanner } from './scanner.js';

export const RTCM3_PREAMBLE = 0xd3;
/** 3 header + 1023 payload + 3 CRC. */
export const RTCM3_MAX_BYTES = 1029;

class RtcmScanner implements Scanner {
  readonly kind = 'rtcm3';
  readonly first = RTCM3_PREAMBLE;
  readonly maxBytes = RTCM3_MAX_BYTES;
  readonly #check = new RangeCrc(CRC24Q);

  examine(bytes: Uint8Array, at: number, to: number): number {
    if (to - at < 2) return NEED_MORE;
    const high = bytes[at + 1] as number;
    // The six bits above the length are reserved and zero.
    if (high & 0xfc) return NO_FRAME;
    if (to - at < 3) return NEED_MORE;
    const total = 6 + ((high << 8) | (bytes[at + 2] as number));
    const end = at + total;
    if (end > to) return NEED_MORE;
    const sent = ((bytes[end - 3] as number) << 16) | ((bytes[end - 2] as number) << 8) | (bytes[end - 1] as number);
    return this.#check.matches(bytes, at, end - 3, sent) ? total : BAD_CHECKSUM;
  }

  skip(bytes: Uint8Array, at: number, to: number): number {
    const decided = to - 1;
    for (let i = at; i < to; i++) {
      if (bytes[i] !== RTCM3_PREAMBLE) continue;
      if (i >= decided || ((bytes[i + 1] as number) & 0xfc) === 0) return i;
    }
    return to;
  }

  restart(): void {
    this.#check.restart();
  }
}

export function createRtcmScanner(): Scanner {
  return new RtcmScanner();
}

/** Message number of a valid frame; undefined for one without payload. */
export function rtcmType(frame: Uint8Array): number | undefined {
  if (frame.length < 8) return undefined;
  return ((frame[3] as number) << 4) | ((frame[4] as number) >> 4);
}
