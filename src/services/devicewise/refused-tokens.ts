// Tokens that were refused, by fingerprint: one that is put back in place of another one still has its rest before it, so
// that a file which goes back and forth between two of them makes nobody ask the platform each time.

/** More than that are a person trying them out. */
const MAX_REMEMBERED = 16;

export interface Refused {
  /** In a row. */
  refusals: number;
  untilMonoMs: number;
}

export class RefusedTokens {
  readonly #known = new Map<string, Refused>();

  of(fingerprint: string): Refused | undefined {
    return this.#known.get(fingerprint);
  }

  note(fingerprint: string, refused: Refused): void {
    this.#known.delete(fingerprint);
    this.#known.set(fingerprint, refused);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
  }

  /** It works. */
  forget(fingerprint: string): void {
    this.#known.delete(fingerprint);
  }
}
