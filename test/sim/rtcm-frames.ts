// Reads RTCM 3 frames back for the tests, with a check worked out another way than the generator's.
export interface RtcmMessage {
  type: number;
  bytes: Uint8Array;
}

/** Big integers, over the whole frame; a good one leaves nothing. */
function remainder(bytes: Uint8Array): number {
  let crc = 0n;
  for (const byte of bytes)
    for (let bit = 7; bit >= 0; bit--) {
      crc = (crc << 1n) | BigInt((byte >> bit) & 1);
      if (crc & 0x1000000n) crc ^= 0x1864cfbn;
    }
  return Number(crc);
}

/** The frame that starts here, if a whole good one does. */
function frameAt(stream: Uint8Array, at: number): RtcmMessage | undefined {
  if (stream[at] !== 0xd3) return undefined;
  const length = ((stream[at + 1]! & 3) << 8) | stream[at + 2]!;
  const bytes = stream.slice(at, at + length + 6);
  if (bytes.length !== length + 6 || remainder(bytes) !== 0) return undefined;
  return { type: (bytes[3]! << 4) | (bytes[4]! >> 4), bytes };
}

/** Whole frames, and how many bytes are in none. */
export function cutRtcm(stream: Uint8Array): { messages: RtcmMessage[]; junk: number } {
  const messages: RtcmMessage[] = [];
  let junk = 0;
  for (let at = 0; at < stream.length; ) {
    const frame = frameAt(stream, at);
    if (frame) messages.push(frame);
    else junk++;
    at += frame?.bytes.length ?? 1;
  }
  return { messages, junk };
}
