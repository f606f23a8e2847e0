// Which lamp a person should look at first: the one to mend, not one that is out because of it.
import type { LampName, LampView } from './snapshot.js';

/** The way to the network, in its order. What lies behind it cannot be reached while it is not there. */
export const ROAD: readonly LampName[] = ['modem', 'sim', 'network'];
/** What a far side that cannot be reached looks like from here. */
const UNREACHED = /^(?:net\.|core\.timeout$|tls\.failed$|(?:ntrip|mqtt)\.(?:unavailable|closed)$)/;

/**
 * The first that should be lit and is not; one that only waits comes after, unless it is the way to the network and the
 * dark one says no more than that nothing comes back.
 */
export function firstTroubled(lamps: readonly LampView[]): LampView | undefined {
  const dark = lamps.find(({ state }) => state === 'dark');
  const waiting = lamps.find(({ state }) => state === 'waiting');
  if (!dark || !waiting) return dark ?? waiting;
  const isConsequence =
    ROAD.includes(waiting.name) && lamps.indexOf(waiting) < lamps.indexOf(dark) && UNREACHED.test(dark.reason ?? '');
  return isConsequence ? waiting : dark;
}
