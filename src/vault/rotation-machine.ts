// How a new value of a credential comes into force: it waits beside the old one, is proved by one use, and only then
// takes its place (specs/tokens.md section 5). One machine for a credential, or for a pair that belongs together.
//
//   idle --.next there--> waiting --may be tried--> proving --proved--> placing --placed--> probation --24 h good--> idle
//    ^                      ^  ^                    |     |                |                    (.prev removed)
//    |                      |  +---- weather -------+     |                +--not placed--> waiting, or read-only
//    +-- .next gone --------+                             +--refused--> refused (until .next changes, or a person asks)
//
// The journal is the names of the files alone: see rotation-files.ts. What was refused is remembered by fingerprint.
import type { Step } from '../core/index.js';

export type WaitReason =
  /** The candidate cannot be read: wrong mode, malformed. */
  | 'unreadable'
  /** The other half of the pair is not there yet. */
  | 'partner'
  /** Nobody has said how to try it. */
  | 'prover'
  | 'network'
  /** The last try ended by weather. */
  | 'weather'
  | 'disk';

export interface RotationModel {
  phase: 'idle' | 'waiting' | 'proving' | 'placing' | 'refused' | 'read-only' | 'probation';
  /** The candidates looked at, as fingerprints. */
  key?: string;
  why?: WaitReason;
  /** What the far side, or the disk, said. */
  said?: string;
  /** Not tried again before (monotonic). */
  notBeforeMs?: number;
  /** The candidates refused last. */
  refusedKey?: string;
  /** Since when the value in force has worked without a break; UTC, because it outlives a restart. */
  goodSinceUtcMs?: number;
  /** The `.prev` there is was put there by us; somebody else's is not ours to remove. */
  keepsPrevious?: true;
}

export type RotationEvent =
  | {
      is: 'looked';
      /** Absent: there is no candidate. */
      key?: string | undefined;
      /** What stands in the way of trying it. */
      blocked?: WaitReason | undefined;
      said?: string | undefined;
      hasPrevious: boolean;
      monoMs: number;
    }
  /** A person wants it tried now, whatever was said before. */
  | { is: 'asked' }
  | { is: 'proved' }
  | { is: 'refused'; said: string }
  | { is: 'weather'; said: string; retryAtMonoMs: number }
  | { is: 'placed' }
  | { is: 'not-placed'; isReadOnly: boolean; said: string; retryAtMonoMs: number }
  /** Sent only while the wall clock is trusted. */
  | { is: 'clock'; utcMs: number; isGood: boolean };

export type RotationEffect = { do: 'prove' } | { do: 'place' } | { do: 'remember' } | { do: 'remove-previous' };

/** How long the old value is kept while the new one works. */
export const PROBATION_MS = 24 * 3_600_000;

type Result = Step<RotationModel, RotationEffect>;

export const initialRotation: RotationModel = { phase: 'idle' };

/** The model in another phase; only what outlives a phase is kept. */
function enter(
  { refusedKey, goodSinceUtcMs, keepsPrevious }: RotationModel,
  phase: RotationModel['phase'],
  more: Omit<RotationModel, 'phase'> = {},
): RotationModel {
  return {
    phase,
    ...(refusedKey === undefined ? {} : { refusedKey }),
    ...(goodSinceUtcMs === undefined ? {} : { goodSinceUtcMs }),
    ...(keepsPrevious === undefined ? {} : { keepsPrevious }),
    ...more,
  };
}

export function nextRotation(model: RotationModel, event: RotationEvent): Result {
  const key = model.key === undefined ? {} : { key: model.key };
  switch (event.is) {
    case 'looked':
      return onLooked(model, event);
    case 'asked': {
      const { refusedKey: _, notBeforeMs: __, ...rest } = model;
      return model.phase === 'refused' || model.phase === 'waiting' || model.phase === 'read-only'
        ? { state: enter(rest, 'waiting', { ...key, why: 'weather' }) }
        : { state: model };
    }
    case 'proved':
      return model.phase === 'proving'
        ? { state: enter(model, 'placing', key), effects: [{ do: 'place' }] }
        : { state: model };
    case 'refused':
      return model.phase === 'proving'
        ? {
            state: enter(model, 'refused', {
              ...key,
              said: event.said,
              ...(model.key === undefined ? {} : { refusedKey: model.key }),
            }),
            effects: [{ do: 'remember' }],
          }
        : { state: model };
    case 'weather':
      return model.phase === 'proving'
        ? {
            state: enter(model, 'waiting', {
              ...key,
              why: 'weather',
              said: event.said,
              notBeforeMs: event.retryAtMonoMs,
            }),
          }
        : { state: model };
    case 'placed': {
      const { goodSinceUtcMs: _, refusedKey: __, ...rest } = model;
      return { state: enter(rest, 'probation', { keepsPrevious: true }), effects: [{ do: 'remember' }] };
    }
    case 'not-placed':
      return {
        state: event.isReadOnly
          ? enter(model, 'read-only', { ...key, said: event.said })
          : enter(model, 'waiting', { ...key, why: 'disk', said: event.said, notBeforeMs: event.retryAtMonoMs }),
      };
    case 'clock':
      return onClock(model, event.utcMs, event.isGood);
  }
}

function onLooked(model: RotationModel, event: Extract<RotationEvent, { is: 'looked' }>): Result {
  // What is being done is finished first; it is looked again afterwards.
  if (model.phase === 'proving' || model.phase === 'placing') return { state: model };
  const { key, blocked, said, hasPrevious, monoMs } = event;
  if (key === undefined)
    return { state: enter(model, hasPrevious && model.keepsPrevious === true ? 'probation' : 'idle') };
  if (key === model.refusedKey)
    return { state: model.phase === 'refused' ? model : enter(model, 'refused', { key, said: 'refused before' }) };
  if (key === model.key && model.phase === 'read-only') return { state: model };
  if (blocked !== undefined)
    return { state: enter(model, 'waiting', { key, why: blocked, ...(said === undefined ? {} : { said }) }) };
  if (key === model.key && (model.notBeforeMs ?? 0) > monoMs) return { state: model };
  return { state: enter(model, 'proving', { key }), effects: [{ do: 'prove' }] };
}

function onClock(model: RotationModel, utcMs: number, isGood: boolean): Result {
  if (model.phase !== 'probation') return { state: model };
  const { goodSinceUtcMs, ...rest } = model;
  if (!isGood) return goodSinceUtcMs === undefined ? { state: model } : { state: rest, effects: [{ do: 'remember' }] };
  // A time that lies ahead was written under another date.
  if (goodSinceUtcMs === undefined || goodSinceUtcMs > utcMs)
    return { state: { ...rest, goodSinceUtcMs: utcMs }, effects: [{ do: 'remember' }] };
  if (utcMs - goodSinceUtcMs < PROBATION_MS) return { state: model };
  const { keepsPrevious: _, ...bare } = rest;
  return { state: { ...bare, phase: 'idle' }, effects: [{ do: 'remove-previous' }, { do: 'remember' }] };
}
