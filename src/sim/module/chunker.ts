// Cuts what the module sends, as UARTs and USB stacks do: a client must never depend on where one read ends
// (specs/modem.md 5.4).
import type { Clock, Timer } from '../../core/index.js';
import { createRandom } from './random.js';

export type Chunking = 'whole' | 'one-byte' | { random: number };

export interface Chunker {
  send(bytes: Uint8Array): void;
  /** Bytes sent later are cut this way. */
  setChunking(chunking: Chunking): void;
  /** Forgets what is still waiting for its gap (reset, unplug). */
  clear(): void;
}

export interface ChunkerOptions {
  chunking: Chunking;
  /** Clock time between two chunks; 0 sends them in one tick (a pipe may then join them again). */
  gapMs: number;
}

export function createChunker(
  deps: { write: (bytes: Uint8Array) => void; clock: Clock },
  options: ChunkerOptions,
): Chunker {
  let { chunking } = options;
  let random = createRandom(typeof chunking === 'object' ? chunking.random : 1);
  let waiting: Uint8Array[] = [];
  let timer: Timer | undefined;
  let isDraining = false;
  const pieceLength = (left: number): number => {
    if (chunking === 'whole') return left;
    if (chunking === 'one-byte') return 1;
    return Math.min(left, 1 + Math.floor(random() * 16));
  };
  const drain = (): void => {
    timer = undefined;
    // A reader may answer a piece at once; what that causes to be sent must come after the rest of this.
    if (isDraining) return;
    isDraining = true;
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      deps.write(next);
      if (options.gapMs > 0 && waiting.length > 0) {
        timer = deps.clock.after(options.gapMs, drain);
        break;
      }
    }
    isDraining = false;
  };
  return {
    send(bytes) {
      for (let at = 0; at < bytes.length; ) {
        const end = at + pieceLength(bytes.length - at);
        waiting.push(bytes.subarray(at, end));
        at = end;
      }
      if (!timer) drain();
    },
    setChunking(next) {
      if (next === chunking) return;
      chunking = next;
      if (typeof next === 'object') random = createRandom(next.random);
    },
    clear() {
      timer?.cancel();
      timer = undefined;
      waiting = [];
    },
  };
}
