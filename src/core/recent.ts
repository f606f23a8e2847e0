// What was met lately, up to so many: the oldest is forgotten first. For ids that may come again and must not count twice.

/** A set that forgets its oldest. */
export class RecentSet<T> {
  readonly #items = new Set<T>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get items(): ReadonlySet<T> {
    return this.#items;
  }

  has(item: T): boolean {
    return this.#items.has(item);
  }

  /** False when it was there; its age stays. */
  add(item: T): boolean {
    if (this.#items.has(item)) return false;
    this.#items.add(item);
    const oldest = this.#items.values().next();
    if (this.#items.size > this.#limit && !oldest.done) this.#items.delete(oldest.value);
    return true;
  }

  delete(item: T): void {
    this.#items.delete(item);
  }
}

/** A map that forgets what was set longest ago. */
export class RecentMap<K, V> {
  readonly #items = new Map<K, V>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: K): V | undefined {
    return this.#items.get(key);
  }

  /** Set again it is the newest. */
  set(key: K, value: V): void {
    this.#items.delete(key);
    this.#items.set(key, value);
    const oldest = this.#items.keys().next();
    if (this.#items.size > this.#limit && !oldest.done) this.#items.delete(oldest.value);
  }

  delete(key: K): void {
    this.#items.delete(key);
  }
}
