import { describe, expect, test } from 'vitest';
import { createFakeClock, createLogger, Secret, silentLogger, WaymarkError } from '../../src/core/index.js';
import {
  ASSIST_TOKEN_REMEDIES,
  CELLLOCATE_TOKEN_REMEDIES,
  CHIPCODE_REMEDIES,
  CONFIGURED_ACCOUNT_REMEDIES,
  CREDENTIAL_REASONS,
  CREDENTIAL_STATES,
  type CredentialKind,
  type CredentialMemory,
  createCredential,
  credentialMemoryCodec,
  isZtpTokenShape,
  judgeTokenRefusal,
  LEGACY_TOKEN_REMEDIES,
  type LoadedCredential,
  PROVISIONED_ACCOUNT_REMEDIES,
  type RemedyTable,
  remedyFor,
  type Slot,
  SPARTN_KEY_REMEDIES,
  TEMPORARY_TOKEN_MS,
} from '../../src/vault/index.js';

const DAY = 86_400_000;
const UUID = '01234567-89ab-cdef-0123-456789abcdef';

/** A slot in memory, through the codec and JSON as a disk would. */
function memorySlot() {
  let kept: string | undefined;
  return {
    read: () =>
      Promise.resolve(
        kept === undefined
          ? undefined
          : { value: credentialMemoryCodec.decode(JSON.parse(kept), 1), generation: 'current' as const },
      ),
    write: (value: CredentialMemory) => {
      kept = JSON.stringify(credentialMemoryCodec.encode(value));
      return Promise.resolve();
    },
  } as unknown as Slot<CredentialMemory>;
}

function world() {
  const clock = createFakeClock();
  const slot = memorySlot();
  const lines: string[] = [];
  const log = createLogger({
    level: 'debug',
    output: { write: () => undefined, dropped: 0 },
    now: () => clock.wall(),
    tap: (line) =>
      lines.push(
        `${Math.round(clock.mono() / DAY)} ${String(line['event'])} ${String(line['state'] ?? line['daysLeft'])}`,
      ),
  });
  return {
    clock,
    lines,
    /** The credential after a (re)start, with what the configuration says now. */
    start: (facts: Partial<LoadedCredential>, isWallTrusted = true) =>
      createCredential(
        { clock, log, slot, isWallTrusted: () => isWallTrusted },
        {
          id: 'assistnow-legacy-token',
          kind: 'location-token',
          load: () => Promise.resolve({ value: new Secret('location-token', 'gQJx7LocationToken'), ...facts }),
          remedies: LEGACY_TOKEN_REMEDIES,
          warnBeforeMs: 15 * DAY,
        },
      ),
  };
}

const TEMPORARY = { lifeMs: TEMPORARY_TOKEN_MS, terms: 'temporary since an unknown day' };

