// When the status is worth a message: at once when what a person would call its state changed, but not more often than
// every five seconds; otherwise once an interval. Pure.
export interface Told {
  /** What was told, as a short text that is the same while nothing a person cares about changes. */
  key: string;
  atMonoMs: number;
}

const MIN_GAP_MS = 5000;

export function isDue(told: Told | undefined, key: string, nowMonoMs: number, intervalMs: number): boolean {
  if (!told) return true;
  const sinceMs = nowMonoMs - told.atMonoMs;
  return sinceMs >= intervalMs || (key !== told.key && sinceMs >= MIN_GAP_MS);
}
