import { setMaxListeners } from 'node:events';
import { beforeAll, describe, expect, test } from 'vitest';
import { WaymarkError } from '../../src/core/index.js';
import type { KeysIdentity } from '../../src/vault/index.js';
import type { Provisioner, ZtpMemory } from '../../src/ztp/index.js';
import { type Authority, createAuthority, type Issued } from '../helpers/pki.js';
import { answer, DAY, HOUR, keysAnswer, TOKEN, type World, world } from './fakes.js';

let authority: Authority;
let pair: Issued;
let other: Issued;
beforeAll(async () => {
  authority = await createAuthority();
  pair = await authority.issue({ name: 'gateway' });
  other = await authority.issue({ name: 'gateway' });
});

const never = new AbortController().signal;
setMaxListeners(0, never);
/** Decryption keys that outlast every test. */
const LASTING = {
  dynamickeys: {
    current: { start: Date.now() - DAY, duration: 4000 * DAY, value: '00112233445566778899aabbccddeeff' },
  },
};
const good = () => answer(200, keysAnswer(pair, LASTING));
const down = new WaymarkError('net.unreachable', 'no route');
const refused = () => answer(403, 'No plan for device device:1');
const remembered = (w: World): ZtpMemory => JSON.parse(w.memory.current ?? '{}') as ZtpMemory;

/** A running `ensure` (or renewal) and what became of it. */
function running(promise: Promise<unknown>) {
  const result = { is: 'pending', error: undefined as unknown };
  promise.then(
    () => (result.is = 'done'),
    (error: unknown) => {
      result.is = 'failed';
      result.error = error;
    },
  );
  return result;
}

/** A world that has its identity, as after an ordinary first day. */
async function provisioned(answers: World['answers'] = [good()]): Promise<{ w: World; p: Provisioner }> {
  const w = world([good()]);
  await w.start().ensure({ signal: never });
  await w.clock.advance(2 * DAY);
  w.answers = answers;
  w.calls.length = 0;
  w.proofs.length = 0;
  w.token.outcomes.length = 0;
  return { w, p: w.start() };
}

