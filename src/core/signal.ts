// Cancellation helpers. `AbortSignal.any` against a process-lifetime parent keeps memory for every call, so a linked
// controller adds one listener and removes it again.
import { setMaxListeners } from 'node:events';
import type { Clock } from './clock.js';
import { WaymarkError } from './errors.js';

/** The reason an `AbortSignal` carries, as an Error. */
export function abortReason(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new WaymarkError('core.cancelled', 'cancelled');
}

/** A controller that follows `parent` until disposed. */
export interface LinkedController extends Disposable {
  readonly signal: AbortSignal;
  abort(reason?: Error): void;
}

/** Lanes and waits that hang on one signal at a time; Node's own limit of ten is for leaks in smaller houses. */
const MAX_LISTENERS = 64;

export function linkedController(parent?: AbortSignal): LinkedController {
  const controller = new AbortController();
  setMaxListeners(MAX_LISTENERS, controller.signal);
  const follow = (): void => {
    if (parent) controller.abort(abortReason(parent));
  };
  if (parent?.aborted) follow();
  else parent?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason ?? new WaymarkError('core.cancelled', 'cancelled')),
    [Symbol.dispose]: () => parent?.removeEventListener('abort', follow),
  };
}

/** Calls `fn` when `signal` aborts (at once if it has); returns the unsubscribe. */
export function onAbort(signal: AbortSignal | undefined, fn: () => void): () => void {
  if (!signal) return () => undefined;
  if (signal.aborted) {
    fn();
    return () => undefined;
  }
  signal.addEventListener('abort', fn, { once: true });
  return () => signal.removeEventListener('abort', fn);
}

/** Resolves after `ms` of clock time; rejects with the abort reason. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortReason(signal));
      return;
    }
    const timer = clock.after(ms, () => {
      off();
      resolve();
    });
    const off = onAbort(signal, () => {
      timer.cancel();
      if (signal) reject(abortReason(signal));
    });
  });
}

/** Resolves when `signal` aborts, never rejects. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => void onAbort(signal, () => resolve()));
}

/** Settles as `promise` does, or rejects with the abort reason if `signal` comes first. */
export function abortable<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise;
  return new Promise<T>((resolve, reject) => {
    const off = onAbort(signal, () => reject(abortReason(signal)));
    promise.then(resolve, reject).finally(off);
  });
}

/** A promise with its handles outside. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: Error): void;
}

export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: Error) => void;
  const promise = new Promise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}

/** Things to close in reverse order of opening; every closer is tried, the first failure is rethrown. */
export interface Disposer extends AsyncDisposable {
  add(close: () => void | Promise<void>): void;
  use<T extends AsyncDisposable>(thing: T): T;
}

export function createDisposer(): Disposer {
  const closers: (() => void | Promise<void>)[] = [];
  return {
    add: (close) => void closers.push(close),
    use(thing) {
      closers.push(() => thing[Symbol.asyncDispose]() as Promise<void>);
      return thing;
    },
    async [Symbol.asyncDispose]() {
      let failure: unknown;
      for (const close of closers.splice(0).reverse()) {
        try {
          await close();
        } catch (error) {
          failure ??= error;
        }
      }
      if (failure !== undefined) throw failure instanceof Error ? failure : new Error('close failed');
    },
  };
}
