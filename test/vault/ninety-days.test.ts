// Ninety days of every kind of credential there is, in less than a second.
import { expect, test } from 'vitest';
import { createFakeClock, createLogger, Secret } from '../../src/core/index.js';
import {
  type Credential,
  type CredentialKind,
  type CredentialOptions,
  createCredential,
  createDerived,
  type LoadedCredential,
} from '../../src/vault/index.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test('ninety days of tokens, certificates, keys, sessions and a wrong date', async () => {
  const clock = createFakeClock();
  const start = clock.wall();
  const dayNow = (): number => Math.floor(clock.mono() / DAY);
  const story: string[] = [];
  const log = createLogger({
    level: 'info',
    output: { write: () => undefined, dropped: 0 },
    now: () => clock.wall(),
    tap: ({ id, state, daysLeft }) =>
      story.push(`${dayNow()} ${String(id)} ${typeof state === 'string' ? state : `${String(daysLeft)} days left`}`),
  });
  let isWallTrusted = true;
  const made: Credential[] = [];
  const make = (
    id: string,
    kind: CredentialKind,
    facts: () => Omit<LoadedCredential, 'value'> & { text?: string },
    more: Partial<CredentialOptions> = {},
  ): Credential => {
    const load = async (): Promise<LoadedCredential> => {
      const { text = `value-of-${id}`, ...rest } = facts();
      return { value: new Secret('api-token', text), ...rest };
    };
    const credential = createCredential(
      { clock, log, isWallTrusted: () => isWallTrusted },
      { id, kind, load, ...more },
    );
    made.push(credential);
    return credential;
  };

  make('temporary', 'location-token', () => ({ expiresAtUtcMs: start + 90 * DAY, expirySource: 'config' }), {
    warnBeforeMs: 15 * DAY,
  });
  make('application', 'application-token', () => ({ expiresAtUtcMs: start + 60 * DAY, expirySource: 'config' }), {
    warnDays: [30, 7, 1],
  });
  make('hinted', 'application-token', () => ({ expiresAtUtcMs: start + 50 * DAY, expirySource: 'jwt-hint' }));
  make('permanent', 'location-token', () => ({ terms: 'permanent' }));
  make('certificate', 'client-certificate', () => ({
    ...{ validFromUtcMs: start - 5 * DAY, expiresAtUtcMs: start + 85 * DAY, expirySource: 'certificate' as const },
  }));
  let keys = { startUtcMs: start - 7 * DAY, text: 'key-0' };
  const spartn = make(
    'spartn-keys',
    'spartn-key',
    () => ({
      text: keys.text,
      validFromUtcMs: keys.startUtcMs,
      expiresAtUtcMs: keys.startUtcMs + 28 * DAY,
      expirySource: 'server',
    }),
    { warnBeforeMs: 7 * DAY },
  );
  await Promise.all(made.map((credential) => credential.reload()));

  // The far side: the same token for an hour from its first issue, a session that slides by twenty minutes.
  const server = { tokens: 0, tokenEndMs: -1, logins: 0, sessionEndMs: -1, refusals: 0 };
  const token = createDerived(
    { clock, log },
    {
      ...{ id: 'thingspace-token', kind: 'api-token', from: [] },
      async fetch() {
        if (clock.mono() >= server.tokenEndMs) {
          server.tokens++;
          server.tokenEndMs = clock.mono() + HOUR;
        }
        return {
          value: new Secret('api-token', `token-no-${server.tokens}`),
          lifeMs: server.tokenEndMs - clock.mono(),
        };
      },
    },
  );
  const session = createDerived(
    { clock, log },
    {
      ...{ id: 'thingspace-session', kind: 'session-token', from: [token] },
      async fetch() {
        await token.get();
        server.logins++;
        server.sessionEndMs = clock.mono() + 20 * MINUTE;
        return { value: new Secret('session-token', `session-no-${server.logins}`), idleMs: 20 * MINUTE };
      },
    },
  );
  let uses = 0;
  const use = async (): Promise<void> => {
    for (let repair = 0; repair < 2; repair++) {
      expect((await token.get()).value.reveal()).toBe(`token-no-${server.tokens}`);
      const lease = await session.get();
      if (clock.mono() < server.sessionEndMs) {
        server.sessionEndMs = clock.mono() + 20 * MINUTE;
        session.report(lease, { is: 'ok' });
        uses++;
        return;
      }
      server.refusals++;
      session.report(lease, { is: 'refused', state: 'expired', reason: 'idle-expiry', evidence: { http: 400 } });
    }
  };

  for (let cycle = 0; cycle < 90 * 8; cycle++) {
    // Three uses a quarter of an hour apart, then a pause that neither session nor token survives.
    for (const pauseMs of [15 * MINUTE, 15 * MINUTE, 150 * MINUTE]) {
      await use();
      await clock.advance(pauseMs);
    }
    const day = cycle / 8;
    for (const credential of made)
      if (credential !== spartn) {
        const { generation } = credential.status();
        credential.report({ generation }, cycle % 7 === 0 ? { is: 'weather' } : { is: 'ok' });
      }
    // New keys come a week before the old ones end, then in the last hours, then a day too late.
    if (day === 14 || day === 42 || day === 71) {
      keys = { startUtcMs: clock.wall() - HOUR, text: `key-${day}` };
      await spartn.reload();
    }
    // For two days the date is in the next century, and nobody believes it.
    if (day === 30) {
      isWallTrusted = false;
      clock.stepWall(36_500 * DAY);
      for (const credential of made) credential.clockJumped();
    }
    if (day === 32) {
      clock.stepWall(-36_500 * DAY);
      isWallTrusted = true;
      for (const credential of made) credential.clockJumped();
    }
  }

  expect(story).toEqual([
    '0 temporary valid',
    '0 application valid',
    '0 hinted valid',
    '0 permanent valid',
    '0 certificate valid',
    '0 spartn-keys valid',
    '7 spartn-keys 14 days left',
    '14 spartn-keys 7 days left',
    '20 hinted expiring',
    '28 spartn-keys 14 days left',
    '30 application expiring',
    '30 application 30 days left',
    '35 spartn-keys 7 days left',
    '36 hinted 14 days left',
    '36 spartn-keys expiring',
    '41 spartn-keys 1 days left',
    '42 spartn-keys expired',
    '42 spartn-keys valid',
    '43 hinted 7 days left',
    '49 hinted 1 days left',
    '53 application 7 days left',
    '56 spartn-keys 14 days left',
    '59 application 1 days left',
    '60 application expired',
    '63 spartn-keys 7 days left',
    '64 spartn-keys expiring',
    '67 certificate expiring',
    '69 spartn-keys 1 days left',
    '70 spartn-keys expired',
    '71 certificate 14 days left',
    '71 spartn-keys valid',
    '75 temporary expiring',
    '76 temporary 14 days left',
    '78 certificate 7 days left',
    '83 temporary 7 days left',
    '84 certificate 1 days left',
    '85 certificate expired',
    '85 spartn-keys 14 days left',
    '89 temporary 1 days left',
    '90 temporary expired',
  ]);
  expect({ uses, ...server }).toMatchObject({ uses: 2160, tokens: 720, logins: 720, refusals: 719 });
  expect(token.status()).toMatchObject({ generation: 720 });
  for (const credential of made) credential[Symbol.dispose]();
  expect(clock.pending).toBe(0);
});