describe('the first identity', () => {
  test('is asked for, staged, proved, promoted', async () => {
    const w = world([good()]);
    const seen: string[] = [];
    const p = w.start();
    p.onChange(() => {
      const { state } = p.status();
      if (seen.at(-1) !== state) seen.push(state);
    });
    w.prove = (identity) => {
      expect(w.identity.next).toBe(identity);
      expect(w.identity.current).toBeUndefined();
      return Promise.resolve();
    };
    const identity = await p.ensure({ signal: never });
    expect(identity).toBe(w.identity.current);
    expect(seen).toEqual(['need', 'ask', 'stage', 'prove', 'promote', 'have']);
    expect(JSON.parse(w.calls[0] ?? '')).toEqual({ tags: ['ztp'], token: TOKEN, hardwareId: 'gw-1' });
    expect(w.token.outcomes).toEqual([{ is: 'ok' }]);
    expect(p.status()).toMatchObject({ state: 'have', hasIdentity: true, calls: 1 });
  });

  test('the cached one is used with the service down, and costs no call', async () => {
    const { w, p } = await provisioned([answer(503, '')]);
    expect(await p.ensure({ signal: never })).toBe(w.identity.current);
    expect(w.calls).toEqual([]);
    expect(w.proofs).toEqual([]);
  });

  test('several who ask share one call', async () => {
    const w = world([good()]);
    const p = w.start();
    const all = await Promise.all([1, 2, 3].map(() => p.ensure({ signal: never })));
    expect(new Set(all).size).toBe(1);
    expect(w.calls).toHaveLength(1);
  });

  test('one who leaves does not end it for the others; when all have left it ends', async () => {
    const w = world([down]);
    const p = w.start();
    const [one, two] = [new AbortController(), new AbortController()];
    const first = running(p.ensure({ signal: one.signal }));
    const second = running(p.ensure({ signal: two.signal }));
    await w.clock.advance(1000);
    one.abort();
    await w.clock.advance(0);
    expect([first.is, second.is]).toEqual(['failed', 'pending']);
    two.abort();
    await w.clock.advance(0);
    expect(second.is).toBe('failed');
    expect(w.clock.pending).toBe(0);
    w.answers = [good()];
    await p.ensure({ signal: never });
  });

  test('while activation is running it is asked three times in the first hour, then hourly, four times a day', async () => {
    const w = world([answer(200, { clientId: 'x', brokerHost: 'y' })]);
    const p = w.start();
    const result = running(p.ensure({ signal: never }));
    await w.clock.advance(4000);
    expect(w.calls).toHaveLength(1);
    expect(p.status()).toMatchObject({ state: 'need', reason: { code: 'ztp.incomplete' } });
    await w.clock.advance(60_000);
    expect(w.calls).toHaveLength(3);
    await w.clock.advance(HOUR - 70_000);
    expect(w.calls).toHaveLength(3);
    await w.clock.advance(10 * HOUR);
    expect(w.calls).toHaveLength(4);
    await w.clock.advance(10 * HOUR);
    expect(w.calls).toHaveLength(4);
    w.answers = [good()];
    await w.clock.advance(4 * HOUR);
    expect(result.is).toBe('done');
  });

  test('a key that does not belong to its certificate is taken for no answer, and nothing is kept', async () => {
    const w = world([answer(200, keysAnswer({ cert: pair.cert, key: other.key })), good()]);
    const p = w.start();
    const result = running(p.ensure({ signal: never }));
    await w.clock.advance(0);
    expect(p.status().reason?.code).toBe('ztp.malformed');
    expect([w.identity.next, w.identity.current]).toEqual([undefined, undefined]);
    await w.clock.advance(HOUR);
    expect(result.is).toBe('done');
    expect(w.identity.current).toBeDefined();
  });

  test('a web page with status 200 is weather, not a refusal', async () => {
    const w = world([answer(200, '<html>log in</html>'), good()]);
    const p = w.start();
    const result = running(p.ensure({ signal: never }));
    await w.clock.advance(0);
    expect(p.status().reason?.code).toBe('ztp.malformed');
    await w.clock.advance(HOUR);
    expect(result.is).toBe('done');
    expect(w.token.outcomes).toEqual([{ is: 'ok' }]);
  });
});

describe('the budget', () => {
  test('is on disk before the call, so that a crash in between cannot repeat it', async () => {
    const w = world([good()]);
    await w.start().ensure({ signal: never });
    expect(w.onDiskAtCall).toEqual([1]);
  });

  test('one call an hour and four a day, kept across restarts', async () => {
    const { w } = await provisioned([answer(503, '')]);
    for (let i = 0; i < 47; i++) {
      // A program that crashes every half hour and wants a renewal each time.
      const controller = new AbortController();
      running(w.start().renew({ signal: controller.signal, reason: 'test' }));
      await w.clock.advance(HOUR / 2);
      controller.abort();
      await w.clock.advance(0);
    }
    expect(w.calls).toHaveLength(4);
    const { calls } = remembered(w);
    for (const [i, t] of calls.entries()) if (i > 0) expect(t - (calls[i - 1] ?? 0)).toBeGreaterThanOrEqual(HOUR);
  });

  test('connections that do not come up cost nothing of it, and are tried twelve times an hour at most', async () => {
    const { w, p } = await provisioned([down]);
    let attempts = 0;
    const counting = { ...w.token.source, get: w.token.source.get };
    w.token.source.get = (o) => {
      attempts++;
      return counting.get(o);
    };
    const result = running(p.renew({ signal: never, reason: 'test' }));
    await w.clock.advance(HOUR);
    expect(w.calls).toHaveLength(0);
    expect(attempts).toBeGreaterThan(5);
    expect(attempts).toBeLessThanOrEqual(12);
    w.answers = [good()];
    await w.clock.advance(HOUR);
    expect(result.is).toBe('done');
  });

  test('a disk that cannot keep the count keeps the call from being made', async () => {
    const w = world([good()]);
    w.memory.failing = true;
    const result = running(w.start().ensure({ signal: never }));
    await w.clock.advance(60_000);
    expect(w.calls).toHaveLength(0);
    w.memory.failing = false;
    await w.clock.advance(HOUR);
    expect(result.is).toBe('done');
  });

  test('patience "once" says what is in the way instead of waiting', async () => {
    const { w, p } = await provisioned([answer(503, '', 120_000)]);
    const once = (): Promise<unknown> => p.renew({ signal: never, reason: 'cli', patience: 'once' });
    await expect(once()).rejects.toMatchObject({ code: 'ztp.weather', retryAfterMs: 120_000 });
    await expect(once()).rejects.toMatchObject({ code: 'ztp.budget' });
    expect(w.calls).toHaveLength(1);
    expect(p.status()).toMatchObject({ state: 'have', hasIdentity: true });
  });
});

