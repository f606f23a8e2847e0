// What the service is at, in one sentence for the status page.
import type { WaymarkError } from '../../core/index.js';
import type { CarrierPosition } from './location.js';

export type ThingspaceState =
  /** Not asked: somebody knows better. */
  | 'spared'
  | 'asking'
  | 'known'
  /** A person has to act: `reason` says what. */
  | 'refused'
  /** No login is made, so that the account is not locked. */
  | 'latched'
  /** Asked again after a pause. */
  | 'paused'
  /** Not running yet, or not any more. */
  | 'idle';

export interface HeldCarrierPosition {
  position: CarrierPosition;
  atMonoMs: number;
}

/** What went wrong, as the state that people see. */
export function stateOfError({ code, retry }: WaymarkError): ThingspaceState {
  if (code === 'thingspace.latched' || code === 'thingspace.login-refused') return 'latched';
  const isPersons = retry === 'operator' || code.startsWith('credential.') || code.startsWith('secret.');
  return isPersons ? 'refused' : 'paused';
}

/** `3 min`, `2 h`, `4 days`. */
function span(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}

function placeWords(held: HeldCarrierPosition | undefined, monoMs: number): string {
  if (!held) return '';
  const { radiusM, ageSeconds } = held.position;
  const ageMs = monoMs - held.atMonoMs + (ageSeconds ?? 0) * 1000;
  return ` The last position, within ${(radiusM / 1000).toFixed(1)} km, is ${span(ageMs)} old.`;
}

export function sentenceOf(
  state: ThingspaceState,
  facts: { held?: HeldCarrierPosition | undefined; error?: WaymarkError | undefined; nextMonoMs?: number | undefined },
  monoMs: number,
): string {
  const next = facts.nextMonoMs === undefined ? '' : ` Next try in ${span(facts.nextMonoMs - monoMs)}.`;
  const place = placeWords(facts.held, monoMs);
  switch (state) {
    case 'idle':
      return `The network is not asked for the position.${place}`;
    case 'spared':
      return `The network is not asked, because a better position is known.${place}`;
    case 'asking':
      return `The network is asked where the gateway is.${place}`;
    case 'known':
      return `The network has said where the gateway is.${place}`;
    case 'refused':
    case 'latched':
    case 'paused':
      return `${facts.error?.hint ?? 'The network gave no position.'}${state === 'latched' ? '' : next}${place}`;
  }
}
