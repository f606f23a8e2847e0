// Which keys of the gateway's state the thing definition takes. One that is not declared makes the whole batch fail, so
// its values are then sent one by one, once; what is refused is left out from then on, and said in the status.
//
//   batch refused ──> unknown keys one by one ──> some taken: the record is confirmed without the rest
//                                             ├─> keys that were known before had no turn: again, without what is refused
//                                             └─> none taken: the record is refused
import type { Tr50Command } from '../../core/index.js';

/** More keys than a gateway has; a thing definition that refuses all of them is told by the records. */
const MAX_KEYS = 500;

export class KeyMemory {
  readonly #known = new Map<string, 'taken' | 'refused'>();

  get refused(): ReadonlySet<string> {
    return new Set([...this.#known].filter(([, what]) => what === 'refused').map(([key]) => key));
  }

  of({ params }: Tr50Command): 'taken' | 'refused' | undefined {
    return this.#known.get(String(params?.['key']));
  }

  note({ params }: Tr50Command, what: 'taken' | 'refused'): void {
    if (this.#known.size < MAX_KEYS) this.#known.set(String(params?.['key']), what);
  }
}
