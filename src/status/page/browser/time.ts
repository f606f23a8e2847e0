// The browser's clock, at one place: here there is no core/clock. What steps is told from what only runs on.

/** Runs on evenly, milliseconds. */
export const mono = (): number => performance.now();

export const wallNow = (): number => Date.now();

/** Returns the stop. */
export function after(ms: number, then: () => void): () => void {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
}

export function every(ms: number, then: () => void): void {
  setInterval(then, ms);
}

/** `22:14:05`, where the visitor is. */
export const clockTime = (atMs: number): string =>
  new Date(atMs).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