describe('refusals', () => {
  test.each([
    [answer(400, 'Invalid token'), 'ztp.unauthorized', { state: 'rejected', reason: 'refused' }],
    [answer(401, ''), 'ztp.unauthorized', { state: 'rejected', reason: 'refused' }],
    [
      answer(403, 'Device already registered'),
      'ztp.already-registered',
      { state: 'rejected', reason: 'wrong-account' },
    ],
    [refused(), 'ztp.no-plan', { state: 'deactivated', reason: 'no-plan' }],
    [answer(403, 'not whitelisted'), 'ztp.not-listed', { state: 'rejected', reason: 'not-listed' }],
    [answer(422, 'token invalid token format'), 'ztp.token-format', { state: 'rejected', reason: 'malformed' }],
    [answer(403, 'Forbidden'), 'ztp.refused', { state: 'rejected', reason: 'operator-said' }],
    [
      answer(200, { chipcode: 'QUJD', serviceUrl: 'https://a.test/x' }),
      'assist.wrong-kind',
      { state: 'rejected', reason: 'wrong-kind' },
    ],
  ])('%# reach the credential with their evidence and hold for an hour, then longer', async (reply, code, outcome) => {
    const w = world([reply]);
    const p = w.start();
    const result = running(p.ensure({ signal: never }));
    await w.clock.advance(HOUR - 1000);
    expect(w.calls).toHaveLength(1);
    expect(p.status()).toMatchObject({ state: 'need', reason: { code } });
    expect(w.token.outcomes).toMatchObject([{ is: 'refused', ...outcome, evidence: { http: reply.status } }]);
    await w.clock.advance(2000);
    expect(w.calls).toHaveLength(2);
    await w.clock.advance(2 * HOUR - 10_000);
    expect(w.calls).toHaveLength(2);
    await w.clock.advance(20_000);
    expect(w.calls).toHaveLength(3);
    expect(result.is).toBe('pending');
  });

  test('the hold survives a restart', async () => {
    const w = world([refused()]);
    const controller = new AbortController();
    running(w.start().ensure({ signal: controller.signal }));
    await w.clock.advance(1000);
    controller.abort();
    const p = w.start();
    running(p.ensure({ signal: never }));
    await w.clock.advance(HOUR / 2);
    expect(w.calls).toHaveLength(1);
    expect(p.status().reason?.code).toBe('ztp.no-plan');
    await w.clock.advance(HOUR);
    expect(w.calls).toHaveLength(2);
  });

  test('is told from the first moment on after a restart, also while the budget alone would make it wait', async () => {
    const w = world([refused()]);
    const controller = new AbortController();
    running(w.start().ensure({ signal: controller.signal }));
    await w.clock.advance(1000);
    controller.abort();
    const p = w.start();
    running(p.ensure({ signal: never }));
    // Five seconds have to lie between the first calls.
    await w.clock.advance(0);
    expect(p.status()).toMatchObject({ state: 'need', reason: { code: 'ztp.no-plan' } });
    expect(p.status().nextAttemptMonoMs).toBeGreaterThan(w.clock.mono());
  });

  test('a budget that is used up is a reason as well', async () => {
    const w = world([answer(503, '')]);
    const controller = new AbortController();
    running(w.start().ensure({ signal: controller.signal }));
    await w.clock.advance(HOUR / 2);
    controller.abort();
    expect(w.calls).toHaveLength(3);
    const p = w.start();
    running(p.ensure({ signal: never }));
    await w.clock.advance(0);
    expect(p.status().reason?.code).toBe('ztp.budget');
  });

  test('another token is tried at once', async () => {
    const w = world([refused(), good()]);
    const result = running(w.start().ensure({ signal: never }));
    await w.clock.advance(10_000);
    w.token.replace(TOKEN.replace('0', 'f'));
    await w.clock.advance(0);
    expect(result.is).toBe('done');
    expect(w.calls[1]).toContain('f1234567');
  });

  test('another display name is another request, and is not held back either', async () => {
    const w = world([answer(400, 'givenName'), good()]);
    const controller = new AbortController();
    running(w.start().ensure({ signal: controller.signal }));
    await w.clock.advance(10_000);
    controller.abort();
    await w.start({ givenName: 'other' }).ensure({ signal: never });
    expect(w.calls).toHaveLength(2);
  });

  test('without a token it waits, and goes on when one is put in place', async () => {
    const w = world([good()]);
    w.token.replace(undefined);
    const p = w.start();
    const result = running(p.ensure({ signal: never }));
    await w.clock.advance(10 * HOUR);
    expect(p.status()).toMatchObject({ state: 'need', reason: { code: 'secret.absent' } });
    w.token.replace(TOKEN);
    await w.clock.advance(0);
    expect(result.is).toBe('done');
  });

  test('Retry-After is obeyed when it is longer than our own wait, and never beyond a day', async () => {
    const w = world([answer(429, '', 5 * HOUR), answer(503, '', 999 * DAY), good()]);
    const p = w.start();
    running(p.ensure({ signal: never }));
    await w.clock.advance(5 * HOUR - 1000);
    expect(w.calls).toHaveLength(1);
    await w.clock.advance(2000);
    expect(w.calls).toHaveLength(2);
    expect((p.status().nextAttemptMonoMs ?? 0) - w.clock.mono()).toBeLessThanOrEqual(DAY);
    expect(w.token.outcomes.every((o) => o.is === 'weather')).toBe(true);
  });
});

