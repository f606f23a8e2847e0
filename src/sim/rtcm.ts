// RTCM 3 as the simulated caster makes it (specs/ublox.md 3.5): frames with their check, and the few messages a network
// sends to a rover. Written apart from the agent's framer, bit by bit; the contents are plausible, not measured.

/** A place on the WGS 84 ellipsoid. */
export interface RtcmPlace {
  latitudeDeg: number;
  longitudeDeg: number;
  heightM: number;
}

export const MSM4 = { gps: 1074, glo: 1084, gal: 1094, bds: 1124 } as const;
export type MsmSystem = keyof typeof MSM4;

/** What one satellite shows of itself; one entry of `cells` a signal, in the order of `signals`. */
export interface MsmSatellite {
  /** Bit of the satellite mask, 1..64. */
  number: number;
  /** Light time, ms. */
  rangeMs: number;
  cells: readonly { fineRange: number; finePhase: number; lock: number; cnrDbHz: number }[];
}

export interface MsmFields {
  system: MsmSystem;
  stationId: number;
  /** DF004 and its kin: 30 bits, the epoch in the system's own time. */
  epoch: number;
  /** Further messages of this epoch follow. */
  hasMore: boolean;
  /** Bits of the signal mask, 1..32, ascending. */
  signals: readonly number[];
  /** Ascending. */
  satellites: readonly MsmSatellite[];
}

const PREAMBLE = 0xd3;
const MAX_BODY_BYTES = 1023;
const CRC24Q = 0x1864cfb;

interface Bits {
  /** Two's complement when negative. */
  put(count: number, value: number): Bits;
  text(value: string): Bits;
  bytes(): Uint8Array;
}

function createBits(): Bits {
  const bits: number[] = [];
  const self: Bits = {
    put(count, value) {
      const unsigned = value < 0 ? value + 2 ** count : value;
      for (let i = count - 1; i >= 0; i--) bits.push(Math.floor(unsigned / 2 ** i) % 2);
      return self;
    },
    text(value) {
      self.put(8, value.length);
      for (const char of Buffer.from(value, 'latin1')) self.put(8, char);
      return self;
    },
    bytes() {
      const out = new Uint8Array(Math.ceil(bits.length / 8));
      bits.forEach((bit, i) => {
        out[i >> 3] = (out[i >> 3] ?? 0) | (bit << (7 - (i & 7)));
      });
      return out;
    },
  };
  return self;
}

/** CRC-24Q, one bit at a time. */
function crc24(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) {
      crc <<= 1;
      if (crc & 0x1000000) crc ^= CRC24Q;
    }
  }
  return crc;
}

/** A whole frame around a message of at most 1023 bytes. */
export function rtcmFrame(body: Uint8Array): Uint8Array {
  if (body.length > MAX_BODY_BYTES) throw new RangeError('an RTCM message has at most 1023 bytes');
  const head = Uint8Array.from([PREAMBLE, body.length >> 8, body.length & 255, ...body]);
  const crc = crc24(head);
  return Uint8Array.from([...head, crc >> 16, (crc >> 8) & 255, crc & 255]);
}

const SEMI_MAJOR_M = 6_378_137;
const ECCENTRICITY_SQUARED = 6.694379990141e-3;

function ecefM({ latitudeDeg, longitudeDeg, heightM }: RtcmPlace): [x: number, y: number, z: number] {
  const [lat, lon] = [(latitudeDeg * Math.PI) / 180, (longitudeDeg * Math.PI) / 180];
  const normal = SEMI_MAJOR_M / Math.sqrt(1 - ECCENTRICITY_SQUARED * Math.sin(lat) ** 2);
  const across = (normal + heightM) * Math.cos(lat);
  const up = (normal * (1 - ECCENTRICITY_SQUARED) + heightM) * Math.sin(lat);
  return [across * Math.cos(lon), across * Math.sin(lon), up];
}

/** 1005, or 1006 with the height of the antenna (0.0001 m steps): where the station stands. */
export function stationMessage(message: 1005 | 1006, stationId: number, place: RtcmPlace): Uint8Array {
  const [x, y, z] = ecefM(place).map((metres) => Math.round(metres * 10_000));
  const bits = createBits().put(12, message).put(12, stationId).put(6, 0);
  // GPS, GLONASS, Galileo; a computed station, not a physical one.
  bits.put(1, 1).put(1, 1).put(1, 1).put(1, 1);
  bits
    .put(38, x ?? 0)
    .put(1, 1)
    .put(1, 0);
  bits.put(38, y ?? 0).put(2, 0);
  bits.put(38, z ?? 0);
  if (message === 1006) bits.put(16, 0);
  return rtcmFrame(bits.bytes());
}

const ANTENNA = 'ADVNULLANTENNA';

/** 1008: antenna; 1033: antenna and receiver. */
export function equipmentMessage(message: 1008 | 1033, stationId: number): Uint8Array {
  const bits = createBits().put(12, message).put(12, stationId).text(ANTENNA).put(8, 0).text('');
  if (message === 1033) bits.text('WAYMARK SIM').text('1.0').text('0001');
  return rtcmFrame(bits.bytes());
}

/** 1230: GLONASS code-phase biases of four signals, none of them large. */
export function glonassBiasMessage(stationId: number): Uint8Array {
  const bits = createBits().put(12, 1230).put(12, stationId).put(1, 1).put(3, 0).put(4, 0b1111);
  for (let i = 0; i < 4; i++) bits.put(16, 0);
  return rtcmFrame(bits.bytes());
}

/** One MSM4: masks, then column by column as the standard packs them. */
export function msm4Message(fields: MsmFields): Uint8Array {
  const { signals, satellites } = fields;
  const mask = (count: number, set: readonly number[], bits: Bits): void => {
    for (let i = 1; i <= count; i++) bits.put(1, set.includes(i) ? 1 : 0);
  };
  const bits = createBits().put(12, MSM4[fields.system]).put(12, fields.stationId).put(30, fields.epoch);
  bits.put(1, fields.hasMore ? 1 : 0);
  // Issue of data station, reserved, clock steering, external clock, smoothing and its interval.
  bits.put(3, 0).put(7, 0).put(2, 0).put(2, 0).put(1, 0).put(3, 0);
  mask(
    64,
    satellites.map(({ number }) => number),
    bits,
  );
  mask(32, signals, bits);
  for (let i = 0; i < satellites.length * signals.length; i++) bits.put(1, 1);
  for (const { rangeMs } of satellites) bits.put(8, Math.floor(rangeMs));
  for (const { rangeMs } of satellites) bits.put(10, Math.floor((rangeMs % 1) * 1024));
  const cells = satellites.flatMap((satellite) => satellite.cells);
  for (const { fineRange } of cells) bits.put(15, fineRange);
  for (const { finePhase } of cells) bits.put(22, finePhase);
  for (const { lock } of cells) bits.put(4, lock);
  for (let i = 0; i < cells.length; i++) bits.put(1, 0);
  for (const { cnrDbHz } of cells) bits.put(6, cnrDbHz);
  return rtcmFrame(bits.bytes());
}
