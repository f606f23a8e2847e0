// Plays a recorded correction stream: every byte of the file, in order, once, at the pace of its own time tags. A damaged
// recording is cut by the simulator's own scanner, and what lies between valid frames is sent too: the agent has to filter.
import type { Clock, Timer } from '../core/index.js';
import type { CorrectionMessage, CorrectionStream } from './cadence.js';
import { cutSpartn, SPARTN_TYPE, type SpartnGroup, type SpartnPiece } from './spartn.js';
import { halfDaySecond } from './spartn-time.js';

const HALF_DAY_S = 43_200;
/** A longer step between two frames is a splice or damage, not a pause worth keeping. */
const MAX_STEP_S = 60;
const USUAL_STEP_S = 5;
const FRAMES_PER_MESSAGE = 4;

export interface Burst {
  /** Seconds of recorded time after the first burst. */
  atS: number;
  messages: CorrectionMessage[];
}

const groupOf = (type: number): SpartnGroup =>
  (Object.keys(SPARTN_TYPE) as SpartnGroup[]).find((group) => SPARTN_TYPE[group] === type) ?? 'ocb';

/** What was recorded in the same second goes out together; frames of one group share messages, at most four in each. */
export function burstsOf(recording: Uint8Array): Burst[] {
  const bursts: Burst[] = [{ atS: 0, messages: [] }];
  let second: number | undefined;
  let group: SpartnGroup = 'ocb';
  let open: { group: SpartnGroup; parts: Uint8Array[] } | undefined;
  const burst = (): Burst => bursts[bursts.length - 1] as Burst;
  const close = (): void => {
    if (open) burst().messages.push({ group: open.group, payload: Buffer.concat(open.parts) });
    open = undefined;
  };
  const add = (piece: SpartnPiece): void => {
    if (piece.is === 'junk') {
      close();
      burst().messages.push({ group, payload: piece.bytes });
      return;
    }
    const now = halfDaySecond(piece.frame);
    if (second !== undefined && now !== second) {
      close();
      const step = (now - second + HALF_DAY_S) % HALF_DAY_S;
      bursts.push({ atS: burst().atS + (step <= MAX_STEP_S ? step : USUAL_STEP_S), messages: [] });
    }
    second = now;
    group = groupOf(piece.frame.type);
    if (open && (open.group !== group || open.parts.length >= FRAMES_PER_MESSAGE)) close();
    open ??= { group, parts: [] };
    open.parts.push(piece.bytes);
  };
  for (const piece of cutSpartn(recording)) add(piece);
  close();
  return bursts;
}

export interface CaptureStream extends CorrectionStream {
  /** True once the last byte has been sent. */
  readonly finished: boolean;
}

/**
 * A stream of `recording` at `speed` times its recorded pace. Stopped (nobody listens), it goes on where it was with the
 * next start; after its end it stays silent.
 */
export function createCaptureStream(
  deps: { clock: Clock },
  options: { recording: Uint8Array; speed: number },
): CaptureStream {
  const { clock } = deps;
  const bursts = burstsOf(options.recording);
  let position = 0;
  return {
    get finished() {
      return position >= bursts.length;
    },
    start(emit) {
      let timer: Timer | undefined;
      let stopped = false;
      const dueMs = (index: number): number => ((bursts[index]?.atS ?? 0) * 1000) / options.speed;
      const originMs = clock.mono() - dueMs(position);
      const run = (): void => {
        const burst = bursts[position];
        if (stopped || !burst) return;
        position++;
        for (const message of burst.messages) emit(message);
        if (position < bursts.length) timer = clock.after(originMs + dueMs(position) - clock.mono(), run);
      };
      run();
      return () => {
        stopped = true;
        timer?.cancel();
      };
    },
  };
}