const rtcm = {
  rtcmCredentials: {
    endpoint: 'ntrip.test',
    httpPort: '2101',
    userName: 'u',
    password: 'pass-word',
    mountPoint: 'NEAR-RTCM',
  },
};

describe('activation that does not come', () => {
  const half = (): ReturnType<typeof answer> => answer(200, { clientId: 'x' });

  test('is named after a day, with the person to act, and asked for on a slow beat', async () => {
    const w = world([half()]);
    const p = w.start();
    const result = running(p.ensure({ signal: never }));
    await w.clock.advance(23 * HOUR);
    expect(w.calls).toHaveLength(4);
    expect(p.status().reason?.code).toBe('ztp.incomplete');
    expect(w.token.outcomes.every((o) => o.is === 'ok')).toBe(true);
    await w.clock.advance(1.5 * HOUR);
    expect(w.calls).toHaveLength(5);
    expect(p.status().reason?.code).toBe('ztp.not-activated');
    expect(w.token.outcomes.at(-1)).toMatchObject({
      is: 'refused',
      state: 'deactivated',
      reason: 'not-activated',
      evidence: { http: 200, answers: 5 },
    });
    await w.clock.advance(10 * DAY);
    expect(w.calls.length).toBeLessThan(20);
    w.answers = [good()];
    await w.clock.advance(DAY);
    expect(result.is).toBe('done');
    expect(w.token.outcomes.at(-1)).toEqual({ is: 'ok' });
    expect(remembered(w)).not.toHaveProperty('incomplete');
  });

  test('is named after six answers, counted across restarts', async () => {
    const w = world([half()]);
    const codes: (string | undefined)[] = [];
    for (let i = 0; i < 6; i++) {
      const controller = new AbortController();
      const p = w.start();
      running(p.ensure({ signal: controller.signal }));
      await w.clock.advance(100);
      codes.push(p.status().reason?.code);
      controller.abort();
      await w.clock.advance(0);
      // The budget of another day, without the day that names it by itself.
      const memory = remembered(w);
      w.memory.current = JSON.stringify({ ...memory, calls: [] });
    }
    expect(codes).toEqual([...Array<string>(5).fill('ztp.incomplete'), 'ztp.not-activated']);
  });

  test('another token starts the count anew', async () => {
    const w = world([half()]);
    running(w.start().ensure({ signal: never }));
    await w.clock.advance(60_000);
    expect(remembered(w).incomplete?.answers).toBe(3);
    w.token.replace(TOKEN.replace('0', 'd'));
    await w.clock.advance(2 * HOUR);
    expect(remembered(w).incomplete?.answers).toBe(1);
  });
});

