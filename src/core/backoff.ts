// How long to wait before trying again, as data. Half of each wait is fixed and half random, so that a fleet spreads
// out after a power cut yet no gateway retries at once.

export interface BackoffPolicy {
  /** First wait after the quick phase. */
  baseMs: number;
  capMs: number;
  /** Waits of 1..2 s while the outage is younger than this (0: none). */
  quickForMs: number;
}

/** Sessions over the network: the first minute every 1-2 s, then growing to two minutes. */
export const NETWORK_BACKOFF: BackoffPolicy = { baseMs: 2000, capMs: 120_000, quickForMs: 60_000 };
/** Refused by the far side: a person or a renewed credential has to act. */
export const REFUSED_BACKOFF: BackoffPolicy = { baseMs: 60_000, capMs: 3_600_000, quickForMs: 0 };
/** Serial device gone: it is looked for often, opening is cheap. */
export const PORT_BACKOFF: BackoffPolicy = { baseMs: 500, capMs: 30_000, quickForMs: 0 };
/** ZTP refused: 1 h to 24 h. Every call may be billed. */
export const ZTP_REFUSED_BACKOFF: BackoffPolicy = { baseMs: 3_600_000, capMs: 86_400_000, quickForMs: 0 };
/** ZTP unreachable. */
export const ZTP_WEATHER_BACKOFF: BackoffPolicy = { baseMs: 5000, capMs: 3_600_000, quickForMs: 0 };

export interface BackoffState {
  attempt: number;
  outageMs: number;
}

/** The wait before attempt number `attempt` (0 = first retry) of an outage that has lasted `outageMs`. `random` in 0..1. */
export function backoffDelayMs(policy: BackoffPolicy, { attempt, outageMs }: BackoffState, random: number): number {
  if (outageMs < policy.quickForMs) return 1000 + 1000 * random;
  // After a quick phase the count of attempts is already high; doubling from there on is waiting as long again as has
  // been waited since it ended.
  const grown =
    policy.quickForMs > 0
      ? policy.baseMs + (outageMs - policy.quickForMs)
      : policy.baseMs * 2 ** Math.min(Math.max(attempt, 0), 30);
  const full = Math.min(policy.capMs, grown);
  return full / 2 + (full / 2) * random;
}

/** What a far side asked for (Retry-After), clipped to something sane. */
export function clipRetryAfterMs(ms: number): number {
  return Math.min(Math.max(ms, 1000), 86_400_000);
}

export interface BudgetRule {
  /** At most `count` in any `perMs`. */
  count: number;
  perMs: number;
}

/** Wall-clock times of past uses; kept by the vault so that a crash loop cannot become a storm. */
export type BudgetLedger = readonly number[];

/** Milliseconds until one more use is allowed under every rule (0 = now). Entries from the future are disregarded. */
export function budgetWaitMs(rules: readonly BudgetRule[], ledger: BudgetLedger, wallMs: number): number {
  let wait = 0;
  const past = ledger.filter((t) => t <= wallMs).sort((a, b) => b - a);
  for (const rule of rules) {
    const oldest = past[rule.count - 1];
    if (oldest !== undefined) wait = Math.max(wait, oldest + rule.perMs - wallMs);
  }
  return wait;
}

/** The ledger after one more use, without entries no rule looks at any more. */
export function budgetSpend(rules: readonly BudgetRule[], ledger: BudgetLedger, wallMs: number): BudgetLedger {
  const horizon = Math.max(...rules.map((r) => r.perMs));
  return [...ledger.filter((t) => t <= wallMs && t > wallMs - horizon), wallMs];
}
