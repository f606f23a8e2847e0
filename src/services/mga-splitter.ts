// Takes UBX-MGA frames (class 0x13) out of a byte stream and passes the rest on unchanged. A frame may sit between the
// two halves of a correction frame; without it they are whole again (specs/ublox.md 2.1). Any cut of the same bytes
// gives the same frames and the same rest; at most one frame is held back.

export interface MgaSplit {
  /** Whole, checksum-valid frames with at least four bytes of payload; copies. */
  frames: Uint8Array[];
  /** Everything else, in order; views on the bytes pushed, or copies. */
  rest: Uint8Array[];
}

export interface MgaSplitter {
  push(bytes: Uint8Array): MgaSplit;
}

const [SYNC_1, SYNC_2, CLASS_MGA] = [0xb5, 0x62, 0x13];
/** The longest MGA message that a service sends (MGA-FLASH) has 518 bytes. */
const MAX_PAYLOAD = 1024;
/** Type, version and satellite: no assistance message is without them, and shorter ones would only be many. */
const MIN_PAYLOAD = 4;
const OVERHEAD = 8;

export function createMgaSplitter(): MgaSplitter {
  let held: Buffer = Buffer.alloc(0);
  return {
    push(bytes) {
      const all =
        held.length === 0
          ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
          : Buffer.concat([held, bytes]);
      const split: MgaSplit = { frames: [], rest: [] };
      let from = 0;
      let at = all.indexOf(SYNC_1);
      while (at >= 0) {
        const length = frameAt(all, at);
        if (length === 'more') break;
        if (length === undefined) {
          at = all.indexOf(SYNC_1, at + 1);
          continue;
        }
        if (at > from) split.rest.push(all.subarray(from, at));
        split.frames.push(new Uint8Array(all.subarray(at, at + length)));
        from = at + length;
        at = all.indexOf(SYNC_1, from);
      }
      const end = at < 0 ? all.length : at;
      if (end > from) split.rest.push(all.subarray(from, end));
      held = Buffer.from(all.subarray(end));
      return split;
    },
  };
}

/** Length of the frame that begins at `at`; `more` while it may become one, undefined when it is none. */
function frameAt(bytes: Buffer, at: number): number | 'more' | undefined {
  const left = bytes.length - at;
  if (left > 1 && bytes[at + 1] !== SYNC_2) return undefined;
  if (left > 2 && bytes[at + 2] !== CLASS_MGA) return undefined;
  if (left < 6) return 'more';
  const payload = bytes.readUInt16LE(at + 4);
  if (payload < MIN_PAYLOAD || payload > MAX_PAYLOAD) return undefined;
  const length = payload + OVERHEAD;
  if (left < length) return 'more';
  let a = 0;
  let b = 0;
  for (let i = at + 2; i < at + length - 2; i++) {
    a = (a + (bytes[i] ?? 0)) & 0xff;
    b = (b + a) & 0xff;
  }
  return bytes[at + length - 2] === a && bytes[at + length - 1] === b ? length : undefined;
}
