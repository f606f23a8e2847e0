// The drawing of the enrolment, row by row.
import { describe, expect, test } from 'vitest';
import {
  ENROL_PHASES,
  type EnrolEffect,
  type EnrolEvent,
  type EnrolState,
  enrolStep,
  initialEnrolment,
  keyName,
  MAX_LISTED,
} from '../../../src/services/losant/enrol-machine.js';

const IMEI = '356938035643809';
const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(24)) as [string, string, string];
const start = initialEnrolment('application-token', IMEI);
const at = (phase: EnrolState['phase'], more: Partial<EnrolState> = {}): EnrolState => ({ ...start, phase, ...more });
const operator = (phase: EnrolState['phase']): EnrolState => ({ ...initialEnrolment('operator', IMEI), phase });
const key = (deviceId: string, nth = 1): EnrolEffect => ({ do: 'make-key', deviceId, name: keyName(IMEI, nth) });
const dated = (id: string, createdUtcMs: number) => ({ id, createdUtcMs });

type Row = readonly [string, EnrolState, EnrolEvent, Partial<EnrolState>, EnrolEffect];
const resumed: EnrolEvent = { is: 'resumed', hasIdentity: false };
const resumedWith: EnrolEvent = { is: 'resumed', hasIdentity: true };
const found = (...devices: { id: string; createdUtcMs?: number }[]): EnrolEvent => ({ is: 'found', devices });

const rows: readonly Row[] = [
  ['a new one looks first', start, resumed, { phase: 'looking' }, { do: 'find' }],
  ['none is there', start, found(), { phase: 'creating', hasCreated: true }, { do: 'create' }],
  ['one is there', start, found({ id: A }), { phase: 'keying', deviceId: A, keyTries: 1 }, key(A)],
  ['two are there', start, found({ id: A }, { id: B }), start, { do: 'stop-duplicate', ids: [A, B] }],
  ['made', at('creating'), { is: 'created', id: A }, { phase: 'confirming', deviceId: A }, { do: 'find' }],
  ['not made', at('creating'), { is: 'not-made' }, { phase: 'looking' }, { do: 'give-up' }],
  [
    'made or not',
    at('creating', { hasCreated: true }),
    resumed,
    { phase: 'looking', hasCreated: true },
    { do: 'find' },
  ],
  ['it was not', at('looking', { hasCreated: true }), found(), { phase: 'creating' }, { do: 'create' }],
  ['it was', at('looking', { hasCreated: true }), found({ id: A }), { phase: 'keying', deviceId: A }, key(A)],
  [
    'two were: the older one',
    at('looking', { hasCreated: true }),
    found(dated(A, 2), dated(B, 1)),
    { phase: 'keying', deviceId: B, others: [A] },
    key(B),
  ],
  ['confirmed', at('confirming', { deviceId: A }), found({ id: A }), { phase: 'keying', others: [] }, key(A)],
  ['the list lags', at('confirming', { deviceId: A }), found(), { phase: 'keying', deviceId: A }, key(A)],
  [
    'another was quicker',
    at('confirming', { deviceId: A, hasCreated: true }),
    found(dated(A, 5), dated(B, 4), { id: C }),
    { phase: 'keying', deviceId: B, others: [A, C] },
    key(B),
  ],
  [
    'the same moment: by id, so that both choose alike',
    at('confirming', { deviceId: B, hasCreated: true }),
    found(dated(B, 5), dated(A, 5)),
    { phase: 'keying', deviceId: A, others: [B] },
    key(A),
  ],
  [
    'only the other is listed yet',
    at('confirming', { deviceId: A, hasCreated: true }),
    found(dated(B, 4)),
    { phase: 'keying', deviceId: B, others: [A] },
    key(B),
  ],
  ['before the list', at('confirming', { deviceId: A }), resumed, { phase: 'confirming' }, { do: 'find' }],
  ['before the key', at('ready', { deviceId: A }), resumed, { phase: 'keying', keyTries: 1 }, key(A)],
  ['key kept', at('keying', { deviceId: A }), { is: 'kept' }, { phase: 'held' }, { do: 'prove' }],
  [
    'key refused',
    at('keying', { deviceId: A, keyTries: 2 }),
    { is: 'not-made' },
    { phase: 'ready', deviceId: A, keyTries: 1, orphans: [] },
    { do: 'give-up' },
  ],
  [
    'key refused, for its device is gone',
    at('keying', { deviceId: A, keyTries: 1 }),
    { is: 'not-made', isDeviceGone: true },
    { phase: 'looking', keyTries: 0 },
    { do: 'give-up' },
  ],
  [
    'key lost',
    at('keying', { deviceId: A, keyTries: 1 }),
    resumed,
    { phase: 'keying', keyTries: 2, orphans: [`gw-${IMEI}`] },
    key(A, 2),
  ],
  [
    'key kept, then the end',
    at('keying', { deviceId: A }),
    resumedWith,
    { phase: 'held', orphans: [] },
    { do: 'prove' },
  ],
  ['held', at('held'), resumedWith, { phase: 'held' }, { do: 'prove' }],
  [
    'held, and lost',
    at('held', { deviceId: A, keyTries: 1 }),
    resumed,
    { phase: 'looking', orphans: [`gw-${IMEI}`] },
    { do: 'find' },
  ],
  ['it works', at('held'), { is: 'proved' }, { phase: 'proved' }, { do: 'erase' }],
  ['not erased yet', at('proved'), resumedWith, { phase: 'proved' }, { do: 'erase' }],
  ['erased', at('proved'), { is: 'erased' }, { phase: 'done' }, { do: 'finish' }],
  ['done', at('done'), resumedWith, { phase: 'done' }, { do: 'finish' }],
  ['operator: asks', operator('asking'), resumed, { phase: 'asking' }, { do: 'ask' }],
  ['operator: kept', operator('asking'), { is: 'kept' }, { phase: 'held' }, { do: 'prove' }],
  ['operator: kept, then the end', operator('asking'), resumedWith, { phase: 'held' }, { do: 'prove' }],
  ['operator: works', operator('held'), { is: 'proved' }, { phase: 'done' }, { do: 'finish' }],
  ['operator: lost', operator('done'), resumed, { phase: 'asking' }, { do: 'ask' }],
];

