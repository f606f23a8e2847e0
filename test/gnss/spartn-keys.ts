// Reads key messages back, for tests: written from the specification, nothing shared with the code under test.
const GPS_EPOCH_S = 315_964_800;

/** Keys in a UBX-RXM-SPARTNKEY frame, in order, with their starts in UTC. */
export function spartnKeysIn(frame: Uint8Array, leapSeconds: number): { startUtcMs: number; valueHex: string }[] {
  const b = Buffer.from(frame);
  if (b.readUInt16BE(2) !== 0x0236 || b[6] !== 1) throw new Error('not a key message');
  const count = b[7]!;
  let valueAt = 10 + 8 * count;
  return Array.from({ length: count }, (_, i) => {
    const at = 10 + 8 * i;
    const size = b[at + 1]!;
    const gpsS = b.readUInt16LE(at + 2) * 604_800 + b.readUInt32LE(at + 4);
    const valueHex = b.subarray(valueAt, valueAt + size).toString('hex');
    valueAt += size;
    return { startUtcMs: (gpsS + GPS_EPOCH_S - leapSeconds) * 1000, valueHex };
  });
}
