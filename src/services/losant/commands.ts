// Commands as Losant delivers them, over MQTT or from REST, made into the one form the agent decides on (specs/losant.md
// section 3). It is text from outside: bounded in size and depth, members that would reach a prototype are not seen, and
// what cannot be read is a verdict, never an error.
//
// Losant gives a command no id over MQTT. One is made of name, time and payload with the members in order, so that the same
// command has the same id whether the session delivered it or it was fetched later, and is run once. Two commands alike in
// all three to the millisecond are one command.
import { createHash } from 'node:crypto';
import type { CloudCommand } from '../../core/index.js';

export const MAX_COMMAND_BYTES = 256 * 1024;
export const MAX_COMMAND_NAME = 255;
/** Objects and lists within each other; the payload itself is the first. */
export const MAX_COMMAND_DEPTH = 16;
/** The last moment a Date can say. */
const MAX_UTC_MS = 8_640_000_000_000_000;
/** Numbers below are seconds: ms would be before March 1973, seconds beyond it are after the year 5138. */
const SECONDS_BELOW = 100_000_000_000;

export type CommandReading = { is: 'command'; command: CloudCommand } | { is: 'malformed'; reason: string };

type Json = Readonly<Record<string, unknown>>;

const malformed = (reason: string): CommandReading => ({ is: 'malformed', reason });
const HIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** A command as the session delivers it. `isRetained`: the broker's flag; Losant never sets it. */
export function parseCommandText(body: Uint8Array | string, { isRetained = false } = {}): CommandReading {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  if (length > MAX_COMMAND_BYTES) return malformed(`${length} bytes, of which ${MAX_COMMAND_BYTES} are read`);
  let value: unknown;
  try {
    const text =
      typeof body === 'string' ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
    value = JSON.parse(text);
  } catch {
    return malformed('it is no JSON');
  }
  return read(value, isRetained);
}

/** A command out of the list REST answers with. Its size is bounded here again: a list says nothing of its items. */
export function parseCommandItem(item: unknown): CommandReading {
  let text: unknown;
  try {
    text = JSON.stringify(item);
  } catch {
    return malformed('it is no JSON');
  }
  return typeof text === 'string' ? parseCommandText(text) : malformed('it is no object');
}

function read(value: unknown, isRetained: boolean): CommandReading {
  if (!isObject(value)) return malformed('it is no object');
  const name = member(value, 'name');
  if (typeof name !== 'string' || name.length < 1 || name.length > MAX_COMMAND_NAME)
    return malformed(`the name must be a text of 1 to ${MAX_COMMAND_NAME} characters`);
  const time = member(value, 'time');
  const sentUtcMs = time === undefined || time === null ? undefined : readTime(time);
  if (sentUtcMs === 'unreadable') return malformed('the time is not of a form Losant sends');
  let payload: unknown;
  try {
    payload = unwrap(member(value, 'payload'), 0);
  } catch (error) {
    if (error instanceof TooDeep) return malformed(`the payload is nested deeper than ${MAX_COMMAND_DEPTH}`);
    throw error;
  }
  const id = createHash('sha256')
    .update(JSON.stringify([name, sentUtcMs ?? null, inOrder(payload)]))
    .digest('hex')
    .slice(0, 32);
  return {
    is: 'command',
    command: { from: 'losant', id, name, payload, ...(sentUtcMs === undefined ? {} : { sentUtcMs }), isRetained },
  };
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const member = (from: Json, key: string): unknown => (Object.hasOwn(from, key) ? from[key] : undefined);

/** The one value of an object with this one member. */
function only(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) && Object.keys(value).length === 1 ? value[key] : undefined;
}

/** When an item of the list was sent, even if the rest of it cannot be read. */
export function commandTimeMs(item: unknown): number | undefined {
  const utcMs = isObject(item) ? readTime(member(item, 'time')) : 'unreadable';
  return utcMs === 'unreadable' ? undefined : utcMs;
}

/** ISO text, ms, seconds, `{$date}` of ISO or of `{$numberLong}`: ms since 1970 UTC. */
function readTime(value: unknown): number | 'unreadable' {
  const date = only(value, '$date');
  const plain = date === undefined ? value : (only(date, '$numberLong') ?? date);
  if (typeof plain === 'number')
    return inRange(Math.abs(plain) < SECONDS_BELOW && date === undefined ? plain * 1000 : plain);
  if (typeof plain !== 'string' || plain.length > 64) return 'unreadable';
  if (/^-?\d{1,16}$/.test(plain)) return readTime(date === undefined ? Number(plain) : { $date: Number(plain) });
  // Date.parse takes nearly anything, so it has to look like a date first.
  if (!/^\d{4}-\d{2}-\d{2}|^[A-Za-z]{3}[, ]/.test(plain)) return 'unreadable';
  return inRange(Date.parse(plain));
}

const inRange = (utcMs: number): number | 'unreadable' =>
  Math.abs(utcMs) <= MAX_UTC_MS ? Math.round(utcMs) : 'unreadable';

class TooDeep extends Error {}
const DROPPED = Symbol('dropped');

/** Plain JSON of extended JSON: dates as ISO text, long numbers as numbers, what was undefined left out. */
function unwrap(value: unknown, depth: number): unknown {
  const plain = unwrapped(value, depth);
  return plain === DROPPED ? undefined : plain;
}

function unwrapped(value: unknown, depth: number): unknown {
  // JSON has no infinity and one zero: by the other road they come so.
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_COMMAND_DEPTH) throw new TooDeep();
  if (Array.isArray(value)) {
    return (value as unknown[]).map((item) => {
      const plain = unwrapped(item, depth + 1);
      // A list keeps its places.
      return plain === DROPPED ? null : plain;
    });
  }
  if (only(value, '$undefined') === true) return DROPPED;
  const long = asLong(only(value, '$numberLong'));
  if (long !== undefined) return long;
  if (only(value, '$date') !== undefined) {
    const utcMs = readTime(value);
    if (utcMs !== 'unreadable') return new Date(utcMs).toISOString();
  }
  const plain: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (HIDDEN.has(key)) continue;
    const inner = unwrapped(item, depth + 1);
    if (inner !== DROPPED) plain[key] = inner;
  }
  return plain;
}

/** A long number as a number, where a number can hold it exactly. */
function asLong(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}

/** The same value with all members in order: two roads may write them differently. */
function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (Array.isArray(value)) return (value as unknown[]).map(inOrder);
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, inOrder(item)]);
  // Within an object of its own: no list may look like it.
  return { members };
}