describe('a temporary token whose day of issue nobody knows', () => {
  test('warns from day 75 of its use on, says that this is an estimate, and is not ended by it', async () => {
    const { clock, lines, start } = world();
    using credential = start(TEMPORARY);
    const lease = await credential.get();
    await clock.advance(10 * DAY);
    expect(credential.status()).not.toHaveProperty('expiresAt');
    credential.report(lease, { is: 'ok' });
    expect(credential.status()).toMatchObject({ state: 'valid', expirySource: 'first-use' });
    await clock.advance(74 * DAY);
    expect(credential.status().state).toBe('valid');
    await clock.advance(2 * DAY);
    expect(credential.status().state).toBe('expiring');
    expect(credential.status().remedy).toMatch(/judged by its first use.*convert it to permanent/);
    await clock.advance(100 * DAY);
    expect(credential.status().state).toBe('expiring');
    expect((await credential.get()).notAfterMono).toBeUndefined();
    expect(lines.filter((line) => line.includes('ends-soon')).map((line) => line.split(' ')[2])).toEqual([
      '14',
      '7',
      '1',
    ]);
  });

  test('its first use is remembered over restarts', async () => {
    const { clock, start } = world();
    {
      using credential = start(TEMPORARY);
      credential.report(await credential.get(), { is: 'ok' });
      await credential.flush();
    }
    const firstUse = clock.wall();
    await clock.advance(80 * DAY);
    using credential = start(TEMPORARY);
    credential.report(await credential.get(), { is: 'ok' });
    expect(credential.status()).toMatchObject({ state: 'expiring', expiresAt: firstUse + TEMPORARY_TOKEN_MS });
  });

  test('a use while the clock is not trusted says nothing about the day', async () => {
    const { start } = world();
    using credential = start(TEMPORARY, false);
    credential.report(await credential.get(), { is: 'ok' });
    expect(credential.status()).not.toHaveProperty('expiresAt');
  });

  test('turned into a permanent one, the same value is tried again though it had ended', async () => {
    const { start } = world();
    {
      using credential = start(TEMPORARY);
      credential.report(await credential.get(), {
        is: 'refused',
        state: 'expired',
        reason: 'explicit-expiry',
        evidence: { http: 400 },
      });
      await credential.flush();
      await expect(credential.get()).rejects.toMatchObject({ code: 'credential.expired' });
    }
    {
      using same = start(TEMPORARY);
      await expect(same.get()).rejects.toMatchObject({ code: 'credential.expired' });
      await same.flush();
    }
    using permanent = start({ terms: 'permanent' });
    expect((await permanent.get()).value.reveal()).toBe('gQJx7LocationToken');
    expect(permanent.status()).toMatchObject({ state: 'valid', tested: false });
  });
});

test('a temporary token with its day of issue ends on that day, with warnings before', async () => {
  const { clock, lines, start } = world();
  const expiresAtUtcMs = clock.wall() + 90 * DAY;
  using credential = start({ expiresAtUtcMs, expirySource: 'config', terms: 'temporary since 2026-01-01' });
  credential.report(await credential.get(), { is: 'ok' });
  await clock.advance(91 * DAY);
  expect(lines).toEqual([
    '0 credential.state valid',
    '75 credential.state expiring',
    '76 credential.ends-soon 14',
    '83 credential.ends-soon 7',
    '89 credential.ends-soon 1',
    '90 credential.state expired',
  ]);
  expect(credential.status().remedy).toContain('convert it to permanent');
});

describe('a value of another service', () => {
  const objection = new WaymarkError('assist.wrong-kind', 'a UUID is a ZTP token', { hint: 'Put it elsewhere.' });

  test('is never lent, says why and where it belongs, and stays so over a restart', async () => {
    const { clock, start } = world();
    for (let run = 0; run < 2; run++) {
      using credential = start({ objection });
      await expect(credential.get()).rejects.toMatchObject({ code: 'assist.wrong-kind', hint: 'Put it elsewhere.' });
      expect(credential.status()).toMatchObject({ state: 'rejected', reason: 'wrong-kind', latched: true });
      expect(credential.status().remedy).toContain('assistNow.token');
      await clock.advance(10 * DAY);
      await expect(credential.get()).rejects.toMatchObject({ code: 'assist.wrong-kind' });
      await credential.flush();
    }
  });

  test('another value in its place is lent at once', async () => {
    const clock = createFakeClock();
    let value = UUID;
    using credential = createCredential(
      { clock, log: silentLogger },
      {
        id: 'celllocate-token',
        kind: 'location-token',
        load: () => {
          const secret = new Secret('location-token', value);
          return Promise.resolve({ value: secret, ...(isZtpTokenShape(secret) ? { objection } : {}) });
        },
      },
    );
    await expect(credential.get()).rejects.toMatchObject({ code: 'assist.wrong-kind' });
    value = 'gQJx7LocationToken';
    await credential.reload();
    expect((await credential.get()).generation).toBe(2);
  });

  test.each([
    [UUID, true],
    [UUID.toUpperCase(), true],
    [UUID.slice(1), false],
    [`{${UUID}}`, false],
    ['gQJx7LocationToken', false],
  ])('%s has the shape of a ZTP token: %s', (value, is) => {
    expect(isZtpTokenShape(new Secret('location-token', value))).toBe(is);
  });
});

