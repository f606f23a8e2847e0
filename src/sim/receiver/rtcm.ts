// RTCM 3 transport frames as the simulated receiver makes and judges them (specs/ublox.md 3.5): its own code, bit by bit,
// apart from the agent's framer.

export const RTCM_PREAMBLE = 0xd3;
const HEAD_BYTES = 3;
const CHECK_BYTES = 3;

export interface RtcmFrame {
  /** Message number, 0..4095; 0 when the payload is too short to have one. */
  number: number;
  /** Reference station, the 12 bits behind the number. */
  station: number;
  bytes: Uint8Array;
}

export type RtcmCheck =
  | { is: 'frame'; frame: RtcmFrame }
  | { is: 'more' }
  | { is: 'bad'; why: 'header' }
  | { is: 'bad'; why: 'check'; number: number };

/** CRC-24Q, most significant bit first, from 0. */
function crc24q(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    for (let mask = 0x80; mask > 0; mask >>= 1) {
      const isOut = crc >= 0x800000 !== ((byte & mask) !== 0);
      crc = (crc % 0x800000) * 2;
      if (isOut) crc ^= 0x864cfb;
    }
  }
  return crc;
}

const bits12 = (payload: Uint8Array, firstNibble: number): number =>
  [0, 1, 2].reduce((value, step) => {
    const nibble = firstNibble + step;
    const byte = payload[nibble >> 1] ?? 0;
    return value * 16 + (nibble % 2 === 0 ? byte >> 4 : byte & 15);
  }, 0);

/** Judges what starts at the first byte. */
export function checkRtcm(bytes: Uint8Array): RtcmCheck {
  if (bytes[0] !== RTCM_PREAMBLE) return { is: 'bad', why: 'header' };
  const [, high, low] = bytes;
  if (high === undefined) return { is: 'more' };
  // Six reserved bits.
  if (high > 3) return { is: 'bad', why: 'header' };
  if (low === undefined) return { is: 'more' };
  const crcAt = HEAD_BYTES + high * 256 + low;
  if (bytes.length < crcAt + CHECK_BYTES) return { is: 'more' };
  const payload = bytes.subarray(HEAD_BYTES, crcAt);
  const number = bits12(payload, 0);
  const claimed = Buffer.from(bytes).readUIntBE(crcAt, CHECK_BYTES);
  if (crc24q(bytes.subarray(0, crcAt)) !== claimed) return { is: 'bad', why: 'check', number };
  return { is: 'frame', frame: { number, station: bits12(payload, 3), bytes: bytes.slice(0, crcAt + CHECK_BYTES) } };
}

/** A whole frame around `payload` (at most 1023 bytes). */
export function sealRtcm(payload: Uint8Array): Uint8Array {
  const head = [RTCM_PREAMBLE, payload.length >> 8, payload.length & 255, ...payload];
  const crc = crc24q(Uint8Array.from(head));
  return Uint8Array.from([...head, crc >> 16, (crc >> 8) & 255, crc & 255]);
}

/** A message with a number and a station and nothing sensible behind them, `bytes` long. */
export function rtcmMessage(number: number, station = 0, bytes = 20): Uint8Array {
  const payload = Buffer.alloc(Math.max(3, bytes), 0x55);
  payload.writeUIntBE(number * 4096 + station, 0, 3);
  return sealRtcm(payload);
}

export type RtcmGroup = 'station' | 'msm-gps' | 'msm-glo' | 'msm-gal' | 'msm-bds';

const MSM: readonly [first: number, group: RtcmGroup][] = [
  [1071, 'msm-gps'],
  [1081, 'msm-glo'],
  [1091, 'msm-gal'],
  [1121, 'msm-bds'],
];

/** What a message adds to a position; undefined: nothing. Only the full observations (MSM4 to MSM7) are of use. */
export function rtcmGroup(number: number): RtcmGroup | undefined {
  if (number === 1005 || number === 1006) return 'station';
  return MSM.find(([first]) => number >= first + 3 && number <= first + 6)?.[1];
}
