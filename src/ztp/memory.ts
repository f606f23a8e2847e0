// What provisioning remembers across restarts: how it is stored, and how many calls it may still make.
import { type BudgetRule, budgetSpend, budgetWaitMs } from '../core/index.js';
import type { MemoryStore, ZtpMemory } from './ports.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Calls may be billed: one an hour, four a day. */
const RULES: readonly BudgetRule[] = [
  { count: 4, perMs: DAY_MS },
  { count: 1, perMs: HOUR_MS },
];
/**
 * The very first provisioning: a fresh device is often activated only seconds after the service first hears of it, and
 * its first answer is incomplete until then. So while there has never been an identity, three calls may fall into an
 * hour, at least 5 s apart (the back-off spreads them further). The bound for the day stays.
 */
const FIRST_RULES: readonly BudgetRule[] = [
  { count: 4, perMs: DAY_MS },
  { count: 3, perMs: HOUR_MS },
  { count: 1, perMs: 5000 },
];

const rulesFor = (memory: ZtpMemory): readonly BudgetRule[] => (memory.identityOf === undefined ? FIRST_RULES : RULES);

/** Milliseconds until the next call is allowed. */
export function callWaitMs(memory: ZtpMemory, wallMs: number): number {
  return budgetWaitMs(rulesFor(memory), memory.calls, wallMs);
}

/** The memory after one more call; written before the call is made. */
export function withCall(memory: ZtpMemory, wallMs: number): ZtpMemory {
  return { ...memory, calls: budgetSpend(RULES, memory.calls, wallMs) };
}

/** Calls within the last day. */
export function callsLastDay(memory: ZtpMemory, wallMs: number): number {
  return memory.calls.filter((t) => t <= wallMs && t > wallMs - DAY_MS).length;
}

/** Milliseconds a refusal still holds `request` back. A hold longer than its cap means that the clock was set back. */
export function holdWaitMs(memory: ZtpMemory, request: string, wallMs: number): number {
  if (memory.hold?.request !== request) return 0;
  return Math.min(Math.max(0, memory.hold.untilUtcMs - wallMs), DAY_MS);
}

/** Activation takes seconds to minutes; after so many answers, or so long, somebody has to do something. */
const INCOMPLETE_ANSWERS = 6;
/** An hour short of a day: the budget lets the fifth call through exactly a day after the first, and that one decides. */
const INCOMPLETE_FOR_MS = DAY_MS - HOUR_MS;

/** The memory after one more answer that was incomplete. */
export function withIncomplete(memory: ZtpMemory, request: string, wallMs: number): ZtpMemory {
  const before = memory.incomplete?.request === request ? memory.incomplete : undefined;
  // A beginning in the future means that the clock was set back: it counts from now.
  const sinceUtcMs = Math.min(before?.sinceUtcMs ?? wallMs, wallMs);
  return { ...memory, incomplete: { request, answers: (before?.answers ?? 0) + 1, sinceUtcMs } };
}

/** Has activation been waited for long enough to say that it will not come by itself? */
export function isNeverActivated({ incomplete }: ZtpMemory, wallMs: number): boolean {
  if (!incomplete) return false;
  return incomplete.answers >= INCOMPLETE_ANSWERS || wallMs - incomplete.sinceUtcMs >= INCOMPLETE_FOR_MS;
}

/** A copy without the named members. */
export function forget(memory: ZtpMemory, ...names: ('hold' | 'stagedOf' | 'identityOf' | 'incomplete')[]): ZtpMemory {
  const copy = { ...memory };
  for (const name of names) Reflect.deleteProperty(copy, name);
  return copy;
}

/** Reads once, then keeps the copy in RAM; every change is on disk before it counts. */
export interface Remembered {
  load(): Promise<ZtpMemory>;
  /** What is known so far; empty before the first `load`. */
  readonly now: ZtpMemory;
  change(edit: (memory: ZtpMemory) => ZtpMemory): Promise<void>;
}

export function createRemembered(store: MemoryStore): Remembered {
  let memory: ZtpMemory = { calls: [] };
  let loading: Promise<void> | undefined;
  const load = async (): Promise<ZtpMemory> => {
    loading ??= store.read().then((found) => void (memory = found?.value ?? memory));
    try {
      await loading;
    } catch (error) {
      loading = undefined;
      throw error;
    }
    return memory;
  };
  return {
    load,
    get now() {
      return memory;
    },
    async change(edit) {
      const changed = edit(await load());
      await store.write(changed);
      memory = changed;
    },
  };
}

/** How a vault slot stores the memory. */
export const ztpMemoryCodec = {
  encode: (memory: ZtpMemory): unknown => memory,
  decode(data: unknown): ZtpMemory {
    const { hardwareId, calls, identityOf, stagedOf, promotedUtcMs, hold, incomplete } = data as Record<
      string,
      unknown
    >;
    if (!Array.isArray(calls) || !calls.every((t) => typeof t === 'number')) throw new Error('calls');
    return {
      calls,
      ...(typeof hardwareId === 'string' ? { hardwareId } : {}),
      ...(typeof identityOf === 'string' ? { identityOf } : {}),
      ...(typeof stagedOf === 'string' ? { stagedOf } : {}),
      ...(typeof promotedUtcMs === 'number' ? { promotedUtcMs } : {}),
      ...(isHold(hold) ? { hold } : {}),
      ...(isIncomplete(incomplete) ? { incomplete } : {}),
    };
  },
};

function isHold(value: unknown): value is NonNullable<ZtpMemory['hold']> {
  if (typeof value !== 'object' || value === null) return false;
  const { request, untilUtcMs, refusals, code } = value as Record<string, unknown>;
  return (
    typeof request === 'string' &&
    typeof untilUtcMs === 'number' &&
    typeof refusals === 'number' &&
    typeof code === 'string'
  );
}

function isIncomplete(value: unknown): value is NonNullable<ZtpMemory['incomplete']> {
  if (typeof value !== 'object' || value === null) return false;
  const { request, answers, sinceUtcMs } = value as Record<string, unknown>;
  return typeof request === 'string' && typeof answers === 'number' && typeof sinceUtcMs === 'number';
}
