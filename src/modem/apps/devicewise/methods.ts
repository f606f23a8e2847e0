// Delimited text of a message, as the module flattens it (specs/devicewise.md 1.8). A method:
//
//   <mailbox id>,<key of the thing definition>,<method>[,<key>,<value>]*
//
// Nothing is quoted and no comma escaped, types are lost, an object leaves its separator and nothing else. So keys are
// known by their alphabet: where one should be and something else is, the value before it had a comma. It takes what
// follows, up to where the rest reads as pairs to its end.
import type { MethodCall } from '../../../core/index.js';

export type Params = Readonly<Record<string, unknown>>;

const KEY = /^[A-Za-z0-9_.-]{1,64}$/;
const MAX_PAIRS = 64;
const MAX_ID = 128;
/** As over the gateway's own roads. */
const METHOD = /^[^\p{Cc}]{1,128}$/u;
/** Of one that is recognised by its form alone. */
const PLAIN_METHOD = /^[\x21-\x7e]{1,128}$/;
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

/** An object or array in front of a pair: of both its key and its value nothing is left. */
const isHole = (fields: readonly string[], at: number): boolean => fields[at] === '' && isPair(fields, at + 1);

const isPair = (fields: readonly string[], at: number): boolean => at + 1 < fields.length && KEY.test(fields[at] ?? '');

/** From which fields on the rest is whole pairs. */
function cleanFrom(fields: readonly string[]): boolean[] {
  const clean = new Array<boolean>(fields.length + 1).fill(false);
  clean[fields.length] = true;
  for (let at = fields.length - 2; at >= 0; at--)
    clean[at] = isPair(fields, at) ? clean[at + 2] === true : isHole(fields, at) && clean[at + 1] === true;
  return clean;
}

/** `<key>,<value>` from `from` on. */
export function paramsOf(text: string, from = 0): Params {
  const fields = text.slice(from).split(',');
  const clean = cleanFrom(fields);
  const params = new Map<string, unknown>();
  let at = 0;
  for (let pairs = 0; pairs < MAX_PAIRS && at < fields.length; pairs++) {
    if (isHole(fields, at)) at++;
    const key = fields[at] ?? '';
    if (!KEY.test(key)) break;
    let end = at + 2;
    if (end < fields.length && !isPair(fields, end) && !isHole(fields, end))
      do end++;
      while (clean[end] === false);
    // The first of its name counts.
    if (!params.has(key) && key !== '__proto__') params.set(key, valueOf(fields.slice(at + 1, end).join(',')));
    at = end;
  }
  return Object.fromEntries(params);
}

const endOf = (text: string, from: number): number => {
  const comma = text.indexOf(',', from);
  return comma < 0 ? text.length : comma;
};

/** No command has it. */
const NO_NAME = '?';

/** The call, or undefined when it has no id: nobody could acknowledge it then. A name that is none is refused as unknown. */
export function methodOf(text: string): MethodCall | undefined {
  const idEnd = endOf(text, 0);
  const thingEnd = endOf(text, idEnd + 1);
  const methodEnd = endOf(text, thingEnd + 1);
  const id = text.slice(0, idEnd).trim();
  const thingDefKey = text.slice(idEnd + 1, thingEnd).trim();
  const method = text.slice(thingEnd + 1, methodEnd).trim();
  if (thingEnd >= text.length) return undefined;
  if (!isName(id, MAX_ID)) return undefined;
  return {
    id,
    method: METHOD.test(method) ? method : NO_NAME,
    params: methodEnd < text.length ? paramsOf(text, methodEnd + 1) : {},
    ...(isName(thingDefKey, MAX_ID) ? { thingDefKey } : {}),
  };
}

const isName = (text: string, max: number): boolean =>
  text.length > 0 && text.length <= max && /^[\x21-\x7e]+$/.test(text);

/** Whether a message of unknown kind is a call rather than an answer: its ring was missed. */
export function looksLikeMethod(text: string): boolean {
  if (looksLikeAnswer(text)) return false;
  if (!MAILBOX_ID.test(text.slice(0, endOf(text, 0)).trim())) return false;
  return PLAIN_METHOD.test(methodOf(text)?.method ?? '');
}

/** The only answers to what is asked: lines are answered with a word, the rest with JSON. */
export const looksLikeAnswer = (text: string): boolean =>
  text === 'OK' || text.startsWith('Failed') || text.startsWith('{');
