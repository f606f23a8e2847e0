// The provisioning machine, pure. An identity counts only after a real connection accepted it; until then the cached one
// is not touched, whatever happens here.
//
//                     begin (something is staged from before)
//              +------------------------------------------------+
//              |                                                v
//   have --begin--> need --due--> ask --answered--> stage --staged--> prove --proved--> promote --promoted--> have
//    ^              ^  ^          |                 ^  |           ^  |  |              ^  |
//    |              |  |          |                 +--+           +--+  |              +--+
//    +---cached     |  +-setback--+                failed          failed|             failed
//                   |     (refused, incomplete, weather)    (weather: waits, keeps what is staged)
//                   +------------------- refused: discards what is staged -+
//
//   changed (another token, endpoint or device): need, prove and stage start over at need, tries forgotten; promote goes on
//
// `wait` is an effect, its end the event `due`; how long it takes is the driver's arithmetic (back-off, budget, hold).
import type { Step, WaymarkError } from '../core/index.js';
import type { SetbackKind } from './refusal.js';

export type ProvisionState =
  /** Nothing usable, or a renewal is wanted; asks as soon as it may. */
  | { is: 'need'; tries: number }
  | { is: 'ask'; tries: number }
  | { is: 'stage'; tries: number }
  | { is: 'prove'; tries: number }
  | { is: 'promote'; tries: number }
  | { is: 'have' };

export type ProvisionEvent =
  | { is: 'cached' }
  | { is: 'begin'; hasStaged: boolean }
  /** A wait is over. */
  | { is: 'due' }
  | { is: 'answered' }
  | { is: 'setback'; kind: SetbackKind; error: WaymarkError }
  | { is: 'staged' }
  | { is: 'proved' }
  | { is: 'promoted' }
  /** Staging, proving or promoting did not work out, for reasons that say nothing about the identity. */
  | { is: 'failed'; error: WaymarkError }
  /** The broker does not want the new identity. */
  | { is: 'refused'; error: WaymarkError }
  | { is: 'changed' };

export type ProvisionEffect =
  | { do: 'wait'; why: 'allowed' | SetbackKind; tries: number; error?: WaymarkError }
  | { do: 'ask' }
  | { do: 'stage' }
  | { do: 'prove' }
  | { do: 'promote' }
  | { do: 'discard' };

type Result = Step<ProvisionState, ProvisionEffect>;

const NEED: Result = { state: { is: 'need', tries: 0 }, effects: [{ do: 'wait', why: 'allowed', tries: 0 }] };

/** What a step does when it is entered, and again after each wait. */
const enter = (is: 'stage' | 'prove' | 'promote', tries = 0): Result => ({
  state: { is, tries },
  effects: [{ do: is }],
});

export function nextProvision(state: ProvisionState, event: ProvisionEvent): Result {
  if (event.is === 'begin') return event.hasStaged ? enter('prove') : NEED;
  switch (state.is) {
    case 'need':
      if (event.is === 'due') return { state: { is: 'ask', tries: state.tries }, effects: [{ do: 'ask' }] };
      if (event.is === 'changed') return NEED;
      return event.is === 'cached' ? { state: { is: 'have' } } : { state };
    case 'ask':
      if (event.is === 'answered') return enter('stage');
      if (event.is === 'setback') {
        const { kind, error } = event;
        return {
          state: { is: 'need', tries: state.tries + 1 },
          effects: [{ do: 'wait', why: kind, tries: state.tries, error }],
        };
      }
      return { state };
    case 'stage':
      return event.is === 'staged' ? enter('prove') : again(state, event);
    case 'prove':
      if (event.is === 'proved') return enter('promote');
      if (event.is === 'refused')
        return {
          state: { is: 'need', tries: 0 },
          effects: [{ do: 'discard' }, { do: 'wait', why: 'refused', tries: 0, error: event.error }],
        };
      return again(state, event);
    case 'promote':
      return event.is === 'promoted' ? { state: { is: 'have' } } : again(state, event);
    case 'have':
      return { state };
  }
}

/** A step that failed waits and is done again: what the service gave us is not asked for twice. */
function again(state: Extract<ProvisionState, { is: 'stage' | 'prove' | 'promote' }>, event: ProvisionEvent): Result {
  const { is, tries } = state;
  if (event.is === 'failed')
    return {
      state: { is, tries: tries + 1 },
      effects: [{ do: 'wait', why: 'weather', tries, error: event.error }],
    };
  // What was proved is promoted whatever changes: the run must not end between the two.
  if (event.is === 'due' || (event.is === 'changed' && is === 'promote')) return enter(is, tries);
  if (event.is === 'changed')
    return { state: { is: 'need', tries: 0 }, effects: [{ do: 'discard' }, ...(NEED.effects ?? [])] };
  return { state };
}
