// Reads the params of one command: values of the wrong type are coerced or refused as the knob says, and noted. The
// first mistake counts; after it the reader gives harmless values, so that a command looks for it once, at its end.
import { type Failure, failed } from './answers.js';
import type { DeviceWiseSettings } from './settings.js';
import type { Json } from './types.js';

/** Letters, digits, `_` and `-`. */
const KEY = /^[A-Za-z0-9_-]{1,64}$/;
const NUMERIC = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const MAX_TEXT = 65_536;
const MAX_CORR_ID = 128;
export const MAX_TAGS = 100;

export const isKey = (text: string): boolean => KEY.test(text);
export const looksNumeric = (text: string): boolean => NUMERIC.test(text);

export interface NumberRule {
  min?: number;
  max?: number;
  isWhole?: boolean;
}

export interface Params {
  has(name: string): boolean;
  /** Needed ones give NaN or an empty text after a mistake. */
  number(name: string, rule?: NumberRule): number;
  maybeNumber(name: string, rule?: NumberRule): number | undefined;
  text(name: string): string;
  maybeText(name: string): string | undefined;
  key(name: string): string;
  flag(name: string): boolean;
  texts(name: string): string[];
  /** `ts`; without it the time of arrival. */
  time(): { tsMs: number; isTimed: boolean };
  corrId(): { corrId?: string };
  readonly coerced: readonly string[];
  readonly failure: Failure | undefined;
}

export interface ParamsFacts {
  settings: DeviceWiseSettings;
  nowMs: number;
}

export function createParams(raw: Json, { settings, nowMs }: ParamsFacts): Params {
  const coerced: string[] = [];
  let failure: Failure | undefined;
  const miss = (detail: string): void => {
    failure ??= failed('parameter', detail);
  };
  const get = (name: string): unknown => (Object.hasOwn(raw, name) ? raw[name] : undefined);
  const canCoerce = (name: string): boolean => {
    if (settings.coerceStrings === 'off') return false;
    coerced.push(name);
    return true;
  };

  const maybeNumber = (name: string, { min, max, isWhole = false }: NumberRule = {}): number | undefined => {
    const value = get(name);
    if (value === undefined) return undefined;
    const number =
      typeof value === 'string' && looksNumeric(value) && canCoerce(name) ? Number(value) : (value as number);
    const fits =
      typeof number === 'number' &&
      Number.isFinite(number) &&
      Math.abs(number) <= Number.MAX_SAFE_INTEGER &&
      number >= (min ?? -Infinity) &&
      number <= (max ?? Infinity) &&
      (!isWhole || Number.isInteger(number));
    if (fits) return number;
    const range = min === undefined && max === undefined ? '' : ` from ${min ?? 'any'} to ${max ?? 'any'}`;
    miss(`${name} must be a ${isWhole ? 'whole ' : ''}number${range}`);
    return undefined;
  };
  const maybeText = (name: string): string | undefined => {
    const value = get(name);
    if (value === undefined) return undefined;
    const isScalar = typeof value === 'number' || typeof value === 'boolean';
    const text = isScalar && canCoerce(name) ? String(value) : value;
    if (typeof text === 'string' && text.length <= MAX_TEXT) return text;
    miss(`${name} must be a text of at most ${MAX_TEXT} characters`);
    return undefined;
  };
  const needed = <T>(value: T | undefined, name: string, other: T): T => {
    if (value === undefined) miss(`${name} is missing`);
    return value ?? other;
  };
  const text = (name: string): string => needed(maybeText(name), name, '');

  return {
    has: (name) => get(name) !== undefined,
    number: (name, rule) => needed(maybeNumber(name, rule), name, Number.NaN),
    maybeNumber,
    text,
    maybeText,
    key(name) {
      const key = text(name);
      if (!isKey(key)) miss(`${name} must be at most 64 letters, digits, _ and -`);
      return key;
    },
    flag(name) {
      const value = get(name);
      if (value === undefined || typeof value === 'boolean') return value ?? false;
      if ((value === 'true' || value === 'false') && canCoerce(name)) return value === 'true';
      if ((value === 0 || value === 1) && canCoerce(name)) return value === 1;
      miss(`${name} must be true or false`);
      return false;
    },
    texts(name) {
      const value = get(name);
      const isList = Array.isArray(value) && value.length <= MAX_TAGS;
      if (isList && value.every((each): each is string => typeof each === 'string' && isKey(each))) return value;
      miss(`${name} must be a list of at most ${MAX_TAGS} words`);
      return [];
    },
    time() {
      const value = get('ts');
      if (value === undefined) return { tsMs: nowMs, isTimed: false };
      const tsMs = typeof value === 'string' && RFC3339.test(value) ? Date.parse(value) : Number.NaN;
      if (Number.isNaN(tsMs)) miss('ts must be a time of RFC 3339 with its zone');
      else if (tsMs > nowMs && settings.futureTs === 'reject') failure ??= failed('expired', 'Timestamp ts');
      return { tsMs, isTimed: true };
    },
    corrId() {
      const corrId = maybeText('corrId');
      if (corrId === undefined) return {};
      if (corrId.length > MAX_CORR_ID) miss(`corrId must be a text of at most ${MAX_CORR_ID} characters`);
      return { corrId };
    },
    coerced,
    get failure() {
      return failure;
    },
  };
}
