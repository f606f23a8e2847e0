import { describe, expect, test } from 'vitest';
import {
  nextRotation,
  PROBATION_MS,
  type RotationEvent,
  type RotationModel,
} from '../../src/vault/rotation-machine.js';

const there = (more: Partial<Extract<RotationEvent, { is: 'looked' }>> = {}): RotationEvent => ({
  is: 'looked',
  key: 'a:1',
  hasPrevious: false,
  monoMs: 1000,
  ...more,
});
const gone = (hasPrevious: boolean): RotationEvent => ({ is: 'looked', hasPrevious, monoMs: 1000 });

type Row = [what: string, from: RotationModel, event: RotationEvent, to: RotationModel, effects?: string[]];

const ROWS: Row[] = [
  ['nothing there', { phase: 'idle' }, gone(false), { phase: 'idle' }],
  ['a candidate', { phase: 'idle' }, there(), { phase: 'proving', key: 'a:1' }, ['prove']],
  [
    'a candidate nobody can try',
    { phase: 'idle' },
    there({ blocked: 'prover' }),
    { phase: 'waiting', key: 'a:1', why: 'prover' },
  ],
  [
    'the prover has come',
    { phase: 'waiting', key: 'a:1', why: 'prover' },
    there(),
    { phase: 'proving', key: 'a:1' },
    ['prove'],
  ],
  [
    'looked at while it is tried',
    { phase: 'proving', key: 'a:1' },
    there({ key: 'a:2' }),
    { phase: 'proving', key: 'a:1' },
  ],
  ['proved', { phase: 'proving', key: 'a:1' }, { is: 'proved' }, { phase: 'placing', key: 'a:1' }, ['place']],
  ['proved, but nobody asked', { phase: 'idle' }, { is: 'proved' }, { phase: 'idle' }],
  [
    'in place',
    { phase: 'placing', key: 'a:1', refusedKey: 'a:0', goodSinceUtcMs: 5 },
    { is: 'placed' },
    { phase: 'probation', keepsPrevious: true },
    ['remember'],
  ],
  [
    'refused',
    { phase: 'proving', key: 'a:1' },
    { is: 'refused', said: 'losant.refused' },
    { phase: 'refused', key: 'a:1', refusedKey: 'a:1', said: 'losant.refused' },
    ['remember'],
  ],
  [
    'the refused one is still there',
    { phase: 'refused', key: 'a:1', refusedKey: 'a:1', said: 'x' },
    there(),
    { phase: 'refused', key: 'a:1', refusedKey: 'a:1', said: 'x' },
  ],
  [
    'the refused one after a restart',
    { phase: 'idle', refusedKey: 'a:1' },
    there(),
    { phase: 'refused', key: 'a:1', refusedKey: 'a:1', said: 'refused before' },
  ],
  [
    'another one instead of the refused',
    { phase: 'refused', key: 'a:1', refusedKey: 'a:1' },
    there({ key: 'a:2' }),
    { phase: 'proving', key: 'a:2', refusedKey: 'a:1' },
    ['prove'],
  ],
  [
    'a person wants the refused one tried',
    { phase: 'refused', key: 'a:1', refusedKey: 'a:1' },
    { is: 'asked' },
    { phase: 'waiting', key: 'a:1', why: 'weather' },
  ],
  [
    'the refused one is taken away',
    { phase: 'refused', key: 'a:1', refusedKey: 'a:1' },
    gone(false),
    { phase: 'idle', refusedKey: 'a:1' },
  ],
  [
    'weather',
    { phase: 'proving', key: 'a:1' },
    { is: 'weather', said: 'net.dns', retryAtMonoMs: 9000 },
    { phase: 'waiting', key: 'a:1', why: 'weather', said: 'net.dns', notBeforeMs: 9000 },
  ],
  [
    'too early after weather',
    { phase: 'waiting', key: 'a:1', why: 'weather', notBeforeMs: 9000 },
    there(),
    { phase: 'waiting', key: 'a:1', why: 'weather', notBeforeMs: 9000 },
  ],
  [
    'late enough after weather',
    { phase: 'waiting', key: 'a:1', why: 'weather', notBeforeMs: 9000 },
    there({ monoMs: 9000 }),
    { phase: 'proving', key: 'a:1' },
    ['prove'],
  ],
  [
    'another value need not wait',
    { phase: 'waiting', key: 'a:1', why: 'weather', notBeforeMs: 9000 },
    there({ key: 'a:2' }),
    { phase: 'proving', key: 'a:2' },
    ['prove'],
  ],
  [
    'a directory that cannot be written',
    { phase: 'placing', key: 'a:1' },
    { is: 'not-placed', isReadOnly: true, said: 'EROFS', retryAtMonoMs: 9000 },
    { phase: 'read-only', key: 'a:1', said: 'EROFS' },
  ],
  ['and it is not tried again', { phase: 'read-only', key: 'a:1' }, there(), { phase: 'read-only', key: 'a:1' }],
  [
    'a full disk',
    { phase: 'placing', key: 'a:1' },
    { is: 'not-placed', isReadOnly: false, said: 'ENOSPC', retryAtMonoMs: 9000 },
    { phase: 'waiting', key: 'a:1', why: 'disk', said: 'ENOSPC', notBeforeMs: 9000 },
  ],
  [
    'our old value after a restart',
    { phase: 'idle', keepsPrevious: true },
    gone(true),
    { phase: 'probation', keepsPrevious: true },
  ],
  ['somebody else’s old value', { phase: 'idle' }, gone(true), { phase: 'idle' }],
  [
    'it begins to be good',
    { phase: 'probation', keepsPrevious: true },
    { is: 'clock', utcMs: 7, isGood: true },
    { phase: 'probation', keepsPrevious: true, goodSinceUtcMs: 7 },
    ['remember'],
  ],
  [
    'it stops being good',
    { phase: 'probation', keepsPrevious: true, goodSinceUtcMs: 7 },
    { is: 'clock', utcMs: PROBATION_MS * 2, isGood: false },
    { phase: 'probation', keepsPrevious: true },
    ['remember'],
  ],
  [
    'a day is not over',
    { phase: 'probation', keepsPrevious: true, goodSinceUtcMs: 7 },
    { is: 'clock', utcMs: PROBATION_MS, isGood: true },
    { phase: 'probation', keepsPrevious: true, goodSinceUtcMs: 7 },
  ],
  [
    'a day is over',
    { phase: 'probation', keepsPrevious: true, goodSinceUtcMs: 7 },
    { is: 'clock', utcMs: PROBATION_MS + 7, isGood: true },
    { phase: 'idle' },
    ['remove-previous', 'remember'],
  ],
  [
    'a day that began tomorrow begins now',
    { phase: 'probation', keepsPrevious: true, goodSinceUtcMs: 900 },
    { is: 'clock', utcMs: 7, isGood: true },
    { phase: 'probation', keepsPrevious: true, goodSinceUtcMs: 7 },
    ['remember'],
  ],
  ['time without anything going on', { phase: 'idle' }, { is: 'clock', utcMs: 7, isGood: true }, { phase: 'idle' }],
];

describe('the machine of a rotation', () => {
  test.each(ROWS)('%s', (_what, from, event, to, effects = []) => {
    const step = nextRotation(from, event);
    expect(step.state).toEqual(to);
    expect((step.effects ?? []).map((effect) => effect.do)).toEqual(effects);
  });
});
