// Every function that is ever shown a line from a module: found, not listed, so that a new parser is fuzzed the day it is
// written. Codec exports count when their first parameter is a line, lines or a part of one; profiles bring their own.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { finalKind } from '../../src/modem/finals.js';
import { PROFILES } from '../../src/modem/profiles/all.js';
import { UrcRouter } from '../../src/modem/urc.js';

export interface LineReader {
  name: string;
  /** Prefixes that it looks for, as far as its source tells. */
  prefixes: readonly string[];
  read(line: string): unknown;
}

type AnyFunction = (...args: unknown[]) => unknown;

const MODEM = join(import.meta.dirname, '../../src/modem');
/** Folders whose exports that take a line are all readers, and single files of the module's own clients. */
const PLACES = [
  ...readdirSync(join(MODEM, 'codec')).map((name) => `codec/${name}`),
  'apps/celllocate/parse.ts',
  'apps/module-gnss/parse.ts',
];
/** Second arguments, where `undefined` will not do. */
const SECOND: Readonly<Record<string, unknown>> = {
  bodyOf: '+CREG',
  textsOf: '+CREG',
  parsePlain: '+CGMI',
  parseUtemp: 'tenths',
  errorOfFinal: 'AT+X',
  parseUgsrv: { is: () => false },
  collect: (line: string) => ({ line }),
};
const FIRST_PARAMETER = /^[^(]*\(?\s*(line|lines|final|text|body|value|digits|raw)\b/;

/** `+CREG` in `'+CREG'` and in a regular expression as `\+CREG`. */
function prefixesIn(source: string): string[] {
  return [...new Set(Array.from(source.matchAll(/\\?([+#$^][A-Z][A-Z0-9]{1,11})/g), ([, prefix]) => prefix ?? ''))];
}

function readerOf(name: string, fn: AnyFunction, prefixes = prefixesIn(fn.toString())): LineReader | undefined {
  const first = FIRST_PARAMETER.exec(fn.toString().replace(/^(?:async )?function\s*\w*/, ''))?.[1];
  if (first === undefined) return undefined;
  const second = SECOND[fn.name];
  return { name, prefixes, read: (line) => fn(first === 'lines' ? [line, line.slice(3)] : line, second) };
}

/** Everything with a `parse` in a profile, wherever it hangs. */
function readingsOf(value: unknown, path: string, found: Map<AnyFunction, LineReader>): void {
  if (typeof value !== 'object' || value === null || value instanceof RegExp || value instanceof Set) return;
  const { command, parse } = value as { command?: unknown; parse?: unknown };
  if (typeof parse === 'function' && !found.has(parse as AnyFunction))
    found.set(parse as AnyFunction, {
      name: path,
      prefixes: prefixesIn(`${typeof command === 'string' ? command : ''} ${parse.toString()}`),
      read: (line) => (parse as AnyFunction)(line),
    });
  for (const [key, part] of Object.entries(value)) readingsOf(part, `${path}.${key}`, found);
}

export async function lineReaders(): Promise<LineReader[]> {
  const readers: LineReader[] = [];
  const seen = new Set<unknown>();
  for (const file of PLACES.filter((name) => name.endsWith('.ts'))) {
    const room = (await import(pathToFileURL(join(MODEM, file)).href)) as Record<string, unknown>;
    for (const [name, value] of Object.entries(room)) {
      if (typeof value !== 'function' || seen.has(value)) continue;
      seen.add(value);
      const reader = readerOf(`${file.slice(0, -3)} ${name}`, value as AnyFunction);
      if (reader) readers.push(reader);
    }
  }
  const found = new Map<AnyFunction, LineReader>();
  for (const profile of PROFILES) readingsOf(profile, `profile ${profile.name}`, found);
  for (const [parse, reader] of found) if (!seen.has(parse)) readers.push(reader);
  const flight = { text: 'AT+CREG?', prefix: '+CREG', answers: 0 };
  const router = new UrcRouter();
  readers.push(
    { name: 'finals finalKind', prefixes: ['+CME ERROR', '+CMS ERROR'], read: (line) => finalKind(line, 'ATD*99#') },
    { name: 'urc isUnsolicited', prefixes: ['+CREG', '+CPIN'], read: (line) => router.isUnsolicited(line, flight) },
    { name: 'urc dispatch', prefixes: ['+CMT', '+CREG'], read: (line) => router.dispatch(line) },
  );
  return readers;
}
