// What status says of the assistance: numbers for programs and one plain sentence for people.
import { ERRORS, WaymarkError } from '../../core/index.js';
import {
  type AssistPart,
  ageOf,
  askedLastDay,
  type CacheEntry,
  coversToday,
  holdWaitMs,
  liveFreshness,
  predictedUntilUtcMs,
} from '../../services/index.js';
import type { InjectionView } from './inject.js';
import { type AssistancePlan, type AssistanceState, bestLive, bestPredicted, type PlanMoment } from './plan.js';

export interface FetchView {
  atMonoMs: number;
  what: AssistPart;
  result: 'ok' | WaymarkError['code'];
  frames?: number;
  bytes?: number;
}

export interface AssistanceSnapshot {
  source: 'assistnow' | 'legacy' | 'mga' | 'none';
  need: 'absent' | 'needy' | 'content';
  live?: { ageMs?: number; frames: number; isUsable: boolean; isFresh: boolean; from: string };
  predictive?: { untilUtcMs: number; days: number; frames: number; isUsable: boolean; from: string };
  lastInjection?: InjectionView;
  lastFetch?: FetchView;
  /** Why the service cannot be had, while it cannot. */
  reason?: WaymarkError;
  next: { what: string; inMs: number };
  /** Requests within 24 hours. */
  fetchesToday: number;
  sentence: string;
}

const held = (code: WaymarkError['code'], part: AssistPart): WaymarkError =>
  new WaymarkError(
    code,
    `${part} orbits ${ERRORS[code].retry === 'operator' ? 'were refused' : 'could not be had'} earlier`,
  );

export interface AssistanceFacts {
  source: 'assistnow' | 'legacy' | undefined;
  state: AssistanceState;
  moment: PlanMoment;
  plan: AssistancePlan;
  lastInjection: InjectionView | undefined;
  lastFetch: FetchView | undefined;
  reason: WaymarkError | undefined;
  setback: CredentialSetback | undefined;
  /** When the next round begins, while one that failed is waited out. */
  retryAtMonoMs: number | undefined;
}

/** Why provisioning has no chipcode to give, while it goes on trying. */
export interface CredentialSetback {
  reason: WaymarkError;
  next?: { what: string; inMs: number };
}

/** The set with ephemeris to show, good or not. */
function liveView(entries: readonly CacheEntry[], moment: PlanMoment): AssistanceSnapshot['live'] {
  const entry = bestLive(entries, moment) ?? entries.find(({ hasEphemeris }) => hasEphemeris);
  if (!entry) return undefined;
  const { ageMs } = ageOf(entry, moment);
  const freshness = liveFreshness(entry, moment);
  return {
    ...(ageMs === undefined ? {} : { ageMs: Math.round(ageMs) }),
    frames: entry.frames.length,
    isUsable: freshness === 'fresh' || freshness === 'stale',
    isFresh: freshness === 'fresh',
    from: entry.from,
  };
}

function predictiveView(entries: readonly CacheEntry[], utcMs: number | undefined): AssistanceSnapshot['predictive'] {
  const entry = bestPredicted(entries, utcMs);
  const untilUtcMs = entry && predictedUntilUtcMs(entry);
  if (!entry || untilUtcMs === undefined) return undefined;
  return {
    untilUtcMs,
    days: entry.predictedDays.length,
    frames: entry.frames.length,
    isUsable: utcMs !== undefined && coversToday(entry, utcMs),
    from: entry.from,
  };
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

function stockWords({ live, predictive }: Pick<AssistanceSnapshot, 'live' | 'predictive'>): string {
  const words: string[] = [];
  if (live?.isUsable === true)
    words.push(`live orbits ${plural(Math.round((live.ageMs ?? 0) / 60_000), 'minute')} old`);
  if (predictive)
    words.push(`predicted orbits until ${new Date(predictive.untilUtcMs).toISOString().slice(0, 16)} UTC`);
  return words.length === 0
    ? 'the cache holds no orbits that are still good'
    : `the cache holds ${words.join(' and ')}`;
}

const NEED_WORDS: Readonly<Record<AssistanceSnapshot['need'], string>> = {
  absent: 'No receiver has shown itself',
  needy: 'The receiver has no fix yet',
  content: 'The receiver has what it needs',
};

/** A refusal that still holds, perhaps since before a restart. */
function heldReason({ memory, service }: AssistanceState, { wallMs }: PlanMoment): WaymarkError | undefined {
  for (const part of service?.parts ?? []) {
    const hold = memory.holds[part];
    if (hold && holdWaitMs(memory, part, service?.of, wallMs) > 0) return held(hold.code, part);
  }
  return undefined;
}

/** What is planned, or, where that is to be done at once and has just failed, when it is tried again. */
function nextOf({ plan, moment, retryAtMonoMs = 0 }: AssistanceFacts): AssistanceSnapshot['next'] {
  const retryInMs = retryAtMonoMs - moment.monoMs;
  const next =
    retryInMs > plan.nextInMs
      ? { what: 'it is tried again', inMs: retryInMs }
      : { what: plan.why, inMs: plan.nextInMs };
  return { what: next.what, inMs: Math.round(next.inMs) };
}

/** All messages that were sent, time and position among them; some receivers acknowledge none. */
function givenWords({ accepted, refused, unanswered }: InjectionView): string {
  const answer = accepted + refused > 0 ? `${accepted} accepted` : 'it acknowledges none';
  return `, was given ${plural(accepted + refused + unanswered, 'message')} (${answer})`;
}

export function buildAssistanceSnapshot(facts: AssistanceFacts): AssistanceSnapshot {
  const { state, moment, lastInjection, lastFetch, setback } = facts;
  const reason = setback?.reason ?? facts.reason ?? heldReason(state, moment);
  const live = liveView(state.entries, moment);
  const predictive = predictiveView(state.entries, moment.utcMs);
  const hasPushed = state.entries.some(({ kind }) => kind === 'mga');
  const stock = stockWords({ ...(live ? { live } : {}), ...(predictive ? { predictive } : {}) });
  const injected = lastInjection && state.need.is !== 'absent' ? givenWords(lastInjection) : '';
  return {
    source: facts.source ?? (hasPushed ? 'mga' : 'none'),
    need: state.need.is,
    ...(live ? { live } : {}),
    ...(predictive ? { predictive } : {}),
    ...(lastInjection ? { lastInjection } : {}),
    ...(lastFetch ? { lastFetch } : {}),
    ...(reason ? { reason } : {}),
    next: setback?.next ?? nextOf(facts),
    fetchesToday: askedLastDay(state.memory, moment.wallMs),
    sentence: `${NEED_WORDS[state.need.is]}${injected}; ${stock}${reason ? `; ${reason.message}` : ''}.`,
  };
}
