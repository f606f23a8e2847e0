// Bytes as casters send them, made here and not by the code under test.

/** UBX-MGA-INI-TIME_UTC of some length, with its checksum. */
export const MGA_FRAME = ubx(0x13, 0x40, Buffer.alloc(24, 0x10));

export function ubx(cls: number, id: number, payload: Buffer): Buffer {
  const body = Buffer.concat([Buffer.of(cls, id, payload.length & 0xff, payload.length >> 8), payload]);
  let [a, b] = [0, 0];
  for (const byte of body) {
    a = (a + byte) & 0xff;
    b = (b + a) & 0xff;
  }
  return Buffer.concat([Buffer.of(0xb5, 0x62), body, Buffer.of(a, b)]);
}

/** Looks like RTCM 3; its CRC is not looked at here. */
export function rtcmFrame(message: number, length: number): Buffer {
  const frame = Buffer.alloc(length + 6, 0x55);
  frame.set([0xd3, length >> 8, length & 0xff, message >> 4, (message & 0xf) << 4]);
  return frame;
}

/** The beginning of a SPARTN frame (OCB, GPS) with its header CRC, from a real capture. */
export const SPARTN_HEAD = Buffer.from('7302fa6d28d78d3f105c', 'hex');
