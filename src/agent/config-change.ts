// What a changed configuration needs: nothing, another log level, the parts made anew, or another process. One pure
// function.
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/index.js';

export type ConfigChange =
  /** The same meaning: comments, order, blanks at most. */
  | { is: 'none' }
  /** All that differs is set while everything runs. */
  | { is: 'in-place'; config: Config }
  /** The parts are made anew; `sections` name what differs. */
  | { is: 'anew'; config: Config; sections: readonly string[] }
  /** These are where the process lives: only another one can live elsewhere. */
  | { is: 'restart'; keys: readonly string[] };

/**
 * Identity and waiting records are in the one, and other programs look for the socket in the other. Moved by the way, records
 * accepted before would stay behind unsent, and a mistyped folder would cost a new identity.
 */
const HOMES = ['stateDir', 'runtimeDir'] as const;

/** Pure. */
export function changeBetween(before: Config, after: Config): ConfigChange {
  if (isDeepStrictEqual(before, after)) return { is: 'none' };
  const keys = HOMES.filter((key) => before[key] !== after[key]);
  if (keys.length > 0) return { is: 'restart', keys };
  const levelled: Config = { ...before, log: { ...before.log, level: after.log.level } };
  if (isDeepStrictEqual(levelled, after)) return { is: 'in-place', config: after };
  const members = (config: Config): Readonly<Record<string, unknown>> => ({ ...config });
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const sections = names.filter((name) => !isDeepStrictEqual(members(before)[name], members(after)[name])).sort();
  return { is: 'anew', config: after, sections };
}
