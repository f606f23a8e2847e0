import { describe, expect, test } from 'vitest';
import { createFakeClock, type Deferred, deferred, Secret, silentLogger, WaymarkError } from '../../src/core/index.js';
import {
  type CredentialState,
  type CredentialStatus,
  createDerived,
  type DerivedOptions,
  type DerivedValue,
} from '../../src/vault/index.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const REFUSED = { is: 'refused', state: 'rejected', reason: 'refused', evidence: { http: 401 } } as const;

const rootOf = (id: string) => {
  const root = { state: 'valid' as CredentialState, waitsFor: undefined as string | undefined };
  return {
    root,
    source: {
      status: () =>
        ({
          id,
          state: root.state,
          ...(root.waitsFor === undefined ? {} : { waitsFor: root.waitsFor }),
        }) as CredentialStatus,
    },
  };
};

const token = (value: string): Secret => new Secret('api-token', value);

function subject(parts: Partial<DerivedOptions> = {}) {
  const clock = createFakeClock();
  const { root, source } = rootOf('thingspace-key');
  const calls: { previous: string | undefined; wasRefused: boolean | undefined }[] = [];
  const next: { answer: () => Promise<DerivedValue> } = {
    answer: async () => ({ value: token(`token-number-${calls.length}`), lifeMs: HOUR }),
  };
  const derived = createDerived(
    { clock, log: silentLogger },
    {
      id: 'thingspace-token',
      kind: 'api-token',
      from: [source],
      fetch: ({ previous }) => {
        calls.push({ previous: previous?.value.reveal(), wasRefused: previous?.wasRefused });
        return next.answer();
      },
      ...parts,
    },
  );
  return { clock, root, calls, next, derived };
}

describe('fetching', () => {
  test('nothing is fetched before somebody asks, and then once for all', async () => {
    const { derived, calls } = subject();
    expect(derived.status()).toMatchObject({ state: 'missing', isOnDemand: true });
    expect(derived.status().remedy).toContain('Nothing has to be done');
    const leases = await Promise.all(Array.from({ length: 10 }, () => derived.get()));
    expect(calls).toHaveLength(1);
    expect(new Set(leases.map(({ value }) => value.reveal()))).toEqual(new Set(['token-number-1']));
    expect(derived.status()).toMatchObject({ state: 'valid', tested: false, generation: 1 });
    expect(derived.status()).not.toHaveProperty('isOnDemand');
  });

  test('who gives up does not take the fetch away from the others', async () => {
    const { derived, next } = subject();
    const answer: Deferred<DerivedValue> = deferred();
    next.answer = () => answer.promise;
    const controller = new AbortController();
    const given = derived.get({ signal: controller.signal });
    const other = derived.get();
    controller.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    answer.resolve({ value: token('late-but-good') });
    expect((await other).value.reveal()).toBe('late-but-good');
  });

  test('it is lent until shortly before its end by our monotonic clock, whatever the date does', async () => {
    const { derived, clock, calls } = subject();
    const lease = await derived.get();
    expect(lease.notAfterMono).toBe(HOUR - 5000);
    clock.stepWall(400 * 24 * HOUR);
    await clock.advance(HOUR - 5001);
    await derived.get();
    expect(calls).toHaveLength(1);
    await clock.advance(1);
    expect(derived.status()).toMatchObject({ state: 'expired', reason: 'explicit-expiry', isOnDemand: true });
    expect((await derived.get()).generation).toBe(2);
    expect(calls[1]).toEqual({ previous: 'token-number-1', wasRefused: false });
  });

  test('the same value issued again is the same generation, and stays tested', async () => {
    const { derived, clock, next } = subject();
    next.answer = async () => ({ value: token('ever-the-same'), lifeMs: HOUR });
    derived.report(await derived.get(), { is: 'ok' });
    await clock.advance(HOUR);
    expect((await derived.get()).generation).toBe(1);
    expect(derived.status()).toMatchObject({ generation: 1, tested: true });
  });

  test('what was dropped while it was fetched is fetched again from what came instead', async () => {
    const { derived, next, calls } = subject();
    const answers: Deferred<DerivedValue>[] = [];
    next.answer = () => {
      const answer: Deferred<DerivedValue> = deferred();
      answers.push(answer);
      return answer.promise;
    };
    const got = derived.get();
    derived.drop();
    answers[0]?.resolve({ value: token('made-from-the-old-key') });
    await new Promise((resolve) => setImmediate(resolve));
    answers[1]?.resolve({ value: token('made-from-the-new-key') });
    expect((await got).value.reveal()).toBe('made-from-the-new-key');
    expect(calls).toHaveLength(2);
  });

  test('a sleep of the machine counts against its life, a date set back does not lengthen it', async () => {
    const { derived, clock, calls } = subject();
    await derived.get();
    derived.clockJumped(-HOUR);
    await clock.advance(MINUTE);
    await derived.get();
    expect(calls).toHaveLength(1);
    derived.clockJumped(HOUR);
    expect(derived.status().state).toBe('expired');
    await derived.get();
    expect(calls).toHaveLength(2);
  });
});

