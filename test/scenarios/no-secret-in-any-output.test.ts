import { chmodSync, existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { anchorNow, clockEnvironment, createClock } from '../../src/core/index.js';
import type { StatusSnapshot } from '../../src/status/index.js';
import { cli, startCli } from '../helpers/cli.js';
import { deviceWise, directThingspace, secretFile as privateFile } from '../helpers/clouds.js';
import { filesBelow, runAgentIn, untilStatus } from '../helpers/outside.js';
import { isServing, QUICK_MODULE, startWorldIn, writeConfig } from '../helpers/scenario.js';
import {
  expectClosedToOthers,
  formsOf,
  formsOfPem,
  formsOfUuid,
  found,
  identitySecrets,
  type Secrets,
} from '../helpers/secrets.js';

/** They hold characters that URL and JSON encoders change, as far as an AT line may carry them. */
const APP_TOKEN = 'Canary/Token+1=%&<7>Zq';
const CELL_TOKEN = 'Canary/Cell+Token=%&<8>Zq';
const NEXT_APP_TOKEN = 'Canary/Next+Tkn2=%&<9>Zq';

const isFed = (s: StatusSnapshot): boolean => isServing(s) && s.corrections.usedByReceiver > 0;

const cloudOf = ({ clouds = [] }: StatusSnapshot, name: string) => clouds.find((each) => each.name === name);

const VERBS = [
  ['status', '--json'],
  ['status'],
  ['token', 'list', '--json'],
  ['token', 'list'],
  ['gnss', 'info', '--json'],
  ['gnss', 'info'],
  ['ztp', 'show', '--json'],
  ['ztp', 'show'],
  ['config', 'check', '--json'],
  ['config', 'check'],
];

/** Runs an agent at trace until `isDone`, and gives everything it and the verbs beside it have shown, by place. */
async function outputsOf(
  configFile: string,
  runtimeDir: string,
  isDone: (status: StatusSnapshot) => boolean,
  { verbs = VERBS, env = process.env }: { verbs?: readonly string[][]; env?: NodeJS.ProcessEnv } = {},
): Promise<Record<string, string>> {
  const shown: Record<string, string> = {};
  await using agent = runAgentIn(env, configFile, '--log', 'trace');
  await untilStatus(runtimeDir, 'all of it is done', isDone, 30_000);
  for (const verb of verbs) {
    const { stdout, stderr } = await cli(...verb, '-c', configFile);
    expect(stdout + stderr, verb.join(' ')).not.toBe('');
    shown[verb.join(' ')] = stdout + stderr;
  }
  for (const { path, kind } of filesBelow(runtimeDir)) if (kind === 'file') shown[path] = readFileSync(path, 'latin1');
  expect(filesBelow(runtimeDir).map(({ kind }) => kind)).toEqual(['other']);
  expect(lstatSync(runtimeDir).mode & 0o777).toBe(0o700);
  agent.child.kill('SIGTERM');
  const { code, stdout, stderr } = await agent.ended;
  expect(code).toBe(0);
  // The same without an agent.
  const offline = await cli('token', 'list', '--json', '-c', configFile);
  expect(offline.code).toBe(0);
  return { ...shown, stdout, stderr, 'token list --json, offline': offline.stdout + offline.stderr };
}

function expectNone(shown: Readonly<Record<string, string>>, secrets: Secrets): void {
  for (const [where, text] of Object.entries(shown)) expect(found(text, secrets), where).toEqual([]);
}

/** `allowed`: which state files are there to keep which secrets. Every other one holds none. */
function expectKeptOnlyIn(
  stateDir: string,
  secrets: Secrets,
  allowed: Readonly<Record<string, readonly string[]>>,
): void {
  for (const { path, kind } of filesBelow(stateDir)) {
    if (kind !== 'file') continue;
    const name = /([^/]+?)(?:\.prev|\.next)?$/.exec(path)?.[1] ?? '';
    expect(found(readFileSync(path, 'latin1'), secrets), path).toEqual(allowed[name] ?? []);
  }
  expectClosedToOthers(stateDir);
}

async function inFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-canary-'));
  try {
    await run(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const secretFile = (dir: string, name: string, value: string): string => {
  writeFileSync(join(dir, name), `${value}\n`, { mode: 0o600 });
  return `file:${join(dir, name)}`;
};

describe.concurrent('a running agent shows no secret in its log at trace, in status, in token list, nor beside its socket', {
  timeout: 60_000,
}, () => {
  test('app token, ZTP token, private key and decryption keys (MQTT)', () =>
    inFolder(async (dir) => {
      const [stateDir, runtimeDir] = [join(dir, 'state'), join(dir, 'run')];
      await using world = await startWorldIn(dir);
      const configFile = writeConfig(dir, world);
      writeFileSync(join(dir, 'secrets', 'app-token'), `${APP_TOKEN}\n`, { mode: 0o600 });
      const shown = await outputsOf(
        configFile,
        runtimeDir,
        (s) => isFed(s) && world.module.state.nvm.data.deviceWise.appToken === APP_TOKEN,
      );
      // Not vacuous: the log holds the very line that carried the token, and the answer that repeats it.
      expect(shown['stdout']).toMatch(/"text":"AT#DWCFG=[^\n]*\[secret/);
      expect(shown['stdout']).toContain('"text":"AT+CGMI"');
      expect(world.module.transcriptLines.some(({ text }) => text.startsWith('AT#DWCFG='))).toBe(true);
      expect(shown['token list --json']).toContain('"app-token"');
      // What is taken out is the token, and not what is known about it.
      expect(JSON.parse(shown['status --json'] ?? '')).toMatchObject({ modem: { appTokenState: 'verified' } });

      const secrets: Secrets = {
        ...(await identitySecrets(stateDir)),
        'app token': formsOf(APP_TOKEN),
        'ZTP token': formsOfUuid(world.ready.clouds.ztp.token),
      };
      expectNone(shown, secrets);
      expectKeptOnlyIn(stateDir, secrets, { identity: ['private key', 'SPARTN keys'] });
    }));

  test('a provisioned NTRIP account, AssistNow’s token and chipcode, the CellLocate token in the module', () =>
    inFolder(async (dir) => {
      const [stateDir, runtimeDir] = [join(dir, 'state'), join(dir, 'run')];
      await using world = await startWorldIn(dir, {
        plan: 'ntrip',
        profile: 'ublox',
        module: { ...QUICK_MODULE },
        receiver: { start: 'cold' },
      });
      const { assistnow, caFile } = world.ready.clouds;
      const configFile = writeConfig(dir, world, {
        modem: { deviceWise: undefined, cellLocate: { token: secretFile(dir, 'cell-token', CELL_TOKEN) } },
        assistNow: {
          // Upper case was a real mistake in the field, and is put right before it is sent.
          token: secretFile(dir, 'assist-token', assistnow.ztp.token.toUpperCase()),
          url: assistnow.ztp.url,
          caFile,
        },
      });
      const shown = await outputsOf(
        configFile,
        runtimeDir,
        (s) => isFed(s) && s.cellLocate?.state === 'known' && s.assistance?.lastInjection !== undefined,
      );
      expect(shown['stdout']).toMatch(/"text":"AT\+UGSRV=[^\n]*\[secret/);
      expect(world.module.state.nvm.data.settings['+UGSRV']).toContain(CELL_TOKEN);
      // The same with an agent and, from what it left, without one.
      for (const where of ['token list --json', 'token list --json, offline'])
        for (const id of ['ntrip-account', 'assistnow-token', 'assistnow-chipcode', 'celllocate-token'])
          expect(JSON.parse(shown[where] ?? ''), where).toContainEqual(
            expect.objectContaining({ id, state: 'valid', tested: true }),
          );

      const secrets: Secrets = {
        ...(await identitySecrets(stateDir)),
        ...(await identitySecrets(stateDir, 'identity-assistnow')),
        'CellLocate token': formsOf(CELL_TOKEN),
        'AssistNow token': formsOfUuid(assistnow.ztp.token),
        'ZTP token': formsOfUuid(world.ready.clouds.ztp.token),
      };
      expectNone(shown, secrets);
      expectNone({ 'the simulator’s transcript': JSON.stringify(world.module.transcriptLines) }, secrets);
      expectKeptOnlyIn(stateDir, secrets, { identity: ['NTRIP account'], 'identity-assistnow': ['chipcode'] });
    }));

  test('the private key of a u-center file, in either form, and a token of the old AssistNow', () =>
    inFolder(async (dir) => {
      const [stateDir, runtimeDir] = [join(dir, 'state'), join(dir, 'run')];
      await using world = await startWorldIn(dir, { receiver: { start: 'cold' } });
      world.clouds.writeUcenterFile({ armour: 'bare' });
      const { assistnow, caFile, pointperfect } = world.ready.clouds;
      const { onlineUrl, token } = assistnow.legacy;
      const configFile = writeConfig(dir, world, {
        ztp: null,
        identity: { ucenterConfigFile: pointperfect.ucenterConfigFile },
        assistNow: { legacy: { token: secretFile(dir, 'legacy-token', token), primary: onlineUrl }, caFile },
      });
      const shown = await outputsOf(
        configFile,
        runtimeDir,
        (s) => isFed(s) && s.assistance?.lastInjection !== undefined,
      );
      expect(JSON.parse(shown['token list --json'] ?? '')).toContainEqual(
        expect.objectContaining({ id: 'assistnow-legacy-token', state: 'valid', tested: true }),
      );
      const { current, next } = world.clouds.keys.pair();
      const secrets: Secrets = {
        'private key': formsOfPem(readFileSync(pointperfect.mqtt.keyFile, 'utf8')),
        'SPARTN keys': [current, next].flatMap(({ valueHex }) => formsOf(valueHex)),
        'legacy token': formsOf(token),
      };
      expectNone(shown, secrets);
      expectKeptOnlyIn(stateDir, secrets, {});
    }));

  test(
    'what ThingSpace and Losant are reached with, what both hand out, and an enrolled key',
    () =>
      inFolder(async (dir) => {
        const [stateDir, runtimeDir] = [join(dir, 'state'), join(dir, 'run')];
        await using world = await startWorldIn(dir, { module: QUICK_MODULE });
        const { losant, thingspace, caFile } = world.ready.clouds;
        const configFile = writeConfig(dir, world, {
          ...{ modem: { deviceWise: undefined }, gnss: null, ztp: null, corrections: null },
          thingspace: directThingspace(dir, world),
          losant: {
            ...{ apiUrl: losant.restUrl, broker: `${losant.mqtt.host}:${losant.mqtt.port}`, caFile },
            applicationId: losant.applicationId,
            enrol: { mode: 'application-token', token: secretFile(dir, 'bootstrap', losant.applicationToken) },
          },
        });
        const shown = await outputsOf(
          configFile,
          runtimeDir,
          (s) => cloudOf(s, 'losant')?.state === 'connected' && cloudOf(s, 'thingspace')?.state === 'known',
        );
        // The file of the wide token is gone once the device has a key of its own.
        expect(existsSync(join(dir, 'bootstrap'))).toBe(false);
        const identity = readFileSync(join(stateDir, 'losant-identity'), 'utf8');
        const { key, secret } = (JSON.parse(identity) as { data: { key: string; secret: string } }).data;
        const issued = world.clouds.thingspace.issued();
        expect(issued.length).toBeGreaterThanOrEqual(2);
        const secrets: Secrets = {
          'Losant key': formsOf(key),
          'Losant secret': formsOf(secret),
          'Losant application token': formsOf(losant.applicationToken),
          'ThingSpace key': formsOf(thingspace.key),
          'ThingSpace secret': formsOf(thingspace.secret),
          'ThingSpace pair': formsOf(`${thingspace.key}:${thingspace.secret}`),
          'UWS user': formsOf(thingspace.username),
          'UWS password': formsOf(thingspace.password),
          'tokens and sessions': issued.flatMap(formsOf),
        };
        expectNone(shown, secrets);
        for (const [where, text] of Object.entries(shown))
          expect(text.match(/eyJ[\w-]{8,}\.[\w-]{8,}\./), where).toBeNull();
        expectKeptOnlyIn(stateDir, secrets, { 'losant-identity': ['Losant key', 'Losant secret'] });
      }),
    60_000,
  );
});

/** Runs a demo and looks at all it leaves; the caller's umask lets everybody read. */
const demoOf = (source: 'ntrip' | 'mqtt'): Promise<void> =>
  inFolder(async (dir) => {
    chmodSync(dir, 0o755);
    const [stateDir, transcript] = [join(dir, 'demo'), join(dir, 'transcript')];
    const demo = startCli([
      ...['demo', '--source', source],
      ...['--for', '12s', '--json', '--log', 'trace'],
      ...['--state-dir', stateDir, '--transcript', transcript],
    ]);
    const { code, stdout, stderr } = await demo.ended;
    expect(code, stderr.slice(-2000)).toBe(0);
    const read = (name: string): string => readFileSync(join(stateDir, 'secrets', name), 'utf8').trim();
    const secrets: Secrets = {
      ...(await identitySecrets(join(stateDir, 'agent'))),
      ...(await identitySecrets(join(stateDir, 'agent'), 'identity-assistnow')),
      'app token': formsOf(read('app-token')),
      'ZTP token': formsOfUuid(read('ztp-token')),
      'AssistNow token': formsOfUuid(read('assistnow-token')),
      'Losant key': formsOf(read('losant-key')),
      'Losant secret': formsOf(read('losant-secret')),
      'enrolment token': formsOf(read('enrolment-token')),
    };
    const said = readFileSync(transcript, 'utf8');
    expect(said).toMatch(/^> AT#DWCFG=.*\[secret/m);
    expect(stderr).toContain('"text":"AT+CGMI"');
    expectNone({ stdout, stderr, said, config: readFileSync(join(stateDir, 'gateway.yaml'), 'utf8') }, secrets);
    expectClosedToOthers(stateDir);
    expect(lstatSync(transcript).mode & 0o777).toBe(0o600);
    expect(existsSync(join(stateDir, 'run', 'status.sock'))).toBe(false);
  });

test('a demo shows no secret in its output, its transcript or its state, whatever the umask of the caller', async () => {
  const before = process.umask(0o000);
  try {
    // Either way of delivery, side by side.
    await Promise.all([demoOf('ntrip'), demoOf('mqtt')]);
  } finally {
    process.umask(before);
  }
}, 40_000);

describe.concurrent('the same with deviceWISE on each road', { timeout: 60_000 }, () => {
  test.each([
    { road: 'module', transport: 'auto', isNextGood: true },
    { road: 'gateway', transport: 'mqtt', isNextGood: true },
    // Refused, it is told why, and stays where it is.
    { road: 'gateway', transport: 'http', isNextGood: false },
  ])(
    'by the $road ($transport): the app token, the one after it, application id and session',
    ({ road, transport, isNextGood }) =>
      inFolder(async (dir) => {
        const [stateDir, runtimeDir] = [join(dir, 'state'), join(dir, 'run')];
        const transcript = join(dir, 'transcript');
        // A module takes its time to sign in, and here it does so twice.
        const anchor = anchorNow(10);
        await using world = await startWorldIn(dir, { clock: createClock(anchor), module: QUICK_MODULE, transcript });
        const { platform, http } = world.clouds.devicewise;
        const thing = world.module.state.identity.imei;
        for (const text of isNextGood ? [APP_TOKEN, NEXT_APP_TOKEN] : [APP_TOKEN]) platform.tokens.add({ text });
        const opened = vi.spyOn(http.sessions, 'open');
        const usual = deviceWise(dir, world);
        const configFile = writeConfig(dir, world, {
          ...{ modem: { deviceWise: undefined }, ztp: null, corrections: null, location: { reportSeconds: 1 } },
          deviceWise: {
            ...{ ...usual, road, stateSeconds: 10, appToken: privateFile(dir, 'dw-token', APP_TOKEN) },
            gateway: { ...(usual['gateway'] as object), transport, pollSeconds: 10 },
          },
        });
        const next = join(dir, 'secrets', 'dw-token.next');
        // What a method hands back is an output, too. Both as soon as there is a thing: a try before that may wait long.
        let hasBegun = false;
        const isTold = (): boolean => {
          if (!hasBegun && platform.things.get(thing)) {
            writeFileSync(next, `${NEXT_APP_TOKEN}\n`, { mode: 0o600 });
            platform.method(thing, 'report-status', {}, { ttlS: -1 });
            hasBegun = true;
          }
          return platform.methodsOf(thing).some(({ acked }) => acked?.errorCode === 0);
        };
        const wasRefused = (): boolean => platform.ledger.admissions.some(({ answer }) => answer !== 'welcome');
        const shown = await outputsOf(
          configFile,
          runtimeDir,
          (s) =>
            isTold() &&
            cloudOf(s, 'devicewise')?.state === 'online' &&
            platform.stored(thing).attributes.length > 0 &&
            (isNextGood ? !existsSync(next) : wasRefused()),
          {
            verbs: [
              ['status', '--json'],
              ['status'],
              ['token', 'list', '--json'],
              ['token', 'list'],
              ['config', 'check'],
            ],
            env: { ...process.env, ...clockEnvironment(anchor) },
          },
        );
        expect(JSON.parse(shown['token list --json'] ?? '')).toContainEqual(
          expect.objectContaining({ id: 'app-token', state: 'valid', tested: true }),
        );
        if (road === 'module') expect(shown['stdout']).toMatch(/"text":"AT#DWCFG=[^\n]*\[secret/);

        const things = existsSync(join(stateDir, 'devicewise-things'))
          ? readFileSync(join(stateDir, 'devicewise-things'), 'utf8')
          : '';
        const applicationId = /"own":"([0-9a-f]{32})"/.exec(things)?.[1];
        const sessions = opened.mock.results.map(({ value }) => String(value));
        expect(applicationId !== undefined).toBe(road === 'gateway');
        expect(sessions.length > 0).toBe(transport === 'http');
        const secrets: Secrets = {
          'app token': formsOf(APP_TOKEN),
          'next app token': formsOf(NEXT_APP_TOKEN),
          ...(applicationId === undefined ? {} : { 'application id': formsOf(applicationId) }),
          sessions: sessions.flatMap(formsOf),
        };
        expectNone(shown, secrets);
        const said = readFileSync(transcript, 'utf8');
        expect(said).toContain('AT+CGMI');
        expectNone(
          { said, told: JSON.stringify([platform.methodsOf(thing), platform.stored(thing), platform.ledger]) },
          secrets,
        );
        expectKeptOnlyIn(stateDir, secrets, road === 'gateway' ? { 'devicewise-things': ['application id'] } : {});
        expectClosedToOthers(join(dir, 'secrets'));
      }),
    60_000,
  );
});
