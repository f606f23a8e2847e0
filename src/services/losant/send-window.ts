// How many messages of ours went out within the last 15 s: what Losant counts, and what tells a flood ban from a bad key.
import type { Clock } from '../../core/index.js';
import { WINDOW_MS } from './judge.js';

export interface SendWindow {
  sent(): void;
  count(): number;
}

export function createSendWindow(clock: Clock): SendWindow {
  let times: number[] = [];
  const prune = (): void => {
    const from = clock.mono() - WINDOW_MS;
    times = times.filter((at) => at > from);
  };
  return {
    sent() {
      prune();
      times.push(clock.mono());
    },
    count() {
      prune();
      return times.length;
    },
  };
}
