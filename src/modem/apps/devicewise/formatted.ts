// A TR50 command as one line of AT#DWSEND, where the module's way of cutting it up does no harm (specs/devicewise.md 1.7).
// It splits at commas without regard for empty values, takes digits and one dot for a number (whole ones in 32 bits), a
// minus for text, and knows no escape. Only what is safe by those rules becomes a line; the rest goes as raw JSON.
import type { Tr50Command } from '../../../core/index.js';

/** Answered with nothing but OK: the types of other answers are lost on this way. */
const COMMANDS: ReadonlySet<string> = new Set([
  'property.publish',
  'attribute.publish',
  'thing.attr.set',
  'location.publish',
  'alarm.publish',
  'log.publish',
]);
const MAX_PAIRS = 12;
const MAX_LINE = 500;
const KEY = /^[A-Za-z][A-Za-z0-9_]{0,31}$/;
/** Whole, or with one dot; `String` of a JavaScript number has no leading zeros. */
const DECIMAL = /^\d{1,10}(?:\.\d{1,6})?$/;
const MAX_WHOLE = 2 ** 31 - 1;
/** Printable ASCII without quote, comma, semicolon and backslash, and no blank at either end. */
const TEXT = /^(?! )[\x20\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,255}(?<! )$/;

/** Needs no quotes, as in the examples of the module's manual. */
const WORD = /^[A-Za-z][A-Za-z0-9_-]*$/;

function encode(value: unknown): string | undefined {
  if (typeof value === 'string') {
    if (!TEXT.test(value)) return undefined;
    return WORD.test(value) ? value : `"${value}"`;
  }
  if (typeof value !== 'number' || Object.is(value, -0)) return undefined;
  const text = String(value);
  if (!DECIMAL.test(text)) return undefined;
  return value <= (Number.isInteger(value) ? MAX_WHOLE : 1e9) ? text : undefined;
}

/** The line for what `survivingCommand` gave; undefined when it would not arrive as it is. */
export function formattedLine({ command, params = {} }: Tr50Command): string | undefined {
  const pairs = Object.entries(params);
  if (!COMMANDS.has(command) || pairs.length === 0 || pairs.length > MAX_PAIRS) return undefined;
  let line = `AT#DWSEND=0,${command}`;
  for (const [key, value] of pairs) {
    const text = encode(value);
    if (text === undefined || !KEY.test(key)) return undefined;
    line += `,${key},${text}`;
  }
  return line.length <= MAX_LINE ? line : undefined;
}
