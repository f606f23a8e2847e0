// A level of the log that lasts for a time: whoever raised it may be killed, and a gateway that writes a trace for weeks
// costs its flash.
//
//   usual ──set for a time──→ leased ──its time is over, it is ended, the doors close──→ the level before it
//     ↑                        │  ↑│
//     └────a plain set─────────┘  └┘ renewed: the level before it stays known
//
// A level that somebody else has set meanwhile (a reload) is left alone at the end, and a renewal returns to that one.
import type { Clock, LogLevel, Timer } from '../core/index.js';

/** A day: what is to last longer belongs into the configuration. */
export const MAX_LEASE_SECONDS = 86_400;

export interface LevelChange {
  /** In force now. */
  level: LogLevel;
  before: LogLevel;
}

export interface LevelLease extends Disposable {
  /** For good, or with `forMs` until then. */
  set(level: LogLevel, forMs?: number): LevelChange;
  /** Ends a lease of this level as its time would; without one nothing changes. */
  end(level: LogLevel): LevelChange;
}

/** `put` sets the level and gives the one there was. */
export function createLevelLease(clock: Clock, put: (level: LogLevel) => LogLevel): LevelLease {
  let lease: { level: LogLevel; before: LogLevel; timer: Timer } | undefined;

  const inForce = (): LogLevel => {
    const level = put('info');
    put(level);
    return level;
  };

  function restore(): void {
    if (!lease) return;
    const { level, before, timer } = lease;
    lease = undefined;
    timer.cancel();
    if (inForce() === level) put(before);
  }

  return {
    set(level, forMs) {
      const found = put(level);
      const before = lease && lease.level === found ? lease.before : found;
      lease?.timer.cancel();
      lease = forMs === undefined ? undefined : { level, before, timer: clock.deadline(forMs, restore) };
      return { level, before: found };
    },
    end(level) {
      const before = inForce();
      if (lease?.level === level) restore();
      return { level: inForce(), before };
    },
    [Symbol.dispose]: restore,
  };
}
