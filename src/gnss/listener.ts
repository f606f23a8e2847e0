// What the receiver says: bytes in, UBX frames and NMEA sentences out. A u-blox port mixes both; any other receiver is
// read as lines.
import { createFramer } from './framer.js';
import { createLineReader } from './line-gate.js';
import { frameText, parseSentence, type Sentence } from './nmea.js';

export interface ListenerHandlers {
  onUbx: (frame: Uint8Array) => void;
  onSentence: (sentence: Sentence) => void;
}

export interface Listener {
  push(chunk: Uint8Array): void;
  /** A new connection: forget a half frame. */
  reset(): void;
  /** Valid frames and sentences, and candidates that failed their check or bound, since creation. */
  readonly counters: { readonly frames: number; readonly bad: number };
}

export function createListener(protocol: 'ubx' | 'nmea', handlers: ListenerHandlers): Listener {
  if (protocol === 'nmea') return createLineListener(handlers);
  const framer = createFramer({
    protocols: ['ubx', 'nmea'],
    onFrame: (kind, frame) => {
      if (kind === 'ubx') {
        handlers.onUbx(frame);
        return;
      }
      const sentence = parseSentence(frameText(frame));
      if (sentence) handlers.onSentence(sentence);
    },
  });
  return {
    push: (chunk) => framer.push(chunk),
    reset: () => framer.reset(),
    get counters() {
      const { frames, badChecksum, overlong } = framer.counters;
      return { frames: frames.ubx + frames.nmea, bad: badChecksum + overlong };
    },
  };
}

function createLineListener({ onSentence }: ListenerHandlers): Listener {
  let frames = 0;
  let bad = 0;
  const reader = createLineReader((line) => {
    const sentence = parseSentence(line);
    if (sentence) {
      frames++;
      onSentence(sentence);
    } else bad++;
  });
  return {
    push: (chunk) => reader.push(chunk),
    reset: () => reader.reset(),
    get counters() {
      return { frames, bad: bad + reader.overlong };
    },
  };
}
