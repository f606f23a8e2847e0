// A bundle holds what helps and nothing that is secret, whatever the agent and the machine say; and says what it lacks.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bundleVerb, type Surroundings } from '../../src/cli/evidence/bundle.js';
import { redact } from '../../src/cli/evidence/redact.js';
import { Secret } from '../../src/core/index.js';
import { printed } from '../cli/in-process.js';
import { inScratch } from '../helpers/scratch.js';
import { formsOf, formsOfPem } from '../helpers/secrets.js';
import { openFakeDoor } from './door.js';

const TOKEN = 'Canary/Bundle+Tkn1=%&<7>Zq';
const PASSWORD = 'Canary-Passw0rd+/=&kept';
const PEM = `-----BEGIN PRIVATE KEY-----\n${Buffer.from('canary key material '.repeat(12)).toString('base64').replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`;

function gateway(dir: string): string {
  for (const folder of ['state', 'run', 'secrets']) mkdirSync(join(dir, folder), { mode: 0o700 });
  const config = join(dir, 'gateway.yaml');
  writeFileSync(
    config,
    `version: 1\n# noted here by somebody: ${TOKEN}\nstateDir: state\nruntimeDir: run\nlosant: {deviceId: "0123456789abcdef01234567", accessKey: "file:secrets/key", accessSecret: "file:secrets/none"}\nrecovery: {powerHook: [/usr/bin/relay, --password, ${PASSWORD}]}\n`,
  );
  writeFileSync(join(dir, 'secrets/key'), TOKEN, { mode: 0o600 });
  writeFileSync(join(dir, 'state/identity'), JSON.stringify({ data: { privateKey: PEM, password: PASSWORD } }), {
    mode: 0o600,
  });
  return config;
}

const HOSTILE = [...formsOf(TOKEN), ...formsOf(PASSWORD), ...formsOf(PEM), PEM];

function around(dir: string, said: string): Surroundings {
  return {
    roots: { sys: join(dir, 'sys'), dev: join(dir, 'dev'), proc: join(dir, 'proc') },
    run: async (program) => (program === 'dmesg' ? `usb 1-1: new device\n${said}\nusb 1-2: ${said}\n` : undefined),
    doctor: async () => ({ schemaVersion: 1, checks: [{ id: 'tokens', sentence: `refused ${TOKEN}` }] }),
  };
}

test('agent, kernel and doctor say every secret in every form: none is in the archive, and the useful things are', () =>
  inScratch(async (dir) => {
    const config = gateway(dir);
    const said = HOSTILE.join(' | ');
    const answers = {
      '/api/v1/status': {
        state: 'serving',
        imei: '356938035643809',
        position: { latitudeDeg: 45.71351234, longitudeDeg: 13.73789 },
        credentials: [{ evidence: { body: said } }],
      },
      '/api/v1/history': { stepMs: 1000, positions: [{ latitudeDeg: 45.71351234 }] },
      '/api/v1/log': {
        entries: [
          {
            id: 1,
            event: 'losant.refused',
            message: said,
            fields: { error: { message: `401 near ${TOKEN}`, nested: JSON.stringify({ password: PASSWORD }) } },
          },
        ],
      },
    };
    const trace = [
      { atMs: 0, direction: '>', text: `AT#DWCFG=h,0,${TOKEN}` },
      { atMs: 1, direction: '<', text: '+CME ERROR: 10' },
    ];
    await using _door = await openFakeDoor(join(dir, 'run'), answers, { trace });
    const out = join(dir, 'out.tar.gz');
    const options = { config, out, capture: false, forMs: 0, yes: true, json: true };
    const { code, stdout } = await printed(() => bundleVerb(options, around(dir, said)));
    expect(code).toBe(0);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const told = JSON.parse(stdout) as { files: { name: string }[]; missing: { name: string }[] };
    expect(told.files.map(({ name }) => name)).toEqual([
      ...[
        'about.json',
        'status.json',
        'outbox.json',
        'history.json',
        'log.jsonl',
        'at-trace.txt',
        'versions.json',
        'config.yaml',
      ],
      ...['config-check.json', 'ports.json', 'kernel.txt', 'state-files.txt', 'runtime-files.txt', 'doctor.json'],
    ]);
    expect(told.missing.map(({ name }) => name)).toEqual([
      'the value of losant.accessSecret',
      'usb.txt',
      'journal.txt',
    ]);

    const bytes = gunzipSync(readFileSync(out)).toString('latin1');
    for (const form of [...HOSTILE, ...formsOfPem(PEM)]) expect(bytes.includes(form)).toBe(false);
    expect(bytes).not.toMatch(/PRIVATE KEY|356938035643809|45\.7135/);
    for (const useful of [
      '3809"',
      '45.713',
      'losant.refused',
      '+CME ERROR: 10',
      'file:',
      'usb 1-1: new device',
      '-0600 ',
      '[2 arguments]',
    ])
      expect(bytes).toContain(useful);

    // Another program's opinion of the archive.
    const names = execFileSync('tar', ['tzf', out], { encoding: 'utf8' }).trim().split('\n');
    expect(names).toEqual(told.files.map(({ name }) => `waymark-bundle/${name}`));
    execFileSync('tar', ['xzf', out, '-C', dir]);
    expect(JSON.parse(readFileSync(join(dir, 'waymark-bundle/status.json'), 'utf8'))).toMatchObject({
      state: 'serving',
    });
    expect(statSync(join(dir, 'waymark-bundle/status.json')).mode & 0o077).toBe(0);
  }));

test('without an agent and without --yes it is only listed, with what is missing', () =>
  inScratch(async (dir) => {
    const config = gateway(dir);
    const options = { config, out: join(dir, 'out.tar.gz'), capture: false, forMs: 0, yes: false, json: true };
    const { code, stdout } = await printed(() =>
      bundleVerb(options, { ...around(dir, ''), run: async () => undefined }),
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      isWritten: false,
      missing: expect.arrayContaining([{ name: 'log.jsonl', why: 'no agent answers' }]),
    });
    expect(existsSync(options.out)).toBe(false);
  }));

test.each([
  ['imei 356938035643809 end', 'imei …3809 end'],
  ['+CNUM: "","+4915112345678",145', '+CNUM: "","…5678",145'],
  ['$GPSACP: 122330.000,4542.8106N,01344.2720E', '$GPSACP: 122330.000,4542.8N,01344.2E'],
  ['$GNGGA,1.00,4542.81063,N,01344.27201,E', '$GNGGA,1.00,4542.8,N,01344.2,E'],
  ['at -33.8567844,151.2152967 now', 'at -33.856,151.215 now'],
  ['https://me:pw@host/path?token=x&b=1', 'https://[user]@host/path?[query]'],
  ['fd:8a:00:11:22:33', '…2:33'],
  ['version 25.20.0046 at 2026-01-01T00:00:00.123Z', 'version 25.20.0046 at 2026-01-01T00:00:00.123Z'],
  ['steer \u001b[2J and \u202e', 'steer \\u001b[2J and \\u202e'],
  ['-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----', '[pem]'],
])('%j leaves as %j', (text, shown) => {
  expect(redact(text)).toBe(shown);
  expect(redact(shown)).toBe(shown);
});

test('hostile text of a megabyte costs no more than its length', () => {
  const secret = new Secret('api-token', 'long-lived-canary-token');
  expect(String(secret)).not.toContain('canary');
  for (const piece of ['-----BEGIN ', '1', 'https://a?', '0123456789abcdef:', '-----BEGIN X-----\n'])
    expect(redact(piece.repeat(1_000_000 / piece.length)).length).toBeLessThanOrEqual(1_100_000);
});
