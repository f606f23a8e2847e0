// Whose answer a message is (specs/devicewise.md 1.8). By id, as printed when the request was taken. One revision of the
// module's client has the same id in every ring: that is believed only where nothing else explains the id.
import { RecentSet } from '../../../core/index.js';
import type { RingType } from './parse.js';

/** How a request went, and so how its answer is read. */
export type Way = 'formatted' | 'raw';

const RING_OF: Readonly<Record<Way, RingType>> = { formatted: 1, raw: 2 };

/** A message of the inbox; without its type when its ring was missed. */
export interface Message {
  id: number;
  type?: RingType | undefined;
}

/** The one request under way. */
export interface Expected {
  way: Way;
  /** Absent when the module did not say. */
  id: number | undefined;
}

/** What is remembered of ids. */
export interface KnownIds {
  /** Of requests that were given up: their answers may still come. */
  owed: ReadonlySet<number>;
  /** Of requests that had their answers lately. */
  answered: ReadonlySet<number>;
  /** In every ring of this module, once it has been seen. */
  constant: number | undefined;
  /** Nothing that was asked before this connection can be answered any more. */
  isSettled: boolean;
}

/** `quirk`: it belongs to the request although its id does not. */
export type Match = 'own' | 'quirk' | 'stale';

/** In the revision that is known. */
const USUAL_CONSTANT = 1;

export function matchOf({ id, type }: Message, expected: Expected | undefined, known: KnownIds): Match {
  if (!expected) return 'stale';
  if (id === expected.id) return 'own';
  if (known.owed.has(id)) return 'stale';
  if (type !== undefined && type !== RING_OF[expected.way]) return 'stale';
  if (expected.id === undefined) return known.answered.has(id) ? 'stale' : 'own';
  if (known.constant !== undefined) return id === known.constant ? 'quirk' : 'stale';
  if (id === USUAL_CONSTANT) return 'quirk';
  return known.isSettled && !known.answered.has(id) ? 'quirk' : 'stale';
}

const MAX_REMEMBERED = 256;

/** The memory behind `matchOf`. */
export class Ids {
  readonly #owed = new RecentSet<number>(MAX_REMEMBERED);
  readonly #answered = new RecentSet<number>(MAX_REMEMBERED);
  #constant: number | undefined;

  get constant(): number | undefined {
    return this.#constant;
  }

  match(message: Message, expected: Expected | undefined, isSettled: boolean): Match {
    const known = { owed: this.#owed.items, answered: this.#answered.items, constant: this.#constant, isSettled };
    return matchOf(message, expected, known);
  }

  /** The module has given this id to a request. Ids come round again. */
  given(id: number): void {
    this.#owed.delete(id);
    this.#answered.delete(id);
  }

  abandoned(id: number): void {
    this.#owed.add(id);
  }

  answered(id: number): void {
    this.#answered.add(id);
  }

  /** A message that nobody waits for has come. */
  arrived(id: number): void {
    this.#owed.delete(id);
  }

  /** True the first time. */
  isConstant(id: number): boolean {
    if (this.#constant !== undefined) return false;
    this.#constant = id;
    return true;
  }
}