describe('rows', () => {
  test.each(rows)('%s', (_, before, event, after, effect) => {
    const step = enrolStep(before, event);
    expect(step.state).toMatchObject(after);
    expect(step.effects).toEqual([effect]);
  });

  test('a gone device is forgotten', () => {
    const step = enrolStep(at('keying', { deviceId: A }), { is: 'not-made', isDeviceGone: true });
    expect(step.state).not.toHaveProperty('deviceId');
  });
});

test('what does not belong to a phase changes nothing', () => {
  const takes: Record<string, readonly string[]> = {
    found: ['looking', 'confirming'],
    created: ['creating'],
    'not-made': ['creating', 'keying'],
    kept: ['keying', 'asking'],
    proved: ['held'],
    erased: ['proved'],
  };
  const events: readonly EnrolEvent[] = [
    found(),
    { is: 'created', id: A },
    { is: 'not-made' },
    { is: 'kept' },
    { is: 'proved' },
    { is: 'erased' },
  ];
  for (const phase of ENROL_PHASES)
    for (const event of events)
      if (!takes[event.is]?.includes(phase))
        expect(enrolStep(at(phase), event), `${event.is} in ${phase}`).toEqual({ state: at(phase), effects: [] });
});

test('lists stay bounded, the newest at their end', () => {
  let state = at('keying', { deviceId: A, keyTries: 1 });
  for (let i = 0; i < 100; i++) state = enrolStep(state, resumed).state;
  expect(state.orphans).toHaveLength(MAX_LISTED);
  expect(state.orphans.at(-1)).toBe(keyName(IMEI, 100));
});
