// Current positions are billed, each one: so they are counted a calendar month (UTC), on disk before they are asked, and
// none is asked while the month cannot be known (specs/thingspace.md 5.2).
import { type Clock, type Logger, WaymarkError } from '../../core/index.js';
import type { Codec } from '../../vault/index.js';
import { type ThingspaceVault, wasDamaged } from './strike-ledger.js';

export interface MonthCount {
  /** `2026-11`. */
  month: string;
  used: number;
}

export interface LocationBudget {
  /** Is one more allowed now? Errors: none; a ledger that cannot be read leaves no room. */
  hasRoom(): Promise<boolean>;
  /** Counts one; on the disk when it resolves. Errors: `thingspace.budget`, `thingspace.ledger`. */
  spend(): Promise<void>;
  /** Of the running month, as far as known. */
  status(): { used: number; left: number };
}

export const BUDGET_SLOT = 'thingspace-budget';

export const monthOf = (utcMs: number): string => new Date(utcMs).toISOString().slice(0, 7);

const monthCodec: Codec<MonthCount> = {
  encode: ({ month, used }) => ({ month, used }),
  decode(data) {
    if (typeof data !== 'object' || data === null) throw new Error('no object');
    const { month, used } = data as Readonly<Record<string, unknown>>;
    if (typeof month !== 'string' || !/^\d{4}-\d\d$/.test(month)) throw new Error('no month');
    if (typeof used !== 'number' || !Number.isSafeInteger(used) || used < 0) throw new Error('no count');
    return { month, used };
  },
};

/** The count as it stands in `month`. A later month on disk means that the clock has stepped back: it goes on counting. */
export function countIn(month: string, kept: MonthCount): MonthCount {
  return kept.month >= month ? kept : { month, used: 0 };
}

export function createLocationBudget(
  deps: { vault: ThingspaceVault; clock: Clock; log: Logger; isWallTrusted: () => boolean },
  limit: number,
): LocationBudget {
  const { vault, clock } = deps;
  const log = deps.log.child('thingspace');
  const slot = vault.slot(BUDGET_SLOT, monthCodec);
  let kept: MonthCount | undefined;

  const load = async (): Promise<MonthCount> => {
    if (kept) return kept;
    const stored = await slot.read();
    // A count that was lost counts as used up: the month's end is near enough, money is not.
    const isLost = wasDamaged(vault, BUDGET_SLOT);
    if (isLost) log.warn('thingspace.budget-lost', { slot: BUDGET_SLOT });
    const month = monthOf(clock.wall());
    const found = stored?.value ?? { month, used: 0 };
    const count = isLost ? { month, used: Math.max(limit, found.used) } : found;
    // The damaged file is put away: without this the next start would find nothing, and begin at zero.
    if (isLost) await slot.write(count);
    kept = count;
    return count;
  };

  const now = async (): Promise<MonthCount> => countIn(monthOf(clock.wall()), await load());

  return {
    async hasRoom() {
      if (!deps.isWallTrusted()) return false;
      try {
        return (await now()).used < limit;
      } catch (error) {
        log.warn('thingspace.budget-unreadable', { error });
        return false;
      }
    },
    async spend() {
      if (!deps.isWallTrusted())
        throw new WaymarkError('thingspace.budget', 'current position: the month is not known');
      try {
        const count = await now();
        if (count.used >= limit)
          throw new WaymarkError('thingspace.budget', `current position: ${count.used} of ${limit} used this month`);
        const next = { ...count, used: count.used + 1 };
        await slot.write(next);
        kept = next;
      } catch (error) {
        if (error instanceof WaymarkError && error.code === 'thingspace.budget') throw error;
        throw new WaymarkError('thingspace.ledger', 'current position: it cannot be counted', { cause: error });
      }
    },
    status() {
      const used = kept ? countIn(monthOf(clock.wall()), kept).used : 0;
      return { used, left: Math.max(0, limit - used) };
    },
  };
}
