// Which record ends the connection? Found by elimination: of those under way when a link goes, the oldest gets a strike
// and the others are suspects; suspects are sent one at a time, so that the next strike is the culprit's own. Three
// strikes and the record is put aside (specs/reliability.md finding 4). Pure bookkeeping.

const STRIKES = 3;
/** A batch that went with the link so often is sent singly: which of its records it was cannot be told. */
const BATCH_LOSSES = 2;

export class Suspects {
  readonly #strikes = new Map<number, number>();
  /** One loss is one strike, however many records come back with it. */
  #isLossCounted = false;
  #batchLosses = 0;

  has(seq: number): boolean {
    return this.#strikes.has(seq);
  }

  /** Something is under way again: a loss from now on is another one. */
  sent(): void {
    this.#isLossCounted = false;
  }

  /** A record came back with the link; true when that was its last strike. */
  lost(seq: number, isOldest: boolean): boolean {
    const strikes = (this.#strikes.get(seq) ?? 0) + (isOldest && !this.#isLossCounted ? 1 : 0);
    this.#strikes.set(seq, strikes);
    if (isOldest) this.#isLossCounted = true;
    return strikes >= STRIKES;
  }

  batchDone(seqs: readonly number[], isLost: boolean): void {
    this.#batchLosses = isLost ? this.#batchLosses + 1 : 0;
    if (isLost) this.#isLossCounted = true;
    if (this.#batchLosses < BATCH_LOSSES) return;
    this.#batchLosses = 0;
    for (const seq of seqs) this.#strikes.set(seq, this.#strikes.get(seq) ?? 0);
  }

  forget(seq: number): void {
    this.#strikes.delete(seq);
  }
}
