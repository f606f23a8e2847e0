// Losant's limits and what becomes of those who exceed them (specs/losant.md section 4; rows R14, M14 to M17).
//
//   free --31st message of a topic, or 301st of a connection, in 15 s--> banned for 30 s --> on probation --15 min--> free
//     on probation the next ban lasts twice as long as the one before, at most an hour
import type { Clock } from '../../../core/index.js';

export const WINDOW_MS = 15_000;
export const MAX_PER_TOPIC = 30;
export const MAX_PER_CONNECTION = 300;
const FIRST_BAN_MS = 30_000;
const LONGEST_BAN_MS = 3_600_000;
const PROBATION_MS = 15 * 60_000;

export interface Window {
  /** Counts one; false when it is one too many (and then not counted). */
  take(key: string): boolean;
  forget(prefix: string): void;
}

/** At most `most` of each key in any 15 s. */
export function createWindow(clock: Clock, most: number): Window {
  const seen = new Map<string, number[]>();
  return {
    take(key) {
      const now = clock.mono();
      const times = (seen.get(key) ?? []).filter((at) => at > now - WINDOW_MS);
      seen.set(key, times);
      if (times.length >= most) return false;
      times.push(now);
      return true;
    },
    forget(prefix) {
      for (const key of seen.keys()) if (key.startsWith(prefix)) seen.delete(key);
    },
  };
}

export interface Bans {
  /** Bans a device for as long as its past says, or for `ms`; gives how long. */
  ban(device: string, ms?: number): number;
  lift(device: string): void;
  /** Milliseconds left; 0 = welcome. */
  left(device: string): number;
  /** A banned device tried again: its ban starts anew. */
  extend(device: string): void;
}

export function createBans(clock: Clock): Bans {
  const bans = new Map<string, { untilMs: number; lastedMs: number }>();
  return {
    ban(device, ms) {
      const now = clock.mono();
      const before = bans.get(device);
      const isOnProbation = before !== undefined && now < before.untilMs + PROBATION_MS;
      const lastedMs = ms ?? (isOnProbation ? Math.min(before.lastedMs * 2, LONGEST_BAN_MS) : FIRST_BAN_MS);
      bans.set(device, { untilMs: now + lastedMs, lastedMs });
      return lastedMs;
    },
    lift: (device) => void bans.delete(device),
    left: (device) => Math.max(0, (bans.get(device)?.untilMs ?? 0) - clock.mono()),
    extend(device) {
      const ban = bans.get(device);
      if (ban) ban.untilMs = clock.mono() + ban.lastedMs;
    },
  };
}
