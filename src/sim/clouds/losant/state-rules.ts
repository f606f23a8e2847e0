// What Losant makes of a state that is sent to it, without any I/O: its form, and whether its time is taken
// (specs/losant.md section 3; rows R9 to R12, M26, M27).
import { isRecord } from '../../fields.js';

const ATTRIBUTE = /^[0-9a-zA-Z_-]{1,255}$/;
const KNOWN_MEMBERS: readonly string[] = ['data', 'time', 'flowVersion', 'meta'];
const MAX_TEXT_BYTES = 64 * 1024;
const DAY_MS = 86_400_000;
const MAX_AGE_MS = 30 * DAY_MS;
const MAX_AHEAD_MS = DAY_MS;
/** Smaller numbers are seconds: as milliseconds this one would be in March 1973. */
const SECONDS_BELOW = 100_000_000_000;

export type StateValue = number | string | boolean;

export type StateReading =
  | { is: 'state'; data: Readonly<Record<string, StateValue>>; timeMs: number }
  | { is: 'malformed'; why: string };

/** ms since 1970 UTC; undefined when it is no time at all. */
export function readTime(value: unknown, nowMs: number): number | undefined {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return undefined;
    if (value < 0) return nowMs + value;
    return value < SECONDS_BELOW ? value * 1000 : value;
  }
  if (typeof value === 'string') {
    if (/^-?\d+(\.\d+)?$/.test(value)) return readTime(Number(value), nowMs);
    const ms = Date.parse(value);
    return Number.isNaN(ms) ? undefined : ms;
  }
  if (!isRecord(value)) return undefined;
  const date = value['$date'];
  if (isRecord(date)) {
    const ms = Number(date['$numberLong']);
    return Number.isFinite(ms) ? ms : undefined;
  }
  if (typeof date === 'number') return Number.isFinite(date) ? date : undefined;
  return typeof date === 'string' ? readTime(date, nowMs) : undefined;
}

/** Judges one state. */
export function readState(body: unknown, nowMs: number): StateReading {
  if (!isRecord(body)) return { is: 'malformed', why: 'state must be an object' };
  const stranger = Object.keys(body).find((name) => !KNOWN_MEMBERS.includes(name));
  if (stranger !== undefined) return { is: 'malformed', why: `unknown member ${stranger.slice(0, 40)}` };
  const { data, time } = body;
  if (!isRecord(data)) return { is: 'malformed', why: 'data must be an object' };
  for (const [name, value] of Object.entries(data)) {
    if (!ATTRIBUTE.test(name)) return { is: 'malformed', why: 'bad attribute name' };
    if (typeof value === 'string') {
      if (Buffer.byteLength(value) > MAX_TEXT_BYTES) return { is: 'malformed', why: `${name} is too long` };
    } else if (typeof value !== 'number' && typeof value !== 'boolean')
      return { is: 'malformed', why: `${name} must be a number, text or truth value` };
  }
  const timeMs = time === undefined ? nowMs : readTime(time, nowMs);
  if (timeMs === undefined) return { is: 'malformed', why: 'time cannot be read' };
  return { is: 'state', data: data as Record<string, StateValue>, timeMs: Math.round(timeMs) };
}

/** Why a time is silently not taken; undefined when it is. */
export function timeRefusal(timeMs: number, nowMs: number): 'too-old' | 'too-far-ahead' | undefined {
  if (timeMs < nowMs - MAX_AGE_MS) return 'too-old';
  return timeMs > nowMs + MAX_AHEAD_MS ? 'too-far-ahead' : undefined;
}

export function isDeclared(name: string, own: readonly string[], more: readonly string[]): boolean {
  return (
    own.includes(name) || more.some((each) => (each.endsWith('*') ? name.startsWith(each.slice(0, -1)) : each === name))
  );
}
