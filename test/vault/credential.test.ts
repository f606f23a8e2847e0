import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  createFakeClock,
  createLogger,
  createOutput,
  type Deferred,
  deferred,
  Secret,
  silentLogger,
  tokenSecret,
  WaymarkError,
} from '../../src/core/index.js';
import {
  CREDENTIAL_REASONS,
  CREDENTIAL_STATES,
  type CredentialKind,
  type CredentialOptions,
  createCredential,
  credentialMemoryCodec,
  type LoadedCredential,
  remedyFor,
  watchFile,
} from '../../src/vault/index.js';
import { open, scratch } from './fakes.js';

const DAY = 86_400_000;
const CANARY = 'canary-token-77aa12e9';

/** A credential whose value the test can change. */
function subject(parts: Partial<CredentialOptions> = {}) {
  const clock = createFakeClock();
  const source: { value: string | WaymarkError; extra: Partial<LoadedCredential>; loads: number } = {
    value: CANARY,
    extra: {},
    loads: 0,
  };
  const credential = createCredential(
    { clock, log: silentLogger },
    {
      id: 'ztp-token',
      kind: 'ztp-token',
      load: async () => {
        source.loads++;
        if (source.value instanceof WaymarkError) throw source.value;
        return { value: new Secret('ztp-token', source.value), ...source.extra };
      },
      ...parts,
    },
  );
  return { clock, source, credential };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const REFUSED = { is: 'refused', state: 'rejected', reason: 'refused', evidence: { http: 403 } } as const;

describe('lending', () => {
  test('concurrent callers share one load', async () => {
    const { credential, source } = subject();
    const leases = await Promise.all(Array.from({ length: 10 }, () => credential.get()));
    expect(source.loads).toBe(1);
    expect(leases.every(({ value, generation }) => value.reveal() === CANARY && generation === 1)).toBe(true);
  });

  test('a caller who gives up does not take the load away from the others', async () => {
    const { credential } = subject();
    const controller = new AbortController();
    const given = credential.get({ signal: controller.signal });
    const other = credential.get();
    controller.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    expect((await other).generation).toBe(1);
  });

  test('a missing value is looked for again on every call, and the remedy names the place', async () => {
    const { credential, source } = subject();
    source.value = new WaymarkError('secret.absent', 'file:/x: no such file');
    await expect(credential.get()).rejects.toMatchObject({ code: 'secret.absent' });
    expect(credential.status()).toMatchObject({ state: 'missing', reason: 'absent' });
    expect(credential.status().remedy).toContain('Thingstream portal');
    source.value = CANARY;
    expect((await credential.get()).value.reveal()).toBe(CANARY);
  });

  test.each([
    ['secret.permission', 'bad-permissions'],
    ['secret.malformed', 'malformed'],
  ] as const)('%s while loading is shown as missing for %s', async (code, reason) => {
    const { credential, source } = subject();
    source.value = new WaymarkError(code, 'bad', { hint: 'chmod 600 it' });
    await expect(credential.get()).rejects.toMatchObject({ code, hint: 'chmod 600 it' });
    expect(credential.status()).toMatchObject({ state: 'missing', reason });
  });

  test('a load that hangs ends with a deadline', async () => {
    const { credential, clock } = subject({ load: () => new Promise(() => {}) });
    const got = expect(credential.get()).rejects.toMatchObject({ code: 'core.timeout' });
    await clock.advance(31_000);
    await got;
  });
});

describe('reports', () => {
  test('a refusal of an old generation says nothing about the new value', async () => {
    const { credential, source } = subject();
    const old = await credential.get();
    source.value = 'another-token-value';
    await credential.reload();
    credential.report(old, REFUSED);
    expect(credential.status()).toMatchObject({ state: 'valid', generation: 2 });
  });

  test('a refused value is not lent before its retry time, then to one caller at a time', async () => {
    const { credential, clock } = subject();
    credential.report(await credential.get(), { ...REFUSED, retryAtMonoMs: clock.mono() + 60_000 });
    await expect(credential.get()).rejects.toMatchObject({ code: 'credential.refused', retryAfterMs: 60_000 });
    expect(credential.status().retryAt).toBe(clock.wall() + 60_000);
    await clock.advance(60_000);
    const probe = await credential.get();
    await expect(credential.get()).rejects.toMatchObject({ code: 'credential.refused' });
    credential.report(probe, { is: 'ok' });
    expect(credential.status()).toMatchObject({ state: 'valid', tested: true });
    await credential.get();
  });

  test('without a retry time a refusal waits longer each time, up to an hour', async () => {
    const { credential, clock } = subject();
    const waits: number[] = [];
    for (let i = 0; i < 10; i++) {
      credential.report(await credential.get(), REFUSED);
      waits.push(credential.status().retryAt! - clock.wall());
      await clock.advance(waits.at(-1)!);
    }
    expect(waits[0]).toBeGreaterThanOrEqual(29_000);
    expect(waits[9]).toBeGreaterThanOrEqual(1_800_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(3_600_000);
  });

  test('a latched or revoked value is never lent again, a new one at once', async () => {
    for (const outcome of [
      { ...REFUSED, reason: 'locked-risk' as const },
      { ...REFUSED, state: 'revoked' as const },
    ]) {
      const { credential, clock, source } = subject();
      credential.report(await credential.get(), outcome);
      await clock.advance(100 * DAY);
      await expect(credential.get()).rejects.toMatchObject({ code: 'credential.refused', retryAfterMs: undefined });
      expect(credential.status()).toMatchObject({ latched: true });
      source.value = 'another-token-value';
      await credential.reload();
      expect((await credential.get()).generation).toBe(2);
    }
  });

  test('a thousand storms leave a good credential good', async () => {
    const { credential } = subject();
    const lease = await credential.get();
    for (let i = 0; i < 1000; i++) credential.report(lease, { is: 'weather', retryAfterMs: 1000 });
    expect(credential.status()).toMatchObject({ state: 'valid' });
    await credential.get();
  });

  test('listeners hear of changes until they leave', async () => {
    const { credential } = subject();
    let heard = 0;
    const leave = credential.onChange(() => heard++);
    const lease = await credential.get();
    credential.report(lease, REFUSED);
    credential.report(lease, REFUSED);
    expect(heard).toBe(2);
    leave();
    credential.report(lease, { is: 'ok' });
    expect(heard).toBe(2);
  });
});

test('ninety days of a temporary token, hour by hour', async () => {
  const clock = createFakeClock();
  const events: string[] = [];
  const log = createLogger({
    level: 'debug',
    output: { write: () => undefined, dropped: 0 },
    now: () => clock.wall(),
    tap: (line) =>
      events.push(
        `${Math.round(clock.mono() / DAY)} ${String(line['event'])} ${String(line['state'] ?? line['daysLeft'])}`,
      ),
  });
  const expiresAtUtcMs = clock.wall() + 90 * DAY;
  using credential = createCredential(
    { clock, log },
    {
      id: 'assistnow',
      kind: 'api-token',
      load: async () => ({ value: new Secret('api-token', CANARY), expiresAtUtcMs, expirySource: 'config' }),
    },
  );
  const lease = await credential.get();
  expect(lease.notAfterMono).toBe(90 * DAY);
  for (let hour = 0; hour < 90 * 24; hour++) {
    credential.report(lease, hour % 50 === 0 ? { is: 'weather' } : { is: 'ok' });
    await clock.advance(hour % 24 === 0 ? DAY : 0);
  }
  expect(events).toEqual([
    '0 credential.state valid',
    '60 credential.state expiring',
    '76 credential.ends-soon 14',
    '83 credential.ends-soon 7',
    '89 credential.ends-soon 1',
    '90 credential.state expired',
  ]);
  await expect(credential.get()).rejects.toMatchObject({ code: 'credential.expired' });
});

describe('clock', () => {
  test('an untrusted clock ends nothing', async () => {
    const clock = createFakeClock();
    let trusted = false;
    using credential = createCredential(
      { clock, log: silentLogger, isWallTrusted: () => trusted },
      {
        id: 'x',
        kind: 'api-token',
        load: async () => ({
          value: new Secret('api-token', CANARY),
          expiresAtUtcMs: clock.wall() - DAY,
          expirySource: 'server',
        }),
      },
    );
    await credential.get();
    expect(credential.status().state).toBe('valid');
    trusted = true;
    await clock.advance(7 * 3_600_000);
    expect(credential.status().state).toBe('expired');
  });

  test('a clock corrected backwards revives what only the clock had ended', async () => {
    const { credential, clock, source } = subject();
    source.extra = { expiresAtUtcMs: clock.wall() + DAY, expirySource: 'certificate' };
    clock.stepWall(400 * DAY);
    await expect(credential.get()).rejects.toMatchObject({ code: 'credential.expired' });
    clock.stepWall(-400 * DAY);
    expect((await credential.get()).generation).toBe(1);
    credential[Symbol.dispose]();
    expect(clock.pending).toBe(0);
  });
});

describe('memory', () => {
  const start = async (dir: string, value: string) => {
    const clock = createFakeClock();
    const slot = (await open(dir)).slot('credential-app', credentialMemoryCodec);
    const credential = createCredential(
      { clock, log: silentLogger, slot },
      { id: 'app', kind: 'app-token', load: async () => ({ value: new Secret('app-token', value) }) },
    );
    return { credential, slot };
  };
  test('a refusal survives a restart for the same value and not for another', async () => {
    await using dir = await scratch();
    const first = await start(dir.path, CANARY);
    const lease = await first.credential.get();
    first.credential.report(lease, { ...REFUSED, reason: 'locked-risk' });
    await first.credential.flush();

    const second = await start(dir.path, CANARY);
    await expect(second.credential.get()).rejects.toMatchObject({ code: 'credential.refused' });
    expect(second.credential.status()).toMatchObject({ state: 'rejected', latched: true, reason: 'locked-risk' });
    expect(second.credential.status().evidence).toMatchObject({ http: 403 });
    await second.credential.flush();

    const third = await start(dir.path, 'a-rotated-token');
    expect((await third.credential.get()).value.reveal()).toBe('a-rotated-token');
    await third.credential.flush();
  });

  test('holds no secret value', async () => {
    await using dir = await scratch();
    const { credential, slot } = await start(dir.path, CANARY);
    const lease = await credential.get();
    credential.report(lease, { ...REFUSED, evidence: { body: `token=${CANARY}` } });
    await credential.flush();
    expect(await slot.read()).toBeDefined();
    expect(await readFile(`${dir.path}/credential-app`, 'utf8')).not.toContain(CANARY);
  });

  test('damaged memory is no reason not to work', async () => {
    await using dir = await scratch();
    await writeFile(`${dir.path}/credential-app`, 'damage');
    const { credential } = await start(dir.path, CANARY);
    expect((await credential.get()).generation).toBe(1);
    await credential.flush();
  });
});

test('a canary value is in no status, no inspection, no error and no log line', async () => {
  const clock = createFakeClock();
  const lines: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (text: string, _, done) => {
      lines.push(text);
      done();
    },
  });
  const log = createLogger({ level: 'trace', output: createOutput(stream), now: () => clock.wall() });
  const credential = createCredential(
    { clock, log },
    { id: 'app', kind: 'app-token', load: async () => ({ value: tokenSecret('app-token', `${CANARY}\n`, 'file') }) },
  );
  const lease = await credential.get();
  credential.report(lease, { ...REFUSED, evidence: { echo: `refused ${CANARY}`, code: -18205 } });
  const error = await credential.get().catch((thrown: unknown) => thrown);
  log.error('test', { lease, status: credential.status(), error, credential }, `the lease is ${String(lease.value)}`);
  const everything = [
    JSON.stringify(lease),
    JSON.stringify(credential.status()),
    inspect({ lease, status: credential.status(), error, credential }, { depth: 12, showHidden: true }),
    String(error),
    JSON.stringify(error),
    ...lines,
  ].join('\n');
  expect(lines.length).toBeGreaterThan(1);
  expect(everything).toContain('-18205');
  for (const form of [CANARY, Buffer.from(CANARY).toString('base64'), Buffer.from(CANARY).toString('hex')])
    expect(everything).not.toContain(form);
});

