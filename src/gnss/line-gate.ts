// Lines of a port that speaks NMEA only. The readline parser keeps whatever has no line end and searches it anew with
// each chunk, so a gate stands before it: complete lines of at most 1 KiB pass, longer ones are discarded and counted.
import { ReadlineParser } from '@serialport/parser-readline';
import { NMEA_MAX_BYTES } from './nmea.js';

const LF = 0x0a;

export interface LineGate {
  /** Complete lines, each with its line feed. They may be views on `chunk`. */
  push(chunk: Uint8Array): Uint8Array[];
  /** Forgets a half line. */
  reset(): void;
  readonly overlong: number;
}

/** Memory: one line. */
export function createLineGate(maxBytes = NMEA_MAX_BYTES): LineGate {
  const hold = Buffer.alloc(maxBytes);
  let held = 0;
  let isDiscarding = false;
  let overlong = 0;

  const keep = (piece: Uint8Array): void => {
    if (isDiscarding) return;
    if (held + piece.length > maxBytes) {
      isDiscarding = true;
      overlong++;
      held = 0;
      return;
    }
    hold.set(piece, held);
    held += piece.length;
  };

  return {
    get overlong() {
      return overlong;
    },
    reset() {
      held = 0;
      isDiscarding = false;
    },
    push(chunk) {
      const lines: Uint8Array[] = [];
      let at = 0;
      for (let end = chunk.indexOf(LF, at); end >= 0; end = chunk.indexOf(LF, at)) {
        keep(chunk.subarray(at, end + 1));
        if (!isDiscarding) lines.push(Uint8Array.from(hold.subarray(0, held)));
        held = 0;
        isDiscarding = false;
        at = end + 1;
      }
      keep(chunk.subarray(at));
      return lines;
    },
  };
}

export interface LineReader {
  push(chunk: Uint8Array): void;
  reset(): void;
  readonly overlong: number;
}

/** Calls `onLine` with each line without its end, one character a byte. The first lines may come a turn after `push`. */
export function createLineReader(onLine: (line: string) => void): LineReader {
  const gate = createLineGate();
  const parser = new ReadlineParser({ delimiter: '\n', encoding: 'latin1' });
  parser.on('data', (line: string) => onLine(line.endsWith('\r') ? line.slice(0, -1) : line));
  return {
    push(chunk) {
      for (const line of gate.push(chunk)) parser.write(line);
    },
    reset: () => gate.reset(),
    get overlong() {
      return gate.overlong;
    },
  };
}
