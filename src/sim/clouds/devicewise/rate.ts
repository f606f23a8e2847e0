// At most so many commands of a thing in any second (specs/devicewise.md 2.7).
import type { Clock } from '../../../core/index.js';

const SECOND_MS = 1000;

export interface Rate {
  /** Counts one; false when it is one too many (and then not counted). */
  take(thingKey: string): boolean;
  forget(thingKey: string): void;
}

export function createRate(clock: Clock, most: () => number): Rate {
  const seen = new Map<string, number[]>();
  return {
    take(thingKey) {
      const now = clock.mono();
      const times = seen.get(thingKey) ?? [];
      const fresh = times.findIndex((at) => at > now - SECOND_MS);
      times.splice(0, fresh < 0 ? times.length : fresh);
      seen.set(thingKey, times);
      if (times.length >= most()) return false;
      times.push(now);
      return true;
    },
    forget: (thingKey) => void seen.delete(thingKey),
  };
}
