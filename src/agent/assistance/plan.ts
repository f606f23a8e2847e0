// What to inject and what to fetch, as pure functions of what is known. Injecting is free and comes first, from whatever
// the cache has; fetching may be billed: live orbits only for a receiver without a fix, predicted ones about once a day.
import {
  type AssistMemory,
  type AssistPart,
  ageOf,
  askWaitMs,
  type CacheEntry,
  type CacheKind,
  coversToday,
  liveFreshness,
  type Moment,
  predictedUntilUtcMs,
  predictiveDueUtcMs,
  usableFrames,
} from '../../services/index.js';
import type { Need } from './need.js';

export interface AssistanceState {
  need: Need;
  entries: readonly CacheEntry[];
  memory: AssistMemory;
  /** What has gone to the receiver in an episode. */
  injected: Injected | undefined;
  hasPosition: boolean;
  service: Offer | undefined;
  /** 0 to 1, the same for one start: a fleet does not ask at midnight all at once. */
  jitter: number;
}

export interface Injected {
  episode: number;
  keys: ReadonlySet<string>;
  /** Time went with it. */
  isTimed: boolean;
}

/** What may be asked for: what the configuration wants until the credential has said what it allows. */
export interface Offer {
  parts: readonly AssistPart[];
  kinds: Readonly<Record<AssistPart, CacheKind>>;
  /** Fingerprint of the credential, once known. */
  of?: string | undefined;
}

/** `utcMs` is that of a synchronised clock; budgets and days are reckoned by the wall clock where there is none. */
export interface PlanMoment extends Moment {
  wallMs: number;
  /** How long a receiver that has shown itself is given to say that it has a fix. */
  settleMs: number;
}

export interface Injection {
  episode: number;
  entries: readonly CacheEntry[];
  keys: readonly string[];
}

export interface AssistancePlan {
  inject?: Injection;
  fetch: readonly AssistPart[];
  /** When to look again at the latest, though nothing happens. */
  nextInMs: number;
  /** One clause: what is awaited. */
  why: string;
}

const JITTER_MS = 3_600_000;
const LONG_MS = 24 * 3_600_000;

const keyOf = (entry: CacheEntry, { utcMs }: Moment): string => {
  const day = utcMs !== undefined && coversToday(entry, utcMs) ? Math.floor(utcMs / LONG_MS) : '';
  return `${entry.kind} ${entry.arrived.bootId} ${entry.arrived.monoMs} ${day}`;
};

/** The entry whose ephemeris is youngest, if any is still good. */
export function bestLive(entries: readonly CacheEntry[], moment: Moment): CacheEntry | undefined {
  const good = entries.filter((entry) => ['fresh', 'stale'].includes(liveFreshness(entry, moment)));
  const age = (entry: CacheEntry): number => ageOf(entry, moment).ageMs ?? Number.POSITIVE_INFINITY;
  return good.sort((a, b) => age(a) - age(b))[0];
}

/** The entry with predicted orbits that reach furthest; one for today before all others. */
export function bestPredicted(entries: readonly CacheEntry[], utcMs: number | undefined): CacheEntry | undefined {
  const reach = (entry: CacheEntry): number =>
    (utcMs !== undefined && coversToday(entry, utcMs) ? Number.MAX_SAFE_INTEGER / 2 : 0) +
    (predictedUntilUtcMs(entry) ?? 0);
  return entries.filter(({ predictedDays }) => predictedDays.length > 0).sort((a, b) => reach(b) - reach(a))[0];
}

export const hasFreshLive = (entries: readonly CacheEntry[], moment: Moment): boolean =>
  entries.some((entry) => liveFreshness(entry, moment) === 'fresh');

function planInjection(state: AssistanceState, moment: PlanMoment): Injection | undefined {
  const { need, entries } = state;
  if (need.is !== 'needy') return undefined;
  const isTimed = moment.utcMs !== undefined;
  const before = state.injected?.episode === need.episode ? state.injected : undefined;
  // Orbits sent before the time were refused: with the time they all go once more.
  const done = before && (before.isTimed || !isTimed) ? before.keys : new Set<string>();
  const live = bestLive(entries, moment);
  const isFresh = live !== undefined && liveFreshness(live, moment) === 'fresh';
  const predicted = isFresh ? undefined : bestPredicted(entries, moment.utcMs);
  const chosen = [...new Set([live, predicted])]
    .filter((entry) => entry !== undefined)
    .filter((entry) => !done.has(keyOf(entry, moment)) && usableFrames(entry, moment).length > 0);
  if (chosen.length > 0)
    return { episode: need.episode, entries: chosen, keys: chosen.map((entry) => keyOf(entry, moment)) };
  // Time and place alone help as well.
  const isNew = before === undefined || (isTimed && !before.isTimed);
  return isNew && (isTimed || state.hasPosition) ? { episode: need.episode, entries: [], keys: [] } : undefined;
}

/** Milliseconds until a part is wanted; 0: now; undefined: not for all that is known. */
function wantedInMs(part: AssistPart, state: AssistanceState, moment: PlanMoment): number | undefined {
  const { need, entries } = state;
  const utcMs = moment.utcMs ?? moment.wallMs;
  if (part === 'live') {
    if (need.is !== 'needy' || hasFreshLive(entries, moment)) return undefined;
    return Math.max(0, need.sinceMonoMs + moment.settleMs - moment.monoMs);
  }
  const kind = state.service?.kinds.predictive;
  const entry = entries.find((known) => known.kind === kind);
  if (!entry || entry.predictedDays.length === 0) return 0;
  const isCovered = coversToday(entry, utcMs);
  if (!isCovered && need.is === 'needy') return 0;
  return Math.max(0, predictiveDueUtcMs(entry) + state.jitter * JITTER_MS - utcMs);
}

export function planAssistance(state: AssistanceState, moment: PlanMoment): AssistancePlan {
  const inject = planInjection(state, moment);
  const fetch: AssistPart[] = [];
  let next: { inMs: number; why: string } = { inMs: LONG_MS, why: 'nothing is missing' };
  for (const part of state.service?.parts ?? []) {
    const wantedMs = wantedInMs(part, state, moment);
    if (wantedMs === undefined) continue;
    const allowedMs = askWaitMs(state.memory, part, state.service?.of, moment.wallMs);
    const inMs = Math.max(wantedMs, allowedMs);
    if (inMs === 0) fetch.push(part);
    else if (inMs < next.inMs)
      next = { inMs, why: allowedMs > wantedMs ? `${part} orbits may be asked for again` : `${part} orbits are due` };
  }
  if (fetch.length > 0) next = { inMs: 0, why: `${fetch.join(' and ')} orbits are fetched` };
  return { ...(inject ? { inject } : {}), fetch, nextInMs: next.inMs, why: next.why };
}
