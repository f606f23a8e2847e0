// Finding step again after a time-out (specs/modem.md 1.7). A plain AT would be answered by the late OK it is meant to
// flush; so something unique is asked, and only its own answer followed by OK counts. Before each question the line must
// have been silent, so that no earlier question's answer is under way.
//
//   silence ──500 ms without a byte (or 5 s of chatter)──→ asked ──`+CMEE:`──→ seen ──OK──→ (settling) ──→ done
//      ▲                                                     │ 2 s                │ 2 s
//      └─────────────────────────── time-out, counted ───────┴────────────────────┘
import { type Clock, deferred, type Timer, WaymarkError } from '../core/index.js';
import { finalKind } from './finals.js';

const SILENCE_MS = 500;
const CHATTER_LIMIT_MS = 5000;
const ANSWER_MS = 2000;
const MARKER = 'AT+CMEE?';
const MARKER_PREFIX = '+CMEE:';

export interface Resync {
  /** Resolves in step again; rejects when cancelled or given up. */
  readonly done: Promise<void>;
  /** Bytes arrived: the silence starts anew. */
  bytes(): void;
  /** A line arrived; true when it was the marker's or a dead result, false when others may look at it. */
  line(text: string): boolean;
  cancel(error: WaymarkError): void;
}

export interface ResyncOptions {
  /** Written once after the first silence, to leave a stuck prompt. */
  first?: Uint8Array | undefined;
  /** The command that was not answered in time: when it was the question itself, its answer may still come. */
  asked?: string | undefined;
  write(bytes: Uint8Array): void;
  /** False when enough time-outs have been counted. */
  onTimeout(): boolean;
  /** The error mode we set and the module confirmed; another answer means that it has restarted since. */
  expectedMode?: number | undefined;
}

export function createResync(clock: Clock, options: ResyncOptions): Resync {
  const finished = deferred<undefined>();
  let phase: 'silence' | 'asked' | 'seen' | 'settling' | 'over' = 'silence';
  let timer: Timer | undefined;
  let chatter: Timer | undefined;
  let { first } = options;
  let questions = options.asked?.toUpperCase() === MARKER ? 1 : 0;
  let mode: number | undefined;

  const end = (error?: WaymarkError): void => {
    if (phase === 'over') return;
    phase = 'over';
    timer?.cancel();
    chatter?.cancel();
    if (error) finished.reject(error);
    else finished.resolve(undefined);
  };

  const quiet = (next: () => void): void => {
    timer?.cancel();
    timer = clock.deadline(SILENCE_MS, next);
  };

  const listen = (): void => {
    phase = 'silence';
    quiet(ask);
    chatter?.cancel();
    chatter = clock.deadline(CHATTER_LIMIT_MS, ask);
  };

  const ask = (): void => {
    timer?.cancel();
    chatter?.cancel();
    if (first) {
      options.write(first);
      first = undefined;
      listen();
      return;
    }
    phase = 'asked';
    questions++;
    options.write(Buffer.from(`${MARKER}\r`, 'latin1'));
    timer = clock.deadline(ANSWER_MS, () => {
      if (options.onTimeout()) listen();
      else end(new WaymarkError('modem.timeout', 'the module does not answer'));
    });
  };

  const answered = (): void => {
    timer?.cancel();
    if (options.expectedMode !== undefined && mode !== options.expectedMode) {
      end(new WaymarkError('modem.reset', 'the module has lost its settings: it restarted'));
      return;
    }
    if (questions === 1) {
      end();
      return;
    }
    // An earlier question may still be answered: let that pass as well.
    phase = 'settling';
    quiet(() => end());
    chatter = clock.deadline(CHATTER_LIMIT_MS, () => end());
  };

  listen();
  return {
    done: finished.promise,
    bytes() {
      if (phase === 'silence') quiet(ask);
      else if (phase === 'settling') quiet(() => end());
    },
    line(text) {
      if (text === MARKER) return true;
      if (text.startsWith(MARKER_PREFIX)) {
        if (phase === 'asked') phase = 'seen';
        mode = Number(text.slice(MARKER_PREFIX.length));
        return true;
      }
      const kind = finalKind(text, MARKER);
      if (!kind) return false;
      // A result before the marker's own answer belongs to the command that timed out.
      if (phase === 'seen' && kind === 'success') answered();
      return true;
    },
    cancel: (error) => end(error),
  };
}
