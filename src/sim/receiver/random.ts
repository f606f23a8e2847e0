// Seeded numbers: two runs with the same seed and clock send the same bytes.
import { createHash } from 'node:crypto';

export interface Random {
  /** 0 <= x < 1. */
  next(): number;
  /** Whole number, both ends included. */
  between(low: number, high: number): number;
  bytes(count: number): Uint8Array;
}

/** A small counter-based generator; good enough for noise and filler, never for secrets. */
export function createRandom(seed: string): Random {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)),
  };
}

/** First bytes of everything either side understands. */
const PREAMBLES: ReadonlySet<number> = new Set([0xb5, 0x73, 0xd3, 0x24]);

/** What a line at the wrong speed makes of so many bytes: never the start of a frame or a sentence. */
export function meaningless(random: Random, count: number): Uint8Array {
  return random.bytes(count).map((byte) => (PREAMBLES.has(byte) ? 0xff : byte));
}
