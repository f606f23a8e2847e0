import { describe, expect, test } from 'vitest';
import {
  type BackoffPolicy,
  type BudgetLedger,
  backoffDelayMs,
  budgetSpend,
  budgetWaitMs,
  clipRetryAfterMs,
  NETWORK_BACKOFF,
  PORT_BACKOFF,
  REFUSED_BACKOFF,
  ZTP_REFUSED_BACKOFF,
  ZTP_WEATHER_BACKOFF,
} from '../../src/core/index.js';

const POLICIES: [string, BackoffPolicy][] = Object.entries({
  NETWORK_BACKOFF,
  PORT_BACKOFF,
  REFUSED_BACKOFF,
  ZTP_REFUSED_BACKOFF,
  ZTP_WEATHER_BACKOFF,
});

/** The waits of one outage in which every attempt fails at once. */
function outage(policy: BackoffPolicy, attempts: number, random: () => number): { waitMs: number; outageMs: number }[] {
  const waits = [];
  let outageMs = 0;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const waitMs = backoffDelayMs(policy, { attempt, outageMs }, random());
    waits.push({ waitMs, outageMs });
    outageMs += waitMs;
  }
  return waits;
}

describe.each(POLICIES)('%s', (_name, policy) => {
  test.each([0, 0.5, 1])('every wait lies between half its base and its cap (random %d)', (random) => {
    for (const { waitMs, outageMs } of outage(policy, 300, () => random)) {
      if (outageMs < policy.quickForMs) {
        expect(waitMs).toBeGreaterThanOrEqual(1000);
        expect(waitMs).toBeLessThanOrEqual(2000);
      } else {
        expect(waitMs).toBeGreaterThanOrEqual(policy.baseMs / 2);
        expect(waitMs).toBeLessThanOrEqual(policy.capMs);
      }
    }
  });

  test('it reaches its cap, and half of every wait is fixed', () => {
    const last = outage(policy, 200, () => 0).at(-1);
    expect(last?.waitMs).toBe(policy.capMs / 2);
    expect(outage(policy, 200, () => 1).at(-1)?.waitMs).toBe(policy.capMs);
  });

  test('it grows from its base: the first wait after the quick phase is no longer than the base allows', () => {
    const first = outage(policy, 200, () => 1).find((w) => w.outageMs >= policy.quickForMs);
    expect(first?.waitMs).toBeLessThanOrEqual(policy.baseMs + 2000);
  });
});

describe('network back-off', () => {
  test('in the first minute a retry comes every one to two seconds', () => {
    const quick = outage(NETWORK_BACKOFF, 200, () => 0.5).filter((w) => w.outageMs < 60_000);
    expect(quick).toHaveLength(40);
  });

  test('after the first minute there are at most sixty attempts an hour', () => {
    const later = outage(NETWORK_BACKOFF, 500, () => 0.5).filter((w) => w.outageMs >= 60_000 && w.outageMs < 3_660_000);
    expect(later.length).toBeLessThanOrEqual(60);
    expect(later.length).toBeGreaterThan(20);
  });

  test('waits never shrink while the outage lasts', () => {
    const waits = outage(NETWORK_BACKOFF, 100, () => 0.5).map((w) => w.waitMs);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
  });
});

describe('budget', () => {
  const rules = [
    { count: 1, perMs: 3_600_000 },
    { count: 4, perMs: 86_400_000 },
  ];
  const HOUR = 3_600_000;

  test('one an hour and four a day, whichever is longer', () => {
    let ledger: BudgetLedger = [];
    expect(budgetWaitMs(rules, ledger, 0)).toBe(0);
    ledger = budgetSpend(rules, ledger, 0);
    expect(budgetWaitMs(rules, ledger, 1)).toBe(HOUR - 1);
    expect(budgetWaitMs(rules, ledger, HOUR)).toBe(0);
    for (const h of [1, 2, 3]) ledger = budgetSpend(rules, ledger, h * HOUR);
    expect(budgetWaitMs(rules, ledger, 4 * HOUR)).toBe(20 * HOUR);
    expect(budgetWaitMs(rules, ledger, 24 * HOUR)).toBe(0);
  });

  test('an unordered ledger counts the same', () => {
    expect(budgetWaitMs(rules, [3 * HOUR, 0, 2 * HOUR, HOUR], 4 * HOUR)).toBe(20 * HOUR);
  });

  test('after the clock stepped back, uses from the future neither block nor are kept', () => {
    const ledger = [100 * HOUR, 101 * HOUR];
    expect(budgetWaitMs(rules, ledger, 50 * HOUR)).toBe(0);
    expect(budgetSpend(rules, ledger, 50 * HOUR)).toEqual([50 * HOUR]);
  });

  test('the ledger keeps no more than its longest rule looks at', () => {
    let ledger: BudgetLedger = [];
    for (let h = 0; h < 1000; h++) ledger = budgetSpend(rules, ledger, h * HOUR);
    expect(ledger).toHaveLength(24);
  });
});

test('a Retry-After is clipped to between a second and a day', () => {
  expect([0, -5, 5000, 1e12].map(clipRetryAfterMs)).toEqual([1000, 1000, 5000, 86_400_000]);
});