describe('the way of delivery', () => {
  test('NTRIP is taken where the plan has it', async () => {
    const w = world([answer(200, keysAnswer(pair, rtcm))]);
    expect(await w.start().ensure({ signal: never })).toMatchObject({ shape: 'ntrip', host: 'ntrip.test' });
  });

  test('a kept identity of the other way serves on while nobody asks for one way', async () => {
    const { w, p } = await provisioned([answer(200, rtcm)]);
    expect(await p.ensure({ signal: never })).toMatchObject({ shape: 'keys' });
    expect(await w.start({ prefer: 'mqtt' }).ensure({ signal: never })).toMatchObject({ shape: 'keys' });
    expect(w.calls).toHaveLength(0);
  });

  test('a forced way replaces a kept identity of the other, and the old one stays until then', async () => {
    const { w } = await provisioned([answer(200, rtcm)]);
    const before = w.identity.current;
    w.prove = () => {
      expect(w.identity.current).toBe(before);
      return Promise.resolve();
    };
    expect(await w.start({ prefer: 'ntrip' }).ensure({ signal: never })).toMatchObject({ shape: 'ntrip' });
    expect(w.calls).toHaveLength(1);
  });

  test('a plan that has only the other way is held back; who asks for any way is not', async () => {
    const w = world([answer(200, rtcm)]);
    const controller = new AbortController();
    const p = w.start({ prefer: 'mqtt' });
    running(p.ensure({ signal: controller.signal }));
    await w.clock.advance(59 * 60_000);
    expect(w.calls).toHaveLength(1);
    expect(p.status().reason).toMatchObject({ code: 'ztp.unsupported-plan' });
    expect(p.status().reason?.hint).toContain('corrections.source');
    controller.abort();
    await w.clock.advance(0);
    expect(await w.start().ensure({ signal: never })).toMatchObject({ shape: 'ntrip' });
    expect(w.calls).toHaveLength(2);
  });

  test('a fresh account that the caster refuses is not kept', async () => {
    const w = world([answer(200, rtcm)]);
    w.prove = () => Promise.reject(new WaymarkError('ntrip.unauthorized', '401'));
    const p = w.start();
    running(p.ensure({ signal: never }));
    await w.clock.advance(1000);
    expect([w.identity.next, w.identity.current]).toEqual([undefined, undefined]);
    expect(remembered(w).hold?.code).toBe('ntrip.unauthorized');
  });
});

describe('an account that was refused', () => {
  const refusing = async (next: Record<string, unknown>) => {
    const w = world([answer(200, rtcm), answer(200, next)]);
    const p = w.start();
    await p.ensure({ signal: never });
    w.prove = () => Promise.reject(new WaymarkError('ntrip.unauthorized', '401', { evidence: { http: 401 } }));
    await w.clock.advance(2 * HOUR);
    running(p.renew({ signal: never, reason: 'ntrip.unauthorized' }));
    await w.clock.advance(1000);
    expect([w.calls.length, w.proofs.length]).toEqual([2, 2]);
    return { w, p };
  };

  test('and is given again, is held for a day: one call more, and no further one', async () => {
    const { w, p } = await refusing(rtcm);
    expect(p.status().reason).toMatchObject({
      code: 'ntrip.unauthorized',
      message: expect.stringContaining('the same account as before'),
    });
    await w.clock.advance(23 * HOUR);
    expect(w.calls).toHaveLength(2);
    w.prove = () => Promise.resolve();
    await w.clock.advance(2 * HOUR);
    expect(w.calls).toHaveLength(3);
  });

  test('after a new password is asked for again within the hours', async () => {
    const { w } = await refusing({
      ...rtcm,
      rtcmCredentials: { ...(rtcm as { rtcmCredentials: object }).rtcmCredentials, password: 'another-pass' },
    });
    await w.clock.advance(2 * HOUR);
    expect(w.calls.length).toBeGreaterThan(2);
  });
});

