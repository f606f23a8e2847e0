// Tokens that were refused, by fingerprint: one that is put back in place of another one still has its rest before it, so
// that a file which goes back and forth between two of them makes nobody ask the platform each time.
import { RecentMap } from '../../core/index.js';

/** More than that are a person trying them out. */
const MAX_REMEMBERED = 16;

export interface Refused {
  /** In a row. */
  refusals: number;
  untilMonoMs: number;
}

/** By fingerprint. */
export const rememberRefusedTokens = (): RecentMap<string, Refused> => new RecentMap(MAX_REMEMBERED);
