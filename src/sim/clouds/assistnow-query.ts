// The query of an assistance request, and the checks both services share: key=value parts, number format, position.
import { MGA_SYSTEMS, type MgaSystem } from '../mga.js';

export type Parameters = ReadonlyMap<string, string>;

/** A request that was understood, or the sentence that refuses it. */
export type Judged<T> = { is: 'asked'; ask: T } | { is: 'bad'; why: string };

export const bad = (why: string): { is: 'bad'; why: string } => ({ is: 'bad', why });

/** Never shown in what the simulation tells about its requests. */
const SECRET_NAMES: readonly string[] = ['chipcode', 'token'];

/** How the old and the current service write numbers. */
export const NUMBER = /^-?[0-9]+(\.[0-9]+)?$/;
const MAX_POSITION_ACCURACY_M = 6_000_000;

/**
 * Parts of a query, decoded (`+` is a blank, as in every form). Undefined when a part is empty, has no `=` (unless it is in
 * `bare`), comes twice or does not decode.
 */
export function splitQuery(query: string, separator: RegExp, bare: readonly string[] = []): Parameters | undefined {
  const out = new Map<string, string>();
  for (const part of query.split(separator)) {
    const at = part.indexOf('=');
    if (at < 1 && !bare.includes(part)) return undefined;
    const name = at < 0 ? part : part.slice(0, at);
    if (out.has(name)) return undefined;
    try {
      out.set(name, at < 0 ? '' : decodeURIComponent(part.slice(at + 1).replaceAll('+', ' ')));
    } catch {
      return undefined;
    }
  }
  return out;
}

/** For statistics: everything but the secrets. */
export const shownParameters = (parameters: Parameters | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries([...(parameters ?? [])].filter(([name]) => !SECRET_NAMES.includes(name.toLowerCase())));

/** A list of the words in `known`, or undefined. */
export function listOf<T extends string>(text: string, known: readonly T[]): T[] | undefined {
  const words = text.split(',');
  const out = known.filter((word) => words.includes(word));
  return out.length === words.length ? out : undefined;
}

export const systemsOf = (text: string): MgaSystem[] | undefined => listOf(text, MGA_SYSTEMS);

/** A number in the services' format within both limits; undefined when it is not. */
export function numberOf(text: string, lowest: number, highest: number): number | undefined {
  const value = Number(text);
  return NUMBER.test(text) && value >= lowest && value <= highest ? value : undefined;
}

const NUMBERS: Readonly<Record<string, readonly [lowest: number, highest: number]>> = {
  lat: [-90, 90],
  lon: [-180, 180],
  alt: [-1000, 50_000],
  pacc: [0, MAX_POSITION_ACCURACY_M],
  latency: [0, 3600],
  tacc: [0, 3600],
};

export interface QueryPosition {
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeM: number;
  accuracyM: number;
}

export interface Surroundings {
  position?: QueryPosition;
  /** Only what can be seen from there. */
  isFiltered: boolean;
  latencyMs: number;
}

/** Position, filter and times of a request. `filter` = the value `filteronpos` has to have. */
export function surroundingsOf(parameters: Parameters, filter: string): Judged<Surroundings> {
  const numbers: Record<string, number> = {};
  for (const [name, [lowest, highest]] of Object.entries(NUMBERS)) {
    const text = parameters.get(name);
    if (text === undefined) continue;
    const value = numberOf(text, lowest, highest);
    if (value === undefined) return bad(`${name} is not a number from ${lowest} to ${highest}`);
    numbers[name] = value;
  }
  const { lat, lon, alt = 0, pacc = 300_000, latency = 0 } = numbers;
  if ((lat === undefined) !== (lon === undefined)) return bad('lat and lon belong together');
  const filtered = parameters.get('filteronpos');
  if (filtered !== undefined && filtered !== filter) return bad('filteronpos is not understood');
  if (filtered !== undefined && lat === undefined) return bad('filteronpos needs lat and lon');
  return {
    is: 'asked',
    ask: {
      ...(lat === undefined || lon === undefined
        ? {}
        : { position: { latitudeDeg: lat, longitudeDeg: lon, altitudeM: alt, accuracyM: pacc } }),
      isFiltered: filtered !== undefined,
      latencyMs: latency * 1000,
    },
  };
}
