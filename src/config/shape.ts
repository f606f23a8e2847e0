// The schema's verdict in words: which message an issue gets, and unknown keys with "did you mean".
import type * as v from 'valibot';
import type { Data } from './document.js';
import { configSchema } from './schema.js';
import { nearest } from './suggest.js';

type Path = readonly (string | number)[];
type Section = { readonly [key: string]: Data };

/** What of a valibot schema is looked into. */
interface Shape {
  type: string;
  entries?: Readonly<Record<string, Shape>>;
  wrapped?: Shape;
}

const entriesOf = (shape: Shape | undefined): Readonly<Record<string, Shape>> | undefined =>
  shape?.entries ?? (shape?.wrapped ? entriesOf(shape.wrapped) : undefined);

const ROOT = configSchema as unknown as Shape;

const isSection = (value: Data | undefined): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every key of the schema with the sections it may stand in; '' for the top. */
function homes(shape: Shape, at: string, into: Map<string, string[]>): Map<string, string[]> {
  for (const [key, child] of Object.entries(entriesOf(shape) ?? {})) {
    into.set(key, [...(into.get(key) ?? []), at]);
    homes(child, at === '' ? key : `${at}.${key}`, into);
  }
  return into;
}
const HOMES = homes(ROOT, '', new Map());

/** Keys and sections without a value: told once, then left out so that nothing else is said about them. */
export function emptySections(data: Section, tell: (path: Path) => void, at: Path = []): Section {
  const out = Object.create(null) as Record<string, Data>;
  for (const [key, value] of Object.entries(data)) {
    if (value === null) tell([...at, key]);
    else out[key] = isSection(value) ? emptySections(value, tell, [...at, key]) : value;
  }
  return out;
}

function advice(key: string, known: readonly string[]): string {
  const elsewhere = HOMES.get(key);
  const near = nearest(key, known);
  if (near !== undefined) return `unknown key, did you mean "${near}"?`;
  if (elsewhere)
    return `does not belong here, but ${elsewhere.map((home) => (home === '' ? 'at the top level' : `under ${home}`)).join(' or ')}`;
  const list = known.length > 16 ? '' : `; known here: ${known.join(', ')}`;
  return `unknown key${list}`;
}

/** Comparing words is costly; beyond this many unknown keys the file is not a configuration with typing mistakes. */
const MAX_ADVICE = 50;

/** Tells every key no section knows; the validator alone would stop at the first of each section. */
export function unknownKeys(root: Section, tell: (path: Path, message: string) => void): void {
  let advised = 0;
  const walk = (data: Data | undefined, shape: Shape, at: Path): void => {
    const entries = entriesOf(shape);
    if (!entries || !isSection(data)) return;
    for (const [key, value] of Object.entries(data)) {
      const child = Object.hasOwn(entries, key) ? entries[key] : undefined;
      if (child) walk(value, child, [...at, key]);
      else tell([...at, key], advised++ < MAX_ADVICE ? advice(key, Object.keys(entries)) : 'unknown key');
    }
  };
  walk(root, ROOT, []);
}

/** The sentence for an issue; undefined for what is told elsewhere. Never quotes the value. */
export function issueMessage(issue: v.BaseIssue<unknown>): string | undefined {
  if (issue.type === 'strict_object') {
    if (issue.expected === 'never') return undefined;
    if (issue.expected !== 'Object') return 'is missing';
    return 'must be a section: keys with values, indented below it';
  }
  return issue.message;
}
