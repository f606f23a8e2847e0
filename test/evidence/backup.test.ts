// A backup holds who the gateway is and nothing else, opens with its passphrase alone, and is put back whole or not at all.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPinLedger, pinFileCodec } from '../../src/agent/pin-ledger.js';
import { backupVerb } from '../../src/cli/evidence/backup.js';
import { packContents } from '../../src/cli/evidence/backup-contents.js';
import { isKeptInBackup } from '../../src/cli/evidence/kept-files.js';
import { restoreVerb } from '../../src/cli/evidence/restore.js';
import { createClock, Secret, silentLogger } from '../../src/core/index.js';
import { lockDirectory, openVault, seal, unseal } from '../../src/vault/index.js';
import { printed } from '../cli/in-process.js';
import { inScratch } from '../helpers/scratch.js';

/** What is proved here does not depend on how dear guessing is. */
const CHEAP = { N: 16, r: 1, p: 1 };
const WORDS = 'four plain words together';

function gateway(dir: string): { config: string; passphraseFile: string; file: string } {
  for (const folder of ['etc', 'etc/secrets', 'state', 'state/outbox', 'state/outbox/losant', 'state/photos'])
    mkdirSync(join(dir, folder), { mode: 0o700 });
  const files: Record<string, string> = {
    'etc/gateway.yaml': `version: 1\nstateDir: ../state\nruntimeDir: ../run\nztp: {token: "file:secrets/ztp"}\nlosant: {deviceId: "0123456789abcdef01234567", accessKey: "file:secrets/absent", accessSecret: "env:LOSANT_SECRET"}\n`,
    'etc/secrets/ztp': '0c7a1e0e-5b5e-4c0f-9a55-7f2f0c0b1a11\n',
    'state/identity': '{"v":1}',
    'state/identity.prev': '{"v":1,"old":true}',
    'state/pins': '{"salt":1}',
    'state/boot': '{"boot":7}',
    'state/holder': 'nobody',
    'state/assist-orbits': 'cache',
    'state/outbox/losant/000000000000001-000.wal': 'records',
    'state/photos/1.jpg': 'somebody else’s',
    'state/notes': 'somebody else’s',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text, { mode: 0o600 });
  writeFileSync(join(dir, 'words'), `${WORDS}\n`, { mode: 0o600 });
  return { config: join(dir, 'etc/gateway.yaml'), passphraseFile: join(dir, 'words'), file: join(dir, 'kept.backup') };
}

const refused = async (verb: Promise<unknown>): Promise<unknown> =>
  verb.catch((error: unknown) => (error as { code: string }).code);

