// What the cell positions are doing, in words for people.
import { isAboutToken, type PlanState } from './celllocate-plan.js';
import type { CellPosition } from './source.js';

export interface HeldPosition {
  position: CellPosition;
  /** When it came. */
  atMonoMs: number;
}

function spanWords(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 1) return 'less than a minute';
  if (minutes < 120) return minutes === 1 ? 'a minute' : `${minutes} minutes`;
  return `${Math.round(minutes / 60)} hours`;
}

/** What happens next and when, where that is known. */
export function nextOf(state: PlanState): { what: string; atMonoMs: number } | undefined {
  if (state.at === 'known') return { what: 'asked again while nobody knows better', atMonoMs: state.untilMonoMs };
  if (state.at !== 'resting') return undefined;
  const orToken = isAboutToken(state.error) ? ', or as soon as the token is another one' : '';
  return { what: `asked again${orToken}`, atMonoMs: state.untilMonoMs };
}

function placeWords(held: HeldPosition | undefined, nowMonoMs: number): string {
  if (!held) return 'No position yet.';
  const { latitudeDeg, longitudeDeg, uncertaintyM } = held.position;
  // Three decimals are a hundred metres: more than the cells know, and no more than a log should.
  const place = `${latitudeDeg.toFixed(3)}, ${longitudeDeg.toFixed(3)}`;
  return `By the cells around it the gateway is within ${uncertaintyM} m of ${place} (${spanWords(nowMonoMs - held.atMonoMs)} ago).`;
}

/** One plain sentence. */
export function sentenceOf(state: PlanState, held: HeldPosition | undefined, nowMonoMs: number): string {
  switch (state.at) {
    case 'waiting':
      return 'Waits for the module’s data connection before it is asked where it is.';
    case 'spared':
      return 'The cells are not asked, because a better position is known.';
    case 'asking':
      return 'The module is asked where it is by the cells around it.';
    case 'known':
    case 'done':
      return placeWords(held, nowMonoMs);
    case 'resting': {
      const again = `it is asked again in ${spanWords(state.untilMonoMs - nowMonoMs)}`;
      const orToken = isAboutToken(state.error) ? ', or as soon as the token is another one' : '';
      return `${state.error.message}; ${again}${orToken}.`;
    }
  }
}
