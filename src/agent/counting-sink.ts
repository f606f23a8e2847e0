// Takes corrections where no receiver is configured: they are watched, not fed, so that the session lamp still tells
// whether they would flow. What counts is the same as with a receiver: whole valid frames.
import { createFramer } from '../gnss/index.js';
import type { CorrectionKind, CorrectionSink } from '../services/index.js';

export function createCountingSink(): CorrectionSink {
  let framesTaken = 0;
  const framer = (kind: CorrectionKind) =>
    createFramer({
      protocols: [kind],
      onFrame: () => {
        framesTaken++;
      },
    });
  const framers = { spartn: framer('spartn'), rtcm3: framer('rtcm3'), ubx: framer('ubx') };
  return {
    feed(kind, bytes) {
      framers[kind].push(bytes);
      return undefined;
    },
    get framesTaken() {
      return framesTaken;
    },
    restart: (kind) => framers[kind].reset(),
    setKeys: () => undefined,
  };
}
