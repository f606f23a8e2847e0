// The order in which a module comes up, as a pure machine; every lamp that stays dark has an error that names it.
//
//   idle ──begin──→ sync → identify → sim → registration → signal → bearer → clock → app-token → ready
//                     │        ╰┄┄ the app token starts here, beside the rest, and is only waited for at the end
//                     │
//      in each stage: working ──done──→ next stage
//                     working ──not-yet, patience left──→ pausing ──paused──→ working
//                     working ──not-yet, patience over | failed for good──→ failed(stage, error)
//                     signal, clock, app-token: working ──failed, port alive──→ next stage
//      any stage ──failed, port lost──→ failed(stage, error)
import { type ErrorCode, unreachable, type WaymarkError } from '../core/index.js';
import type { ModemStage } from './snapshot.js';

export type WorkStage = Exclude<ModemStage, 'absent' | 'ready'>;

export const STAGES: readonly WorkStage[] = [
  'sync',
  'identify',
  'sim',
  'registration',
  'signal',
  'bearer',
  'clock',
  'app-token',
];

export type BringUpState =
  | { at: 'idle' }
  | { at: 'working'; stage: WorkStage }
  | { at: 'pausing'; stage: WorkStage }
  | { at: 'ready' }
  | { at: 'failed'; stage: WorkStage; error: WaymarkError };

export type BringUpEvent =
  | { is: 'begin' }
  | { is: 'done' }
  /** The stage was asked and is not there yet; `elapsedMs` since the stage began. */
  | { is: 'not-yet'; error: WaymarkError; elapsedMs: number }
  /** `lost`: the port or the module is gone, nothing more can be asked. */
  | { is: 'failed'; error: WaymarkError; elapsedMs: number; lost: boolean }
  | { is: 'paused' };

export type BringUpEffect =
  | { do: 'work'; stage: WorkStage }
  | { do: 'pause'; ms: number }
  | { do: 'start-app-token' }
  | { do: 'announce-ready' };

interface StageRule {
  pauseMs: number;
  /** How long the stage may be not there yet. */
  patienceMs: number;
  /** Shorter (or longer) for some reasons; 0: at once. */
  patienceFor?: Partial<Record<ErrorCode, number>>;
  /** The gateway works without it. */
  optional?: true;
}

/** A module takes up to 40 s from power to its first OK, a SIM ten more, a first registration minutes. */
export const STAGE_RULES: Readonly<Record<WorkStage, StageRule>> = {
  sync: { pauseMs: 200, patienceMs: 40_000, patienceFor: { 'modem.wrong-device': 0 } },
  identify: { pauseMs: 1000, patienceMs: 20_000, patienceFor: { 'modem.wrong-device': 0 } },
  sim: {
    pauseMs: 1000,
    patienceMs: 30_000,
    patienceFor: {
      'sim.pin': 0,
      'sim.pin-refused': 0,
      'sim.pin-guarded': 0,
      'sim.puk': 0,
      'sim.absent': 10_000,
      'sim.failure': 30_000,
      // A PIN that cannot be sent, or whose attempt cannot be noted first.
      'modem.injection': 0,
      'vault.unreadable': 0,
      'vault.busy': 0,
      'vault.permission': 0,
      'vault.write': 0,
    },
  },
  registration: {
    pauseMs: 2000,
    patienceMs: 180_000,
    patienceFor: { 'network.denied': 30_000, 'network.roaming': 30_000, 'sim.absent': 0, 'sim.pin': 0, 'sim.puk': 0 },
  },
  signal: { pauseMs: 1000, patienceMs: 0, optional: true },
  bearer: { pauseMs: 2000, patienceMs: 60_000, patienceFor: { 'modem.injection': 0 } },
  clock: { pauseMs: 1000, patienceMs: 0, optional: true },
  'app-token': { pauseMs: 1000, patienceMs: 0, optional: true },
};

export interface BringUpStep {
  state: BringUpState;
  effects: readonly BringUpEffect[];
}

type BudgetMs = (ms: number) => number;

const stay = (state: BringUpState): BringUpStep => ({ state, effects: [] });

function enter(stage: WorkStage): BringUpStep {
  return { state: { at: 'working', stage }, effects: [{ do: 'work', stage }] };
}

function advance(stage: WorkStage): BringUpStep {
  const next = STAGES[STAGES.indexOf(stage) + 1];
  if (!next) return { state: { at: 'ready' }, effects: [{ do: 'announce-ready' }] };
  const step = enter(next);
  return stage === 'identify' ? { ...step, effects: [{ do: 'start-app-token' }, ...step.effects] } : step;
}

function notYet(stage: WorkStage, error: WaymarkError, elapsedMs: number, budgetMs: BudgetMs): BringUpStep {
  const rule = STAGE_RULES[stage];
  if (rule.optional) return advance(stage);
  const patienceMs = rule.patienceFor?.[error.code] ?? rule.patienceMs;
  if (elapsedMs >= budgetMs(patienceMs)) return stay({ at: 'failed', stage, error });
  return { state: { at: 'pausing', stage }, effects: [{ do: 'pause', ms: rule.pauseMs }] };
}

/** The transition. `budgetMs` turns device time into the time `elapsedMs` is measured in (see `Clock.ioBudgetMs`). */
export function nextBringUp(state: BringUpState, event: BringUpEvent, budgetMs: BudgetMs = (ms) => ms): BringUpStep {
  switch (state.at) {
    case 'idle':
      return event.is === 'begin' ? enter('sync') : stay(state);
    case 'working':
      switch (event.is) {
        case 'done':
          return advance(state.stage);
        case 'not-yet':
          return notYet(state.stage, event.error, event.elapsedMs, budgetMs);
        case 'failed':
          return event.lost
            ? stay({ at: 'failed', stage: state.stage, error: event.error })
            : notYet(state.stage, event.error, event.elapsedMs, budgetMs);
        case 'begin':
        case 'paused':
          return stay(state);
        default:
          return unreachable(event);
      }
    case 'pausing':
      if (event.is === 'paused') return enter(state.stage);
      if (event.is === 'failed') return stay({ at: 'failed', stage: state.stage, error: event.error });
      return stay(state);
    case 'ready':
    case 'failed':
      return stay(state);
    default:
      return unreachable(state);
  }
}
