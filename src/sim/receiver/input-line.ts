// The way in of the simulated receiver: what the wire loses before its scanner sees a byte. Healthy, everything arrives
// at once. The order is that of the hardware: line speed, then the UART's FIFO, then the input buffer (specs/ublox.md 7.6).
import type { Clock, Timer } from '../../core/index.js';
import type { ReceiverCounters } from './counters.js';
import type { ReceiverKnobs } from './knobs.js';
import { meaningless, type Random } from './random.js';

/** A pause in which a FIFO has been emptied, real ms. */
const FIFO_PAUSE_MS = 4;
/** How often the input buffer is emptied, real ms. */
const DRAIN_STEP_MS = 5;

export interface InputLine {
  push(bytes: Uint8Array): void;
  /** Forgets what waits in the buffer (the power was off). */
  reset(): void;
}

export interface InputLineDeps {
  clock: Clock;
  random: Random;
  knobs: () => ReceiverKnobs;
  counters: ReceiverCounters;
  /** Does the host write at another speed than the receiver reads? */
  isMisread: () => boolean;
  deliver: (bytes: Uint8Array) => void;
}

/** Every n-th byte lost: always, or only of those that came without a pause before them. */
function createByteLoss({ clock, knobs, counters }: InputLineDeps): (bytes: Uint8Array) => Uint8Array {
  let count = 0;
  let lastMonoMs = Number.NEGATIVE_INFINITY;
  return (bytes) => {
    const { swallowBytesEvery: every, swallowBytesWhen: when } = knobs();
    const now = clock.mono();
    // The clock may be scaled, and a FIFO is emptied in real time.
    if (when === 'overrun' && now - lastMonoMs >= clock.ioBudgetMs(FIFO_PAUSE_MS)) count = 0;
    lastMonoMs = now;
    if (every <= 0) return bytes;
    const kept = bytes.filter(() => {
      count = (count + 1) % every;
      return count !== 0;
    });
    counters.swallowedBytes += bytes.length - kept.length;
    return kept;
  };
}

export function createInputLine(deps: InputLineDeps): InputLine & Disposable {
  const { clock, random, knobs, counters, isMisread, deliver } = deps;
  const lose = createByteLoss(deps);
  let buffer: Uint8Array = new Uint8Array(0);
  let drainedMonoMs = 0;
  let timer: Timer | undefined;

  /** Bytes the receiver has had the time to take, a fraction of one carried on by the time not used up. */
  const drain = (): void => {
    timer = undefined;
    const rate = knobs().inputBytesPerS;
    const perMs = rate / clock.ioBudgetMs(1000);
    const due = rate > 0 ? Math.floor((clock.mono() - drainedMonoMs) * perMs) : buffer.length;
    if (due > 0) {
      drainedMonoMs = rate > 0 ? drainedMonoMs + due / perMs : clock.mono();
      const taken = buffer.slice(0, due);
      buffer = buffer.slice(due);
      deliver(taken);
    }
    if (buffer.length > 0) timer ??= clock.after(clock.ioBudgetMs(DRAIN_STEP_MS), drain);
  };

  const buffered = (bytes: Uint8Array): void => {
    const { inputBytesPerS, inputBufferBytes } = knobs();
    if (inputBytesPerS <= 0 && buffer.length === 0) {
      deliver(bytes);
      return;
    }
    if (buffer.length === 0) drainedMonoMs = clock.mono();
    const fitting = bytes.subarray(0, Math.max(0, inputBufferBytes - buffer.length));
    counters.droppedBytes += bytes.length - fitting.length;
    buffer = Buffer.concat([buffer, fitting]);
    timer ??= clock.after(clock.ioBudgetMs(DRAIN_STEP_MS), drain);
  };

  return {
    push(bytes) {
      counters.bytesIn += bytes.length;
      const heard = lose(isMisread() ? meaningless(random, bytes.length) : bytes);
      if (heard.length > 0) buffered(heard);
    },
    reset() {
      buffer = new Uint8Array(0);
    },
    [Symbol.dispose]() {
      timer?.cancel();
      buffer = new Uint8Array(0);
    },
  };
}
