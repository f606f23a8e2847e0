// Which sequence numbers are done, as ranges: confirmations come out of order when live records overtake a backlog, and
// nothing confirmed may be sent again while the process lives. Ten thousand confirmations in a row are one range.

/** A set of whole numbers kept as sorted, disjoint, inclusive ranges. */
export class SettledSet {
  readonly #ranges: [first: number, last: number][] = [];
  /** All below is done, and no range says so any more. */
  #floor = 0;

  get ranges(): readonly (readonly [number, number])[] {
    return this.#ranges;
  }

  /** Index of the first range that ends at or behind `seq`. */
  #at(seq: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle]?.[1] ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  has(seq: number): boolean {
    if (seq < this.#floor) return true;
    const range = this.#ranges[this.#at(seq)];
    return range !== undefined && range[0] <= seq;
  }

  add(first: number, last = first): void {
    if (last < first) return;
    // Ranges that touch the new one become part of it.
    const from = this.#at(first - 1);
    let to = from;
    let [low, high] = [first, last];
    for (let range = this.#ranges[to]; range && range[0] <= last + 1; range = this.#ranges[++to]) {
      low = Math.min(low, range[0]);
      high = Math.max(high, range[1]);
    }
    this.#ranges.splice(from, to - from, [low, high]);
  }

  /** The lowest number from `seq` on that is not in the set. */
  firstMissing(seq: number): number {
    const range = this.#ranges[this.#at(seq)];
    return range && range[0] <= seq ? range[1] + 1 : seq;
  }

  /** All below `seq` is done. */
  forgetBelow(seq: number): void {
    this.#floor = Math.max(this.#floor, seq);
    this.#ranges.splice(0, this.#at(seq));
  }
}
