// One question to a link, with an end: thirty seconds, or what the link says of itself, while it is up; a moment more once it
// is gone.
import { type Clock, type Logger, linkedController, onAbort, withDeadline } from '../core/index.js';

const PATIENCE_MS = { usual: 30_000, longest: 120_000 };

export interface AskOptions {
  /** For people: the record's id. */
  what: string;
  /** Of the link; undefined: the usual one. */
  patienceMs: number | undefined;
  /** Aborts when the link goes; the link is told. */
  signal: AbortSignal;
  /** Aborts when the link has had its time to say what it knows of what was under way. */
  grace: AbortSignal;
}

/** `late`: no word in time. `lost`: the link is gone and said nothing within its grace. Never rejects. */
export async function ask<T>(
  { clock, log }: { clock: Clock; log: Logger },
  { what, patienceMs = PATIENCE_MS.usual, signal, grace }: AskOptions,
  go: (signal: AbortSignal) => Promise<T>,
): Promise<T | 'late' | 'lost'> {
  using linked = linkedController(signal);
  const ms = Math.min(PATIENCE_MS.longest, patienceMs);
  try {
    return await withDeadline({ clock, ms, signal: grace, what }, async (over) => {
      const off = onAbort(over, () => linked.abort());
      try {
        return await go(linked.signal);
      } finally {
        off();
      }
    });
  } catch (error) {
    if (grace.aborted) return 'lost';
    log.debug('outbox.no-verdict', { what, error });
    return 'late';
  }
}
