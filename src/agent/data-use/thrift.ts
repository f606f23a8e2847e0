// What a metered connection changes: one pure function from the configuration and the month's use to the settings that
// the parts already take (specs/reliability.md sections 1 and 3.1, "metered"). Corrections, positions, commands and refusals
// are the same under either profile.
import type { BackoffPolicy } from '../../core/index.js';

export interface BudgetSettings {
  monthlyMiB?: number;
  warnPercent: number;
  profile: 'normal' | 'metered' | 'auto';
}

export interface Thrift {
  profile: 'normal' | 'metered';
  /** Of the correction session, from the next session on. */
  keepaliveSeconds: number;
  /** Between two tries to connect at most, ms. */
  backoffCapMs: number;
  /** State telemetry at most this often, ms. */
  stateAtLeastMs: number;
  /** Looks at the data path at most this often, seconds. */
  probeAtLeastSeconds: number;
}

const MIB = 1_048_576;

/** 30 s is below the idle limits of carrier NATs; 60 s below those of nearly all. */
const NORMAL: Thrift = {
  profile: 'normal',
  keepaliveSeconds: 30,
  backoffCapMs: 0,
  stateAtLeastMs: 0,
  probeAtLeastSeconds: 0,
};
const METERED: Thrift = {
  profile: 'metered',
  keepaliveSeconds: 60,
  backoffCapMs: 1_800_000,
  stateAtLeastMs: 3_600_000,
  probeAtLeastSeconds: 600,
};

/** Percent of the budget, with its fraction; undefined without a budget. */
export const percentOf = ({ monthlyMiB }: BudgetSettings, usedBytes: number): number | undefined =>
  monthlyMiB === undefined ? undefined : (usedBytes / (monthlyMiB * MIB)) * 100;

/** Pure. */
export function thriftFor(settings: BudgetSettings, usedBytes: number): Thrift {
  if (settings.profile === 'metered') return METERED;
  const percent = percentOf(settings, usedBytes);
  return settings.profile === 'auto' && percent !== undefined && percent >= settings.warnPercent ? METERED : NORMAL;
}

/** Pure: a policy whose waits grow goes on growing; one that says exactly how long to wait is left alone. */
export function slowed(policy: BackoffPolicy, { backoffCapMs }: Pick<Thrift, 'backoffCapMs'>): BackoffPolicy {
  if (policy.capMs <= policy.baseMs || policy.capMs >= backoffCapMs) return policy;
  return { ...policy, capMs: backoffCapMs };
}
