// A machine is a pure function (state, event) -> {state, effects}. This file runs one: it keeps the state, performs
// effects after the transition, and queues events that arrive while a transition is being performed.

export interface Step<S, F> {
  state: S;
  effects?: readonly F[];
}

export type Transition<S, E, F> = (state: S, event: E) => Step<S, F>;

export interface Runner<S, E> {
  readonly state: S;
  send(event: E): void;
}

export interface RunnerOptions<S, E, F> {
  initial: S;
  next: Transition<S, E, F>;
  perform?: (effect: F) => void;
  onTransition?: (from: S, to: S, event: E) => void;
}

/** Runs `next` to completion, one event at a time, in the order they came. */
export function createRunner<S, E, F = never>(options: RunnerOptions<S, E, F>): Runner<S, E> {
  let state = options.initial;
  let busy = false;
  const inbox: E[] = [];
  return {
    get state() {
      return state;
    },
    send(event) {
      inbox.push(event);
      if (busy) return;
      busy = true;
      try {
        for (let current = inbox.shift(); current !== undefined; current = inbox.shift()) {
          const from = state;
          const step = options.next(from, current);
          state = step.state;
          if (step.state !== from) options.onTransition?.(from, step.state, current);
          for (const effect of step.effects ?? []) options.perform?.(effect);
        }
      } finally {
        busy = false;
      }
    },
  };
}

/** For the default branch of an exhaustive switch: the compiler refuses a forgotten case. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
