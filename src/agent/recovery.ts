// What is tried, in which order, and how often: two ladders kept as data. A refused credential or a denied
// registration never climbs: it waits for a person and says so.
//
//   channel:  repeat → resync → reopen → module-reset → power        (an AT channel that does not answer)
//   network:  resubscribe → session → bearer → registration → radio  (a session that cannot be had)
import {
  type BudgetLedger,
  type BudgetRule,
  budgetSpend,
  budgetWaitMs,
  type Rung,
  type WaymarkError,
} from '../core/index.js';

export interface RungRule {
  rung: Rung;
  /** How many failures in a row this rung is tried for before the next one is due. */
  tries: number;
  /** Wait after the rung before it is judged. */
  coolDownMs: number;
  budget?: readonly BudgetRule[];
}

export type Ladder = readonly RungRule[];

const HOUR = 3_600_000;

export interface LadderLimits {
  maxResetsPerHour: number;
  maxPowerCyclesPerHour: number;
}

/** Rungs the channel climbs; `repeat` and `resync` are done by the channel itself within a command. */
export function channelLadder(limits: LadderLimits): Ladder {
  return [
    { rung: 'reopen', tries: 3, coolDownMs: 0 },
    {
      rung: 'module-reset',
      tries: 2,
      coolDownMs: 20_000,
      budget: [
        { count: 1, perMs: 600_000 },
        { count: limits.maxResetsPerHour, perMs: HOUR },
      ],
    },
    {
      rung: 'power',
      tries: 1,
      coolDownMs: 60_000,
      budget: [
        { count: 1, perMs: 1_800_000 },
        { count: limits.maxPowerCyclesPerHour, perMs: HOUR },
      ],
    },
  ];
}

export interface LadderState {
  /** Failures in a row. */
  failures: number;
  /** Wall-clock times each budgeted rung was used, persisted. */
  ledgers: Readonly<Partial<Record<Rung, BudgetLedger>>>;
}

export const LADDER_START: LadderState = { failures: 0, ledgers: {} };

export interface LadderDecision {
  state: LadderState;
  /** The rung to take now; undefined when this failure must not climb. */
  rung: Rung | undefined;
  coolDownMs: number;
}

/** Whether a failure may climb at all: only failures whose error names a rung do. */
const mayClimb = (error: WaymarkError): boolean => error.rung !== undefined && error.retry !== 'operator';

/** Pure: what to do about one more failure. A rung whose budget is spent, or that is not `available`, is stepped over downwards. */
export function climb(
  ladder: Ladder,
  state: LadderState,
  error: WaymarkError,
  wallMs: number,
  available: (rung: Rung) => boolean,
): LadderDecision {
  if (!mayClimb(error)) return { state: { ...state, failures: 0 }, rung: undefined, coolDownMs: 0 };
  const failures = state.failures + 1;
  let passed = 0;
  let chosen: RungRule | undefined;
  for (const rule of ladder) {
    const due = failures > passed;
    passed += rule.tries;
    if (!due) break;
    const spent = rule.budget && budgetWaitMs(rule.budget, state.ledgers[rule.rung] ?? [], wallMs) > 0;
    if (!spent && available(rule.rung)) chosen = rule;
  }
  if (!chosen) return { state: { ...state, failures }, rung: undefined, coolDownMs: 0 };
  const ledgers = chosen.budget
    ? { ...state.ledgers, [chosen.rung]: budgetSpend(chosen.budget, state.ledgers[chosen.rung] ?? [], wallMs) }
    : state.ledgers;
  return { state: { failures, ledgers }, rung: chosen.rung, coolDownMs: chosen.coolDownMs };
}

/** Pure: healthy again; budgets stay spent. */
export const healthy = (state: LadderState): LadderState => ({ ...state, failures: 0 });
