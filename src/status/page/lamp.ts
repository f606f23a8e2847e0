// Which lamp a person should look at first.
import type { LampView } from '../snapshot.js';

/** The first that should be lit and is not; one that only waits comes after. */
export const firstTroubled = (lamps: readonly LampView[]): LampView | undefined =>
  lamps.find(({ state }) => state === 'dark') ?? lamps.find(({ state }) => state === 'waiting');
