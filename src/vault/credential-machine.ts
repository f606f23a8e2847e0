// What is known about one credential, as a pure machine (specs/tokens.md section 2).
//
//   missing --loaded--> valid --clock: warn window--> expiring --clock: end--> expired
//      ^                  ^  \                         /    \                    |
//      | absent           |   +--refused--> rejected <-+     +--refused: expired-+
//      +-- any state      +--ok----------- / deactivated <--refused            (ok does not revive it)
//                         |
//   any state --loaded with another fingerprint--> valid, untested: strikes, latch and evidence are forgotten
//                (or the same value on other terms)
//   any state --refused: revoked--> revoked           (stays until another value is loaded)
//   any state --weather--> the same state             (only the time of the next try moves)
//
// rejected and deactivated may replace each other: the provider's latest word names the better remedy.
// expired by the clock alone is taken back when the clock turns out to have been wrong; expired by the provider's word
// is not. An end that is only estimated makes a value expiring, never expired. No timers here: the passing of time is the event `clock`.
import type { Step } from '../core/index.js';
import {
  type CredentialEffect,
  type CredentialEvent,
  type CredentialMemory,
  type CredentialModel,
  endOf,
  isEstimate,
  WARN_DAYS,
} from './credential-model.js';

const DAY_MS = 86_400_000;
/** `lastGoodUtcMs` is written to disk at most this often: a flash card must not pay for every success. */
const GOOD_WORTH_WRITING_MS = DAY_MS;

type Result = Step<CredentialModel, CredentialEffect>;

const same = (state: CredentialModel): Result => ({ state });

/** A copy without the named members (exact optional properties cannot be set to undefined). */
function without<M extends object, K extends keyof M>(model: M, ...keys: K[]): Omit<M, K> {
  const copy = { ...model };
  for (const key of keys) Reflect.deleteProperty(copy, key);
  return copy;
}

/** `from` turned into `to`, with the effects of a change if the visible state differs. */
function changed(from: CredentialModel, to: CredentialModel, utcMs: number): Result {
  if (from.state === to.state && from.reason === to.reason) return { state: to, effects: [{ do: 'persist' }] };
  const state = from.state === to.state ? to : { ...to, sinceUtcMs: utcMs };
  return { state, effects: [{ do: 'announce' }, { do: 'persist' }] };
}

export function nextCredential(model: CredentialModel, event: CredentialEvent): Result {
  switch (event.is) {
    case 'remembered':
      return onRemembered(model, event.memory);
    case 'loaded':
      return onLoaded(model, event);
    case 'absent':
      return onAbsent(model, event);
    case 'ok':
      return onOk(model, event.utcMs, event.isUtcTrusted ?? true);
    case 'refused':
      return onRefused(model, event);
    case 'weather':
      return event.retryAtMonoMs === undefined ? same(model) : same({ ...model, retryAtMonoMs: event.retryAtMonoMs });
    case 'probing':
      return same({ ...model, retryAtMonoMs: event.untilMonoMs });
    case 'clock':
      return onClock(model, event);
  }
}

/** The last run's knowledge waits as `before` until the value turns out to be the same. */
function onRemembered(model: CredentialModel, memory: CredentialMemory): Result {
  if (model.fingerprint !== undefined) return same(model);
  const { fingerprint, lastGoodUtcMs, firstGoodUtcMs, terms, warnedDays, ...before } = memory;
  return same({
    ...model,
    fingerprint,
    generation: 1,
    warnedDays,
    ...(lastGoodUtcMs === undefined ? {} : { lastGoodUtcMs }),
    ...(firstGoodUtcMs === undefined ? {} : { firstGoodUtcMs }),
    ...(terms === undefined ? {} : { terms }),
    before,
  });
}

function onLoaded(model: CredentialModel, event: Extract<CredentialEvent, { is: 'loaded' }>): Result {
  const ends = {
    ...(event.validFromUtcMs === undefined ? {} : { validFromUtcMs: event.validFromUtcMs }),
    ...(event.expiresAtUtcMs === undefined ? {} : { expiresAtUtcMs: event.expiresAtUtcMs }),
    ...(event.expirySource === undefined ? {} : { expirySource: event.expirySource }),
    ...(event.lifeMs === undefined ? {} : { lifeMs: event.lifeMs }),
    ...(event.terms === undefined ? {} : { terms: event.terms }),
  };
  const bare = without(model, 'validFromUtcMs', 'expiresAtUtcMs', 'expirySource', 'lifeMs', 'before');
  // A token turned from temporary into permanent keeps its value, and what was said of it no longer holds.
  const hasOtherTerms = model.terms !== undefined && event.terms !== undefined && model.terms !== event.terms;
  if (event.fingerprint !== model.fingerprint || hasOtherTerms) {
    const fresh = without(bare, 'reason', 'evidence', 'retryAtMonoMs', 'lastGoodUtcMs', 'firstGoodUtcMs');
    return changed(
      model,
      {
        ...fresh,
        ...ends,
        state: 'valid',
        tested: false,
        fingerprint: event.fingerprint,
        generation: model.generation + 1,
        endedByClock: false,
        latched: false,
        strikes: 0,
        warnedDays: [],
      },
      event.utcMs,
    );
  }
  if (model.state !== 'missing') return same({ ...bare, ...ends });
  // The same value is back: what the provider said about it still holds.
  const restored: CredentialModel = {
    ...without(bare, 'reason', 'evidence'),
    ...ends,
    ...(model.before ?? { state: 'valid' }),
  };
  const step = changed(model, restored, event.utcMs);
  return restored.state === 'valid' ? step : { ...step, state: restored };
}