test('made and put back onto nothing: the same files with their modes, without outbox, boot count and caches', () =>
  inScratch(async (dir) => {
    const { config, passphraseFile, file } = gateway(dir);
    const made = await printed(() =>
      backupVerb({ config, backup: file, passphraseFile, yes: true, json: true }, createClock(), CHEAP),
    );
    expect(made.code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const told = JSON.parse(made.stdout) as { files: { path: string }[]; missing: { what: string }[] };
    expect(told.missing.map(({ what }) => what)).toEqual([
      join(dir, 'etc/secrets/absent'),
      'losant.accessSecret (env:LOSANT_SECRET)',
    ]);
    // Nothing of it can be read from outside.
    expect(readFileSync(file, 'latin1')).not.toContain('0c7a1e0e');
    const before = readFileSync(config, 'utf8');
    for (const name of ['etc', 'state']) rmSync(join(dir, name), { recursive: true });

    const back = await printed(() => restoreVerb({ file, passphraseFile, yes: true, json: true }));
    expect(back.code).toBe(0);
    expect(readdirSync(join(dir, 'state')).sort()).toEqual(['identity', 'identity.prev', 'pins']);
    expect(readFileSync(config, 'utf8')).toBe(before);
    expect(statSync(join(dir, 'etc/secrets/ztp')).mode & 0o777).toBe(0o600);
    expect([statSync(join(dir, 'state')).mode & 0o777, statSync(join(dir, 'etc/secrets')).mode & 0o777]).toEqual([
      0o700, 0o700,
    ]);
  }));

test('what was there is kept aside; what is the same is left alone', () =>
  inScratch(async (dir) => {
    const { config, passphraseFile, file } = gateway(dir);
    await printed(() =>
      backupVerb({ config, backup: file, passphraseFile, yes: true, json: true }, createClock(), CHEAP),
    );
    writeFileSync(join(dir, 'etc/secrets/ztp'), 'another');
    writeFileSync(join(dir, 'state/identity'), 'another');
    const again = async () =>
      JSON.parse((await printed(() => restoreVerb({ file, passphraseFile, yes: true, json: true }))).stdout) as {
        aside: string[];
      };
    expect((await again()).aside).toEqual([
      join(dir, 'state/before-restore'),
      join(dir, 'etc/secrets/ztp.before-restore'),
    ]);
    expect(readFileSync(join(dir, 'state/before-restore/identity'), 'utf8')).toBe('another');
    expect(readFileSync(join(dir, 'state/before-restore/outbox/losant/000000000000001-000.wal'), 'utf8')).toBe(
      'records',
    );
    for (const name of ['photos/1.jpg', 'notes'])
      expect(readFileSync(join(dir, 'state', name), 'utf8')).toContain('else');
    expect(readFileSync(join(dir, 'etc/secrets/ztp.before-restore'), 'utf8')).toBe('another');
    // A second time loses nothing either.
    expect((await again()).aside).toEqual([join(dir, 'state/before-restore.2')]);
  }));

test('a PIN that was refused is remembered by the restored gateway', () =>
  inScratch(async (dir) => {
    const { config, passphraseFile, file } = gateway(dir);
    rmSync(join(dir, 'state/pins'));
    const ledger = async () => {
      const vault = await openVault(join(dir, 'state'), { clock: createClock(), log: silentLogger });
      return createPinLedger(vault.slot('pins', pinFileCodec));
    };
    const [card, pin] = ['89310410106543789301', new Secret('pin', '4711')];
    const record = { outcome: 'refused', isProven: false, at: '2026-06-15T11:00:00.000Z' } as const;
    await (await ledger()).write(card, pin, record);
    await printed(() =>
      backupVerb({ config, backup: file, passphraseFile, yes: true, json: true }, createClock(), CHEAP),
    );
    rmSync(join(dir, 'state'), { recursive: true });
    await printed(() => restoreVerb({ file, passphraseFile, yes: true, json: true }));
    expect(await (await ledger()).read(card, pin)).toEqual(record);
  }));

test('whom the person names gets the state directory and the secrets, those that are the same, too', () =>
  inScratch(async (dir) => {
    const { config, passphraseFile, file } = gateway(dir);
    await printed(() =>
      backupVerb({ config, backup: file, passphraseFile, yes: true, json: true }, createClock(), CHEAP),
    );
    // Only root can give something away; everybody else keeps it.
    const isRoot = process.geteuid?.() === 0;
    await printed(() => restoreVerb({ file, passphraseFile, owner: 'nobody', yes: true, json: true }));
    const owners = ['state', 'state/identity', 'etc/secrets/ztp'].map((name) => statSync(join(dir, name)).uid);
    expect(new Set(owners)).toEqual(new Set([isRoot ? 65_534 : process.geteuid?.()]));
    expect(statSync(config).uid).toBe(process.geteuid?.());
  }));

test('a wrong passphrase, damage anywhere and another layout are told apart, and nothing is written', async () => {
  const right = new Secret('password', WORDS);
  const whole = await seal(Buffer.from('contents'), right, { program: '1.0.0', createdAt: 'now' }, CHEAP);
  expect((await unseal(whole, right)).payload.toString()).toBe('contents');
  expect(await refused(unseal(whole, new Secret('password', 'another sentence')))).toBe('backup.passphrase');
  // One bit in every part: checksum, head, contents, tag.
  for (const at of [20, 60, whole.length - 20, whole.length - 1]) {
    const bent = Buffer.from(whole);
    bent[at] = (bent[at] ?? 0) ^ 1;
    expect(await refused(unseal(bent, right)), String(at)).toBe('backup.damaged');
  }
  for (const length of [0, 10, 100, whole.length - 20])
    expect(await refused(unseal(whole.subarray(0, length), right))).toBe('backup.damaged');
});

test('a layout this program does not know names the version that does, before the passphrase is asked', () =>
  inScratch(async (dir) => {
    const { crc32c } = await import('../../src/vault/index.js');
    const head = JSON.stringify({ layout: 2, program: '9.1.0', createdAt: '2030-01-01T00:00:00Z' });
    const file = join(dir, 'newer');
    writeFileSync(file, `WAYMARK-BACKUP ${crc32c(Buffer.from(head)).toString(16).padStart(8, '0')}\n${head}\n`);
    const failure = await restoreVerb({ file, yes: true, json: true }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'backup.version', message: expect.stringContaining('9.1.0') });
  }));

test.each([
  ['secret', 'etc/cron.d/job', 'backup.damaged'],
  ['certificate', 'etc/secrets/ztp', 'backup.damaged'],
  ['secret', 'etc/secrets/ztp', undefined],
] as const)('a %s for %s is put only where the configuration of the backup names it', (place, name, code) =>
  inScratch(async (dir) => {
    const { config, passphraseFile, file } = gateway(dir);
    const bytes = readFileSync(config);
    const payload = packContents({
      stateDir: join(dir, 'state'),
      files: [
        { place: 'config', path: config, mode: 0o600, bytes },
        { place, path: join(dir, name), mode: 0o600, bytes: Buffer.from('another') },
      ],
    });
    const about = { program: '1.0.0', createdAt: 'now' };
    writeFileSync(file, await seal(payload, new Secret('password', WORDS), about, CHEAP));
    const done = printed(() => restoreVerb({ file, passphraseFile, yes: true, json: true }));
    if (code !== undefined) await expect(done).rejects.toMatchObject({ code });
    else expect((await done).code).toBe(0);
    expect(existsSync(join(dir, 'etc/cron.d'))).toBe(false);
  }),
);

test('nothing is put back while an agent runs there, nor from a passphrase file others may read', () =>
  inScratch(async (dir) => {
    const { config, passphraseFile, file } = gateway(dir);
    await printed(() =>
      backupVerb({ config, backup: file, passphraseFile, yes: true, json: true }, createClock(), CHEAP),
    );
    const unlock = lockDirectory(join(dir, 'state'));
    try {
      expect(await refused(restoreVerb({ file, passphraseFile, yes: true, json: true }))).toBe('vault.busy');
    } finally {
      unlock();
    }
    chmodSync(passphraseFile, 0o644);
    expect(await refused(restoreVerb({ file, passphraseFile, yes: true, json: true }))).toBe('cli.usage');
    expect(readdirSync(join(dir, 'state'))).not.toContain('before-restore');
  }));

test.each([
  ['identity', true],
  ['identity.next', true],
  ['credential-ztp-token', true],
  ['assist-memory', true],
  ['assist-orbits', false],
  ['boot', false],
  ['boot.prev', false],
  ['holder', false],
  ['recovery', false],
  ['identity.tmp.123', false],
  ['notes', false],
  ['../identity', false],
])('%s is part of a backup: %s', (name, isKept) => {
  expect(isKeptInBackup(name)).toBe(isKept);
});