describe('the proof', () => {
  const failing = (w: World, error: Error): void => {
    w.prove = () => Promise.reject(error);
  };

  test('weather keeps what is staged and tries again without another call', async () => {
    const { w, p } = await provisioned([answer(200, keysAnswer(other))]);
    const before = w.identity.current;
    failing(w, new WaymarkError('mqtt.unavailable', 'busy'));
    const result = running(p.renew({ signal: never, reason: 'test' }));
    await w.clock.advance(2 * HOUR);
    expect(w.proofs.length).toBeGreaterThan(3);
    expect(w.calls).toHaveLength(1);
    expect(w.identity.current).toBe(before);
    expect(await p.ensure({ signal: never })).toBe(before);
    w.prove = () => Promise.resolve();
    await w.clock.advance(HOUR);
    expect(result.is).toBe('done');
    expect((w.identity.current as KeysIdentity).certificate).toBe(other.cert);
  });

  test('what is staged survives a restart and is proved without another call', async () => {
    const { w, p } = await provisioned([answer(200, keysAnswer(other))]);
    failing(w, down);
    const controller = new AbortController();
    running(p.renew({ signal: controller.signal, reason: 'test' }));
    await w.clock.advance(1000);
    controller.abort();
    w.prove = () => Promise.resolve();
    await w.start().renew({ signal: never, reason: 'test' });
    expect(w.calls).toHaveLength(1);
    expect((w.identity.current as KeysIdentity).certificate).toBe(other.cert);
  });

  test('a refused one discards it, leaves the old one alone, and the next call is an hour away at least', async () => {
    const { w, p } = await provisioned([answer(200, keysAnswer(other))]);
    const before = w.identity.current;
    failing(w, new WaymarkError('tls.client-refused', 'alert'));
    running(p.renew({ signal: never, reason: 'test' }));
    await w.clock.advance(HOUR - 1000);
    expect([w.calls.length, w.proofs.length]).toEqual([1, 1]);
    expect([w.identity.next, w.identity.current]).toEqual([undefined, before]);
    expect(p.status().reason?.code).toBe('tls.client-refused');
    await w.clock.advance(2000);
    expect(w.calls).toHaveLength(2);
  });

  test('one that hangs is ended after a minute', async () => {
    const w = world([good()]);
    w.prove = () => new Promise(() => undefined);
    const p = w.start();
    running(p.ensure({ signal: never }));
    await w.clock.advance(61_000);
    expect(p.status().reason?.code).toBe('core.timeout');
    expect(w.identity.next).toBeDefined();
  });

  test('a disk that cannot stage is tried again, without another call', async () => {
    const w = world([good()]);
    w.identity.failing = true;
    const result = running(w.start().ensure({ signal: never }));
    await w.clock.advance(20_000);
    w.identity.failing = false;
    await w.clock.advance(60_000);
    expect(result.is).toBe('done');
    expect(w.calls).toHaveLength(1);
  });

  test('a disk that cannot remember the promotion is tried again; what is promoted stays promoted', async () => {
    const w = world([good()]);
    w.prove = () => {
      w.memory.failing = true;
      return Promise.resolve();
    };
    const p = w.start();
    const result = running(p.ensure({ signal: never }));
    await w.clock.advance(20_000);
    const promoted = w.identity.current;
    expect(promoted).toBeDefined();
    expect(p.status()).toMatchObject({ state: 'promote', reason: { code: 'vault.write' } });
    w.memory.failing = false;
    await w.clock.advance(HOUR);
    expect(result.is).toBe('done');
    expect(w.identity.current).toBe(promoted);
    expect(remembered(w).promotedUtcMs).toBeDefined();
    expect(w.calls).toHaveLength(1);
  });

  test('a promotion whose last sync fails is done over', async () => {
    const w = world([good()]);
    const { promote } = w.identity;
    w.identity.promote = async () => {
      await promote();
      w.identity.promote = promote;
      throw new WaymarkError('vault.write', 'sync failed');
    };
    const result = running(w.start().ensure({ signal: never }));
    await w.clock.advance(HOUR);
    expect(result.is).toBe('done');
    expect(w.identity.current).toBeDefined();
    expect(remembered(w).promotedUtcMs).toBeDefined();
  });

  test('another token while the promotion waits does not end the run before it', async () => {
    const w = world([good()]);
    w.prove = () => {
      w.memory.failing = true;
      return Promise.resolve();
    };
    const result = running(w.start().ensure({ signal: never }));
    await w.clock.advance(1000);
    w.memory.failing = false;
    w.token.replace(TOKEN.replace('0', 'f'));
    await w.clock.advance(0);
    expect(result.is).toBe('done');
    expect(remembered(w)).toMatchObject({ promotedUtcMs: expect.any(Number) });
    expect(remembered(w)).not.toHaveProperty('stagedOf');
  });

  test('something staged for another token is not proved', async () => {
    const { w, p } = await provisioned([answer(200, keysAnswer(other))]);
    failing(w, down);
    const controller = new AbortController();
    running(p.renew({ signal: controller.signal, reason: 'test' }));
    await w.clock.advance(1000);
    controller.abort();
    await w.clock.advance(HOUR);
    w.token.replace(TOKEN.replace('0', 'f'));
    w.prove = () => Promise.resolve();
    w.answers = [good()];
    await w.start().renew({ signal: never, reason: 'test' });
    expect(w.calls).toHaveLength(2);
    expect((w.identity.current as KeysIdentity).certificate).toBe(pair.cert);
  });
});

