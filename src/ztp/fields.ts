// JSON from outside, read member by member. Nothing is believed, and no error quotes what was read: it may be a key.
import { WaymarkError } from '../core/index.js';

export type Fields = Readonly<Record<string, unknown>>;

export function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** A member by name; another spelling of its case counts when the exact one is absent (`dynamickeys`, `dynamicKeys`). `null` is absent. */
export function member(fields: Fields, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name] ?? undefined;
  const wanted = name.toLowerCase();
  for (const key of Object.keys(fields)) if (key.toLowerCase() === wanted) return fields[key] ?? undefined;
  return undefined;
}

export const malformed = (message: string): WaymarkError => new WaymarkError('ztp.malformed', message);

/** The object a text holds. Errors: `ztp.malformed`, without the parser's own words, which quote the text. */
export function parseObject(text: string, what: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(`${what} is not JSON, or cut short`);
  }
  const fields = asFields(value);
  if (!fields) throw malformed(`${what} is not a JSON object`);
  return fields;
}
