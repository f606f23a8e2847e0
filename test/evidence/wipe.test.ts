// After a wipe nothing is left that this gateway was, and what stays valid elsewhere is said.
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { wipeVerb } from '../../src/cli/evidence/wipe.js';
import { lockDirectory } from '../../src/vault/index.js';
import { printed } from '../cli/in-process.js';
import { inScratch } from '../helpers/scratch.js';

const KEY = 'Canary-private-key-0123456789abcdef';
const TOKEN = 'Canary-losant-key-0815';

function gateway(dir: string): { config: string; secrets: boolean; module: boolean; yes: boolean; json: boolean } {
  for (const folder of [
    'state',
    'state/outbox',
    'state/outbox/losant',
    'state/before-restore',
    'state/photos',
    'run',
    'secrets',
  ])
    mkdirSync(join(dir, folder), { mode: 0o700 });
  const files: Record<string, string> = {
    'gateway.yaml':
      'version: 1\nstateDir: state\nruntimeDir: run\nlosant: {deviceId: "0123456789abcdef01234567", accessKey: "file:secrets/key", accessSecret: "env:LOSANT_SECRET"}\n',
    'secrets/key': TOKEN,
    'secrets/key.prev': 'Canary-older-key-4711',
    'secrets/keyring': 'somebody else’s',
    'state/identity': JSON.stringify({ v: 1, data: { privateKey: KEY } }),
    'state/before-restore/identity': JSON.stringify({ v: 1, data: { privateKey: `${KEY}-old` } }),
    'state/outbox/losant/000000000000001-000.wal': 'records',
    'state/outbox/note.txt': 'somebody else’s',
    'state/photos/identity': 'somebody else’s',
    'run/page-token': 'token of the page',
    elsewhere: 'not ours',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text, { mode: 0o600 });
  symlinkSync(join(dir, 'elsewhere'), join(dir, 'state/salt'));
  return { config: join(dir, 'gateway.yaml'), secrets: false, module: false, yes: true, json: true };
}

test('what the agent made is gone, and nothing else; secret files only when asked for; links are not followed', () =>
  inScratch(async (dir) => {
    const options = gateway(dir);
    const first = await printed(() => wipeVerb(options));
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout)).toMatchObject({
      valuesLookedFor: 2,
      failed: [],
      left: [],
      elsewhere: [{ key: 'losant.accessSecret' }],
    });
    expect(first.stdout).toContain('Access Keys');
    const strangers = ['state/outbox/note.txt', 'state/photos/identity'];
    expect((JSON.parse(first.stdout) as { foreign: string[] }).foreign).toEqual(
      strangers.map((name) => join(dir, name)),
    );
    for (const name of strangers) expect(readFileSync(join(dir, name), 'utf8')).toBe('somebody else’s');
    expect(readdirSync(join(dir, 'state')).sort()).toEqual(['outbox', 'photos']);
    expect([readdirSync(join(dir, 'state/outbox')), readdirSync(join(dir, 'run'))]).toEqual([['note.txt'], []]);
    expect(readdirSync(join(dir, 'secrets')).sort()).toEqual(['key', 'key.prev', 'keyring']);
    expect(readFileSync(join(dir, 'elsewhere'), 'utf8')).toBe('not ours');

    expect((await printed(() => wipeVerb({ ...options, secrets: true }))).code).toBe(0);
    expect(readdirSync(join(dir, 'secrets'))).toEqual(['keyring']);
  }));

test('a copy that somebody made beside is found and named, without its value', () =>
  inScratch(async (dir) => {
    const options = { ...gateway(dir), secrets: true };
    writeFileSync(join(dir, 'secrets/notes.txt'), `key in base64: ${Buffer.from(TOKEN).toString('base64')}`);
    const shown = await printed(async () =>
      wipeVerb(options).then(
        () => 0,
        (error: unknown) => {
          expect(error).toMatchObject({
            code: 'wipe.incomplete',
            message: expect.stringContaining('secrets/notes.txt'),
          });
          return 74;
        },
      ),
    );
    expect(shown.code).toBe(74);
    expect(shown.stdout).not.toContain(TOKEN);
  }));

test('while an agent runs on the directory nothing is touched', () =>
  inScratch(async (dir) => {
    const options = gateway(dir);
    const unlock = lockDirectory(join(dir, 'state'));
    try {
      await expect(wipeVerb(options)).rejects.toMatchObject({ code: 'vault.busy' });
    } finally {
      unlock();
    }
    expect(existsSync(join(dir, 'state/identity'))).toBe(true);
  }));
