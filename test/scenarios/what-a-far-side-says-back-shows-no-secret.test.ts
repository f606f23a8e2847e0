import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cli } from '../helpers/cli.js';
import { runAgent, untilStatus } from '../helpers/outside.js';
import { lamp, QUICK_MODULE, startWorldIn, writeConfig } from '../helpers/scenario.js';
import { formsOf, formsOfAccount, formsOfUuid, found, type Secrets } from '../helpers/secrets.js';

const USER = 'rover-7';
const PASSWORD = 'Canary/Pass:word+=%&<9>"Zq\\';
const LEGACY_TOKEN = 'Canary-Legacy_Token-0123456789';
const BYE = 'you sent';

/** A caster that refuses, and repeats of the authorization what it can. */
async function echoingCaster(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (request) => {
      const basic = /Basic (\S+)/.exec(request.toString('latin1'))?.[1] ?? '';
      const plain = Buffer.from(basic, 'base64').toString('latin1');
      socket.end(`HTTP/1.1 401 ${BYE} ${basic} ${encodeURIComponent(plain)} ${plain}\r\n\r\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const says = (forms: readonly string[]): string => JSON.stringify({ errors: [`${BYE} ${forms.join(' ')}`] });

test('servers that refuse and repeat what they were sent bring no secret into log, status and token list', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-canary-'));
  const secretFile = (name: string, value: string): string => {
    writeFileSync(join(dir, name), `${value}\n`, { mode: 0o600 });
    return `file:${join(dir, name)}`;
  };
  const caster = await echoingCaster();
  try {
    await using world = await startWorldIn(dir, { module: { ...QUICK_MODULE }, receiver: { start: 'cold' } });
    const { assistnow, caFile, ztp } = world.ready.clouds;
    const shown: Record<string, string> = {};
    const secrets: Secrets = {
      'NTRIP account': formsOfAccount(USER, PASSWORD),
      'ZTP token': formsOfUuid(ztp.token),
      'AssistNow token': formsOfUuid(assistnow.ztp.token),
      'legacy token': formsOf(LEGACY_TOKEN),
    };
    const runtimeDir = join(dir, 'run');
    const ntrip = {
      ...{ host: '127.0.0.1', port: (caster.address() as AddressInfo).port, mountPoint: 'BASE' },
      ...{ userName: USER, password: secretFile('password', PASSWORD) },
    };
    const corrections = { ntrip, position: { latitudeDeg: 48, longitudeDeg: 16 } };

    const look = async (name: string, assistNow: Record<string, unknown>, ids: readonly string[]): Promise<void> => {
      const configFile = writeConfig(dir, world, {
        ztp: { token: secretFile('upper-token', ztp.token.toUpperCase()) },
        corrections,
        assistNow: { caFile, ...assistNow },
      });
      await using agent = runAgent(configFile, '--log', 'trace');
      const status = await untilStatus(runtimeDir, 'everybody has refused', (s) =>
        ids.every((id) => s.credentials.some((x) => x.id === id && x.evidence !== undefined)),
      );
      expect(lamp(status, 'session')).toMatchObject({ state: 'dark' });
      for (const verb of [['status', '--json'], ['status'], ['token', 'list', '--json'], ['token', 'list']]) {
        const { stdout, stderr } = await cli(...verb, '-c', configFile);
        shown[`${name}: ${verb.join(' ')}`] = stdout + stderr;
      }
      agent.child.kill('SIGTERM');
      const { stdout, stderr } = await agent.ended;
      shown[`${name}: log`] = stdout + stderr;
    };

    world.clouds.ztp.pushFault({ is: 'status', status: 403, body: says(formsOfUuid(ztp.token)) }, 9);
    world.clouds.assistnow.pushZtpFault({ is: 'status', status: 403, body: says(formsOfUuid(assistnow.ztp.token)) }, 9);
    const current = { token: secretFile('assist-token', assistnow.ztp.token.toUpperCase()), url: assistnow.ztp.url };
    await look('current', current, ['ntrip-account', 'ztp-token', 'assistnow-token']);

    world.clouds.assistnow.pushFault({ is: 'status', status: 400, body: says(formsOf(LEGACY_TOKEN)) }, { times: 9 });
    const { onlineUrl: primary } = assistnow.legacy;
    const legacy = { token: secretFile('legacy-token', LEGACY_TOKEN), primary };
    await look('legacy', { legacy }, ['ntrip-account', 'assistnow-legacy-token']);

    for (const [where, text] of Object.entries(shown)) expect(found(text, secrets), where).toEqual([]);
    // Not vacuous: what they said is there, without what they repeated.
    const isSaid = (where: string, pattern: RegExp): boolean =>
      pattern.test(shown[`${where}: token list --json`] ?? '');
    expect(isSaid('current', /401 you sent \[secret password\]/)).toBe(true);
    expect(isSaid('current', /you sent \[secret ztp-token\]/)).toBe(true);
    expect(isSaid('legacy', /you sent \[secret location-token\]/)).toBe(true);
  } finally {
    caster.close();
    rmSync(dir, { recursive: true, force: true });
  }
}, 60_000);
