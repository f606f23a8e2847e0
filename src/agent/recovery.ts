// What is tried, in which order, and how often: two ladders kept as data, climbed by one pure function.
//
//   channel:  repeat → resync → reopen → other-port → module-reset → power → give-back
//             ╰─ the AT channel ─╯                        (a module that does not answer)
//   network:  resubscribe → session → road → bearer → registration → radio → module-reset → give-back
//             ╰── the session lane ─╯ ╰ the probe            (a session that cannot be had, and a dead road)
//
//               failure whose error names a rung
//   well ─────────────────────────────────────────→ climbing(n) ──such a failure──→ climbing(n + 1)
//    ▲                                                   │  takes the highest rung that is due, there and paid for
//    ╰──── ten minutes of health, or two hours old ──────╯  what was spent stays spent
//
// An error's `rung` says where its climb starts. Refused credentials, a denied registration, SIM trouble and refused
// roaming never climb: they wait for a person and say so. Everything is remembered on disk, so that a process that
// starts again and again cannot become a storm of resets (specs/modem.md 4.1, specs/reliability.md 2.3).
import {
  type BudgetLedger,
  type BudgetRule,
  budgetWaitMs,
  type ErrorCode,
  type Rung,
  type WaymarkError,
} from '../core/index.js';

export interface RungRule {
  rung: Rung;
  /** Who does it. Only the agent's own rungs are counted here; the others are done before a failure is reported. */
  doneBy: 'channel' | 'session' | 'probe' | 'agent';
  /** How many failures in a row this rung is tried for before the next one is due. */
  tries: number;
  /** Wait after the rung before it is judged. */
  coolDownMs: number;
  /** What is done, for status and documentation. */
  words: string;
  budget?: readonly BudgetRule[];
}

