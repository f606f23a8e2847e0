// Reads what came from outside (options and commands as JSON, or words typed at a shell) field by field; every mistake
// is a sentence that names the field and what may stand there.
import { WaymarkError } from '../core/index.js';

export interface Fields {
  text(name: string, rule?: { pattern: RegExp; words: string }): string | undefined;
  number(name: string, lowest: number, highest: number): number | undefined;
  /** Any above 0. */
  positive(name: string): number | undefined;
  whole(name: string, lowest: number, highest: number): number | undefined;
  flag(name: string): boolean | undefined;
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined;
  group(name: string): Fields | undefined;
  /** Everything that was not asked for, words turned into numbers and truth values where they look like one. */
  rest(): Readonly<Record<string, unknown>>;
  /** Throws when something is left that nobody asked for. */
  end(): void;
}

export const mistake = (sentence: string): WaymarkError => new WaymarkError('cli.usage', sentence);

/** The value, or a sentence that it is missing. */
export function needed<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw mistake(`${name} is missing`);
  return value;
}

/** Only what is there: absent options keep their defaults. */
export function present<T extends object>(entries: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const NUMBER = /^-?\d+(\.\d+)?$/;
const FLAGS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};

/** `fromWords`: every value is text and may stand for a number or a truth value. Errors: `cli.usage`, as sentences. */
export function createFields(data: Readonly<Record<string, unknown>>, what = 'this', fromWords = false): Fields {
  const asked = new Set<string>();
  const get = (name: string): unknown => {
    asked.add(name);
    return Object.hasOwn(data, name) ? data[name] : undefined;
  };
  const left = (): string[] => Object.keys(data).filter((name) => !asked.has(name));
  const numeric = (name: string, lowest: number, highest: number, isWhole: boolean): number | undefined => {
    const raw = get(name);
    if (raw === undefined) return undefined;
    const value = fromWords && typeof raw === 'string' && NUMBER.test(raw) ? Number(raw) : raw;
    const fits = typeof value === 'number' && Number.isFinite(value) && value >= lowest && value <= highest;
    if (fits && (!isWhole || Number.isInteger(value))) return value;
    const range = highest === Number.POSITIVE_INFINITY ? 'above 0' : `from ${lowest} to ${highest}`;
    throw mistake(`${name} must be a ${isWhole ? 'whole ' : ''}number ${range}`);
  };
  return {
    text(name, rule) {
      const value = get(name);
      if (value === undefined) return undefined;
      if (typeof value === 'string' && value !== '' && (!rule || rule.pattern.test(value))) return value;
      throw mistake(`${name} must be ${rule?.words ?? 'a text'}`);
    },
    number: (name, lowest, highest) => numeric(name, lowest, highest, false),
    positive: (name) => numeric(name, Number.MIN_VALUE, Number.POSITIVE_INFINITY, false),
    whole: (name, lowest, highest) => numeric(name, lowest, highest, true),
    flag(name) {
      const raw = get(name);
      const value = fromWords && typeof raw === 'string' ? FLAGS[raw] : raw;
      if (raw === undefined || typeof value === 'boolean') return value as boolean | undefined;
      throw mistake(`${name} must be true or false`);
    },
    choice(name, choices) {
      const value = get(name);
      const known = choices.find((each) => each === value);
      if (value !== undefined && known === undefined) throw mistake(`${name} must be one of ${choices.join(', ')}`);
      return known;
    },
    group(name) {
      const value = get(name);
      if (value === undefined) return undefined;
      if (!isRecord(value)) throw mistake(`${name} must be an object`);
      return createFields(value, name, fromWords);
    },
    rest() {
      const read = (value: unknown): unknown => {
        if (!fromWords || typeof value !== 'string') return value;
        if (value === 'true' || value === 'false') return value === 'true';
        return NUMBER.test(value) ? Number(value) : value;
      };
      const names = left();
      for (const name of names) asked.add(name);
      return Object.fromEntries(names.map((name) => [name, read(data[name])]));
    },
    end() {
      const [unknown] = left();
      if (unknown === undefined) return;
      const known = [...asked].filter((name) => name !== 'do');
      throw mistake(
        `${what} knows no ${unknown}; ${known.length > 0 ? `it knows ${known.join(', ')}` : 'it takes nothing'}`,
      );
    },
  };
}
