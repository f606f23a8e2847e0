// Gathers assistance data that comes beside the corrections into sets: a burst of frames belongs together, a time at its
// front begins a new set.
import type { Clock, Timer } from '../../core/index.js';
import { type AssistSet, MAX_SET_BYTES, setFrom, setOf } from '../../services/index.js';

export interface PushedSets extends Disposable {
  offer(frames: readonly Uint8Array[], from: string): void;
}

/** A pause in a burst this long ends it. */
const GATHER_MS = 500;
/** Frames without a time that come this soon after others of the same source belong to them. */
const SAME_SET_MS = 60_000;

/** @param take gets each set when it has grown: the whole of it, not the addition. */
export function createPushedSets(clock: Clock, take: (set: AssistSet, from: string) => void): PushedSets {
  let gathered: AssistSet = { frames: [], bytes: 0 };
  let source = '';
  let lastMonoMs = Number.NEGATIVE_INFINITY;
  let timer: Timer | undefined;

  const hand = (): void => {
    timer?.cancel();
    timer = undefined;
    if (gathered.frames.length > 0) take(gathered, source);
  };

  return {
    offer(frames, from) {
      // Whoever offers them, they are read once more: what is in the cache goes to the receiver unchecked.
      const set = setFrom(Buffer.concat(frames));
      if (set.framesSeen === 0) return;
      const isNew = from !== source || set.generatedUtcMs !== undefined || clock.mono() - lastMonoMs > SAME_SET_MS;
      if (isNew && timer) hand();
      const generatedUtcMs = isNew ? set.generatedUtcMs : gathered.generatedUtcMs;
      const joined = setOf(isNew ? set.frames : [...gathered.frames, ...set.frames]);
      gathered = { ...joined, ...(generatedUtcMs === undefined ? {} : { generatedUtcMs }) };
      source = from;
      lastMonoMs = clock.mono();
      timer?.cancel();
      if (gathered.bytes >= MAX_SET_BYTES) hand();
      else timer = clock.after(GATHER_MS, hand);
    },
    [Symbol.dispose]: () => timer?.cancel(),
  };
}
