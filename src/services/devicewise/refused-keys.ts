// Which keys of the gateway's state the thing definition takes. One that is not declared makes the whole batch fail, so
// its values are then sent one by one, once; what is refused is left out for an hour, and said in the status.
//
//   batch refused ──> unknown keys one by one ──> some taken: the record is confirmed without the rest
//                                             ├─> keys that were known before had no turn: again, without what is refused
//                                             └─> none taken: the record is refused
import type { Clock, Tr50Command } from '../../core/index.js';

/** More keys than a gateway has; a thing definition that refuses all of them is told by the records. */
const MAX_KEYS = 500;

/** What the cloud said may have been its own trouble, and a thing definition is changed now and then: then it is asked again. */
const REFUSED_MS = 3_600_000;

export class KeyMemory {
  readonly #clock: Pick<Clock, 'mono'>;
  readonly #taken = new Set<string>();
  /** Until when. */
  readonly #refused = new Map<string, number>();

  constructor(clock: Pick<Clock, 'mono'>) {
    this.#clock = clock;
  }

  get refused(): ReadonlySet<string> {
    return new Set([...this.#refused.keys()].filter((key) => this.#isRefused(key)));
  }

  of({ params }: Tr50Command): 'taken' | 'refused' | undefined {
    const key = String(params?.['key']);
    if (this.#isRefused(key)) return 'refused';
    return this.#taken.has(key) ? 'taken' : undefined;
  }

  note({ params }: Tr50Command, what: 'taken' | 'refused'): void {
    if (this.#taken.size + this.#refused.size >= MAX_KEYS) return;
    const key = String(params?.['key']);
    this.#taken.delete(key);
    this.#refused.delete(key);
    if (what === 'taken') this.#taken.add(key);
    else this.#refused.set(key, this.#clock.mono() + REFUSED_MS);
  }

  /** What has had its rest is not refused any more. */
  #isRefused(key: string): boolean {
    const untilMonoMs = this.#refused.get(key);
    if (untilMonoMs === undefined || this.#clock.mono() < untilMonoMs) return untilMonoMs !== undefined;
    this.#refused.delete(key);
    return false;
  }
}
