// The way out of the simulated receiver, and what goes wrong on it. Healthy, each message is written as it is.
import type { ReceiverCounters } from './counters.js';
import type { ReceiverKnobs } from './knobs.js';
import { meaningless, type Random } from './random.js';

export interface OutputLineDeps {
  random: Random;
  knobs: () => ReceiverKnobs;
  counters: ReceiverCounters;
  /** Does the host read at another speed than the receiver writes? */
  isMisread: () => boolean;
  write: (bytes: Uint8Array) => void;
}

/** Takes one whole message. */
export function createOutputLine({ random, knobs, counters, isMisread, write }: OutputLineDeps) {
  let count = 0;
  const garbled = (message: Uint8Array): Uint8Array => {
    const every = knobs().garble;
    if (every <= 0) return message;
    return message.map((byte) => {
      count = (count + 1) % every;
      return count === 0 ? byte ^ random.between(1, 255) : byte;
    });
  };
  return (message: Uint8Array): void => {
    const { silent, noise } = knobs();
    if (silent) return;
    if (noise > 0) {
      const bytes = random.bytes(random.between(0, noise));
      if (bytes.length > 0) write(bytes);
    }
    counters.bytesOut += message.length;
    write(isMisread() ? meaningless(random, message.length) : garbled(message));
  };
}
