// What is remembered of asking: how often it may be done again, which refusals still hold, what was left out of a
// refused request, and what the last probe of a token said. Times are UTC, so that a restart or a crash loop changes
// nothing; a credential is told apart by its salted fingerprint, so that a new one starts afresh.
import { type BudgetLedger, type BudgetRule, budgetSpend, budgetWaitMs, type ErrorCode } from '../../core/index.js';
import { type AssistPart, type Component } from './request.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Answers cost money. */
const SERVED_RULES: Readonly<Record<AssistPart, readonly BudgetRule[]>> = {
  live: [
    { count: 1, perMs: 30 * MINUTE_MS },
    { count: 12, perMs: DAY_MS },
  ],
  predictive: [{ count: 2, perMs: DAY_MS }],
};
/** Requests that left this machine, whatever came of them: probes and second servers too. */
const ASKED_RULES: readonly BudgetRule[] = [
  { count: 8, perMs: HOUR_MS },
  { count: 48, perMs: DAY_MS },
];
export const REFUSAL_HOLD_MS = 3 * HOUR_MS;
const MAX_HOLD_MS = DAY_MS;
const DROP_PER_MS = DAY_MS;
/** A request is whole again after a week: what was refused may have been a passing fault. */
const DROP_LASTS_MS = 7 * DAY_MS;
const PROBE_PER_MS = HOUR_MS;

export interface Hold {
  untilUtcMs: number;
  code: ErrorCode;
  /** Fingerprint of the credential it is about. */
  of: string;
}

/** Components left out since a refusal. */
export interface Dropped {
  names: readonly Component[];
  atUtcMs: number;
  of: string;
}

/** What the smallest request said of a token. */
export interface Probe {
  atUtcMs: number;
  is: 'refused' | 'ok';
  of: string;
}

export interface AssistMemory {
  asked: BudgetLedger;
  served: Readonly<Record<AssistPart, BudgetLedger>>;
  holds: Readonly<Partial<Record<AssistPart, Hold>>>;
  dropped: Readonly<Partial<Record<AssistPart, Dropped>>>;
  probe?: Probe;
}

export const EMPTY_MEMORY: AssistMemory = { asked: [], served: { live: [], predictive: [] }, holds: {}, dropped: {} };

/** Milliseconds a refusal (or what the server asked for) still keeps us from asking. `of` undefined: any credential. */
export function holdWaitMs(memory: AssistMemory, part: AssistPart, of: string | undefined, utcMs: number): number {
  const hold = memory.holds[part];
  if (!hold || (of !== undefined && hold.of !== of)) return 0;
  // A hold longer than any we make means that the clock was set back.
  return Math.min(Math.max(0, hold.untilUtcMs - utcMs), MAX_HOLD_MS);
}

/** Milliseconds until a part may be asked for. */
export function askWaitMs(memory: AssistMemory, part: AssistPart, of: string | undefined, utcMs: number): number {
  return Math.max(
    holdWaitMs(memory, part, of, utcMs),
    budgetWaitMs(SERVED_RULES[part], memory.served[part], utcMs),
    budgetWaitMs(ASKED_RULES, memory.asked, utcMs),
  );
}

/** One more request; written before it leaves. `isFirst`: the one that counts as an answer unless weather takes it back. */
export function withAsked(memory: AssistMemory, part: AssistPart, isFirst: boolean, utcMs: number): AssistMemory {
  const asked = budgetSpend(ASKED_RULES, memory.asked, utcMs);
  if (!isFirst) return { ...memory, asked };
  const served = budgetSpend(SERVED_RULES[part], memory.served[part], utcMs);
  return { ...memory, asked, served: { ...memory.served, [part]: served } };
}

/** The last request of a part brought no answer: nothing was delivered. */
export function withoutAnswer(memory: AssistMemory, part: AssistPart): AssistMemory {
  return { ...memory, served: { ...memory.served, [part]: memory.served[part].slice(0, -1) } };
}

/** How long to leave a server alone that is ill and does not say for how long: a minute, doubled by each request of the hour. */
export function weatherHoldMs(memory: AssistMemory, utcMs: number): number {
  const recent = memory.asked.filter((t) => t <= utcMs && t > utcMs - HOUR_MS).length;
  return Math.min(MINUTE_MS * 2 ** Math.max(0, recent - 1), 30 * MINUTE_MS);
}

export function withHold(memory: AssistMemory, part: AssistPart, hold: Hold): AssistMemory {
  return { ...memory, holds: { ...memory.holds, [part]: hold } };
}

export function withoutHold(memory: AssistMemory, part: AssistPart): AssistMemory {
  const holds = { ...memory.holds };
  Reflect.deleteProperty(holds, part);
  return { ...memory, holds };
}

/** What is left out of a request of this credential. */
export function droppedOf(memory: AssistMemory, part: AssistPart, of: string, utcMs: number): readonly Component[] {
  const dropped = memory.dropped[part];
  return dropped?.of === of && Math.abs(utcMs - dropped.atUtcMs) < DROP_LASTS_MS ? dropped.names : [];
}

/** The next component to leave out; one a day. Undefined: none today, or none left. */
export function mayDrop(
  memory: AssistMemory,
  part: AssistPart,
  of: string,
  present: readonly Component[],
  utcMs: number,
): Component | undefined {
  const dropped = memory.dropped[part];
  if (dropped?.of === of && utcMs - dropped.atUtcMs < DROP_PER_MS && utcMs >= dropped.atUtcMs) return undefined;
  return present[0];
}

export function withDropped(memory: AssistMemory, part: AssistPart, dropped: Dropped): AssistMemory {
  return { ...memory, dropped: { ...memory.dropped, [part]: dropped } };
}

/** What a probe within the last hour said of this token; then no other is made. */
export function recentProbe(memory: AssistMemory, of: string, utcMs: number): Probe | undefined {
  const { probe } = memory;
  return probe?.of === of && utcMs - probe.atUtcMs < PROBE_PER_MS && utcMs >= probe.atUtcMs ? probe : undefined;
}

export const withProbe = (memory: AssistMemory, probe: Probe): AssistMemory => ({ ...memory, probe });

/** Requests within the last day. */
export function askedLastDay(memory: AssistMemory, utcMs: number): number {
  return memory.asked.filter((t) => t <= utcMs && t > utcMs - DAY_MS).length;
}
