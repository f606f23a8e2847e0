// Delimited text of a message, as the module flattens it (specs/devicewise.md 1.8). A method:
//
//   <mailbox id>,<key of the thing definition>,<method>[,<key>,<value>]*
//
// Nothing is quoted and no comma escaped, types are lost, an object leaves its separator and nothing else. So keys are
// known by their alphabet: where one should be and something else is, the value before it had a comma, and takes the rest.
import type { MethodCall } from '../../../core/index.js';

export type Params = Readonly<Record<string, unknown>>;

const KEY = /^[A-Za-z0-9_.-]{1,64}$/;
const MAX_PAIRS = 64;
const MAX_ID = 128;
const MAX_METHOD = 128;
/** The module writes whole numbers as they are, others with six decimals or as `%e`. Leading zeros are none of its. */
const WHOLE = /^-?(?:0|[1-9]\d{0,15})$/;
const FRACTION = /^-?(?:0|[1-9]\d{0,30})\.\d{6}$/;
const EXPONENT = /^-?\d\.\d{6}e[+-]\d{2,3}$/;
const SHORT_FRACTION = /^-?(?:0|[1-9]\d{0,15})\.\d{1,15}$/;
/** Letters and digits, some of them digits: 24 of hexadecimal as far as is known. */
const MAILBOX_ID = /^(?=[^,]*\d)[0-9a-z-]{8,64}$/i;

/** A value of the type it most likely had. Text that would not come back the same from a number stays text. */
export function valueOf(text: string): unknown {
  if (text === 'true') return true;
  if (text === 'false') return false;
  const number = Number(text);
  if (WHOLE.test(text)) return Number.isSafeInteger(number) ? number : text;
  if (FRACTION.test(text) || EXPONENT.test(text)) return number;
  return SHORT_FRACTION.test(text) && String(number) === text ? number : text;
}

/** `<key>,<value>` from `from` on. */
export function paramsOf(text: string, from = 0): Params {
  const pairs: [string, unknown][] = [];
  const seen = new Set<string>();
  let at = from;
  /** Where the value before this began; it may turn out to be longer. */
  let valueAt = -1;
  while (at <= text.length && pairs.length < MAX_PAIRS) {
    const keyEnd = endOf(text, at);
    const key = text.slice(at, keyEnd);
    // An object or array: both its key and its value are missing.
    if (key === '' && keyEnd < text.length) {
      at = keyEnd + 1;
      continue;
    }
    const last = pairs.at(-1);
    if (keyEnd === text.length || !KEY.test(key)) {
      if (last !== undefined && key !== '') last[1] = text.slice(valueAt);
      else if (last === undefined && KEY.test(key)) pairs.push([key, '']);
      break;
    }
    valueAt = keyEnd + 1;
    const valueEnd = endOf(text, valueAt);
    pairs.push([key, valueOf(text.slice(valueAt, valueEnd))]);
    at = valueEnd + 1;
  }
  return Object.fromEntries(
    pairs.filter(([key]) => {
      if (key === '__proto__' || seen.has(key)) return false;
      seen.add(key);
      return true;
    }),
  );
}

const endOf = (text: string, from: number): number => {
  const comma = text.indexOf(',', from);
  return comma < 0 ? text.length : comma;
};

/** The call, or undefined when it has no id or no name: nobody could acknowledge it then. */
export function methodOf(text: string): MethodCall | undefined {
  const idEnd = endOf(text, 0);
  const thingEnd = endOf(text, idEnd + 1);
  const methodEnd = endOf(text, thingEnd + 1);
  const id = text.slice(0, idEnd).trim();
  const thingDefKey = text.slice(idEnd + 1, thingEnd).trim();
  const method = text.slice(thingEnd + 1, methodEnd).trim();
  if (thingEnd >= text.length) return undefined;
  if (!isName(id, MAX_ID) || !isName(method, MAX_METHOD)) return undefined;
  return {
    id,
    method,
    params: methodEnd < text.length ? paramsOf(text, methodEnd + 1) : {},
    ...(isName(thingDefKey, MAX_ID) ? { thingDefKey } : {}),
  };
}

const isName = (text: string, max: number): boolean =>
  text.length > 0 && text.length <= max && /^[\x21-\x7e]+$/.test(text);

/** Whether a message of unknown kind is a call rather than an answer: its ring was missed. */
export function looksLikeMethod(text: string): boolean {
  if (text === 'OK' || text.startsWith('Failed') || text.startsWith('{')) return false;
  return MAILBOX_ID.test(text.slice(0, endOf(text, 0)).trim()) && methodOf(text) !== undefined;
}
