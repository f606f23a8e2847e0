// What a local program (gpsd, a configuration tool) sends to the receiver, at its own risk. Only whole frames pass, so
// that nothing can come between the two halves of a correction, or of the program's own message, and no line noise
// reaches the port.
import { createFramer } from './framer.js';

export interface LocalWriter {
  /** Bytes as they came from the program. */
  write(bytes: Uint8Array): void;
  readonly counters: Readonly<LocalWriterCounters>;
}

export interface LocalWriterCounters {
  /** Whole frames handed on. */
  frames: number;
  /** Whole frames that were not taken: no receiver there, or too many waiting. */
  refused: number;
  /** Bytes outside whole valid frames. */
  skippedBytes: number;
}

/** @param offer false: the frame was not taken. */
export function createLocalWriter(offer: (frame: Uint8Array) => boolean): LocalWriter {
  let frames = 0;
  let refused = 0;
  const framer = createFramer({
    protocols: ['ubx', 'nmea', 'rtcm3', 'spartn'],
    onFrame(_, frame) {
      // A copy: the frame may be a view on a network buffer, and it waits for its turn.
      if (offer(Uint8Array.from(frame))) frames++;
      else refused++;
    },
  });
  return {
    write: (bytes) => framer.push(bytes),
    get counters() {
      return { frames, refused, skippedBytes: framer.counters.skippedBytes };
    },
  };
}
