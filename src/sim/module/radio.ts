// Registration as a pure machine.
//
//          allowed            search-done: home, roaming
//   off ───────────→ searching ─────────────────────────→ camped
//    ↑                │  ↑ ↑                              │   │
//    │   search-done: │  │ └──────── coverage: none ──────┘   │ coverage: denied
//    │     denied     ↓  │ coverage: anything else            ↓
//    └──────────── denied ←───────────────────────────────────┘
//   forbidden (airplane, no card, deregistered, power) leads from everywhere to off
import { type Step, unreachable } from '../../core/index.js';
import type { Coverage } from './state.js';

export type RadioState = { is: 'off' | 'searching' | 'denied' } | { is: 'camped'; as: 'home' | 'roaming' };
export type RadioEvent =
  | { is: 'allowed' | 'forbidden' }
  | { is: 'coverage' | 'search-done'; coverage: Coverage['state'] };
/** `announce`: tell +CREG and its sisters. `attach`/`detach`: bearers come and go with it. */
export type RadioEffect = 'start-search' | 'stop-search' | 'announce' | 'attach' | 'detach';

export function nextRadio(state: RadioState, event: RadioEvent): Step<RadioState, RadioEffect> {
  switch (event.is) {
    case 'allowed':
      return state.is === 'off' ? { state: { is: 'searching' }, effects: ['announce', 'start-search'] } : { state };
    case 'forbidden':
      if (state.is === 'off') return { state };
      return {
        state: { is: 'off' },
        effects: state.is === 'camped' ? ['detach', 'announce'] : ['stop-search', 'announce'],
      };
    case 'search-done':
      return state.is === 'searching' ? found(event.coverage) : { state };
    case 'coverage':
      return changed(state, event.coverage);
    default:
      return unreachable(event);
  }
}

function found(coverage: Coverage['state']): Step<RadioState, RadioEffect> {
  // Nothing to find: it goes on looking until the coverage changes.
  if (coverage === 'none') return { state: { is: 'searching' } };
  if (coverage === 'denied') return { state: { is: 'denied' }, effects: ['announce'] };
  return { state: { is: 'camped', as: coverage }, effects: ['announce', 'attach'] };
}

function changed(state: RadioState, coverage: Coverage['state']): Step<RadioState, RadioEffect> {
  switch (state.is) {
    case 'off':
      return { state };
    case 'searching':
      return { state, effects: ['start-search'] };
    case 'denied':
      return coverage === 'denied' ? { state } : { state: { is: 'searching' }, effects: ['announce', 'start-search'] };
    case 'camped':
      if (coverage === 'none') return { state: { is: 'searching' }, effects: ['detach', 'announce', 'start-search'] };
      if (coverage === 'denied') return { state: { is: 'denied' }, effects: ['detach', 'announce'] };
      // The cell or the kind of registration may have changed: say it again.
      return { state: { is: 'camped', as: coverage }, effects: ['announce'] };
    default:
      return unreachable(state);
  }
}

/** The <stat> of 27.007. */
export function statOf(state: RadioState): number {
  switch (state.is) {
    case 'off':
      return 0;
    case 'searching':
      return 2;
    case 'denied':
      return 3;
    case 'camped':
      return state.as === 'home' ? 1 : 5;
    default:
      return unreachable(state);
  }
}
