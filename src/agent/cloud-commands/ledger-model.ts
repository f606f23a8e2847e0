// What is remembered of commands, as data: a ring of 512 entries of 24 hours, and what was let go of before its time. Pure.
//
//   (nothing) ──noted──→ intent ──effect over──→ done(end, code, message)      answered again as `repeated`
//                          │
//                          ╰── the process ended in between ──→ done(interrupted)   answered once by itself, never run
//
// An intent is never let go of: it is the only witness of an effect that may have happened. Of what is let go of, the
// newest time of sending is kept for each cloud: whatever that cloud sent then or earlier counts as known, so that a
// command which has left the ring cannot be run a second time by being sent again as it was. A time nobody could check, or
// that is ahead of a clock that is believed, moves nothing: it would keep away everything sent until then. A command without
// a time is known by its id alone, and some clouds send it until it is answered, however long that takes: only the number
// of others makes it go.
import { COMMAND_ENDS, type CommandEnd } from '../../core/index.js';
import type { Codec } from '../../vault/index.js';

export const MAX_ENTRIES = 512;
export const KEPT_MS = 24 * 3_600_000;
export const MAX_ID = 128;
export const MAX_MESSAGE = 240;
const MAX_FROM = 32;
const MAX_NAME = 32;
const MAX_CODE = 64;
const MAX_CLOUDS = 8;
/** How far clocks may be apart: a command from further ahead is not taken while ours is believed. */
export const FUTURE_MS = 10 * 60_000;

export interface LedgerNow {
  wallMs: number;
  /** May the wall clock be believed? */
  isTrusted: boolean;
}

/** How it ended, short enough to be kept; what a report held is not kept. */
export interface Outcome {
  end: CommandEnd;
  code?: string;
  message: string;
}

export interface Entry {
  from: string;
  id: string;
  name: string;
  phase: 'intent' | 'done';
  /** Wall clock when it was noted. Ages count only when the clock was believed then and is now. */
  atUtcMs: number;
  isTimed: boolean;
  sentUtcMs?: number;
  outcome?: Outcome;
}

export interface LedgerState {
  /** Oldest first. */
  entries: readonly Entry[];
  /** By cloud: the newest time of sending among what is not in the ring any more. */
  forgottenUtcMs: Readonly<Record<string, number>>;
}

export const LEDGER_START: LedgerState = { entries: [], forgottenUtcMs: {} };

export const entryOf = (state: LedgerState, from: string, id: string): Entry | undefined =>
  state.entries.find((entry) => entry.from === from && entry.id === id);

/** True for what was sent no later than something of the same cloud that has left the ring. */
export function isForgotten(state: LedgerState, from: string, sentUtcMs: number | undefined, now: LedgerNow): boolean {
  const mark = state.forgottenUtcMs[from];
  if (mark === undefined || sentUtcMs === undefined) return false;
  // Kept by an earlier version, or while the clock ran ahead.
  if (now.isTrusted && mark > now.wallMs + FUTURE_MS) return false;
  return sentUtcMs <= mark;
}

/** What may be kept of its time of sending; undefined: nobody could check it, then or now. */
function markOf({ sentUtcMs, isTimed, atUtcMs }: Entry, now: LedgerNow): number | undefined {
  if (sentUtcMs === undefined || (!isTimed && !now.isTrusted)) return undefined;
  return Math.min(sentUtcMs, isTimed ? atUtcMs + FUTURE_MS : now.wallMs);
}

function without(state: LedgerState, gone: readonly Entry[], now: LedgerNow): LedgerState {
  if (gone.length === 0) return state;
  const marks = new Map(Object.entries(state.forgottenUtcMs));
  for (const entry of gone) {
    const before = marks.get(entry.from) ?? Number.NEGATIVE_INFINITY;
    const kept = now.isTrusted && before > now.wallMs + FUTURE_MS ? Number.NEGATIVE_INFINITY : before;
    const mark = Math.max(markOf(entry, now) ?? kept, kept);
    if (Number.isFinite(mark)) marks.set(entry.from, mark);
  }
  const isGone = new Set(gone);
  return {
    entries: state.entries.filter((entry) => !isGone.has(entry)),
    forgottenUtcMs: Object.fromEntries([...marks].slice(-MAX_CLOUDS)),
  };
}

/** Pure: without what is older than a day, as far as the clock can tell, and at most so many. Intents stay. */
export function pruned(state: LedgerState, now: LedgerNow): LedgerState {
  const isOld = ({ phase, isTimed, atUtcMs, sentUtcMs }: Entry): boolean =>
    phase === 'done' && sentUtcMs !== undefined && now.isTrusted && isTimed && now.wallMs - atUtcMs >= KEPT_MS;
  const young = without(state, state.entries.filter(isOld), now);
  const surplus = young.entries.length - MAX_ENTRIES;
  if (surplus <= 0) return young;
  const gone = young.entries.filter(({ phase }) => phase === 'done').slice(0, surplus);
  return without(young, gone, now);
}

/** Pure: with one more at the end, or in place of the entry of the same command. */
export function withEntry(state: LedgerState, entry: Entry): LedgerState {
  const at = state.entries.findIndex(({ from, id }) => from === entry.from && id === entry.id);
  return { ...state, entries: at < 0 ? [...state.entries, entry] : state.entries.with(at, entry) };
}

export const withoutEntry = (state: LedgerState, from: string, id: string): LedgerState => ({
  ...state,
  entries: state.entries.filter((entry) => entry.from !== from || entry.id !== id),
});

const textOf = (value: unknown, max: number): string => {
  if (typeof value !== 'string' || value.length > max) throw new Error('not a text of that length');
  return value;
};
const timeOf = (value: unknown): number => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error('not a time');
  return value;
};

function outcomeFrom(data: unknown): Outcome {
  const { end, code, message } = (data ?? {}) as Record<string, unknown>;
  const known = COMMAND_ENDS.find((each) => each === end);
  if (known === undefined) throw new Error('not an end');
  return {
    end: known,
    message: textOf(message, MAX_MESSAGE),
    ...(code === undefined ? {} : { code: textOf(code, MAX_CODE) }),
  };
}

function entryFrom(data: unknown): Entry {
  const { from, id, name, phase, atUtcMs, isTimed, sentUtcMs, outcome } = (data ?? {}) as Record<string, unknown>;
  if (phase !== 'intent' && phase !== 'done') throw new Error('not a phase');
  if ((phase === 'done') !== (outcome !== undefined)) throw new Error('an end without an outcome');
  return {
    from: textOf(from, MAX_FROM),
    id: textOf(id, MAX_ID),
    name: textOf(name, MAX_NAME),
    phase,
    atUtcMs: timeOf(atUtcMs),
    isTimed: isTimed === true,
    ...(sentUtcMs === undefined ? {} : { sentUtcMs: timeOf(sentUtcMs) }),
    ...(outcome === undefined ? {} : { outcome: outcomeFrom(outcome) }),
  };
}

export const ledgerCodec: Codec<LedgerState> = {
  encode: (state) => state,
  decode(data) {
    const { entries, forgottenUtcMs } = data as Record<string, unknown>;
    if (!Array.isArray(entries) || typeof forgottenUtcMs !== 'object' || forgottenUtcMs === null)
      throw new Error('not a ledger of commands');
    const marks = Object.entries(forgottenUtcMs).map(([from, at]) => [textOf(from, MAX_FROM), timeOf(at)] as const);
    return { entries: entries.map(entryFrom), forgottenUtcMs: Object.fromEntries(marks) };
  },
};
