// Takes the chunk frames of `Transfer-Encoding: chunked` off a stream, however the bytes are cut.
//
//   size line --LF--> data (size bytes) --> CR LF --> size line
//        |                                  ^
//        +--size 0--> trailer lines, until a blank one --> ended
import { WaymarkError } from '../../core/index.js';

export interface Dechunker {
  /** Pieces of the body, in order; views on `bytes`. @throws `ntrip.malformed` for what is no chunk frame. */
  push(bytes: Uint8Array): Uint8Array[];
  /** The last chunk has come; what follows is not ours. */
  readonly isEnded: boolean;
}

/** Of a size line with its extensions, and of a trailer line. */
const MAX_LINE = 1024;
/** Any number of zeros may stand in front: some servers write eight digits always (RFC 9112 7.1). */
const SIZE_LINE = /^0*([0-9a-fA-F]{1,7})[ \t]*(?:;.*)?\r?$/;
const LF = 0x0a;

export function createDechunker(): Dechunker {
  let state: 'size' | 'data' | 'after' | 'trailer' | 'ended' = 'size';
  let line = '';
  let left = 0;

  const lineEnded = (): void => {
    if (state === 'after') {
      if (line.replace(/\r$/, '') !== '') throw malformed('a chunk is longer than it says');
      state = 'size';
    } else if (state === 'trailer') {
      if (line.replace(/\r$/, '') === '') state = 'ended';
    } else {
      const size = SIZE_LINE.exec(line)?.[1];
      if (size === undefined) throw malformed('a chunk has no size');
      left = Number.parseInt(size, 16);
      state = left === 0 ? 'trailer' : 'data';
    }
    line = '';
  };

  return {
    get isEnded() {
      return state === 'ended';
    },
    push(bytes) {
      const pieces: Uint8Array[] = [];
      let at = 0;
      while (at < bytes.length && state !== 'ended') {
        if (state === 'data') {
          const piece = bytes.subarray(at, at + left);
          pieces.push(piece);
          at += piece.length;
          left -= piece.length;
          if (left === 0) state = 'after';
          continue;
        }
        const end = bytes.indexOf(LF, at);
        const until = end < 0 ? bytes.length : end;
        line += Buffer.from(bytes.buffer, bytes.byteOffset + at, until - at).toString('latin1');
        if (line.length > MAX_LINE) throw malformed('a chunk’s size line does not end');
        at = until + 1;
        if (end >= 0) lineEnded();
      }
      return pieces;
    },
  };
}

const malformed = (why: string): WaymarkError =>
  new WaymarkError('ntrip.malformed', `the stream is not chunked as announced: ${why}`);
