// Finds whole UBX-MGA frames in bytes that anybody may have sent (specs/ublox.md 3.2). After a failed check it goes on
// one byte further, so that a damaged frame never takes a good one with it. Any split of the same bytes gives the same
// frames, and no more is held than one frame.

const SYNC_1 = 0xb5;
const SYNC_2 = 0x62;
const HEADER_BYTES = 6;
const CHECKSUM_BYTES = 2;
export const MGA_CLASS = 0x13;
/** No assistance message comes near (flash blocks, the longest, hold 512); a longer claim is noise. */
const MAX_PAYLOAD_BYTES = 1024;

export interface UbxWalker {
  /** The whole MGA frames that these bytes completed; copies. */
  push(chunk: Uint8Array): Uint8Array[];
  /** Nothing more comes: what is left is looked through once more for frames behind a false start. */
  end(): Uint8Array[];
  /** Bytes outside whole frames. */
  readonly junkBytes: number;
  /** Whole frames of other classes, which are dropped. */
  readonly foreignFrames: number;
  /** The end came in the middle of an assistance frame. */
  readonly isCut: boolean;
}

function isIntact(frame: Buffer): boolean {
  let a = 0;
  let b = 0;
  const end = frame.length - CHECKSUM_BYTES;
  for (let i = 2; i < end; i++) {
    a = (a + (frame[i] ?? 0)) & 0xff;
    b = (b + a) & 0xff;
  }
  return frame[end] === a && frame[end + 1] === b;
}

export function createUbxWalker(): UbxWalker {
  let held: Buffer = Buffer.alloc(0);
  let junkBytes = 0;
  let foreignFrames = 0;
  let isCut = false;

  const scan = (isEnd: boolean): Uint8Array[] => {
    const found: Uint8Array[] = [];
    let at = 0;
    while (at < held.length) {
      const start = held.indexOf(SYNC_1, at);
      const skipped = (start < 0 ? held.length : start) - at;
      junkBytes += skipped;
      at += skipped;
      if (start < 0) break;
      const left = held.length - at;
      const isFalse = left >= 2 && held[at + 1] !== SYNC_2;
      const payloadBytes = left >= HEADER_BYTES ? held.readUInt16LE(at + 4) : 0;
      const total = HEADER_BYTES + payloadBytes + CHECKSUM_BYTES;
      if (!isFalse && payloadBytes <= MAX_PAYLOAD_BYTES) {
        if (left < total) {
          if (!isEnd) break;
          if (left >= 3 && held[at + 2] === MGA_CLASS) isCut = true;
        } else {
          const frame = held.subarray(at, at + total);
          if (isIntact(frame)) {
            if (frame[2] === MGA_CLASS) found.push(Uint8Array.from(frame));
            else foreignFrames++;
            at += total;
            continue;
          }
        }
      }
      junkBytes++;
      at++;
    }
    held = Buffer.from(held.subarray(at));
    return found;
  };

  return {
    push(chunk) {
      held = held.length === 0 ? Buffer.from(chunk) : Buffer.concat([held, chunk]);
      return scan(false);
    },
    end: () => scan(true),
    get junkBytes() {
      return junkBytes;
    },
    get foreignFrames() {
      return foreignFrames;
    },
    get isCut() {
      return isCut;
    },
  };
}
