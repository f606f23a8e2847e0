// YAML text to plain data with the place of every key and value. Only what a configuration needs is understood: maps,
// lists, plain values. Anchors, aliases and tags are refused, so nothing can grow while it is read.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';

export interface Place {
  line: number;
  column: number;
}

/** A problem before the file's name is known. */
export interface Finding extends Place {
  path: string;
  message: string;
}

export type Data = null | string | number | boolean | readonly Data[] | { readonly [key: string]: Data };

export interface ParsedDocument {
  /** Undefined when the text has no readable top-level map. */
  data: { readonly [key: string]: Data } | undefined;
  findings: Finding[];
  /** Where a key (`modem.port`) or list item (`ztp.tags.0`) stands: its value, or the nearest parent that exists. */
  placeOf(path: readonly (string | number)[], part?: 'key' | 'value'): Place;
}

const MAX_DEPTH = 12;
const MAX_LINE = 8192;
/** After so many, the rest are echoes of the first. */
const MAX_SYNTAX_ERRORS = 50;

/** The library's own texts quote the source, which may hold a secret: they are replaced by code. */
const SYNTAX: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'YAML: the name after * or & is not valid; put the value in quotes',
  BAD_DQ_ESCAPE: 'YAML: unknown backslash escape inside "…"; use single quotes',
  BAD_INDENT: 'YAML: wrong indentation, or a bracket is not closed; keys of one section must start in the same column',
  BAD_SCALAR_START: 'YAML: a value cannot start with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'YAML: a key is followed by another key on the same line; is a line break missing?',
  BLOCK_IN_FLOW: 'YAML: indented lines are not allowed inside [ ] or { }',
  MISSING_CHAR: 'YAML: a closing quote, bracket, comma, colon or blank is missing',
  MULTILINE_IMPLICIT_KEY: 'YAML: a key must be on one line and end with a colon',
  MULTIPLE_DOCS: 'YAML: only one document is allowed; remove the line ---',
  TAB_AS_INDENT: 'YAML: tabs cannot indent; use blanks',
  UNEXPECTED_TOKEN: 'YAML: this does not belong here; is a quote, colon or line break missing?',
};

/** Deep nesting costs the parser quadratic time or its stack, before any schema could object. */
function tooDeep(source: string): number | undefined {
  let depth = 0;
  let lineStart = 0;
  for (let i = 0; i < source.length; i++) {
    const c = source.charCodeAt(i);
    if (c === 0x0a) {
      lineStart = i + 1;
      continue;
    }
    if (i - lineStart > MAX_LINE) return i;
    // [ { and ] }
    if (c === 0x5b || c === 0x7b) depth++;
    else if (c === 0x5d || c === 0x7d) depth = Math.max(0, depth - 1);
    if (depth > 64) return i;
  }
  const nested = /^[ \t]*(?:[-?][ \t]+){16}/m.exec(source);
  return nested?.index;
}

/** Where the quoted value begins that runs up to this offset: a person looks there, not where the file ended. */
function openQuote(parsed: Document, offset: number): number | undefined {
  let start: number | undefined;
  visit(parsed, {
    Scalar(_, { type, range }) {
      if (type?.startsWith('QUOTE') && range && range[0] < offset && range[1] >= offset) start = range[0];
    },
  });
  return start;
}

/** Parses YAML. Never throws for its contents. */
export function parseYaml(source: string): ParsedDocument {
  const lines = new LineCounter();
  const findings: Finding[] = [];
  const places = new Map<string, { key: number; value: number }>();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const find = (offset: number, path: string, message: string): void =>
    void findings.push({ ...at(offset), path, message });
  const placeOf: ParsedDocument['placeOf'] = (path, part = 'value') => {
    for (let length = path.length; length > 0; length--) {
      const place = places.get(path.slice(0, length).join('.'));
      if (place) return at(length === path.length ? place[part] : place.key);
    }
    return { line: 1, column: 1 };
  };

  const deep = tooDeep(source);
  if (deep !== undefined) {
    for (let i = source.indexOf('\n'); i >= 0 && i < deep; i = source.indexOf('\n', i + 1)) lines.addNewLine(i + 1);
    find(deep, '', 'a line is too long or the nesting too deep for a configuration');
    return { data: undefined, findings, placeOf };
  }

  const convert = (node: unknown, path: string, depth: number): Data | undefined => {
    if (node === null || node === undefined) return null;
    const start = (node as { range?: readonly number[] | null }).range?.[0] ?? 0;
    if (isAlias(node)) {
      find(start, path, 'aliases (*name) are not supported; write the value out');
      return undefined;
    }
    if ((node as { tag?: string }).tag !== undefined) {
      find(start, path, 'tags (!name) are not supported; remove it');
      return undefined;
    }
    if (depth > MAX_DEPTH) {
      find(start, path, 'is nested too deeply');
      return undefined;
    }
    if (isScalar(node)) {
      const { value } = node;
      return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
    }
    if (isSeq(node))
      return node.items.map((item, index) => {
        const itemPath = path === '' ? String(index) : `${path}.${index}`;
        const offset = (item as { range?: readonly number[] | null } | null)?.range?.[0] ?? start;
        places.set(itemPath, { key: offset, value: offset });
        return convert(item, itemPath, depth + 1) ?? null;
      });
    if (!isMap(node)) return null;
    const out = Object.create(null) as Record<string, Data>;
    const seen = new Map<string, number>();
    for (const { key, value } of node.items) {
      const offset = (key as { range?: readonly number[] | null } | null)?.range?.[0] ?? start;
      if (!isScalar(key) || typeof key.value !== 'string') {
        find(offset, path, 'a key must be a plain word');
        continue;
      }
      const name = key.value;
      const keyPath = path === '' ? name : `${path}.${name}`;
      const first = seen.get(name);
      if (first !== undefined) {
        find(offset, keyPath, `is given twice; the first is in line ${at(first).line}`);
        continue;
      }
      seen.set(name, offset);
      places.set(keyPath, {
        key: offset,
        value: (value as { range?: readonly number[] | null } | null)?.range?.[0] ?? offset,
      });
      const data = convert(value, keyPath, depth + 1);
      if (data !== undefined) out[name] = data;
    }
    return out;
  };

  try {
    // Duplicate keys are found here, in linear time and with the place of both.
    const parsed = parseDocument(source, {
      prettyErrors: false,
      lineCounter: lines,
      uniqueKeys: false,
      // Quieter levels would hide a second document.
      logLevel: 'error',
      version: '1.2',
      schema: 'core',
    });
    for (const error of parsed.errors.slice(0, MAX_SYNTAX_ERRORS)) {
      const open = error.code === 'MISSING_CHAR' ? openQuote(parsed, error.pos[0]) : undefined;
      if (open !== undefined) find(open, '', 'YAML: the quote that opens here is not closed');
      else find(error.pos[0], '', SYNTAX[error.code] ?? 'YAML: this line cannot be understood');
    }
    if (parsed.directives.yaml.explicit) find(0, '', 'YAML: remove the line that starts with %YAML');
    const data = convert(parsed.contents, '', 0);
    if (typeof data === 'object' && data !== null && !Array.isArray(data))
      return { data: data as { readonly [key: string]: Data }, findings, placeOf };
    if (findings.length === 0)
      find(
        0,
        '',
        data === null ? 'the file is empty' : 'the file must be a list of keys, each with a value (key: value)',
      );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    find(0, '', 'the nesting is too deep for a configuration');
  }
  return { data: undefined, findings, placeOf };
}
