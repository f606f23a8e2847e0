import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  CREDENTIAL_STATES,
  type CredentialEvent,
  type CredentialModel,
  type CredentialState,
  initialCredential,
  nextCredential,
  trafficAllowed,
} from '../../src/vault/index.js';

const DAY = 86_400_000;
const END = 100 * DAY;
const WARN = 30 * DAY;

const loaded = (fingerprint: string, utcMs = 0): CredentialEvent => ({
  is: 'loaded',
  fingerprint,
  expiresAtUtcMs: END,
  expirySource: 'config',
  utcMs,
});
const clock = (days: number): CredentialEvent => ({ is: 'clock', utcMs: days * DAY, warnBeforeMs: WARN });
const refused = (state: 'rejected' | 'deactivated' | 'expired' | 'revoked'): CredentialEvent => ({
  is: 'refused',
  state,
  reason: 'refused',
  evidence: { http: 403 },
  retryAtMonoMs: 5000,
  utcMs: DAY,
});
const ok: CredentialEvent = { is: 'ok', utcMs: DAY };
const absent: CredentialEvent = { is: 'absent', reason: 'absent', utcMs: DAY };
const weather: CredentialEvent = { is: 'weather', retryAtMonoMs: 9000 };

const play = (events: CredentialEvent[], from = initialCredential(0)): CredentialModel =>
  events.reduce((model, event) => nextCredential(model, event).state, from);

/** One way into each state. */
const AT: Record<CredentialState, CredentialModel> = {
  missing: play([]),
  valid: play([loaded('a'), ok]),
  expiring: play([loaded('a'), clock(75)]),
  expired: play([loaded('a'), refused('expired')]),
  rejected: play([loaded('a'), refused('rejected')]),
  revoked: play([loaded('a'), refused('revoked')]),
  deactivated: play([loaded('a'), refused('deactivated')]),
};

/** Event, then the state it leads to from missing, valid, expiring, expired, rejected, revoked, deactivated. */
const TABLE: [string, CredentialEvent, CredentialState[]][] = [
  [
    'the same value loaded',
    loaded('a'),
    ['valid', 'valid', 'expiring', 'expired', 'rejected', 'revoked', 'deactivated'],
  ],
  ['another value loaded', loaded('b'), ['valid', 'valid', 'valid', 'valid', 'valid', 'valid', 'valid']],
  ['value gone', absent, ['missing', 'missing', 'missing', 'missing', 'missing', 'missing', 'missing']],
  ['used with success', ok, ['missing', 'valid', 'expiring', 'expired', 'valid', 'revoked', 'valid']],
  ['refused', refused('rejected'), ['missing', 'rejected', 'rejected', 'expired', 'rejected', 'revoked', 'rejected']],
  [
    'no plan',
    refused('deactivated'),
    ['missing', 'deactivated', 'deactivated', 'expired', 'deactivated', 'revoked', 'deactivated'],
  ],
  [
    'said to have expired',
    refused('expired'),
    ['missing', 'expired', 'expired', 'expired', 'expired', 'revoked', 'expired'],
  ],
  ['revoked', refused('revoked'), ['revoked', 'revoked', 'revoked', 'revoked', 'revoked', 'revoked', 'revoked']],
  ['weather', weather, [...CREDENTIAL_STATES]],
  ['lent for a probe', { is: 'probing', untilMonoMs: 1 }, [...CREDENTIAL_STATES]],
  ['early', clock(1), ['missing', 'valid', 'valid', 'expired', 'rejected', 'revoked', 'deactivated']],
  [
    'in the warning window',
    clock(75),
    ['missing', 'expiring', 'expiring', 'expired', 'rejected', 'revoked', 'deactivated'],
  ],
  ['after the end', clock(101), ['missing', 'expired', 'expired', 'expired', 'rejected', 'revoked', 'deactivated']],
];

describe('the table of transitions', () => {
  for (const [name, event, expected] of TABLE)
    test.each(CREDENTIAL_STATES.map((from, i) => [from, expected[i]!] as const))(
      `${name}: %s becomes %s`,
      (from, to) => {
        expect(nextCredential(AT[from], event).state.state).toBe(to);
      },
    );

  test('the drawing in the file names every state and every event', () => {
    const source = readFileSync(new URL('../../src/vault/credential-machine.ts', import.meta.url), 'utf8');
    const drawing = source.slice(0, source.indexOf('import'));
    for (const word of [...CREDENTIAL_STATES, 'loaded', 'absent', 'ok', 'refused', 'weather', 'clock'])
      expect(drawing).toContain(word);
  });
});

describe('weather', () => {
  test.each(CREDENTIAL_STATES)('changes nothing of %s but the time of the next try', (state) => {
    const { state: after, effects } = nextCredential(AT[state], weather);
    expect(after).toEqual({ ...AT[state], retryAtMonoMs: 9000 });
    expect(effects ?? []).toEqual([]);
    expect(nextCredential(AT[state], { is: 'weather' }).state).toBe(AT[state]);
  });
});

