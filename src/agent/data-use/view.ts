// The month's data as the status object tells it.

import { ERRORS } from '../../core/index.js';
import type { DataView } from '../../status/index.js';
import { type DataMonth, totalOf } from './month.js';
import { type BudgetSettings, percentOf, type Thrift } from './thrift.js';

const MIB = 1_048_576;
const iso = (utcMs: number): string => new Date(utcMs).toISOString();
const mib = (bytes: number): string => (bytes < 100 * MIB ? (bytes / MIB).toFixed(1) : String(Math.round(bytes / MIB)));

/** Pure. */
export function dataView(month: DataMonth, settings: BudgetSettings, { profile }: Pick<Thrift, 'profile'>): DataView {
  const monthBytes = totalOf(month);
  const { monthlyMiB, warnPercent } = settings;
  const exact = percentOf(settings, monthBytes);
  const reason =
    exact === undefined || exact < warnPercent ? undefined : exact >= 100 ? 'data.over-budget' : 'data.near-budget';
  const ends = month.endUtcMs;
  const until = ends === undefined ? '' : ` until ${iso(ends).slice(0, 10)}`;
  const saving = profile === 'metered' ? '; data is saved where that harms nobody' : '';
  const sentence =
    monthlyMiB === undefined
      ? `${mib(monthBytes)} MiB this month; no budget is set`
      : `${mib(monthBytes)} of ${monthlyMiB} MiB used${until} (${Math.floor(exact ?? 0)} %)${saving}`;
  return {
    monthBytes,
    ...(monthlyMiB === undefined ? {} : { budgetBytes: monthlyMiB * MIB }),
    ...(exact === undefined ? {} : { percent: Math.round(exact * 10) / 10 }),
    ...(month.startUtcMs === undefined ? {} : { since: iso(month.startUtcMs) }),
    ...(ends === undefined ? {} : { resetsAt: iso(ends) }),
    byPurpose: month.byPurpose,
    profile,
    ...(reason === undefined ? {} : { reason, hint: ERRORS[reason].hint }),
    sentence,
  };
}
