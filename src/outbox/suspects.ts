// Which record ends the connection? Found by elimination: of those under way when a link goes, the oldest gets a strike
// and the others are suspects; suspects are sent one at a time, so that the next strike is the culprit's own. Three
// strikes and the record is put aside (specs/reliability.md finding 4).
//
// A strike needs a witness: another record that was accepted since the last strike. A cloud that ends every connection
// accepts nothing, and then it is not the records. So whatever was struck waits until another has been tried. Pure
// bookkeeping.

const STRIKES = 3;
/** A batch that brought nothing so often is sent singly: which of its records it was cannot be told. */
const BATCH_FAILURES = 2;

export class Suspects {
  readonly #strikes = new Map<number, number>();
  /** One loss is one strike, however many records come back with it. */
  #isLossCounted = false;
  #hasWitness = false;
  #batchFailures = 0;

  has(seq: number): boolean {
    return this.#strikes.has(seq);
  }

  /** To be sent alone, for whatever reason. */
  add(seq: number): void {
    this.#strikes.set(seq, this.#strikes.get(seq) ?? 0);
  }

  /** Something is under way again: a loss from now on is another one. */
  sent(): void {
    this.#isLossCounted = false;
  }

  /** The link works: it has taken a record. */
  accepted(): void {
    this.#hasWitness = true;
  }

  /** A record came back with the link: that was its last strike, or another goes first now, or it is not to blame. */
  lost(seq: number, isOldest: boolean): 'set-aside' | 'later' | 'again' {
    const isBlamed = isOldest && !this.#isLossCounted;
    this.add(seq);
    if (!isBlamed) return 'again';
    this.#isLossCounted = true;
    if (!this.#hasWitness) return 'later';
    this.#hasWitness = false;
    const strikes = (this.#strikes.get(seq) ?? 0) + 1;
    this.#strikes.set(seq, strikes);
    return strikes >= STRIKES ? 'set-aside' : 'later';
  }

  /** True when it was one failure too many: its records are suspects now. */
  batchDone(seqs: readonly number[], is: 'lost' | 'fruitless' | 'good'): boolean {
    this.#batchFailures = is === 'good' ? 0 : this.#batchFailures + 1;
    if (is === 'lost') this.#isLossCounted = true;
    if (this.#batchFailures < BATCH_FAILURES) return false;
    this.#batchFailures = 0;
    for (const seq of seqs) this.add(seq);
    return true;
  }

  forget(seq: number): void {
    this.#strikes.delete(seq);
  }
}