describe('the device id', () => {
  test('an automatic choice is made once and kept for good', async () => {
    const w = world([good()], { hardwareId: () => Promise.resolve('imei-1') });
    await w.start().ensure({ signal: never });
    await w.clock.advance(2 * HOUR);
    await w.start({ hardwareId: () => Promise.resolve('mac-2') }).renew({ signal: never, reason: 'test' });
    expect(w.calls.map((c) => (JSON.parse(c) as { hardwareId: string }).hardwareId)).toEqual(['imei-1', 'imei-1']);
  });

  test('the user’s own word wins', async () => {
    const w = world([good()], { hardwareId: () => Promise.resolve('imei-1') });
    await w.start().ensure({ signal: never });
    const p = w.start({ hardwareId: 'mine' });
    expect(await p.whenRenewalDue({ signal: never })).toBe('changed');
    await w.clock.advance(2 * HOUR);
    await p.renew({ signal: never, reason: 'test' });
    expect(w.calls[1]).toContain('"mine"');
  });
});

describe('when to renew', () => {
  const due = (p: Provisioner) => {
    const result = { is: 'not yet' };
    void p.whenRenewalDue({ signal: never }).then((why) => (result.is = why));
    return result;
  };
  const withLife = async (days: number): Promise<{ w: World; p: Provisioner }> => {
    const w = world([]);
    const now = w.clock.wall();
    const issued = await authority.issue({ name: 'g', notBeforeUtcMs: now, notAfterUtcMs: now + days * DAY });
    w.answers = [answer(200, keysAnswer(issued, LASTING))];
    const p = w.start();
    await p.ensure({ signal: never });
    return { w, p };
  };

  test('thirty days before the end of a long life', async () => {
    const { w, p } = await withLife(365);
    const result = due(p);
    await w.clock.advance(334 * DAY);
    expect(result.is).toBe('not yet');
    await w.clock.advance(DAY + 2 * HOUR);
    expect(result.is).toBe('certificate');
  });

  test('a fifth of life before the end of a short one, and not again within a day', async () => {
    const { w, p } = await withLife(10);
    const result = due(p);
    await w.clock.advance(8 * DAY - 2 * HOUR);
    expect(result.is).toBe('not yet');
    await w.clock.advance(4 * HOUR);
    expect(result.is).toBe('certificate');
    // The service answers with the same certificate as before.
    await p.renew({ signal: never, reason: 'certificate' });
    const again = due(p);
    await w.clock.advance(23 * HOUR);
    expect(again.is).toBe('not yet');
    await w.clock.advance(2 * HOUR);
    expect(again.is).toBe('certificate');
  });

  test('not years after a promotion years ahead', async () => {
    const w = world([]);
    const now = w.clock.wall();
    const issued = await authority.issue({ name: 'g', notBeforeUtcMs: now - 99 * DAY, notAfterUtcMs: now + DAY });
    w.answers = [answer(200, keysAnswer(issued, LASTING))];
    await w.start().ensure({ signal: never });
    w.memory.current = JSON.stringify({ ...remembered(w), promotedUtcMs: now + 5 * 365 * DAY });
    const result = due(w.start());
    await w.clock.advance(23 * HOUR);
    expect(result.is).toBe('not yet');
    await w.clock.advance(2 * HOUR);
    expect(result.is).toBe('certificate');
  });

  const keysUntil = (endUtcMs: number): Record<string, unknown> => {
    const half = { duration: 10 * DAY, value: 'aa'.repeat(16) };
    return {
      dynamickeys: {
        current: { ...half, start: endUtcMs - 20 * DAY },
        next: { ...half, start: endUtcMs - 10 * DAY },
      },
    };
  };

  test('when every decryption key has run out, and then at most daily', async () => {
    const w = world([]);
    const end = w.clock.wall() + 5 * DAY;
    const long = await authority.issue({ name: 'g', notBeforeUtcMs: w.clock.wall(), notAfterUtcMs: end + 900 * DAY });
    w.answers = [answer(200, keysAnswer(long, keysUntil(end)))];
    const p = w.start();
    await p.ensure({ signal: never });
    const result = due(p);
    await w.clock.advance(5 * DAY - HOUR);
    expect(result.is).toBe('not yet');
    await w.clock.advance(2 * HOUR);
    expect(result.is).toBe('keys');
    // The service has none newer.
    await p.renew({ signal: never, reason: 'keys' });
    const again = due(p);
    await w.clock.advance(23 * HOUR);
    expect(again.is).toBe('not yet');
    await w.clock.advance(2 * HOUR);
    expect(again.is).toBe('keys');
    expect(w.calls).toHaveLength(2);
  });

  test('keys that came on the key topic meanwhile count', async () => {
    const w = world([]);
    const end = w.clock.wall() + 5 * DAY;
    const long = await authority.issue({ name: 'g', notBeforeUtcMs: w.clock.wall(), notAfterUtcMs: end + 900 * DAY });
    w.answers = [answer(200, keysAnswer(long, keysUntil(end)))];
    const p = w.start();
    const identity = (await p.ensure({ signal: never })) as KeysIdentity;
    const result = due(p);
    const { next } = identity.keys;
    await w.identity.write({ ...identity, keys: { ...(next ? { current: { ...next, durationMs: 100 * DAY } } : {}) } });
    await w.clock.advance(60 * DAY);
    expect(result.is).toBe('not yet');
  });

  test('an ended certificate is not used: a new one is got first', async () => {
    const { w } = await withLife(1);
    await w.clock.advance(2 * DAY);
    w.answers = [answer(200, keysAnswer(other))];
    expect(await w.start().ensure({ signal: never })).toMatchObject({ certificate: other.cert });
  });

  test('a clock set back does not make a good identity worthless', async () => {
    const { w, p } = await provisioned();
    w.clock.stepWall(-20 * 365 * DAY);
    expect(await p.ensure({ signal: never })).toBe(w.identity.current);
    expect(w.calls).toHaveLength(0);
  });

  test('an identity whose origin is not known is taken for ours', async () => {
    const { w } = await provisioned();
    w.memory.current = undefined;
    const p = w.start();
    const result = due(p);
    await w.clock.advance(2 * HOUR);
    expect(result.is).toBe('not yet');
    expect(w.calls).toHaveLength(0);
    w.token.replace(TOKEN.replace('0', 'e'));
    await w.clock.advance(2 * HOUR);
    expect(result.is).toBe('changed');
  });
});