export interface Ladder {
  name: 'channel' | 'network';
  rungs: readonly RungRule[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Up for this long, and the next failure starts a new climb. */
export const HEALTHY_MS = 10 * MINUTE;
/** A climb that nothing was heard of for so long is over, whatever the process that began it has become. */
const FORGOTTEN_MS = 2 * HOUR;
/** Rungs of both ladders that share one spacing: ten minutes apart, doubling up to an hour while they go on. */
const HEAVY: readonly Rung[] = ['module-reset', 'power'];
const HEAVY_FIRST_MS = 10 * MINUTE;
const HEAVY_CAP_MS = HOUR;
/** No rule looks further back. */
const HORIZON_MS = 6 * HOUR;

export interface LadderLimits {
  maxResetsPerHour: number;
  maxPowerCyclesPerHour: number;
}

const resetRule = (limits: LadderLimits, tries: number): RungRule => ({
  rung: 'module-reset',
  doneBy: 'agent',
  tries,
  coolDownMs: 20_000,
  words: 'the module is restarted by its own command',
  // One ledger for both ladders: the module does not care why it is restarted.
  budget: [
    { count: 1, perMs: 10 * MINUTE },
    { count: limits.maxResetsPerHour, perMs: HOUR },
  ],
});

const GIVE_BACK: RungRule = {
  rung: 'give-back',
  doneBy: 'agent',
  tries: 1,
  coolDownMs: 0,
  words: 'the agent ends, so that the service manager starts it anew',
  budget: [{ count: 1, perMs: 6 * HOUR }],
};

/** For a module that does not answer. */
export const channelLadder = (limits: LadderLimits): Ladder => ({
  name: 'channel',
  rungs: [
    { rung: 'repeat', doneBy: 'channel', tries: 1, coolDownMs: 0, words: 'the command is asked again' },
    {
      rung: 'resync',
      doneBy: 'channel',
      tries: 3,
      coolDownMs: 0,
      words: 'the dialogue is brought into step again by a marker',
    },
    { rung: 'reopen', doneBy: 'agent', tries: 3, coolDownMs: 0, words: 'the port is closed and opened again' },
    {
      rung: 'other-port',
      doneBy: 'agent',
      tries: 3,
      coolDownMs: 0,
      words: 'the module’s second AT port is used',
    },
    resetRule(limits, 2),
    {
      rung: 'power',
      doneBy: 'agent',
      tries: 1,
      coolDownMs: 60_000,
      words: 'the module’s power is cut and restored',
      budget: [
        { count: 1, perMs: 30 * MINUTE },
        { count: limits.maxPowerCyclesPerHour, perMs: HOUR },
      ],
    },
    GIVE_BACK,
  ],
});

/** For a session that cannot be had. The radio is not the first cure: it costs a minute and the network’s patience. */
export const networkLadder = (limits: LadderLimits): Ladder => ({
  name: 'network',
  rungs: [
    { rung: 'resubscribe', doneBy: 'session', tries: 1, coolDownMs: 0, words: 'the topics are asked for again' },
    { rung: 'session', doneBy: 'session', tries: 3, coolDownMs: 0, words: 'a new session is made' },
    { rung: 'road', doneBy: 'probe', tries: 1, coolDownMs: 0, words: 'the data path is tried end to end' },
    {
      rung: 'bearer',
      doneBy: 'agent',
      tries: 2,
      coolDownMs: 30_000,
      words: 'the data connection is taken down and up again',
      budget: [
        { count: 2, perMs: 10 * MINUTE },
        { count: 6, perMs: HOUR },
      ],
    },
    {
      rung: 'registration',
      doneBy: 'agent',
      tries: 2,
      coolDownMs: 2 * MINUTE,
      words: 'the module is told to register anew',
      budget: [
        { count: 2, perMs: 10 * MINUTE },
        { count: 6, perMs: HOUR },
      ],
    },
    {
      rung: 'radio',
      doneBy: 'agent',
      tries: 2,
      coolDownMs: 3 * MINUTE,
      words: 'the radio is switched off and on',
      budget: [
        { count: 1, perMs: 10 * MINUTE },
        { count: 3, perMs: HOUR },
      ],
    },
    // Registering takes longer than answering.
    { ...resetRule(limits, 2), coolDownMs: 3 * MINUTE },
    GIVE_BACK,
  ],
});

/**
 * Failures that only some rungs can mend. A port that is held, refused or pulled says nothing about the module, so
 * nothing is done to it; one that has vanished for good may be a module that needs its power cut.
 */
const ONLY: Readonly<Partial<Record<ErrorCode, readonly Rung[]>>> = {
  'link.absent': ['reopen', 'power'],
  'link.busy': ['reopen'],
  'link.closed': ['reopen'],
  'modem.overflow': ['reopen', 'other-port', 'power'],
  'modem.reset': ['reopen', 'power'],
};

export interface LadderState {
  /** Failures in a row that have climbed. */
  failures: number;
  /** The rung taken last, why, and when (wall clock, ms). */
  lastRung?: Rung;
  lastReason?: ErrorCode;
  atWallMs?: number;
  /** When this climb began. */
  sinceWallMs?: number;
}

/** `later`: it is there, but its time has not come yet. */
export type Availability = boolean | 'later';

export interface RecoveryState {
  channel: LadderState;
  network: LadderState;
  /** Wall-clock times each budgeted rung was taken; one for both ladders. */
  ledgers: Readonly<Partial<Record<Rung, BudgetLedger>>>;
}

export const RECOVERY_START: RecoveryState = { channel: { failures: 0 }, network: { failures: 0 }, ledgers: {} };

export interface Climb {
  state: RecoveryState;
  /** The rung to take now; undefined when this failure must not climb, or nothing is left to be tried yet. */
  rung: Rung | undefined;
  coolDownMs: number;
}

/**
 * What was noted under a clock that has been set back since counts as noted now: neither does it block for ever, nor
 * is it forgotten.
 */
export const withoutFuture = (state: RecoveryState, wallMs: number): RecoveryState =>
  retimed(state, (ms) => Math.min(ms, wallMs));

/** The state after the clock was set forward (or back) by so much: what was spent a minute ago stays spent a minute ago. */
export const movedBy = (state: RecoveryState, stepMs: number): RecoveryState => retimed(state, (ms) => ms + stepMs);

function retimed(state: RecoveryState, at: (ms: number) => number): RecoveryState {
  const ladder = (one: LadderState): LadderState => ({
    ...one,
    ...(one.atWallMs === undefined ? {} : { atWallMs: at(one.atWallMs) }),
    ...(one.sinceWallMs === undefined ? {} : { sinceWallMs: at(one.sinceWallMs) }),
  });
  return {
    channel: ladder(state.channel),
    network: ladder(state.network),
    ledgers: Object.fromEntries(Object.entries(state.ledgers).map(([rung, ledger]) => [rung, ledger.map(at)])),
  };
}

function heavyWaitMs(ledgers: RecoveryState['ledgers'], wallMs: number): number {
  const uses = HEAVY.flatMap((rung) => ledgers[rung] ?? []).filter((t) => t > wallMs - HORIZON_MS);
  if (uses.length === 0) return 0;
  const spacingMs = Math.min(HEAVY_CAP_MS, HEAVY_FIRST_MS * 2 ** (uses.length - 1));
  return Math.max(0, Math.max(...uses) + spacingMs - wallMs);
}

function isAffordable(rule: RungRule, ledgers: RecoveryState['ledgers'], wallMs: number): boolean {
  if (HEAVY.includes(rule.rung) && heavyWaitMs(ledgers, wallMs) > 0) return false;
  return budgetWaitMs(rule.budget ?? [], ledgers[rule.rung] ?? [], wallMs) === 0;
}

/** Whether a failure may climb this ladder at all. */
export function mayClimb(ladder: Ladder, error: WaymarkError): boolean {
  if (error.retry === 'operator' || error.retry === 'never') return false;
  // A card that was changed, or asks again, is told as a restart: only the bring-up starts anew for it.
  if (error.evidence?.['card'] === 'changed') return false;
  return ladder.rungs.some(({ rung }) => rung === error.rung);
}

/** Giving back is for when every means was tried: each rung with a budget has been taken since the climb began. */
const isLastResort = (rules: readonly RungRule[], ledgers: RecoveryState['ledgers'], sinceWallMs: number): boolean =>
  rules.every(
    ({ rung, budget }) =>
      !budget || rung === 'give-back' || ledgers[rung]?.some((wallMs) => wallMs >= sinceWallMs) === true,
  );

/**
 * Pure: what to do about one more failure. Rungs that are not `available` are as if they were not in the ladder; one
 * whose time has not come, or whose budget is spent, is stepped over downwards.
 */
export function climb(
  ladder: Ladder,
  before: RecoveryState,
  error: WaymarkError,
  wallMs: number,
  available: (rung: Rung) => Availability,
): Climb {
  const state = withoutFuture(before, wallMs);
  if (!mayClimb(ladder, error)) return { state, rung: undefined, coolDownMs: 0 };
  const only = ONLY[error.code];
  const rules = ladder.rungs.filter(
    ({ rung, doneBy, budget }) =>
      doneBy === 'agent' &&
      (only?.includes(rung) ?? true) &&
      budget?.some(({ count }) => count === 0) !== true &&
      available(rung) !== false,
  );
  const triesOf = (some: readonly RungRule[]): number => some.reduce((sum, { tries }) => sum + tries, 0);
  const startsAt = ladder.rungs.findIndex(({ rung }) => rung === error.rung);
  const skipped = triesOf(rules.filter((rule) => ladder.rungs.indexOf(rule) < startsAt));

  const mine = state[ladder.name];
  const isForgotten = mine.atWallMs === undefined || wallMs - mine.atWallMs >= FORGOTTEN_MS;
  const reached = isForgotten ? 0 : mine.failures;
  // At the top there is nothing left to count, and nothing to write to disk at each further failure.
  const failures = Math.max(reached, Math.min(Math.max(reached, skipped) + 1, Math.max(1, triesOf(rules))));

  const sinceWallMs = reached === 0 ? wallMs : (mine.sinceWallMs ?? wallMs);

  let passed = 0;
  let chosen: RungRule | undefined;
  for (const rule of rules) {
    if (failures <= passed) break;
    passed += rule.tries;
    // What lies before the start of this error's climb cannot mend it.
    if (ladder.rungs.indexOf(rule) < startsAt) continue;
    if (available(rule.rung) !== true || !isAffordable(rule, state.ledgers, wallMs)) continue;
    if (rule.rung === 'give-back' && !isLastResort(rules, state.ledgers, sinceWallMs)) continue;
    chosen = rule;
  }
  const climbed: LadderState = { ...mine, failures, lastReason: error.code, atWallMs: wallMs, sinceWallMs };
  if (!chosen) return { state: { ...state, [ladder.name]: climbed }, rung: undefined, coolDownMs: 0 };
  const { rung, budget, coolDownMs } = chosen;
  const spent = (state.ledgers[rung] ?? []).filter((t) => t > wallMs - HORIZON_MS);
  return {
    state: {
      ...state,
      [ladder.name]: { ...climbed, lastRung: rung },
      ledgers: budget ? { ...state.ledgers, [rung]: [...spent, wallMs] } : state.ledgers,
    },
    rung,
    coolDownMs,
  };
}

/**
 * Pure: one rung that somebody asks for by name, outside of any climb. It costs what it costs in a climb; `waitMs` above
 * zero: its budget is spent for so long, and nothing was taken.
 */
export function askedFor(
  ladder: Ladder,
  before: RecoveryState,
  rung: Rung,
  wallMs: number,
): { state: RecoveryState; waitMs: number; coolDownMs: number } {
  const state = withoutFuture(before, wallMs);
  const rule = ladder.rungs.find((each) => each.rung === rung && each.doneBy === 'agent');
  if (!rule) return { state, waitMs: Number.POSITIVE_INFINITY, coolDownMs: 0 };
  const { budget = [], coolDownMs } = rule;
  if (budget.some(({ count }) => count === 0)) return { state, waitMs: Number.POSITIVE_INFINITY, coolDownMs };
  const heavyMs = HEAVY.includes(rung) ? heavyWaitMs(state.ledgers, wallMs) : 0;
  const waitMs = Math.max(heavyMs, budgetWaitMs(budget, state.ledgers[rung] ?? [], wallMs));
  if (waitMs > 0) return { state, waitMs, coolDownMs };
  const spent = (state.ledgers[rung] ?? []).filter((t) => t > wallMs - HORIZON_MS);
  return { state: { ...state, ledgers: { ...state.ledgers, [rung]: [...spent, wallMs] } }, waitMs: 0, coolDownMs };
}

/** Pure: healthy for `HEALTHY_MS`; budgets stay spent. */
export function healthy(name: Ladder['name'], state: RecoveryState): RecoveryState {
  return state[name].failures === 0 ? state : { ...state, [name]: { ...state[name], failures: 0 } };
}

/** True when the two differ in what must outlive a crash: a repeated failure at the top of a ladder does not. */
export function isWorthKeeping(before: RecoveryState, after: RecoveryState): boolean {
  const facts = ({ channel, network, ledgers }: RecoveryState): string =>
    JSON.stringify([[channel.failures, channel.lastRung], [network.failures, network.lastRung], ledgers]);
  return facts(before) !== facts(after);
}
