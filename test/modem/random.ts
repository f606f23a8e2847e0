// A small seeded generator, so that a failing run can be repeated.
export interface Random {
  next(): number;
  int(below: number): number;
  pick<T>(items: readonly T[]): T;
  bytes(count: number): Buffer;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
  const int = (below: number): number => Math.floor(next() * below);
  return {
    next,
    int,
    pick: (items) => items[int(items.length)]!,
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => int(256))),
  };
}

/** `bytes` in random pieces. */
export function cutRandomly(bytes: Buffer, random: Random, most = 9): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.int(most);
    parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return parts;
}