describe('what a refusal of a location token means', () => {
  const END = 90 * DAY;
  test.each([
    ['permanent, never worked', { kind: 'permanent', tested: false }, 'rejected', 'ambiguous-400'],
    ['permanent, has worked', { kind: 'permanent', tested: true }, 'deactivated', 'no-plan'],
    [
      'permanent, with an old end',
      { kind: 'permanent', tested: true, endsAtUtcMs: 1, nowUtcMs: 2 },
      'deactivated',
      'no-plan',
    ],
    [
      'temporary, before its end',
      { kind: 'temporary', tested: true, endsAtUtcMs: END, nowUtcMs: END - 1 },
      'rejected',
      'ambiguous-400',
    ],
    [
      'temporary, after its end',
      { kind: 'temporary', tested: true, endsAtUtcMs: END, nowUtcMs: END },
      'expired',
      'explicit-expiry',
    ],
    ['temporary, end not known', { kind: 'temporary', tested: true, nowUtcMs: END }, 'rejected', 'ambiguous-400'],
    [
      'temporary, clock not trusted',
      { kind: 'temporary', tested: true, endsAtUtcMs: END },
      'rejected',
      'ambiguous-400',
    ],
    ['of another shape', { kind: 'permanent', tested: true, wasShapeWrong: true }, 'rejected', 'wrong-kind'],
  ] as const)('%s', (_rule, facts, state, reason) => {
    expect(judgeTokenRefusal(facts)).toEqual({ state, reason });
  });
});

describe('remedies', () => {
  const all: [string, CredentialKind, RemedyTable][] = [
    ['assistnow-token', 'ztp-token', ASSIST_TOKEN_REMEDIES],
    ['assistnow-chipcode', 'chipcode', CHIPCODE_REMEDIES],
    ['assistnow-legacy-token', 'location-token', LEGACY_TOKEN_REMEDIES],
    ['celllocate-token', 'location-token', CELLLOCATE_TOKEN_REMEDIES],
    ['ntrip-account, provisioned', 'password', PROVISIONED_ACCOUNT_REMEDIES],
    ['ntrip-account, configured', 'password', CONFIGURED_ACCOUNT_REMEDIES],
    ['spartn-keys', 'spartn-key', SPARTN_KEY_REMEDIES],
  ];
  test.each(all)('every state and reason of %s has whole sentences', (_id, kind, own) => {
    for (const state of CREDENTIAL_STATES)
      for (const reason of [undefined, ...CREDENTIAL_REASONS])
        for (const isEstimated of [false, true]) {
          const sentence = remedyFor(kind, state, reason, own, isEstimated);
          expect(sentence).toMatch(/^[A-Z].{15,420}\.$/);
          if (state !== 'valid') expect(sentence.split(' ').length).toBeGreaterThan(6);
        }
  });

  test('name the page, the plan, and where a value belongs', () => {
    expect(remedyFor('location-token', 'deactivated', 'no-plan', CELLLOCATE_TOKEN_REMEDIES)).toMatch(
      /plan.*Location Tokens/,
    );
    expect(remedyFor('location-token', 'expired', 'explicit-expiry', CELLLOCATE_TOKEN_REMEDIES)).toContain(
      'set modem.cellLocate.kind to permanent',
    );
    expect(remedyFor('location-token', 'rejected', 'wrong-kind')).toMatch(/assistNow\.token.*ztp\.token/);
    expect(remedyFor('ztp-token', 'missing', 'absent', ASSIST_TOKEN_REMEDIES)).toMatch(
      /AssistNow device profile.*assistNow\.token/,
    );
    expect(remedyFor('ztp-token', 'rejected', 'wrong-kind', ASSIST_TOKEN_REMEDIES)).toMatch(
      /assistNow\.legacy\.token.*ztp\.token/,
    );
    expect(remedyFor('ztp-token', 'deactivated', 'not-activated')).toContain('Auto Activate');
    for (const reason of ['wrong-account', 'operator-said'] as const)
      expect(remedyFor('ztp-token', 'rejected', reason)).toContain('identity.ucenterConfigFile');
    expect(remedyFor('location-token', 'missing', 'bad-permissions', LEGACY_TOKEN_REMEDIES)).toContain('chmod 600');
  });
});