function onAbsent(model: CredentialModel, event: Extract<CredentialEvent, { is: 'absent' }>): Result {
  if (model.state === 'missing')
    return model.reason === event.reason
      ? same(model)
      : changed(model, { ...model, reason: event.reason }, event.utcMs);
  const { state, tested, latched, strikes, reason, evidence } = model;
  // Expiry by the clock is found out again; what a provider said has to be kept.
  const kept = state === 'expiring' || (state === 'expired' && model.endedByClock) ? 'valid' : state;
  const before = {
    state: kept,
    sinceUtcMs: model.sinceUtcMs,
    tested,
    latched,
    strikes,
    ...(reason === undefined || kept === 'valid' ? {} : { reason }),
    ...(evidence === undefined ? {} : { evidence }),
  };
  const bare = without(model, 'reason', 'evidence', 'retryAtMonoMs');
  return changed(
    model,
    { ...bare, state: 'missing', reason: event.reason, latched: false, endedByClock: false, before },
    event.utcMs,
  );
}

function onOk(model: CredentialModel, utcMs: number, isUtcTrusted: boolean): Result {
  switch (model.state) {
    case 'missing':
    case 'revoked':
    case 'expired':
      return same(model);
    case 'valid':
    case 'expiring':
    case 'rejected':
    case 'deactivated': {
      const recovered = model.state === 'rejected' || model.state === 'deactivated';
      const bare = without(model, 'retryAtMonoMs', 'evidence', ...(recovered ? (['reason'] as const) : []));
      const isFirstGood = model.lifeMs !== undefined && model.firstGoodUtcMs === undefined && isUtcTrusted;
      const to: CredentialModel = {
        ...(bare as CredentialModel),
        ...(isFirstGood ? { firstGoodUtcMs: utcMs } : {}),
        state: recovered ? 'valid' : model.state,
        tested: true,
        strikes: 0,
        latched: false,
        lastGoodUtcMs: utcMs,
      };
      if (recovered || !model.tested) return changed(model, to, utcMs);
      const worthWriting = isFirstGood || utcMs - (model.lastGoodUtcMs ?? 0) >= GOOD_WORTH_WRITING_MS;
      // Between two writes the old time stays, so that the age of the written one can be told.
      return worthWriting
        ? { state: to, effects: [{ do: 'persist' }] }
        : same({ ...to, ...(model.lastGoodUtcMs === undefined ? {} : { lastGoodUtcMs: model.lastGoodUtcMs }) });
    }
  }
}

function onRefused(model: CredentialModel, event: Extract<CredentialEvent, { is: 'refused' }>): Result {
  // Without a value there was nothing to refuse; a revoked one can fall no deeper; an expired one is refused for that.
  if (event.state !== 'revoked' && (model.state === 'missing' || model.state === 'expired')) return same(model);
  if (model.state === 'revoked') return same(model);
  const bare = without(model, 'retryAtMonoMs', 'before');
  return changed(
    model,
    {
      ...bare,
      state: event.state,
      reason: event.reason,
      evidence: { ...event.evidence, atUtcMs: event.utcMs },
      endedByClock: false,
      strikes: model.strikes + 1,
      // Another service's value does not become right by waiting.
      latched: event.state === 'revoked' || event.reason === 'locked-risk' || event.reason === 'wrong-kind',
      ...(event.retryAtMonoMs === undefined ? {} : { retryAtMonoMs: event.retryAtMonoMs }),
    },
    event.utcMs,
  );
}

/** How long before its end a credential counts as expiring: at most a fifth of its life, when that is known. */
function warnWindowMs(model: CredentialModel, warnBeforeMs: number): number {
  if (model.validFromUtcMs === undefined || model.expiresAtUtcMs === undefined) return warnBeforeMs;
  return Math.min(warnBeforeMs, Math.max(0, model.expiresAtUtcMs - model.validFromUtcMs) / 5);
}

function onClock(model: CredentialModel, event: Extract<CredentialEvent, { is: 'clock' }>): Result {
  const { utcMs, warnBeforeMs, warnDays = WARN_DAYS } = event;
  const ours =
    model.state === 'valid' || model.state === 'expiring' || (model.state === 'expired' && model.endedByClock);
  if (!ours) return same(model);
  const end = endOf(model);
  const leftMs = end === undefined ? Number.POSITIVE_INFINITY : end.utcMs - utcMs;
  const hasEnded = leftMs <= 0 && !isEstimate(end?.source);
  const state = hasEnded ? 'expired' : leftMs <= warnWindowMs(model, warnBeforeMs) ? 'expiring' : 'valid';
  const due = warnDays.filter((days) => leftMs > 0 && leftMs <= days * DAY_MS && !model.warnedDays.includes(days));
  if (state === model.state && due.length === 0) return same(model);
  const bare = without(model, 'reason');
  const step = changed(
    model,
    {
      ...bare,
      state,
      endedByClock: state === 'expired',
      ...(state === 'expired' ? { reason: 'explicit-expiry' as const } : {}),
      warnedDays: [...model.warnedDays, ...due],
    },
    utcMs,
  );
  // Several thresholds passed at once (long off): only the nearest is worth a line.
  const nearest = due.at(-1);
  return nearest === undefined
    ? step
    : { state: step.state, effects: [...(step.effects ?? []), { do: 'warn', daysLeft: nearest }] };
}
