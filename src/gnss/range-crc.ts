// CRCs of overlapping ranges in linear time. A scanner that moves on by one byte after each failed check asks for the
// CRC of almost the same thousand bytes again and again; computed anew each time, anyone who can send it frame headers
// could stop the gateway.
import { type CrcShape, crcOf } from './crc.js';

/** Longest range asked for. */
const MAX_RANGE = 1104;
const WINDOW = 4096;

/** Writes the register after each of `bytes[from..to)` behind the one at `registers[at]`. */
function record(table: Int32Array, registers: Int32Array, at: number, bytes: Uint8Array, from: number, to: number) {
  let k = at;
  let c = registers[k] as number;
  for (let i = from; i < to; i++) {
    c = (c << 8) ^ (table[(c >>> 24) ^ (bytes[i] as number)] as number);
    registers[++k] = c;
  }
}

/** Answers for ranges of one array, asked for in the order of their starts. */
export class RangeCrc {
  readonly #shape: CrcShape;
  readonly #steps: number;
  /** Register after the bytes base..base+i: a range is the difference of two, once the earlier one is moved along. */
  #registers: Int32Array | undefined;
  #base = 0;
  #upto = 0;
  /** `[16 n + v]`: the four-bit value v times x^(8n), that is v moved along by n bytes. Top-aligned. */
  #moves: Int32Array | undefined;
  readonly #nibble: Int32Array;

  constructor(shape: CrcShape) {
    this.#shape = shape;
    this.#steps = shape.width / 4;
    const byte = shape.tables[0];
    // Four zero bits on a register: like a byte whose other half is empty.
    this.#nibble = Int32Array.from({ length: 16 }, (_, v) => byte[v] as number);
  }

  /** The next question is about another array. */
  restart(): void {
    this.#base = this.#upto = 0;
  }

  /** Is `expected` the CRC of `bytes[from..to)`, a range of at most 1104 bytes? */
  matches(bytes: Uint8Array, from: number, to: number, expected: number): boolean {
    const shape = this.#shape;
    if (from >= this.#upto) {
      // Nothing failed here yet: the plain loop is fastest, and only a failure pays twice.
      if (crcOf(shape, bytes, from, to) === expected) return true;
      this.#rebase(from);
    } else if (from < this.#base || to - this.#base > WINDOW) this.#rebase(from);
    const registers = this.#extend(bytes, to);
    const before = (registers[from - this.#base] as number) ^ shape.init;
    const range = (registers[to - this.#base] as number) ^ this.#moved(before, to - from);
    return (range ^ shape.xorOut) >>> (32 - shape.width) === expected;
  }

  #rebase(at: number): void {
    this.#base = this.#upto = at;
  }

  #extend(bytes: Uint8Array, to: number): Int32Array {
    const registers = (this.#registers ??= new Int32Array(WINDOW + 1));
    const done = this.#upto - this.#base;
    if (done === 0) registers[0] = 0;
    if (to > this.#upto) {
      record(this.#shape.tables[0], registers, done, bytes, this.#upto, to);
      this.#upto = to;
    }
    return registers;
  }

  /** What `count` zero bytes make of a register: a product modulo the polynomial, four bits at a time. */
  #moved(register: number, count: number): number {
    const moves = (this.#moves ??= this.#makeMoves());
    const nibble = this.#nibble;
    const row = count * 16;
    let a = register;
    let r = 0;
    for (let i = this.#steps; i > 0; i--) {
      r = (r << 4) ^ (nibble[r >>> 28] as number) ^ (moves[row + (a >>> 28)] as number);
      a <<= 4;
    }
    return r;
  }

  #makeMoves(): Int32Array {
    const table = this.#shape.tables[0];
    const moves = new Int32Array(16 * (MAX_RANGE + 1));
    for (let v = 0; v < 16; v++) {
      let c = v << (32 - this.#shape.width);
      for (let n = 0; n <= MAX_RANGE; n++) {
        moves[16 * n + v] = c;
        c = (c << 8) ^ (table[c >>> 24] as number);
      }
    }
    return moves;
  }
}
