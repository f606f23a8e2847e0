// One connection per account: a caster that has not noticed the end of the last one answers the next as if the password
// were wrong (specs/ublox.md 2.1). This remembers our own ends, so that such an answer is taken for what it is, once.
import type { Clock } from '../../core/index.js';

export interface SlotMemory {
  /** A session of this account is up. */
  opened(account: string): void;
  /** It has ended, by whomever. */
  closed(account: string): void;
  /**
   * A 401 came. How long the caster may still hold the place, ms, when that explains it; undefined when it does not.
   * Each end explains one 401.
   */
  explains(account: string): number | undefined;
}

/** The caster drops a silent session after 30 s; twice that is enough. */
const HELD_MS = 60_000;
const MIN_WAIT_MS = 5000;
const MAX_ACCOUNTS = 16;

export const accountOf = ({ host, userName }: { host: string; userName?: string | undefined }): string =>
  `${userName ?? ''}@${host.toLowerCase()}`;

/** One for the whole agent: proofs and sessions of the same account exclude each other. */
export function createSlotMemory({ clock }: { clock: Clock }): SlotMemory {
  /** When it ended; undefined while it is up. */
  const ends = new Map<string, number | undefined>();
  return {
    opened: (account) => void ends.set(account, undefined),
    closed(account) {
      ends.delete(account);
      ends.set(account, clock.mono());
      const oldest = ends.keys().next();
      if (ends.size > MAX_ACCOUNTS && !oldest.done) ends.delete(oldest.value);
    },
    explains(account) {
      if (!ends.has(account)) return undefined;
      const endedAtMonoMs = ends.get(account);
      // Our own session is up at this very moment: the answer says nothing about the password.
      if (endedAtMonoMs === undefined) return clock.ioBudgetMs(HELD_MS);
      ends.delete(account);
      const leftMs = endedAtMonoMs + clock.ioBudgetMs(HELD_MS) - clock.mono();
      return leftMs > 0 ? Math.max(MIN_WAIT_MS, leftMs) : undefined;
    },
  };
}
