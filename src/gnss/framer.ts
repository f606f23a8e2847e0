// One incremental framer for any mix of the four formats. The same bytes give the same frames however they are cut;
// after any failed check it moves on by ONE byte, because the length of a damaged frame cannot be believed.
//
//   chunk --(nothing held)--> scanned in place, frames are views on the chunk
//         --(a half frame held)--> appended to the hold, scanned there, frames are copies
import { createNmeaScanner } from './nmea.js';
import { createRtcmScanner } from './rtcm.js';
import { BAD_CHECKSUM, type FrameKind, NEED_MORE, NO_FRAME, OVERLONG, type Scanner } from './scanner.js';
import { createSpartnScanner } from './spartn.js';
import { createUbxScanner } from './ubx.js';

export interface FramerCounters {
  frames: Record<FrameKind, number>;
  /** Candidates whose header was right and whose message check was not. */
  badChecksum: number;
  /** Bytes outside frames. */
  skippedBytes: number;
  /** Candidates longer than their kind may be. */
  overlong: number;
}

export interface Framer {
  /** Takes the next bytes; calls `onFrame` for each frame they complete. Frames may be views on `chunk`. */
  push(chunk: Uint8Array): void;
  /** Forgets a half frame: what comes next belongs to a new connection. */
  reset(): void;
  readonly counters: Readonly<FramerCounters>;
}

export interface FramerOptions {
  protocols: readonly FrameKind[];
  /** Must not push into the same framer. */
  onFrame: (kind: FrameKind, frame: Uint8Array) => void;
}

const SCANNERS: Readonly<Record<FrameKind, () => Scanner>> = {
  nmea: createNmeaScanner,
  ubx: createUbxScanner,
  rtcm3: createRtcmScanner,
  spartn: createSpartnScanner,
};

class ByteFramer implements Framer {
  readonly counters: FramerCounters = {
    frames: { nmea: 0, ubx: 0, rtcm3: 0, spartn: 0 },
    badChecksum: 0,
    skippedBytes: 0,
    overlong: 0,
  };
  readonly #onFrame: FramerOptions['onFrame'];
  readonly #scanners: readonly Scanner[];
  readonly #byFirst: (Scanner | undefined)[];
  /** The scanner when there is just one: it knows best where to look next. */
  readonly #only: Scanner | undefined;
  readonly #capacity: number;
  #hold: Buffer | undefined;
  #start = 0;
  #end = 0;

  constructor({ protocols, onFrame }: FramerOptions) {
    this.#onFrame = onFrame;
    this.#scanners = protocols.map((kind) => SCANNERS[kind]());
    this.#byFirst = Array.from({ length: 256 }, (_, byte) => this.#scanners.find((s) => s.first === byte));
    this.#only = this.#scanners.length === 1 ? this.#scanners[0] : undefined;
    this.#capacity = 4 * Math.max(0, ...this.#scanners.map((s) => s.maxBytes));
  }

  reset(): void {
    this.#start = this.#end = 0;
    this.#moved();
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#start === this.#end) {
        this.reset();
        at = this.#scan(chunk, at, chunk.length, false);
        // What is left is less than one longest frame.
        this.#moved();
        if (at < chunk.length) this.#append(chunk.subarray(at));
        return;
      }
      const piece = chunk.subarray(at, at + this.#capacity / 2);
      at += piece.length;
      const hold = this.#append(piece);
      this.#start = this.#scan(hold, this.#start, this.#end, true);
    }
  }

  /** Scans `bytes[from..to)`; returns where the first unfinished candidate starts. */
  #scan(bytes: Uint8Array, from: number, to: number, copy: boolean): number {
    const counters = this.counters;
    let at = from;
    while (at < to) {
      const scanner = this.#byFirst[bytes[at] as number];
      const answer = scanner === undefined ? NO_FRAME : scanner.examine(bytes, at, to);
      if (scanner !== undefined && answer > 0) {
        const view = bytes.subarray(at, at + answer);
        at += answer;
        counters.frames[scanner.kind]++;
        this.#onFrame(scanner.kind, copy ? Buffer.from(view) : view);
        continue;
      }
      if (answer === NEED_MORE) return at;
      if (answer === BAD_CHECKSUM) counters.badChecksum++;
      else if (answer === OVERLONG) counters.overlong++;
      const next = this.#next(bytes, at + 1, to);
      counters.skippedBytes += next - at;
      at = next;
    }
    return at;
  }

  #next(bytes: Uint8Array, from: number, to: number): number {
    if (this.#only) return this.#only.skip(bytes, from, to);
    const byFirst = this.#byFirst;
    let at = from;
    while (at < to && byFirst[bytes[at] as number] === undefined) at++;
    return at;
  }

  #append(bytes: Uint8Array): Buffer {
    const hold = (this.#hold ??= Buffer.alloc(this.#capacity));
    if (this.#end + bytes.length > hold.length) {
      hold.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
      this.#moved();
    }
    hold.set(bytes, this.#end);
    this.#end += bytes.length;
    return hold;
  }

  #moved(): void {
    for (const scanner of this.#scanners) scanner.restart();
  }
}

/** Memory: four longest frames of the formats asked for, taken when first needed. */
export function createFramer(options: FramerOptions): Framer {
  return new ByteFramer(options);
}
