// Every wait has an end: one helper that adds one listener and one timer and removes both.
import type { Clock } from './clock.js';
import { type ErrorCode, WaymarkError } from './errors.js';
import { abortable, linkedController } from './signal.js';

export interface DeadlineOptions {
  clock: Clock;
  ms: number;
  signal?: AbortSignal | undefined;
  /** What the timeout is called when it strikes (default `core.timeout`). */
  code?: ErrorCode;
  /** What was being waited for, in words: "CONNACK from broker". */
  what: string;
}

/**
 * Runs `fn` with a signal that aborts after `ms` of device time or when the parent does.
 * Rejects with a `WaymarkError` of `code` on time-out even if `fn` ignores its signal.
 */
export async function withDeadline<T>(options: DeadlineOptions, fn: (signal: AbortSignal) => Promise<T>): Promise<T> {
  using link = linkedController(options.signal);
  const timer = options.clock.deadline(options.ms, () =>
    link.abort(
      new WaymarkError(options.code ?? 'core.timeout', `${options.what}: nothing within ${seconds(options.ms)} s`),
    ),
  );
  try {
    return await abortable(fn(link.signal), link.signal);
  } finally {
    timer.cancel();
  }
}

const seconds = (ms: number): string => (ms / 1000).toFixed(ms < 10_000 ? 1 : 0);