describe('a new value', () => {
  test('is untested, and forgets strikes, latch, evidence, reason and retry time', () => {
    const bad = play([loaded('a'), { ...refused('rejected'), reason: 'locked-risk' } as CredentialEvent]);
    expect(bad).toMatchObject({ latched: true, strikes: 1 });
    const fresh = nextCredential(bad, loaded('b', 7)).state;
    expect(fresh).toEqual({
      state: 'valid',
      sinceUtcMs: 7,
      tested: false,
      fingerprint: 'b',
      generation: 2,
      expiresAtUtcMs: END,
      expirySource: 'config',
      endedByClock: false,
      latched: false,
      strikes: 0,
      warnedDays: [],
    });
  });

  test('a value without a known end forgets the end of the one before', () => {
    const model = play([loaded('a'), { is: 'loaded', fingerprint: 'b', utcMs: 0 }]);
    expect(model.expiresAtUtcMs).toBeUndefined();
    expect(play([clock(1000)], model).state).toBe('valid');
  });
});

describe('the same value coming back', () => {
  test.each(['rejected', 'revoked', 'deactivated'] as const)('is still %s, with its reason and evidence', (state) => {
    const back = play([absent, loaded('a')], AT[state]);
    const { sinceUtcMs, reason, evidence, strikes, latched } = AT[state];
    expect(back).toMatchObject({ state, sinceUtcMs, reason, evidence, strikes, latched, generation: 1 });
  });

  test('is still tested when it was', () => {
    expect(play([absent, loaded('a')], AT.valid)).toMatchObject({ state: 'valid', tested: true });
  });
});

describe('expiry', () => {
  test('by the clock alone is taken back when the clock was wrong', () => {
    const wrong = play([loaded('a'), clock(101)]);
    expect(wrong).toMatchObject({ state: 'expired', reason: 'explicit-expiry', endedByClock: true });
    const right = play([clock(10)], wrong);
    expect(right.state).toBe('valid');
    expect(right.reason).toBeUndefined();
  });

  test('by the provider’s word is not taken back by the clock or by a success', () => {
    expect(play([clock(10), ok], AT.expired).state).toBe('expired');
  });

  test('the warning window is never more than a fifth of the life', () => {
    const short: CredentialEvent = {
      is: 'loaded',
      fingerprint: 'a',
      validFromUtcMs: 0,
      expiresAtUtcMs: 10 * DAY,
      utcMs: 0,
    };
    expect(play([short, clock(7.9)]).state).toBe('valid');
    expect(play([short, clock(8.1)]).state).toBe('expiring');
  });

  test('warnings are given 14, 7 and 1 days ahead, once each, and only the nearest after a long pause', () => {
    let model = play([loaded('a')]);
    const said: [number, number][] = [];
    for (let day = 0; day <= 101; day += 0.5) {
      const step = nextCredential(model, clock(day));
      model = step.state;
      for (const effect of step.effects ?? []) if (effect.do === 'warn') said.push([day, effect.daysLeft]);
    }
    expect(said).toEqual([
      [86, 14],
      [93, 7],
      [99, 1],
    ]);
    const late = nextCredential(play([loaded('a')]), clock(99.5)).effects?.filter((effect) => effect.do === 'warn');
    expect(late).toEqual([{ do: 'warn', daysLeft: 1 }]);
  });
});

describe('what is announced and kept', () => {
  test('a repeated refusal is counted and kept, but announced once', () => {
    const first = nextCredential(AT.valid, refused('rejected'));
    expect(first.effects).toEqual([{ do: 'announce' }, { do: 'persist' }]);
    const second = nextCredential(first.state, refused('rejected'));
    expect(second.effects).toEqual([{ do: 'persist' }]);
    expect(second.state).toMatchObject({ strikes: 2, sinceUtcMs: first.state.sinceUtcMs });
  });

  test('successes in a row are written at most once a day', () => {
    let model = AT.valid;
    let writes = 0;
    for (let minute = 0; minute < 3 * 24 * 60; minute++) {
      const step = nextCredential(model, { is: 'ok', utcMs: DAY + minute * 60_000 });
      model = step.state;
      writes += step.effects?.length ?? 0;
    }
    expect(writes).toBe(2);
  });
});

test('traffic allowed by state', () => {
  expect(CREDENTIAL_STATES.map((state) => trafficAllowed(AT[state]))).toEqual([
    'none',
    'normal',
    'normal',
    'renewal',
    'probe',
    'none',
    'probe',
  ]);
  expect(trafficAllowed({ ...AT.rejected, latched: true })).toBe('none');
});
