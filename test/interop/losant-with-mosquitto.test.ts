// The simulated Losant judged by programs nobody here wrote: mosquitto_pub and mosquitto_sub as a Losant device, curl on
// the REST API. The commands stand in docs/operate/losant-by-hand.md as well.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createClock, silentLogger } from '../../src/core/index.js';
import { createSimClouds, type SimClouds } from '../../src/sim/clouds/index.js';
import { curl } from '../helpers/curl.js';
import { eventually } from '../helpers/scenario.js';

let folder: string;
let clouds: SimClouds;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-losant-'));
  clouds = await createSimClouds({ clock: createClock(), log: silentLogger, stateDir: folder });
});
afterAll(async () => {
  await clouds[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** As a device, by TLS or the plain door. */
function device(isTls: boolean, password = clouds.losant.description.accessSecret): string[] {
  const { mqtt, deviceId, accessKey } = clouds.losant.description;
  const where = isTls
    ? ['-p', String(mqtt.port), '--cafile', clouds.description.caFile]
    : ['-p', String(mqtt.plainPort)];
  return ['-h', mqtt.host, ...where, '-V', 'mqttv311', '-i', deviceId, '-u', accessKey, '-P', password];
}

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** To its end. A missing program is a failure of the test. */
const run = (program: string, args: readonly string[]): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const child = execFile(program, args, { timeout: 25_000 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(new Error(`${program}: ${String(error.code)}`));
      else resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
    child.stdin?.end();
  });

const stateTopic = (): string => `losant/${clouds.losant.description.deviceId}/state`;
const UPTIME = '{"data":{"uptime":7,"location":"52.5200000,13.4050000"}}';

describe('mosquitto', () => {
  beforeEach(() => {
    clouds.losant.liftBan();
    clouds.losant.configure({ badSecret: '4', bannedConnect: '5' });
  });

  test.each([
    ['TLS', true, '1'],
    ['plain', false, '0'],
  ])('mosquitto_pub sends a state over %s, which is stored', async (_what, isTls, qos) => {
    const before = clouds.losant.ledger.states.length;
    const { code } = await run('mosquitto_pub', [...device(isTls), '-q', qos, '-t', stateTopic(), '-m', UPTIME]);
    expect(code).toBe(0);
    await eventually('the state is there', () => clouds.losant.ledger.states.length === before + 1);
    expect(clouds.losant.stored().at(-1)?.data).toEqual({ uptime: 7, location: '52.5200000,13.4050000' });
  });

  test.each([
    ['4', /bad user name or password/i],
    ['5', /not authorised/i],
  ] as const)('a wrong secret is refused with CONNACK %s', async (badSecret, words) => {
    clouds.losant.configure({ badSecret });
    const { code, stderr } = await run('mosquitto_pub', [...device(true, 'wrong'), '-t', stateTopic(), '-m', UPTIME]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(words);
  });

  test('mosquitto_sub gets a command', async () => {
    const { deviceId } = clouds.losant.description;
    const topic = `losant/${deviceId}/command`;
    const child = spawn('mosquitto_sub', [...device(true), '-t', topic, '-C', '1', '-W', '20']);
    let text = '';
    child.stdout.on('data', (part: Buffer) => (text += part.toString()));
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    // Not kept for later: it counts only once somebody listens.
    await eventually('delivered', () => clouds.losant.command('report-status', { a: 1 }).isDelivered);
    expect(await ended).toBe(0);
    expect(JSON.parse(text)).toMatchObject({ name: 'report-status', payload: { a: 1 } });
  });

  test('the 31st message within 15 s is cut, and the next connection refused', async () => {
    const { ledger } = clouds.losant;
    const before = ledger.states.length;
    const lines = `${UPTIME}\n`.repeat(31);
    const flood = spawn('mosquitto_pub', [...device(false), '-q', '1', '-t', stateTopic(), '-l']);
    flood.stdin.on('error', () => undefined);
    flood.stdin.end(lines);
    const ended = new Promise((resolve) => flood.on('close', resolve));
    await eventually('banned', () => ledger.bans.length > 0);
    // It would come back for ever.
    flood.kill();
    await ended;
    const refused = await run('mosquitto_pub', [...device(false), '-t', stateTopic(), '-m', UPTIME]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/not authorised/i);
    expect(ledger.bans).toMatchObject([{ why: 'topic', forMs: 30_000 }]);
    expect(ledger.states.length).toBeLessThanOrEqual(before + 30);
  });
});

describe('curl', () => {
  const call = async (path: string, options: { token?: string; body?: unknown } = {}) => {
    const headers = ['Content-Type: application/json', 'Accept: application/json'];
    const answer = await curl(clouds.description.caFile, `${clouds.losant.description.restUrl}${path}`, {
      headers: options.token === undefined ? headers : [...headers, `Authorization: Bearer ${options.token}`],
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    expect(answer.exit).toBe(0);
    return { status: answer.status, json: JSON.parse(answer.body) };
  };

  test('gets a token, sends states, reads commands', async () => {
    const { applicationId, deviceId, accessKey: key, accessSecret: secret } = clouds.losant.description;
    const auth = await call('/auth/device', { body: { deviceId, key, secret, tokenTTL: 3600 } });
    expect(auth).toMatchObject({ status: 200, json: { applicationId, deviceId } });
    const { token } = auth.json;
    const path = `/applications/${applicationId}/devices/${deviceId}`;
    const body = [{ data: { uptime: 8 }, time: -1000 }, { data: { uptime: 9 } }];
    expect(await call(`${path}/state`, { token, body })).toEqual({ status: 200, json: { success: true } });
    const sent = clouds.losant.ledger.states.slice(-2);
    expect(sent).toMatchObject([8, 9].map((uptime) => ({ data: { uptime }, isStored: true, via: 'rest' })));
    clouds.losant.command('missed', { why: 'offline' });
    const { json } = await call(`${path}/command?limit=1`, { token });
    expect(json).toMatchObject([{ name: 'missed', payload: { why: 'offline' } }]);
  });

  test('is refused with a wrong secret, and without a token', async () => {
    const { applicationId, deviceId, accessKey: key } = clouds.losant.description;
    expect((await call('/auth/device', { body: { deviceId, key, secret: 'wrong' } })).status).toBe(401);
    const path = `/applications/${applicationId}/devices/${deviceId}/command`;
    expect(await call(path)).toMatchObject({ status: 401, json: { type: 'Unauthorized' } });
  });
});
