// What one metric is: a name that stays, a type, a meaning, its labels, and the pure function from the status object to
// its samples. The text for Prometheus, the reference and the tests are all made from these declarations.
import type { StatusSnapshot } from '../snapshot.js';

export interface Sample {
  value: number;
  labels?: Readonly<Record<string, string>>;
}

export interface Metric {
  /** Stable: alerts and dashboards of others are written with it. */
  name: `waymark_${string}`;
  type: 'gauge' | 'counter';
  help: string;
  /** The base unit of the value, for the reference; a number of things without one. */
  unit?: 'seconds' | 'bytes' | 'dBm' | 'dB' | 'degrees Celsius' | 'metres' | 'ratio' | 'timestamp';
  /** Label -> what it says. */
  labels?: Readonly<Record<string, string>>;
  /** Nothing while it is not known: a hole says more than a zero. */
  samples(status: StatusSnapshot): readonly Sample[];
}

export const seconds = (ms: number): number => ms / 1000;

/** One sample without labels, or none. */
export const known = (value: number | undefined): Sample[] =>
  value === undefined || Number.isNaN(value) ? [] : [{ value }];

export const truth = (is: boolean): number => (is ? 1 : 0);

/** An enumeration: a series for each state, 1 for the one that is so. */
export function oneOf(
  states: readonly string[],
  current: string,
  labels: Readonly<Record<string, string>> = {},
): Sample[] {
  return states.map((state) => ({ labels: { ...labels, state }, value: truth(state === current) }));
}

/** ISO 8601 as seconds since 1970; nothing for what is no date. */
export function timestamp(iso: string | undefined, labels?: Readonly<Record<string, string>>): Sample[] {
  const ms = iso === undefined ? Number.NaN : Date.parse(iso);
  return Number.isNaN(ms) ? [] : [{ value: ms / 1000, ...(labels ? { labels } : {}) }];
}
