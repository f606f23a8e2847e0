// How long to leave a caster alone after a session (specs/ublox.md 2.1): 15, 30, 60, 120 s, then five minutes more each
// time. A pure function of what the sessions were like; the lane waits.
import type { BackoffPolicy } from '../../core/index.js';

export interface Pace {
  /** Sessions in a row that were no good. */
  failures: number;
  /** The next try comes at once. */
  isQuick: boolean;
  /** The one quick try after a healthy session has been used; a good stream gives a new one. */
  quickUsed: boolean;
}

export const FIRST_PACE: Pace = { failures: 0, isQuick: false, quickUsed: false };

/** A stream that lasted this long clears the count. */
const GOOD_STREAM_MS = 300_000;
const STEPS_MS: readonly number[] = [15_000, 30_000, 60_000, 120_000];
const FURTHER_STEP_MS = 300_000;
const CAP_MS = 3_600_000;
const QUICK: BackoffPolicy = { baseMs: 2000, capMs: 2000, quickForMs: 0 };

/** After a session in which corrections flowed for `streamedMs` (0: none came). */
export function nextPace(pace: Pace, streamedMs: number): Pace {
  if (streamedMs >= GOOD_STREAM_MS) return { failures: 0, isQuick: true, quickUsed: true };
  if (streamedMs > 0 && !pace.quickUsed) return { failures: pace.failures, isQuick: true, quickUsed: true };
  return { failures: pace.failures + 1, isQuick: false, quickUsed: pace.quickUsed };
}

/** The middle of the wait; the policy spreads it by a third to both sides. */
export function paceWaitMs({ failures, isQuick }: Pace): number {
  if (isQuick) return 1500;
  const step = STEPS_MS[Math.max(0, failures - 1)];
  return step ?? Math.min(CAP_MS, 120_000 + FURTHER_STEP_MS * (failures - STEPS_MS.length));
}

/** The same for the supervisor: whatever its own count of attempts, this is what it waits. */
export function ntripBackoff(pace: Pace): BackoffPolicy {
  if (pace.isQuick) return QUICK;
  const fullMs = (paceWaitMs(pace) * 4) / 3;
  return { baseMs: fullMs, capMs: fullMs, quickForMs: 0 };
}
