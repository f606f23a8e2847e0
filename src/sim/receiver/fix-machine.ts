// How good the simulated position is.
//
//   none ──2 s after power-up──→ 3d ──OCB, HPAC and GAD each used within 60 s──→ rtk_float ──3 s──→ rtk_fixed
//    ↑                            ↑                                                  │                 │
//    │                            └──────────── 60 s without a used correction ──────┴─────────────────┘
//   any ──restart──→ none
import { type FixQuality, type Step, unreachable } from '../../core/index.js';
import type { SpartnGroup } from '../spartn.js';

export type SimQuality = Exclude<FixQuality, '2d'>;

/** Times are the clock's monotonic ms. */
export interface FixState {
  quality: SimQuality;
  sinceMonoMs: number;
  /** When a frame of each kind was last used. */
  used: Partial<Record<SpartnGroup, number>>;
}

export type FixEvent =
  | { type: 'tick'; atMonoMs: number }
  | { type: 'used'; group: SpartnGroup; atMonoMs: number }
  | { type: 'restart'; atMonoMs: number };

export interface FixTimes {
  acquireMs: number;
  freshMs: number;
  fixMs: number;
}

export function powerUp(atMonoMs: number): FixState {
  return { quality: 'none', sinceMonoMs: atMonoMs, used: {} };
}

/** When the last correction of any kind was used. */
export function lastUsedMonoMs(state: FixState): number | undefined {
  const times = Object.values(state.used);
  return times.length > 0 ? Math.max(...times) : undefined;
}

const GROUPS: readonly SpartnGroup[] = ['ocb', 'hpac', 'gad'];

function settle(times: FixTimes, state: FixState, now: number): FixState {
  const become = (quality: SimQuality): FixState => ({ ...state, quality, sinceMonoMs: now });
  const ageMs = now - state.sinceMonoMs;
  const isFresh = (at: number | undefined): boolean => at !== undefined && now - at <= times.freshMs;
  switch (state.quality) {
    case 'none':
      return ageMs >= times.acquireMs ? settle(times, become('3d'), now) : state;
    case '3d':
      return GROUPS.every((group) => isFresh(state.used[group])) ? become('rtk_float') : state;
    case 'rtk_float':
      if (!isFresh(lastUsedMonoMs(state))) return become('3d');
      return ageMs >= times.fixMs ? become('rtk_fixed') : state;
    case 'rtk_fixed':
      return isFresh(lastUsedMonoMs(state)) ? state : become('3d');
    default:
      return unreachable(state.quality);
  }
}

/** The machine; no effects: whoever asks looks at the quality. */
export function nextFix(times: FixTimes, state: FixState, event: FixEvent): Step<FixState, never> {
  switch (event.type) {
    case 'tick':
      return { state: settle(times, state, event.atMonoMs) };
    case 'used': {
      const used = { ...state.used, [event.group]: event.atMonoMs };
      return { state: settle(times, { ...state, used }, event.atMonoMs) };
    }
    case 'restart':
      return { state: powerUp(event.atMonoMs) };
    default:
      return unreachable(event);
  }
}
