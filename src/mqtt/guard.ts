// Looks at the fixed header of each incoming MQTT packet before the parser does, because the parser would collect a
// packet of any announced size in memory (a 200 MB announcement: 70 -> 468 MB resident). It walks from header to header
// and never touches a payload byte, so a chunk costs a few steps per packet in it.

export interface PacketGuard {
  /** False once a packet beyond the limit, or a length no packet can have, was announced; the stream is then over. */
  check(chunk: Uint8Array): boolean;
  /** Size announced last, bytes after the fixed header. */
  readonly announcedBytes: number;
}

export function createPacketGuard(maxPacketBytes: number): PacketGuard {
  /** Payload bytes of the current packet that are still to come. */
  let skip = 0;
  /** 0: at a packet's first byte; 1..4: at that byte of its length. */
  let lengthByte = 0;
  let length = 0;
  let isBroken = false;
  return {
    get announcedBytes() {
      return length;
    },
    check(chunk) {
      let at = 0;
      while (at < chunk.length && !isBroken) {
        if (skip > 0) {
          const step = Math.min(skip, chunk.length - at);
          skip -= step;
          at += step;
        } else if (lengthByte === 0) {
          lengthByte = 1;
          length = 0;
          at++;
        } else {
          const byte = chunk[at++] ?? 0;
          length += (byte & 0x7f) * 128 ** (lengthByte - 1);
          const isLast = (byte & 0x80) === 0;
          isBroken = length > maxPacketBytes || (lengthByte === 4 && !isLast);
          if (isLast) {
            skip = length;
            lengthByte = 0;
          } else lengthByte++;
        }
      }
      return !isBroken;
    },
  };
}
