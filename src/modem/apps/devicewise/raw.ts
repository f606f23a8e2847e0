// A TR50 command as the bytes behind AT#DWSENDR (specs/devicewise.md 1.8). The module reads the JSON and writes it anew, so
// what it would damage is put right before, and the same record says the same on every try:
//   a fraction keeps at most 6 decimals (its `%f`): they are rounded here. Of a coordinate that is 11 cm at most.
//   a fraction beyond 1e9 keeps 7 digits (its `%e`): the whole number is said instead.
//   a zero character would end the text: it becomes a blank; half a surrogate pair becomes U+FFFD.
import type { Tr50Command } from '../../../core/index.js';

/** The module takes 1500 and writes some numbers longer than it has read them. */
export const MAX_RAW_BYTES = 1400;
/** The module looks for the answer to this id alone. */
export const COMMAND_ID = '1';

const DECIMALS = 6;
const LARGEST_FRACTION = 1e9;
const MAX_DEPTH = 16;
const MAX_MEMBERS = 4096;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The number as the module will hand it on. */
export function survivingNumber(value: number): number {
  if (Number.isInteger(value)) return value;
  return Math.abs(value) > LARGEST_FRACTION ? Math.round(value) : Number(value.toFixed(DECIMALS));
}

const survivingText = (text: string): string => text.replaceAll('\0', ' ').replace(LONE_SURROGATE, '\ufffd');

/** The command with what the module would damage put right; undefined when it is no JSON. */
export function survivingCommand(command: Tr50Command): Tr50Command | undefined {
  if (command.params === undefined) return { command: command.command };
  let members = 0;
  const copy = (value: unknown, depth: number): unknown => {
    if (depth > MAX_DEPTH || ++members > MAX_MEMBERS) throw new RangeError('too deep or too large');
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'string') return survivingText(value);
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) throw new RangeError('no number of JSON');
      return survivingNumber(value);
    }
    if (Array.isArray(value)) return value.map((one) => copy(one, depth + 1));
    if (typeof value !== 'object') throw new RangeError('no value of JSON');
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key, one]) => one !== undefined && key !== '__proto__')
        .map(([key, one]) => [survivingText(key), copy(one, depth + 1)]),
    );
  };
  try {
    return { command: command.command, params: copy(command.params, 0) as Record<string, unknown> };
  } catch {
    // Also what a getter of a caller's object throws.
    return undefined;
  }
}

/** The whole request, one line of JSON in UTF-8; undefined when it is too long. Takes what `survivingCommand` gave. */
export function rawBytes(command: Tr50Command): Uint8Array | undefined {
  // JSON has its line ends escaped, so that none can stand in it as such.
  const bytes = Buffer.from(JSON.stringify({ [COMMAND_ID]: command }), 'utf8');
  return bytes.length <= MAX_RAW_BYTES ? bytes : undefined;
}
