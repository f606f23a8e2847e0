import { chmodSync, existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createClock, type Secret, silentLogger } from '../../src/core/index.js';
import { identityCodec, openVault } from '../../src/vault/index.js';
import { cli, startCli } from '../helpers/cli.js';
import { filesBelow, runAgent, untilStatus } from '../helpers/outside.js';
import { eventually, isServing, startWorldIn, writeConfig } from '../helpers/scenario.js';

/** Holds characters that URL and JSON encoders change, as far as an AT line may carry them. */
const CANARY = 'Canary/Token+1=%&<7>Zq';

/** Every form in which a value could get out: as it is, as encoders write it, as other encoders write that. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const json = JSON.stringify(value).slice(1, -1);
  return [
    ...new Set([
      value,
      json,
      JSON.stringify(json).slice(1, -1),
      bytes.toString('base64'),
      bytes.toString('base64').replace(/=+$/, ''),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      encodeURIComponent(value),
      encodeURI(value),
    ]),
  ];
}

/** A key whose text is base64 or hex could also get out as its bytes in another form. */
function wordsOfKey(pem: string): string[] {
  const lines = pem.split('\n').filter((line) => line !== '' && !line.startsWith('-----'));
  const der = Buffer.from(lines.join(''), 'base64');
  return [...lines.filter((line) => line.length >= 16), lines.join(''), der.toString('hex'), pem.trim()];
}

const formsOfHexKey = (hex: string): string[] => [
  ...formsOf(hex),
  hex.toUpperCase(),
  Buffer.from(hex, 'hex').toString('base64'),
];

async function secretsIn(stateDir: string, tokens: Record<string, string>): Promise<Record<string, string[]>> {
  const vault = await openVault(stateDir, { clock: createClock(), log: silentLogger });
  const identity = (await vault.slot('identity', identityCodec).read())?.value;
  if (identity?.shape !== 'keys') throw new Error('no identity');
  const { current, next } = identity.keys;
  const keys = [current, next].filter((key) => key !== undefined).map((key): Secret => key.value);
  expect(keys).toHaveLength(2);
  return {
    ...Object.fromEntries(Object.entries(tokens).map(([name, value]) => [name, formsOf(value)])),
    'private key': wordsOfKey(identity.privateKey.reveal()).flatMap(formsOf),
    'SPARTN keys': keys.flatMap((key) => formsOfHexKey(key.reveal())),
  };
}

/** Which secrets stand in a text; their values are not part of the answer. */
const found = (text: string, secrets: Record<string, string[]>): string[] =>
  Object.entries(secrets)
    .filter(([, forms]) => forms.some((form) => text.includes(form)))
    .map(([name]) => name);

function expectClosedToOthers(dir: string): void {
  const open = [{ path: dir, kind: 'folder' }, ...filesBelow(dir)]
    .filter(({ kind }) => kind !== 'other')
    .filter(({ path, kind }) => (lstatSync(path).mode & 0o777) !== (kind === 'file' ? 0o600 : 0o700));
  expect(open).toEqual([]);
}

test('a running agent shows no secret in its log at trace, in status, in token list, nor beside its socket', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-canary-'));
  const [stateDir, runtimeDir] = [join(dir, 'state'), join(dir, 'run')];
  try {
    await using world = await startWorldIn(dir);
    const configFile = writeConfig(dir, world);
    writeFileSync(join(dir, 'secrets', 'app-token'), `${CANARY}\n`, { mode: 0o600 });
    const shown: Record<string, string> = {};
    {
      await using agent = runAgent(configFile, '--log', 'trace');
      await untilStatus(runtimeDir, 'serving, and fed', (s) => isServing(s) && s.corrections.usedByReceiver > 0);
      await eventually('the token is in the module', () => world.module.state.nvm.data.deviceWise.appToken === CANARY);
      const verbs = [
        ['status', '--json'],
        ['status'],
        ['token', 'list', '--json'],
        ['token', 'list'],
        ['config', 'check', '--json'],
      ];
      for (const verb of verbs) {
        const { code, stdout, stderr } = await cli(...verb, '-c', configFile);
        expect(code, `${verb.join(' ')}: ${stderr}`).toBe(0);
        shown[verb.join(' ')] = stdout + stderr;
      }
      for (const { path, kind } of filesBelow(runtimeDir))
        if (kind === 'file') shown[path] = readFileSync(path, 'latin1');
      expect(filesBelow(runtimeDir).map(({ kind }) => kind)).toEqual(['other']);
      agent.child.kill('SIGTERM');
      const { code, stdout, stderr } = await agent.ended;
      expect(code).toBe(0);
      Object.assign(shown, { stdout, stderr });
    }
    // Not vacuous: the log holds the very line that carried the token, and the answer that repeats it.
    expect(shown['stdout']).toMatch(/"text":"AT#DWCFG=[^\n]*\[secret/);
    expect(shown['stdout']).toContain('"text":"AT+CGMI"');
    expect(world.module.transcriptLines.some(({ text }) => text.startsWith('AT#DWCFG='))).toBe(true);
    expect(shown['token list --json']).toContain('"app-token"');
    // What is taken out is the token, and not what is known about it.
    expect(JSON.parse(shown['status --json'] ?? '')).toMatchObject({ modem: { appTokenState: 'verified' } });

    const secrets = await secretsIn(stateDir, { 'app token': CANARY, 'ZTP token': world.ready.clouds.ztp.token });
    for (const [where, text] of Object.entries(shown)) expect(found(text, secrets), where).toEqual([]);
    // The identity is the one state file that has secrets: those of the identity, and no token.
    for (const { path, kind } of filesBelow(stateDir)) {
      if (kind !== 'file') continue;
      const isIdentity = /\/identity(?:\.prev|\.next)?$/.test(path);
      const inIt = found(readFileSync(path, 'latin1'), secrets);
      expect(inIt, path).toEqual(isIdentity ? ['private key', 'SPARTN keys'] : []);
    }
    expectClosedToOthers(stateDir);
    expect(lstatSync(runtimeDir).mode & 0o777).toBe(0o700);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('a demo shows no secret in its output, its transcript or its state, whatever the umask of the caller', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-canary-'));
  chmodSync(dir, 0o755);
  const before = process.umask(0o000);
  try {
    const [stateDir, transcript] = [join(dir, 'demo'), join(dir, 'transcript')];
    const demo = startCli([
      'demo',
      ...['--for', '9s', '--json', '--log', 'trace'],
      ...['--state-dir', stateDir, '--transcript', transcript],
    ]);
    const { code, stdout, stderr } = await demo.ended;
    expect(code, stderr.slice(-2000)).toBe(0);
    const read = (name: string): string => readFileSync(join(stateDir, 'secrets', name), 'utf8').trim();
    const secrets = await secretsIn(join(stateDir, 'agent'), {
      'app token': read('app-token'),
      'ZTP token': read('ztp-token'),
    });
    const said = readFileSync(transcript, 'utf8');
    expect(said).toMatch(/^> AT#DWCFG=.*\[secret/m);
    expect(stderr).toContain('"text":"AT+CGMI"');
    for (const [where, text] of Object.entries({
      stdout,
      stderr,
      said,
      config: readFileSync(join(stateDir, 'gateway.yaml'), 'utf8'),
    }))
      expect(found(text, secrets), where).toEqual([]);
    expectClosedToOthers(stateDir);
    expect(lstatSync(transcript).mode & 0o777).toBe(0o600);
    expect(existsSync(join(stateDir, 'run', 'status.sock'))).toBe(false);
  } finally {
    process.umask(before);
    rmSync(dir, { recursive: true, force: true });
  }
});
