import { describe, expect, test } from 'vitest';
import { createSessionReport } from '../../src/agent/report-credentials.js';
import { createFakeClock, type ErrorCode, Secret, silentLogger, WaymarkError } from '../../src/core/index.js';
import {
  type CredentialMemory,
  createCredential,
  credentialMemoryCodec,
  type Identity,
  type Slot,
} from '../../src/vault/index.js';

const ntrip = (password: string): Identity => ({
  shape: 'ntrip',
  version: 1,
  host: 'h',
  port: 2101,
  userName: 'u',
  password: new Secret('password', password),
  mountPoint: 'M',
});

/** The account's credential outlives a "restart" as on disk. */
async function world(options: { isOwnCaster?: boolean; identity?: Identity } = {}) {
  const clock = createFakeClock();
  let stored: CredentialMemory | undefined;
  const slot = {
    read: () => Promise.resolve(stored && { value: stored, generation: 'current' as const }),
    write: (value: CredentialMemory) => {
      stored = credentialMemoryCodec.decode(JSON.parse(JSON.stringify(credentialMemoryCodec.encode(value))), 1);
      return Promise.resolve();
    },
  } as unknown as Slot<CredentialMemory>;
  const w = {
    clock,
    asked: [] as string[],
    identity: options.identity ?? ntrip('first-pass'),
    async start() {
      const load = () =>
        Promise.resolve({
          value: w.identity.shape === 'ntrip' ? w.identity.password : new Secret('client-key', 'k'.repeat(20)),
        });
      const account = createCredential(
        { clock, log: silentLogger, slot },
        { id: 'ntrip-account', kind: 'password', load },
      );
      const certificate = createCredential(
        { clock, log: silentLogger },
        { id: 'client-certificate', kind: 'client-certificate', load },
      );
      await Promise.all([account.reload(), certificate.reload()]);
      const report = createSessionReport({
        credentials: { certificate, ntripAccount: account },
        identity: () => w.identity,
        isOwnCaster: options.isOwnCaster ?? false,
        requestRenewal: (reason) => w.asked.push(reason),
      });
      return {
        account,
        certificate,
        end: (code: ErrorCode) => report(new WaymarkError(code, 'x', { evidence: { status: 401 } })),
        ok: () => report('ok'),
        async renew(next: Identity) {
          w.identity = next;
          await account.reload();
        },
      };
    },
  };
  return w;
}

describe('a refused NTRIP account', () => {
  test('that never worked is provisioned again at once, and only once', async () => {
    const w = await world();
    const s = await w.start();
    s.end('ntrip.unauthorized');
    expect(s.account.status()).toMatchObject({
      state: 'rejected',
      reason: 'refused',
      evidence: { code: 'ntrip.unauthorized', status: 401, renewal: 'asked' },
    });
    for (let i = 0; i < 5; i++) s.end('ntrip.unauthorized');
    expect(w.asked).toEqual(['ntrip.unauthorized']);
  });

  test('that has worked gets a second try first: the caster may hold the old place', async () => {
    const w = await world();
    const s = await w.start();
    s.ok();
    s.end('ntrip.unauthorized');
    expect(w.asked).toEqual([]);
    s.ok();
    expect(s.account.status().state).toBe('valid');
    s.end('ntrip.unauthorized');
    s.end('ntrip.unauthorized');
    expect(w.asked).toHaveLength(1);
  });

  test('whose successor is refused too stays refused; a session that works arms it again', async () => {
    const w = await world();
    const s = await w.start();
    s.end('ntrip.unauthorized');
    await s.renew(ntrip('second-pass'));
    expect(s.account.status().state).toBe('valid');
    s.end('ntrip.unauthorized');
    s.end('ntrip.unauthorized');
    expect(s.account.status()).toMatchObject({ state: 'rejected' });
    expect(w.asked).toHaveLength(1);
    s.ok();
    s.end('ntrip.unauthorized');
    s.end('ntrip.unauthorized');
    expect(w.asked).toHaveLength(2);
  });

  test('is not provisioned again after a restart either', async () => {
    const w = await world();
    const first = await w.start();
    first.end('ntrip.unauthorized');
    await first.account.flush();
    const second = await w.start();
    second.end('ntrip.unauthorized');
    second.end('ntrip.unauthorized');
    expect(w.asked).toHaveLength(1);
  });

  test('of a caster of one’s own is a person’s business', async () => {
    const w = await world({ isOwnCaster: true });
    const s = await w.start();
    for (let i = 0; i < 3; i++) s.end('ntrip.unauthorized');
    expect(w.asked).toEqual([]);
    expect(s.account.status().state).toBe('rejected');
    expect(s.account.status().evidence).not.toHaveProperty('renewal');
  });

  test('that the caster bans is refused with its words, and not provisioned again', async () => {
    const w = await world();
    const s = await w.start();
    s.end('ntrip.refused');
    expect(s.account.status()).toMatchObject({ state: 'rejected', reason: 'operator-said' });
    expect(w.asked).toEqual([]);
  });
});

test('weather says nothing about any credential', async () => {
  const w = await world();
  const s = await w.start();
  for (const code of [
    'ntrip.unavailable',
    'net.closed',
    'core.timeout',
    'corrections.silent',
    'mqtt.unavailable',
  ] as const)
    s.end(code);
  expect([s.account.status().state, s.certificate.status().state]).toEqual(['valid', 'valid']);
  expect(w.asked).toEqual([]);
});

test('a refused certificate is refused and renewal asked for each time', async () => {
  const w = await world({ identity: { shape: 'keys' } as unknown as Identity });
  const s = await w.start();
  s.ok();
  expect(s.certificate.status()).toMatchObject({ tested: true });
  expect(s.account.status()).toMatchObject({ tested: false });
  s.end('mqtt.refused');
  s.end('tls.client-refused');
  expect(s.certificate.status()).toMatchObject({ state: 'rejected', evidence: { code: 'tls.client-refused' } });
  expect(w.asked).toEqual(['mqtt.refused', 'tls.client-refused']);
});

test('a way of delivery that is over is asked about once for each certificate, whatever keys come meanwhile', async () => {
  const keys = (certificate: string): Identity => ({ shape: 'keys', certificate, keys: {} }) as unknown as Identity;
  const w = await world({ identity: keys('one') });
  const s = await w.start();
  s.end('corrections.ended');
  w.identity = keys('one');
  s.end('corrections.ended');
  expect(w.asked).toHaveLength(1);
  w.identity = keys('two');
  s.end('corrections.ended');
  expect(w.asked).toHaveLength(2);
});

test('a way of delivery that is over is asked about once for each account', async () => {
  const w = await world();
  const s = await w.start();
  s.end('corrections.ended');
  w.identity = ntrip('first-pass');
  s.end('corrections.ended');
  expect(w.asked).toHaveLength(1);
  w.identity = ntrip('second-pass');
  s.end('corrections.ended');
  expect(w.asked).toHaveLength(2);
});
