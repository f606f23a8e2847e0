// Real time as a machine with a free processor would have shown it: what a limit in seconds is held against. With every
// test on two processors an agent gets its turn late, and that lateness is the machine's. A turn that the agent itself
// makes long counts as well, so a limit is only for what mostly waits; stalls have a benchmark of their own.

const TICK_MS = 10;

export interface Stopwatch extends Disposable {
  /** Milliseconds since its start, without those in which a timer that was due had to wait. */
  elapsedMs(): number;
}

export function stopwatch(): Stopwatch {
  const started = performance.now();
  let ticked = started;
  let withheldMs = 0;
  const look = (): void => {
    const at = performance.now();
    withheldMs += Math.max(0, at - ticked - TICK_MS);
    ticked = at;
  };
  const timer = setInterval(look, TICK_MS);
  return {
    elapsedMs() {
      look();
      return performance.now() - started - withheldMs;
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
    },
  };
}
