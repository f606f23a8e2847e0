// What a changed configuration needs: nothing, another log level, or the parts made anew. One pure function.
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/index.js';

export type ConfigChange =
  /** The same meaning: comments, order, blanks at most. */
  | { is: 'none' }
  /** All that differs is set while everything runs. */
  | { is: 'in-place'; config: Config }
  /** The parts are made anew; `sections` name what differs. */
  | { is: 'anew'; config: Config; sections: readonly string[] };

/** Pure. */
export function changeBetween(before: Config, after: Config): ConfigChange {
  if (isDeepStrictEqual(before, after)) return { is: 'none' };
  const levelled: Config = { ...before, log: { ...before.log, level: after.log.level } };
  if (isDeepStrictEqual(levelled, after)) return { is: 'in-place', config: after };
  const members = (config: Config): Readonly<Record<string, unknown>> => ({ ...config });
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const sections = names.filter((name) => !isDeepStrictEqual(members(before)[name], members(after)[name])).sort();
  return { is: 'anew', config: after, sections };
}
