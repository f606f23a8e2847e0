// How good the simulated position is.
//
//   none ──acquired──→ 3d ──enough corrections used within 60 s──→ rtk_float ──3 s──→ rtk_fixed
//    ↑                  ↑                                              │                 │
//    │                  └────────── 60 s without a used correction ────┴─────────────────┘
//   any ──restart──→ none
//
// Acquired: so long after power-up, or (sooner) so long after time, position and orbits were all there. Enough: OCB, HPAC
// and GAD of SPARTN, or a reference station and the observations of two systems of RTCM.
import { type FixQuality, type Step, unreachable } from '../../core/index.js';
import type { SpartnGroup } from '../spartn.js';
import type { RtcmGroup } from './rtcm.js';

export type SimQuality = Exclude<FixQuality, '2d'>;
export type CorrectionGroup = SpartnGroup | RtcmGroup;

/** Times are the clock's monotonic ms. */
export interface FixState {
  quality: SimQuality;
  sinceMonoMs: number;
  /** When everything for a quick start had been injected. */
  aidedMonoMs?: number;
  /** When a frame of each kind was last used. */
  used: Partial<Record<CorrectionGroup, number>>;
}

export type FixEvent =
  | { type: 'tick'; atMonoMs: number }
  | { type: 'used'; group: CorrectionGroup; atMonoMs: number }
  | { type: 'aided'; atMonoMs: number }
  /** `isHot`: what was known (time, position, orbits) still is. */
  | { type: 'restart'; atMonoMs: number; isHot?: boolean };

export interface FixTimes {
  /** From power-up to the first fix, unaided. */
  acquireMs: number;
  /** From the last of time, position and orbits to the first fix. */
  aidedMs: number;
  freshMs: number;
  fixMs: number;
}

export function powerUp(atMonoMs: number): FixState {
  return { quality: 'none', sinceMonoMs: atMonoMs, used: {} };
}

const SPARTN_GROUPS: readonly SpartnGroup[] = ['ocb', 'hpac', 'gad'];
const OBSERVATIONS: readonly RtcmGroup[] = ['msm-gps', 'msm-glo', 'msm-gal', 'msm-bds'];
const MIN_SYSTEMS = 2;

function latest(state: FixState, groups: readonly CorrectionGroup[]): number | undefined {
  const times = groups.map((group) => state.used[group]).filter((at) => at !== undefined);
  return times.length > 0 ? Math.max(...times) : undefined;
}

/** When the last correction of any kind was used; a reference station's position alone corrects nothing. */
export function lastUsedMonoMs(state: FixState): number | undefined {
  return latest(state, [...SPARTN_GROUPS, ...OBSERVATIONS]);
}

/** Whose corrections came last. */
export function correctionSource(state: FixState): 'spartn' | 'rtcm3' | undefined {
  const spartn = latest(state, SPARTN_GROUPS);
  const rtcm = latest(state, OBSERVATIONS);
  if (spartn === undefined) return rtcm === undefined ? undefined : 'rtcm3';
  return rtcm === undefined || rtcm < spartn ? 'spartn' : 'rtcm3';
}

function settle(times: FixTimes, state: FixState, now: number): FixState {
  const become = (quality: SimQuality): FixState => ({ ...state, quality, sinceMonoMs: now });
  const ageMs = now - state.sinceMonoMs;
  const isFresh = (at: number | undefined): boolean => at !== undefined && now - at <= times.freshMs;
  const isEnough = (): boolean =>
    SPARTN_GROUPS.every((group) => isFresh(state.used[group])) ||
    (isFresh(state.used.station) && OBSERVATIONS.filter((group) => isFresh(state.used[group])).length >= MIN_SYSTEMS);
  switch (state.quality) {
    case 'none': {
      const isAidedEnough = state.aidedMonoMs !== undefined && now - state.aidedMonoMs >= times.aidedMs;
      return ageMs >= times.acquireMs || isAidedEnough ? settle(times, become('3d'), now) : state;
    }
    case '3d':
      return isEnough() ? become('rtk_float') : state;
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
    case 'aided':
      // The first time counts; a fix there already needs no help.
      if (state.quality !== 'none' || state.aidedMonoMs !== undefined) return { state };
      return { state: { ...state, aidedMonoMs: event.atMonoMs } };
    case 'restart': {
      const fresh = powerUp(event.atMonoMs);
      return { state: event.isHot === true ? { ...fresh, aidedMonoMs: event.atMonoMs } : fresh };
    }
    default:
      return unreachable(event);
  }
}