describe('idle life', () => {
  test('each success begins it anew; past it the value is still lent, because the server’s word decides', async () => {
    const { derived, clock, next, calls } = subject();
    next.answer = async () => ({ value: token('a-session-of-20-min'), idleMs: 20 * MINUTE });
    const lease = await derived.get();
    expect(lease.notAfterMono).toBe(20 * MINUTE);
    await clock.advance(15 * MINUTE);
    derived.report(lease, { is: 'ok' });
    expect((await derived.get()).notAfterMono).toBe(35 * MINUTE);
    await clock.advance(HOUR);
    expect(derived.status().state).toBe('valid');
    await derived.get();
    expect(calls).toHaveLength(1);
    derived.report(lease, { ...REFUSED, state: 'expired', reason: 'idle-expiry' });
    expect(derived.status()).toMatchObject({ state: 'expired', reason: 'idle-expiry', isOnDemand: true });
    await derived.get();
    expect(calls[1]).toEqual({ previous: 'a-session-of-20-min', wasRefused: true });
  });

  test('of two ends the nearer is told', async () => {
    const { derived, next } = subject();
    next.answer = async () => ({ value: token('both-ends-known'), lifeMs: HOUR, idleMs: 20 * MINUTE });
    expect((await derived.get()).notAfterMono).toBe(20 * MINUTE);
  });
});

describe('refusals', () => {
  test('one is repaired by itself and nobody is told; a second in a row is trouble', async () => {
    const { derived } = subject();
    derived.report(await derived.get(), REFUSED);
    expect(derived.status()).toMatchObject({ state: 'rejected', evidence: { http: 401 }, isOnDemand: true });
    const again = await derived.get();
    expect(derived.status()).not.toHaveProperty('evidence');
    derived.report(again, REFUSED);
    expect(derived.status()).not.toHaveProperty('isOnDemand');
    derived.report(await derived.get(), { is: 'ok' });
    derived.report(await derived.get(), REFUSED);
    expect(derived.status().isOnDemand).toBe(true);
  });

  test('a late refusal of a value already replaced is not heard', async () => {
    const { derived } = subject();
    const old = await derived.get();
    derived.report(old, REFUSED);
    await derived.get();
    derived.report(old, REFUSED);
    expect(derived.status().state).toBe('valid');
  });

  test('weather while fetching goes to whoever asked and changes nothing', async () => {
    const { derived, next } = subject();
    let heard = 0;
    derived.onChange(() => heard++);
    next.answer = () => Promise.reject(new WaymarkError('thingspace.weather', 'no answer'));
    await expect(derived.get()).rejects.toMatchObject({ code: 'thingspace.weather' });
    expect(derived.status()).toMatchObject({ state: 'missing', isOnDemand: true });
    expect(derived.status()).not.toHaveProperty('evidence');
    expect(heard).toBe(0);
  });

  test('a fetch refused for good is told with its evidence, and listeners hear of it', async () => {
    const { derived, next } = subject();
    let heard = 0;
    derived.onChange(() => heard++);
    next.answer = () =>
      Promise.reject(
        new WaymarkError('thingspace.login-refused', 'no', { evidence: { http: 400, said: 'token=abcdef' } }),
      );
    await expect(derived.get()).rejects.toMatchObject({ code: 'thingspace.login-refused' });
    expect(derived.status()).toMatchObject({
      state: 'missing',
      evidence: { code: 'thingspace.login-refused', http: 400, said: 'token=[secret]' },
    });
    expect(derived.status()).not.toHaveProperty('isOnDemand');
    expect(heard).toBe(1);
    // What it is made from was replaced: the past is forgotten.
    derived.drop();
    expect(derived.status()).toMatchObject({ isOnDemand: true });
    expect(derived.status()).not.toHaveProperty('evidence');
  });

  test('while its root is broken it waits for the root, or for the root of that', async () => {
    const { derived, root } = subject();
    root.state = 'rejected';
    expect(derived.status()).toMatchObject({ state: 'missing', waitsFor: 'thingspace-key' });
    expect(derived.status().remedy).toContain('thingspace-key, which has to be mended first');
    root.state = 'expired';
    root.waitsFor = 'thingspace-enrolment';
    expect(derived.status()).toMatchObject({ waitsFor: 'thingspace-enrolment' });
    root.state = 'valid';
    root.waitsFor = undefined;
    await derived.get();
    root.state = 'rejected';
    // What was made from it earlier still works.
    expect(derived.status()).not.toHaveProperty('waitsFor');
  });

  test('the end of the owner ends a running fetch', async () => {
    const { derived } = subject({
      fetch: ({ signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('ended')))),
    });
    const got = derived.get();
    derived[Symbol.dispose]();
    await expect(got).rejects.toThrow('ended');
    expect(derived.status().isOnDemand).toBe(true);
  });
});
