// The CRCs of the wire formats, table-driven over the received bytes without copies (specs/ublox.md 3.1, 3.5).
// They share one loop by keeping the register at the top of 32 bits.

/** A CRC, most significant bit first. */
export interface CrcShape {
  readonly width: 8 | 16 | 24 | 32;
  readonly polynomial: number;
  /** Both -1 (all ones) for CRC-32, else 0. */
  readonly init: number;
  readonly xorOut: number;
  /** Effect of a byte followed by 0, 1, 2, 3 further bytes on a top-aligned register. */
  readonly tables: readonly [Int32Array, Int32Array, Int32Array, Int32Array];
}

function shapeOf(width: CrcShape['width'], polynomial: number, ones = 0): CrcShape {
  const top = polynomial << (32 - width);
  const byte = Int32Array.from({ length: 256 }, (_, value) => {
    let c = value << 24;
    for (let bit = 0; bit < 8; bit++) c = (c << 1) ^ (top & (c >> 31));
    return c;
  });
  const further = (table: Int32Array): Int32Array => table.map((c) => (c << 8) ^ (byte[c >>> 24] as number));
  const one = further(byte);
  const two = further(one);
  return { width, polynomial, init: ones, xorOut: ones, tables: [byte, one, two, further(two)] };
}

export const CRC8 = shapeOf(8, 0x07);
export const CRC16 = shapeOf(16, 0x1021);
export const CRC24Q = shapeOf(24, 0x864cfb);
export const CRC32 = shapeOf(32, 0x04c11db7, -1);

/** CRC of `bytes[from..to)` as an unsigned number of the shape's width. Four bytes a step. */
export function crcOf(shape: CrcShape, bytes: Uint8Array, from = 0, to = bytes.length): number {
  const [t0, t1, t2, t3] = shape.tables;
  let c = shape.init;
  let i = from;
  for (const last = to - 3; i < last; i += 4) {
    c ^=
      ((bytes[i] as number) << 24) |
      ((bytes[i + 1] as number) << 16) |
      ((bytes[i + 2] as number) << 8) |
      (bytes[i + 3] as number);
    c =
      (t3[c >>> 24] as number) ^
      (t2[(c >>> 16) & 0xff] as number) ^
      (t1[(c >>> 8) & 0xff] as number) ^
      (t0[c & 0xff] as number);
  }
  for (; i < to; i++) c = (c << 8) ^ (t0[(c >>> 24) ^ (bytes[i] as number)] as number);
  return (c ^ shape.xorOut) >>> (32 - shape.width);
}

/** CRC-24Q of `bytes[from..to)`: RTCM3 and PointPerfect's SPARTN. */
export function crc24q(bytes: Uint8Array, from = 0, to = bytes.length): number {
  return crcOf(CRC24Q, bytes, from, to);
}

const CRC4_TABLE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >> 1) ^ 0x9 : c >> 1;
  return c;
});

/** SPARTN frame CRC (TF006): reflected polynomial 9 over the three bytes after the preamble, low nibble zeroed. */
export function crc4(b1: number, b2: number, b3: number): number {
  const c = CRC4_TABLE[(CRC4_TABLE[b1] as number) ^ b2] as number;
  return CRC4_TABLE[c ^ (b3 & 0xf0)] as number;
}
