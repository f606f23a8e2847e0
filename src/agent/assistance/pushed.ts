// Gathers assistance data that comes beside the corrections into sets: a burst of frames belongs together, a time at its
// front begins a new set, and so does the bound in bytes or in age. Within a set the newest word about a matter counts.
import type { Clock, Timer } from '../../core/index.js';
import { type AssistSet, MAX_SET_BYTES, setFrom } from '../../services/index.js';

export interface PushedSets extends Disposable {
  offer(frames: readonly Uint8Array[], from: string): void;
}

/** A pause in a burst this long ends it. */
const GATHER_MS = 500;
/** Frames without a time that come this soon after others of the same source belong to them. */
const SAME_SET_MS = 60_000;
/** From its first frame on: a set counts as new as its last, and little against the hours that orbits live. */
const MAX_SET_AGE_MS = 300_000;
const ID = 3;
const PAYLOAD = 6;
const ANO = 0x20;

interface Gathered {
  frames: Map<string, Uint8Array>;
  bytes: number;
  generatedUtcMs: number | undefined;
  sinceMonoMs: number;
}

/** Id, type, version, satellite and constellation; for a predicted orbit its day, too (specs/ublox.md 3.4). */
function subjectOf(frame: Uint8Array): string {
  const headBytes = frame[ID] === ANO ? 7 : 4;
  return [frame[ID], ...frame.subarray(PAYLOAD, Math.min(PAYLOAD + headBytes, frame.length - 2))].join(' ');
}

/** @param take gets each set when it has grown: the whole of it, not the addition. */
export function createPushedSets(clock: Clock, take: (set: AssistSet, from: string) => void): PushedSets {
  const empty = (generatedUtcMs?: number): Gathered => ({
    frames: new Map(),
    bytes: 0,
    generatedUtcMs,
    sinceMonoMs: clock.mono(),
  });
  let gathered = empty();
  let source = '';
  let lastMonoMs = Number.NEGATIVE_INFINITY;
  let timer: Timer | undefined;

  const hand = (): void => {
    timer?.cancel();
    timer = undefined;
    const { frames, bytes, generatedUtcMs } = gathered;
    if (frames.size === 0) return;
    take({ frames: [...frames.values()], bytes, ...(generatedUtcMs === undefined ? {} : { generatedUtcMs }) }, source);
  };

  const add = (frame: Uint8Array): void => {
    const subject = subjectOf(frame);
    const grownBytes = (): number => gathered.bytes + frame.length - (gathered.frames.get(subject)?.length ?? 0);
    if (grownBytes() > MAX_SET_BYTES) {
      hand();
      gathered = empty();
    }
    gathered.bytes = grownBytes();
    gathered.frames.set(subject, frame);
  };

  return {
    offer(frames, from) {
      // Whoever offers them, they are read once more: what is in the cache goes to the receiver unchecked.
      const set = setFrom(Buffer.concat(frames));
      if (set.framesSeen === 0) return;
      const nowMonoMs = clock.mono();
      const isLate = nowMonoMs - lastMonoMs > SAME_SET_MS || nowMonoMs - gathered.sinceMonoMs > MAX_SET_AGE_MS;
      if (from !== source || set.generatedUtcMs !== undefined || isLate) {
        if (timer) hand();
        gathered = empty(set.generatedUtcMs);
      }
      source = from;
      lastMonoMs = nowMonoMs;
      for (const frame of set.frames) add(frame);
      timer?.cancel();
      timer = clock.after(GATHER_MS, hand);
    },
    [Symbol.dispose]: () => timer?.cancel(),
  };
}
