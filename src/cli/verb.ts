// How a verb hands its exit code on.

/** Wraps an action that gives the exit code. */
export type Verb = <A extends unknown[]>(
  action: (...args: A) => Promise<number> | number,
) => (...args: A) => Promise<void>;
