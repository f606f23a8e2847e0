// When the configuration is read again: at once, but never twice within five seconds however often it is asked for
// (specs/reliability.md fault R4), and never while a reading is still at work.
//
//              asked / read                done / rest 5 s
//   quiet ─────────────────────→ reading ─────────────────→ resting
//     ▲                          │     ▲                    │     │
//     │                    asked │     │ rested / read      │     │ asked
//     │                          ▼     │                    │     ▼
//     │                     (asked again: remembered) ──────┼─→ resting, asked again
//     └─────────────────────────────────── rested ──────────┘
//
// Who asks during a reading gets one that begins after the question: the file may have been saved in between.

export interface ReloadTurns {
  is: 'quiet' | 'reading' | 'resting';
  isAskedAgain: boolean;
}

export type ReloadEvent = 'asked' | 'done' | 'rested';
export type ReloadEffect = 'read' | 'rest';

export const RELOAD_START: ReloadTurns = { is: 'quiet', isAskedAgain: false };
export const REST_MS = 5000;

const READING = { state: { is: 'reading', isAskedAgain: false }, effects: ['read'] } as const;

/** Pure. */
export function nextReload(
  state: ReloadTurns,
  event: ReloadEvent,
): { state: ReloadTurns; effects: readonly ReloadEffect[] } {
  switch (event) {
    case 'asked':
      return state.is === 'quiet' ? READING : { state: { ...state, isAskedAgain: true }, effects: [] };
    case 'done':
      return state.is === 'reading'
        ? { state: { ...state, is: 'resting' }, effects: ['rest'] }
        : { state, effects: [] };
    case 'rested':
      if (state.is !== 'resting') return { state, effects: [] };
      return state.isAskedAgain ? READING : { state: RELOAD_START, effects: [] };
  }
}
