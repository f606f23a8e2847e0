// The billing month, and what was used in it. Pure: the keeper feeds it what the meter has counted since the last look.
//
//   undated ──── the date is believed ───→ month(n) ──── past its end ───→ month(n + 1), from zero
//      │ counts on                            │ counts on; a date before its beginning leaves it as it is
//
// While no date is believed everything counts into the month that was going on, or into none yet: what a gateway without
// a battery clock uses before it knows the time is never lost and never begins a month. A clock that is set back by a few
// days or weeks leaves the month as it is: set right again, it would otherwise make what was used free. One that was far
// ahead and is put right keeps what was used, in the month it really is.

export interface DataMonth {
  /** Both undefined while no date was ever believed. Milliseconds since 1970 UTC. */
  startUtcMs: number | undefined;
  endUtcMs: number | undefined;
  byPurpose: Readonly<Record<string, number>>;
}

export const NO_MONTH: DataMonth = { startUtcMs: undefined, endUtcMs: undefined, byPurpose: {} };

/** More purposes than there are mean a damaged file. */
const MAX_PURPOSES = 32;
/** Set back by more, the date before was wrong, not the one now. */
const SET_BACK_MS = 62 * 86_400_000;

/** The day in that month, or the month's last one. */
function startIn(year: number, month: number, resetDay: number): number {
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(resetDay, last));
}

/** The billing month that holds this moment: its beginning and the next one's. */
export function monthAround(utcMs: number, resetDay: number): { startUtcMs: number; endUtcMs: number } {
  const at = new Date(utcMs);
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  const here = startIn(year, month, resetDay);
  return utcMs >= here
    ? { startUtcMs: here, endUtcMs: startIn(year, month + 1, resetDay) }
    : { startUtcMs: startIn(year, month - 1, resetDay), endUtcMs: here };
}

/** Eight pebibytes: nobody's month. Beyond it a sum would lose bytes, and far beyond it could not be written down. */
export const MOST_BYTES = Number.MAX_SAFE_INTEGER;
/** No later date can be written as one. */
export const MAX_DATE_MS = 8.64e15;

/** What is no number of bytes adds nothing. */
const added = (before: number, more: number): number => Math.min(MOST_BYTES, before + (more > 0 ? more : 0));

function plus(before: DataMonth['byPurpose'], more: DataMonth['byPurpose']): DataMonth['byPurpose'] {
  const sum = new Map(Object.entries(before));
  for (const [purpose, bytes] of Object.entries(more)) {
    const known = sum.has(purpose) || sum.size < MAX_PURPOSES ? purpose : 'other';
    sum.set(known, added(sum.get(known) ?? 0, bytes));
  }
  return Object.fromEntries(sum);
}

export interface Moment {
  /** Undefined while the date is not believed. */
  utcMs: number | undefined;
  resetDay: number;
}

/** Pure: the month after so many more bytes, now. Bytes since the last look belong to the month before if it has ended. */
export function counted(before: DataMonth, more: DataMonth['byPurpose'], { utcMs, resetDay }: Moment): DataMonth {
  const sum = plus(before.byPurpose, more);
  // The months around it need dates, too.
  if (utcMs === undefined || !(Math.abs(utcMs) < MAX_DATE_MS - SET_BACK_MS)) return { ...before, byPurpose: sum };
  const { startUtcMs: was, endUtcMs: end } = before;
  if (was !== undefined && utcMs < was && was - utcMs < SET_BACK_MS) return { ...before, byPurpose: sum };
  // By the end it had: another reset day moves the beginning, and what has been used is of this month all the same.
  const isOver = end !== undefined && utcMs >= end;
  return { ...monthAround(utcMs, resetDay), byPurpose: isOver ? {} : sum };
}

/** The month began after this moment: the clock was set back, and the month waits for it. Pure. */
export const isAhead = ({ startUtcMs }: DataMonth, utcMs: number | undefined): boolean =>
  startUtcMs !== undefined && utcMs !== undefined && utcMs < startUtcMs;

export const totalOf = ({ byPurpose }: DataMonth): number => Object.values(byPurpose).reduce(added, 0);
