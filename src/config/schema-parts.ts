// Building blocks of the schema. Each says in one message what the value must be, and never repeats the value: it may be
// a secret in the wrong place.
import * as v from 'valibot';
import { nearest } from './suggest.js';

/** References to secrets; anything else in their place is refused. */
export const SECRET_REF =
  /^(?:file:[^\u0000-\u001f\u007f]{1,1000}|env:[A-Za-z_][A-Za-z0-9_]{0,127}|credential:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$/;

/** A group of keys; no other keys are allowed. */
export function section<E extends v.ObjectEntries>(meaning: string, entries: E) {
  return v.pipe(v.strictObject(entries), v.description(meaning));
}

export function whole(min: number, max: number, meaning: string) {
  const message = `must be a whole number from ${min} to ${max}`;
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(min, message),
    v.maxValue(max, message),
    v.description(meaning),
  );
}

/** A number with a fraction. */
export function decimal(min: number, max: number, meaning: string) {
  const message = `must be a number from ${min} to ${max}`;
  return v.pipe(v.number(message), v.minValue(min, message), v.maxValue(max, message), v.description(meaning));
}

export function flag(meaning: string) {
  return v.pipe(v.boolean('must be true or false'), v.description(meaning));
}

export function choice<const T extends readonly string[]>(options: T, meaning: string) {
  const message = `must be one of ${options.join(', ')}`;
  const explain = ({ input }: v.PicklistIssue): string => {
    if (typeof input === 'number' || typeof input === 'boolean') return `${message}; put the value in quotes`;
    const near = typeof input === 'string' ? nearest(input, options) : undefined;
    return near === undefined ? message : `${message}; did you mean ${near}?`;
  };
  return v.pipe(v.picklist(options, explain), v.description(meaning));
}

export interface TextRule {
  /** Longest, in characters. */
  max: number;
  /** What it must match; without it anything but control characters. */
  rule?: RegExp;
  /** What it is, in words, for "must be …". */
  is: string;
}

const NO_CONTROLS = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$/;

const bounded = ({ max, rule = NO_CONTROLS, is }: TextRule) => {
  const message = `must be ${is}`;
  const typeMessage = (issue: v.StringIssue): string =>
    typeof issue.input === 'number' || typeof issue.input === 'boolean'
      ? `${message}; put the value in quotes`
      : message;
  return v.pipe(v.string(typeMessage), v.minLength(1, message), v.maxLength(max, message), v.regex(rule, message));
};

export function text(meaning: string, rule: TextRule) {
  return v.pipe(bounded(rule), v.description(meaning));
}

export function textList(meaning: string, rule: { min: number; max: number; textMax: number; is?: string }) {
  const message = `must be ${rule.is ?? `a list of ${rule.min} to ${rule.max} texts`}`;
  return v.pipe(
    v.array(bounded({ max: rule.textMax, is: 'text without control characters' }), message),
    v.minLength(rule.min, message),
    v.maxLength(rule.max, message),
    v.description(meaning),
  );
}
