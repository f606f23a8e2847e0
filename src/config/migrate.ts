// Layout versions of the configuration file. A file of an older layout is brought up step by step in memory (the file
// itself is never rewritten but by `waymark config upgrade --write`); one of a newer layout is refused, for guessing at it
// could do harm.
//
// The rule: a new version is due when a file that was good would be refused or would mean something else, and only then.
// New keys with a default, new choices and wider ranges need none. Until 0.1.0 is released no layout but this one was ever
// handed out, so there is no step yet. Each step is a list of edits, so that memory and file cannot be brought up in two
// different ways, and has a test with a file of its time.
import type { Data } from './document.js';

export const CONFIG_VERSION = 1;

export type Root = { readonly [key: string]: Data };

/** One change of layout. A key that is not there is no mistake. */
export type Edit =
  /** Moves a key with its value (and in a file its comments); one that stands there already stays. */
  | { readonly is: 'move'; readonly from: readonly string[]; readonly to: readonly string[] }
  /** A key that has no meaning any more. */
  | { readonly is: 'remove'; readonly path: readonly string[] }
  /** A value that is called otherwise now. */
  | { readonly is: 'value'; readonly path: readonly string[]; readonly from: Data; readonly to: Data };

/** From version n to n + 1. */
export type Steps = Readonly<Record<number, readonly Edit[]>>;

export const STEPS: Steps = {};

export interface Layout {
  version: number;
  steps: Steps;
}

export const LAYOUT: Layout = { version: CONFIG_VERSION, steps: STEPS };

export type Migration = { is: 'current'; data: Root } | { is: 'refused'; message: string; goOn: boolean };

const isMap = (data: Data | undefined): data is Root =>
  typeof data === 'object' && data !== null && !Array.isArray(data);

function valueAt(data: Data | undefined, path: readonly string[]): Data | undefined {
  let value = data;
  for (const key of path) value = isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

/** A copy with the value there; `undefined` takes the key out. Sections on the way are made where they are missing. */
function withValue(root: Root, [key = '', ...rest]: readonly string[], value: Data | undefined): Root {
  const copy = Object.assign(Object.create(null) as Record<string, Data>, root);
  if (rest.length > 0) {
    const inner = copy[key];
    copy[key] = withValue(isMap(inner) ? inner : {}, rest, value);
  } else if (value === undefined) Reflect.deleteProperty(copy, key);
  else copy[key] = value;
  return copy;
}

/** Pure: the data after one edit. */
export function edited(root: Root, edit: Edit): Root {
  switch (edit.is) {
    case 'move': {
      const value = valueAt(root, edit.from);
      if (value === undefined) return root;
      const without = withValue(root, edit.from, undefined);
      return valueAt(without, edit.to) === undefined ? withValue(without, edit.to, value) : without;
    }
    case 'remove':
      return valueAt(root, edit.path) === undefined ? root : withValue(root, edit.path, undefined);
    case 'value':
      return valueAt(root, edit.path) === edit.from ? withValue(root, edit.path, edit.to) : root;
  }
}

/** The edits from one version to the layout's own. */
export const editsFrom = (version: number, { version: last, steps }: Layout): readonly Edit[] =>
  Array.from({ length: Math.max(0, last - version) }, (_, i) => steps[version + i] ?? []).flat();

/** The data in today's layout, or why not. `goOn`: the rest is still worth checking. */
export function migrate(data: Root, layout: Layout = LAYOUT): Migration {
  const { version: last } = layout;
  const { version } = data;
  if (version === undefined)
    return { is: 'refused', message: `is missing: write "version: ${last}" as the first line`, goOn: true };
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1)
    return { is: 'refused', message: `must be ${last}`, goOn: true };
  if (version > last)
    return {
      is: 'refused',
      message: `the file is of layout ${version}, this program knows up to ${last}: update Waymark, or write the file for version ${last}`,
      goOn: false,
    };
  if (version === last) return { is: 'current', data };
  return { is: 'current', data: { ...editsFrom(version, layout).reduce(edited, data), version: last } };
}
