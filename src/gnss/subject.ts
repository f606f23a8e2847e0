// Callbacks that come and go.

export interface Subject<T> {
  emit(value: T): void;
  /** Returns the unsubscribe. */
  add(cb: (value: T) => void): () => void;
}

export function createSubject<T>(): Subject<T> {
  const callbacks = new Set<(value: T) => void>();
  return {
    emit: (value) => {
      for (const cb of [...callbacks]) cb(value);
    },
    add: (cb) => {
      callbacks.add(cb);
      return () => void callbacks.delete(cb);
    },
  };
}
