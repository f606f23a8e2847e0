// UBX frames as the simulated receiver makes and reads them (specs/ublox.md 3.2): its own code, not the agent's.

export interface UbxMessage {
  cls: number;
  id: number;
  payload: Uint8Array;
}

/** Longer claims are taken for noise: nothing this receiver understands comes near it. */
const MAX_PAYLOAD = 4096;

function checksum(bytes: Uint8Array): [number, number] {
  let a = 0;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 256;
    b = (b + a) % 256;
  }
  return [a, b];
}

/** A whole frame with its checksum. */
export function ubxFrame(cls: number, id: number, payload: Uint8Array): Uint8Array {
  const body = [cls, id, payload.length % 256, Math.floor(payload.length / 256), ...payload];
  return Uint8Array.from([0xb5, 0x62, ...body, ...checksum(Uint8Array.from(body))]);
}

export type UbxCheck = { is: 'frame'; message: UbxMessage; length: number } | { is: 'more' } | { is: 'bad' };

/** Judges what starts at the first byte. */
export function checkUbx(bytes: Uint8Array): UbxCheck {
  if (bytes.length < 2) return bytes[0] === 0xb5 ? { is: 'more' } : { is: 'bad' };
  if (bytes[0] !== 0xb5 || bytes[1] !== 0x62) return { is: 'bad' };
  if (bytes.length < 6) return { is: 'more' };
  const payloadLength = (bytes[4] ?? 0) + 256 * (bytes[5] ?? 0);
  if (payloadLength > MAX_PAYLOAD) return { is: 'bad' };
  const length = payloadLength + 8;
  if (bytes.length < length) return { is: 'more' };
  const [a, b] = checksum(bytes.subarray(2, length - 2));
  if (bytes[length - 2] !== a || bytes[length - 1] !== b) return { is: 'bad' };
  return {
    is: 'frame',
    length,
    message: { cls: bytes[2] ?? 0, id: bytes[3] ?? 0, payload: bytes.slice(6, length - 2) },
  };
}
