// How long to wait before the network is asked again. Pure.
import type { WaymarkError } from '../../core/index.js';

const BASE_MS = 2000;
const CAP_MS = 15 * 60_000;
const LEAST_MS = 1000;
/** What a person has to mend is looked at once an hour, and at once when a value changes. */
const HELD_MS = 3_600_000;
const MAX_RETRY_AFTER_MS = 3_600_000;

/** The wait after the `failures`-th failure in a row (from 1). `random` 0 to 1: full jitter. */
export function waitAfterMs(error: WaymarkError, failures: number, intervalMs: number, random: number): number {
  const askedMs = Math.min(error.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
  if (error.code === 'thingspace.no-position' || error.code === 'thingspace.budget')
    return Math.max(intervalMs, askedMs);
  if (isForPerson(error)) return Math.max(HELD_MS, askedMs);
  const full = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(failures - 1, 20));
  return Math.max(LEAST_MS, askedMs, full * random);
}

/** A changed value, and nothing else, makes the next try worth while. */
export function isForPerson({ code, retry }: WaymarkError): boolean {
  return retry === 'operator' || code.startsWith('credential.') || code.startsWith('secret.');
}
