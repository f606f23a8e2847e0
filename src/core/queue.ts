// Two bounded queues: one drops the oldest and counts it, one is an async stream between a producer and one reader.
import { type Deferred, deferred } from './signal.js';

/** First-in first-out list bounded by total weight (bytes); pushing over the bound drops from the front. */
export class DropOldestQueue<T> {
  readonly #items: { value: T; weight: number }[] = [];
  #head = 0;
  #weight = 0;
  readonly #maxWeight: number;
  readonly #onDrop: (value: T) => void;

  constructor(maxWeight: number, onDrop: (value: T) => void) {
    this.#maxWeight = maxWeight;
    this.#onDrop = onDrop;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  get weight(): number {
    return this.#weight;
  }

  push(value: T, weight: number): void {
    this.#items.push({ value, weight });
    this.#weight += weight;
    while (this.#weight > this.#maxWeight && this.length > 1) {
      const dropped = this.shift();
      if (dropped !== undefined) this.#onDrop(dropped);
    }
  }

  peek(): T | undefined {
    return this.#items[this.#head]?.value;
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (!item) return undefined;
    this.#head++;
    this.#weight -= item.weight;
    if (this.#head === this.#items.length) {
      this.clear();
      return item.value;
    }
    // Compact now and then instead of shifting the array on every take.
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item.value;
  }

  clear(): void {
    this.#items.length = 0;
    this.#head = 0;
    this.#weight = 0;
  }
}

/**
 * Hand-over between a callback world and one `for await` reader.
 * `push` returns false once `limit` items wait (the caller decides: drop, count, or hold back its source).
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  #waiting: Deferred<IteratorResult<T>> | undefined;
  #ended: { error?: Error } | undefined;
  #room: Deferred<undefined> | undefined;
  readonly #limit: number;

  constructor(limit = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#items.length;
  }

  /** False when the queue is full (the item was not taken) or has ended. */
  push(item: T): boolean {
    if (this.#ended) return false;
    if (this.#waiting) {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting.resolve({ value: item, done: false });
      return true;
    }
    if (this.#items.length >= this.#limit) return false;
    this.#items.push(item);
    return true;
  }

  /** Resolves when the reader has caught up to fewer than `limit` items, or the queue has ended. */
  hasRoom(): Promise<unknown> {
    if (this.#ended || this.#items.length < this.#limit) return Promise.resolve();
    this.#room ??= deferred<undefined>();
    return this.#room.promise;
  }

  /** Removes the oldest waiting item. */
  dropOldest(): T | undefined {
    return this.#take();
  }

  #take(): T | undefined {
    const value = this.#items.shift();
    if (this.#room && this.#items.length < this.#limit) {
      this.#room.resolve(undefined);
      this.#room = undefined;
    }
    return value;
  }

  /** Ends the stream after what is queued; with an error the reader's loop throws it. */
  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = error ? { error } : {};
    this.#room?.resolve(undefined);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (!waiting) return;
    if (error) waiting.reject(error);
    else waiting.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => {
        if (this.#items.length > 0) {
          return Promise.resolve({ value: this.#take() as T, done: false });
        }
        if (this.#ended)
          return this.#ended.error
            ? Promise.reject(this.#ended.error)
            : Promise.resolve({ value: undefined, done: true });
        this.#waiting = deferred<IteratorResult<T>>();
        return this.#waiting.promise as Promise<IteratorResult<T, undefined>>;
      },
      return: () => {
        this.end();
        this.#items.length = 0;
        return Promise.resolve({ value: undefined, done: true });
      },
    };
  }
}
