// The simulated correction stream in the mix measured on a real European one (specs/ublox.md 2.4): orbits, clocks and
// biases of four constellations every 5 s, atmosphere and area definition every 30 s, about 320 bytes a second.
import type { Clock, Timer } from '../core/index.js';
import { payloadTag, type SimKeys } from './keys.js';
import { createRandom } from './receiver/random.js';
import { SPARTN_TYPE, type SpartnGroup, sealSpartn, spartnHeader, spartnHeaderLength } from './spartn.js';
import { gpsSeconds, timeTagFor, utcMsOfGps } from './spartn-time.js';

export interface CorrectionMessage {
  group: SpartnGroup;
  /** One to four whole frames (a played recording may also hold the damaged bytes between them). */
  payload: Uint8Array;
}

export interface CorrectionStream {
  /** Begins to send; the first subscriber starts the cycle. Returns the stop. */
  start(emit: (message: CorrectionMessage) => void): () => void;
}

const STEP_S = 5;
const STEPS_PER_CYCLE = 6;
const STEPS_PER_FULL_TAG = 3;
/** A fast clock must not turn the stream into a flood: at most four steps per real second. */
const MIN_STEP_REAL_MS = 250;
const FRAMES_PER_MESSAGE = 4;

type Range = readonly [low: number, high: number];
/** Whole-frame sizes by constellation (GPS, GLONASS, Galileo, BeiDou), as recorded. */
const OCB_FULL: readonly Range[] = [
  [240, 266],
  [110, 136],
  [230, 256],
  [190, 215],
];
const OCB_SHORT: readonly Range[] = [
  [50, 58],
  [39, 44],
  [50, 58],
  [43, 49],
];
const HPAC_AREA: readonly Range[] = [
  [430, 570],
  [280, 330],
  [500, 605],
  [450, 490],
];
const HPAC_REST: Range = [64, 115];
const GAD: readonly Range[] = [
  [180, 204],
  [63, 90],
];
const AREAS = 4;
/** The order the recorded stream sends the constellations in. */
const SYSTEMS = [0, 1, 3, 2] as const;

/** Makes the stream; without `keys` it is not encrypted, as over NTRIP. It may be stopped and started again; sequence numbers go on. */
export function createCorrectionStream(deps: { clock: Clock; keys?: SimKeys; seed: string }): CorrectionStream {
  const { clock, keys } = deps;
  const encrypted = keys !== undefined;
  const random = createRandom(`corrections/${deps.seed}`);
  const sequences = new Map<string, number>();

  const frame = (group: SpartnGroup, subtype: number, bits: 16 | 32, gpsS: number, [low, high]: Range): Uint8Array => {
    const name = `${group}${subtype}`;
    const sequence = sequences.get(name) ?? 0;
    sequences.set(name, (sequence + 1) % 64);
    const payloadLength = random.between(low, high) - spartnHeaderLength(bits, encrypted) - 3;
    const fields = { type: SPARTN_TYPE[group], subtype, timeTagBits: bits, sequence, encrypted };
    const header = spartnHeader({ ...fields, timeTag: timeTagFor(gpsS, subtype, bits) }, payloadLength);
    const payload = random.bytes(payloadLength);
    if (keys) payload.set(payloadTag(keys.at(utcMsOfGps(gpsS)).valueHex, header));
    return sealSpartn(header, payload);
  };

  /** Frames joined by twos, threes and fours, as the broker does; never a frame over two messages. */
  const messages = (group: SpartnGroup, frames: Uint8Array[]): CorrectionMessage[] => {
    const out: CorrectionMessage[] = [];
    for (let at = 0; at < frames.length; ) {
      const count = random.between(Math.min(2, frames.length - at), Math.min(FRAMES_PER_MESSAGE, frames.length - at));
      out.push({ group, payload: Buffer.concat(frames.slice(at, at + count)) });
      at += count;
    }
    return out;
  };

  const step = (index: number): CorrectionMessage[] => {
    const gpsS = Math.floor(gpsSeconds(clock.wall()) / STEP_S) * STEP_S;
    const isFull = index % STEPS_PER_CYCLE === 0;
    const ocbBits = index % STEPS_PER_FULL_TAG === 0 ? 32 : 16;
    const sizes = isFull ? OCB_FULL : OCB_SHORT;
    const ocb = SYSTEMS.map((s) => frame('ocb', s, ocbBits, gpsS, sizes[s] as Range));
    if (!isFull) return messages('ocb', ocb);
    const gad = GAD.map((size) => frame('gad', 0, 16, gpsS, size));
    const hpac = SYSTEMS.map((s) => [
      ...Array.from({ length: AREAS }, () => frame('hpac', s, 32, gpsS, HPAC_AREA[s] as Range)),
      frame('hpac', s, 32, gpsS, HPAC_REST),
    ]);
    return [...messages('ocb', ocb), ...messages('gad', gad), ...hpac.flatMap((frames) => messages('hpac', frames))];
  };

  return {
    start(emit) {
      let timer: Timer | undefined;
      let stopped = false;
      const periodMs = Math.max(STEP_S * 1000, clock.ioBudgetMs(MIN_STEP_REAL_MS));
      const startMs = clock.mono();
      const run = (index: number): void => {
        for (const message of step(index)) if (!stopped) emit(message);
        // Against the start, not the last step: timer lateness must not add up.
        const next = Math.max(index + 1, Math.ceil((clock.mono() - startMs) / periodMs));
        if (!stopped) timer = clock.after(startMs + next * periodMs - clock.mono(), () => run(next));
      };
      run(0);
      return () => {
        stopped = true;
        timer?.cancel();
      };
    },
  };
}
