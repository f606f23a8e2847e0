// Layout versions of the configuration file. A file of an older layout is brought up step by step in memory (the file
// itself is never rewritten); one of a newer layout is refused, for guessing at it could do harm.
import type { Data } from './document.js';

export const CONFIG_VERSION = 1;

type Root = { readonly [key: string]: Data };

/** From version n to n + 1. */
const STEPS: Readonly<Record<number, (root: Root) => Root>> = {};

export type Migration = { is: 'current'; data: Root } | { is: 'refused'; message: string; goOn: boolean };

/** The data in today's layout, or why not. `goOn`: the rest is still worth checking. */
export function migrate(data: Root): Migration {
  const version = data['version'];
  if (version === undefined)
    return { is: 'refused', message: `is missing: write "version: ${CONFIG_VERSION}" as the first line`, goOn: true };
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1)
    return { is: 'refused', message: `must be ${CONFIG_VERSION}`, goOn: true };
  if (version > CONFIG_VERSION)
    return {
      is: 'refused',
      message: `the file is of layout ${version}, this program knows up to ${CONFIG_VERSION}: update Waymark, or write the file for version ${CONFIG_VERSION}`,
      goOn: false,
    };
  let migrated = data;
  for (let from = version; from < CONFIG_VERSION; from++) migrated = STEPS[from]?.(migrated) ?? migrated;
  return { is: 'current', data: migrated };
}
