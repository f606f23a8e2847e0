// What stands between `ICY 200 OK` and the data: header lines, a blank line, one of the two or nothing at all
// (specs/ublox.md 2.1). Takes it away, however the bytes are cut, and passes on everything from the first data byte.
//
//   at a line's start --CR LF------------> data from here on
//        ^            --"Name: text" LF--> dropped --+
//        |                                           |
//        +-------------------------------------------+
//                     --anything else----> data, this line included

export interface IcyTail {
  /** Data of these bytes; may be empty. */
  push(bytes: Uint8Array): Uint8Array;
}

/** A header line longer than this is none. */
const MAX_LINE = 1024;
const HEADER_LINE = /^[A-Za-z][A-Za-z0-9-]{0,63}:/;
const NOTHING = new Uint8Array(0);
const [CR, LF] = [0x0d, 0x0a];

export function createIcyTail(): IcyTail {
  let held: Buffer | undefined = Buffer.alloc(0);
  return {
    push(bytes) {
      if (!held) return bytes;
      held = Buffer.concat([held, bytes]);
      for (;;) {
        const line = lookAtLine(held);
        if (line === 'more') return NOTHING;
        if (line === 'data') {
          const data = held;
          held = undefined;
          return data;
        }
        const after: Buffer = held.subarray(line.end);
        if (line.isBlank) {
          held = undefined;
          return after;
        }
        held = after;
      }
    },
  };
}

function lookAtLine(bytes: Buffer): 'more' | 'data' | { end: number; isBlank: boolean } {
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === LF) {
      if (at === 0 || (at === 1 && bytes[0] === CR)) return { end: at + 1, isBlank: true };
      return HEADER_LINE.test(bytes.toString('latin1', 0, at)) ? { end: at + 1, isBlank: false } : 'data';
    }
    const isLineEnd = byte === CR && (at + 1 === bytes.length || bytes[at + 1] === LF);
    if (!isLineEnd && (byte === undefined || byte < 0x20 || byte > 0x7e)) return 'data';
  }
  return bytes.length > MAX_LINE ? 'data' : 'more';
}
