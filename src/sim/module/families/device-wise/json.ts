// JSON as the client writes it, and replies flattened for the delimited form. Numbers suffer on the way
// (specs/devicewise.md 1.8).
import { isRecord } from '../../../fields.js';

const INT_MAX = 2 ** 31 - 1;
const isInt32 = (value: number): boolean => Number.isInteger(value) && value >= -INT_MAX - 1 && value <= INT_MAX;

/** `%e`: 1.700000e+09. */
const exponential = (value: number): string =>
  value.toExponential(6).replace(/e([+-])(\d)$/, (_, sign: string, digit: string) => `e${sign}0${digit}`);

/** Whole numbers as they are, others with six decimals, very large and very small ones with seven digits. */
export function printNumber(value: number): string {
  if (isInt32(value) || Number.isInteger(value)) return value.toFixed(0);
  const size = Math.abs(value);
  return size < 1e-6 || size > 1e9 ? exponential(value) : value.toFixed(6);
}

/** A parsed value written again; undefined members are left out. */
export function printJson(value: unknown): string {
  if (typeof value === 'number') return printNumber(value);
  if (Array.isArray(value)) return `[${value.map(printJson).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${printJson(member)}`).join(',')}}`;
}

/** Undefined: no JSON, or nothing that has members. */
export function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The client looks names up in any case. */
export function member(value: unknown, name: string): unknown {
  if (!isRecord(value)) return undefined;
  const found = Object.keys(value).find((key) => key.toLowerCase() === name);
  return found === undefined ? undefined : value[found];
}

function flat(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return isInt32(value) ? value.toFixed(0) : value.toFixed(6);
  // Objects, arrays and null print nothing, and keep their comma.
  return typeof value === 'boolean' ? `${value}` : '';
}

/** `key,value,key,value`, strings neither quoted nor escaped. Empty for no members. */
export const flatten = (params: unknown): string =>
  isRecord(params)
    ? Object.entries(params)
        .flatMap(([key, value]) => [key, flat(value)])
        .join(',')
    : '';

export interface Verdict {
  isFailed: boolean;
  text: string;
}

function failedText(part: unknown): Verdict {
  const messages = member(part, 'errormessages');
  const first: unknown = Array.isArray(messages) ? messages[0] : undefined;
  return { isFailed: true, text: typeof first === 'string' ? `Failed: ${first}` : 'Failed without message.' };
}

/** What becomes of a reply: only command id "1" is looked at, and of a failure only its first text is kept. */
export function verdictOf(payload: Uint8Array, isRaw: boolean): Verdict {
  const reply = parseObject(payload);
  if (member(reply, 'success') === false) return failedText(reply);
  const answer = member(reply, '1');
  if (member(answer, 'success') !== true) return failedText(answer);
  if (isRaw) return { isFailed: false, text: printJson(reply) };
  const text = flatten(member(answer, 'params'));
  return { isFailed: false, text: text === '' ? 'OK' : text };
}