describe('rotation without restart', () => {
  test('a value that changes while the old one is being read is read once more', async () => {
    const reads: Deferred<string>[] = [];
    const { credential } = subject({
      async load() {
        const read = deferred<string>();
        reads.push(read);
        return { value: new Secret('ztp-token', await read.promise) };
      },
    });
    const first = credential.reload();
    await settled();
    const changes = [credential.reload(), credential.reload()];
    reads[0]?.resolve('old-token-value');
    await settled();
    expect(reads).toHaveLength(2);
    reads[1]?.resolve('new-token-value');
    await Promise.all([first, ...changes]);
    expect(reads).toHaveLength(2);
    expect((await credential.get()).value.reveal()).toBe('new-token-value');
  });

  test('a file replaced by rename is noticed once it has settled, a vanished one too', async () => {
    await using dir = await scratch();
    const path = `${dir.path}/token`;
    const clock = createFakeClock();
    await writeFile(path, 'one');
    let changes = 0;
    using _watch = watchFile({ clock }, path, () => changes++);
    const looks = async (n: number): Promise<void> => {
      // Real file system calls take real time: until the next look is armed, nothing can be advanced.
      for (let i = 0; i < n; i++) {
        while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
        await clock.advance(2000);
      }
      while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    await looks(3);
    expect(changes).toBe(0);
    await writeFile(`${path}.new`, 'two!');
    await rename(`${path}.new`, path);
    await looks(1);
    expect(changes).toBe(0);
    await looks(1);
    expect(changes).toBe(1);
    await chmod(path, 0o600);
    await looks(3);
    expect(changes).toBe(2);
    await rm(path);
    await looks(3);
    expect(changes).toBe(3);
  });
});

describe('remedies', () => {
  const kinds: CredentialKind[] = [
    'ztp-token',
    'app-token',
    'client-certificate',
    'api-token',
    'password',
    'chipcode',
    'location-token',
    'spartn-key',
  ];
  test.each(kinds)('every state and reason of %s has a whole sentence', (kind) => {
    for (const state of CREDENTIAL_STATES)
      for (const reason of [undefined, ...CREDENTIAL_REASONS]) {
        const sentence = remedyFor(kind, state, reason);
        expect(sentence).toMatch(/^[A-Z].{15,400}\.$/);
        if (state !== 'valid') expect(sentence.split(' ').length).toBeGreaterThan(6);
      }
  });

  test('the three provisioned kinds name the portal page to visit', () => {
    expect(remedyFor('ztp-token', 'rejected', 'refused')).toContain('Device Profiles');
    expect(remedyFor('app-token', 'rejected', 'refused')).toContain('Developer, App Tokens');
    expect(remedyFor('client-certificate', 'deactivated', 'no-plan')).toContain('Location Things');
  });

  test('the caller’s own sentence comes first', () => {
    expect(remedyFor('ztp-token', 'rejected', 'refused', { rejected: 'Ask the office.' })).toBe('Ask the office.');
  });
});
