// A port that is online: everything typed is payload and swallowed, until three escape characters with silence before
// and behind (specs/modem.md 1.5).
//
//   busy ──silence──→ quiet ──+──→ + ──+──→ ++ ──+──→ +++ ──silence──→ escaped
//    ↑                  │         │       │          │
//    └── any other byte ┴─────────┴───────┴──────────┘   (silence in between leads back to quiet)
import type { Clock, Timer } from '../../core/index.js';
import type { Timers } from './timers.js';

export interface DataMode {
  /** Goes online; silence counts from here. */
  start(): void;
  feed(byte: number): void;
  stop(): void;
}

export interface DataModeDeps {
  clock: Clock;
  timers: Timers;
  /** Guard time, ms. */
  guardMs: () => number;
  /** The escape character's code. */
  escapeCode: () => number;
  onEscape: () => void;
}

const ESCAPES = 3;

export function createDataMode({ clock, timers, guardMs, escapeCode, onEscape }: DataModeDeps): DataMode {
  let isQuiet = false;
  let escapes = 0;
  let timer: Timer | undefined;
  let lastByteMonoMs = 0;
  // One timer for any number of bytes: payload comes by the thousand.
  const listen = (forMs: number): void => {
    timer ??= timers.after(Math.max(1, forMs), () => {
      timer = undefined;
      const leftMs = lastByteMonoMs + guardMs() - clock.mono();
      if (leftMs > 0) {
        listen(leftMs);
        return;
      }
      const isEscaped = escapes === ESCAPES;
      isQuiet = true;
      escapes = 0;
      if (isEscaped) onEscape();
    });
  };
  const heard = (): void => {
    isQuiet = false;
    lastByteMonoMs = clock.mono();
    listen(guardMs());
  };
  return {
    start() {
      escapes = 0;
      heard();
    },
    feed(byte) {
      const isEscape = byte === escapeCode() && (isQuiet || escapes > 0) && escapes < ESCAPES;
      escapes = isEscape ? escapes + 1 : 0;
      heard();
    },
    stop() {
      timer?.cancel();
      timer = undefined;
    },
  };
}
