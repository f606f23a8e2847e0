import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClock, silentLogger } from '../../src/core/index.js';
import type { World, ZtpFault } from '../../src/sim/index.js';
import { identityCodec, openVault } from '../../src/vault/index.js';
import { cli } from '../helpers/cli.js';
import { runAgent, untilStatus } from '../helpers/outside.js';
import { eventually, isServing, lamp, startWorldIn, writeConfig } from '../helpers/scenario.js';

let dir: string;
let world: World;
const stateDir = (): string => join(dir, 'state');
const runtimeDir = (): string => join(dir, 'run');

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-answers-'));
  world = await startWorldIn(dir);
  // Each start finds the network up, so that only the provisioning takes time.
  await eventually('the module is on the network', () => world.module.pdpActive);
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

async function expectNothingKept(): Promise<void> {
  expect(readdirSync(stateDir()).filter((name) => name.startsWith('identity'))).toEqual([]);
  const vault = await openVault(stateDir(), { clock: createClock(), log: silentLogger });
  const slot = vault.slot('identity', identityCodec);
  expect([await slot.read(), await slot.staged()]).toEqual([undefined, undefined]);
  expect(existsSync(join(stateDir(), 'corrupt'))).toBe(false);
}

const MALFORMED = 'ztp.malformed';
const ANSWERS: [what: string, fault: ZtpFault, code: string, words: RegExp][] = [
  ['JSON cut short', { is: 'truncated' }, MALFORMED, /captive portal|cannot be used/],
  ['a web page with 200', { is: 'html' }, MALFORMED, /captive portal|cannot be used/],
  ['a key of another certificate', { is: 'wrong-key' }, MALFORMED, /cannot be used/],
  [
    '503 with Retry-After',
    { is: 'status', status: 503, body: '{"errors":["maintenance"]}', retryAfter: '3600' },
    'ztp.weather',
    /not available/,
  ],
];

test.each(ANSWERS)('%s is refused whole, and the status names the reason', async (_what, fault, code, words) => {
  // Its own state: three first calls an hour are all that provisioning allows itself.
  rmSync(stateDir(), { recursive: true, force: true });
  const configFile = writeConfig(dir, world);
  const callsBefore = world.clouds.ztp.calls.length;
  world.clouds.ztp.pushFault(fault);
  await using agent = runAgent(configFile);
  const status = await untilStatus(runtimeDir(), code, (s) => s.identity.reason !== undefined);
  expect(status.identity, agent.output.stderr).toMatchObject({ reason: code, ztpCallsToday: 1 });
  expect(lamp(status, 'identity').state).not.toBe('lit');
  await expectNothingKept();
  const shown = await cli('status', '-c', configFile);
  expect(shown.code).toBe(1);
  expect(shown.stdout).toMatch(words);
  // A token that nobody has refused stays what it was.
  expect(status.credentials.find(({ id }) => id === 'ztp-token')?.state).toBe('valid');
  if (fault.is !== 'status') return;
  // It said an hour: not a second call sooner.
  expect(world.clouds.ztp.calls.length - callsBefore).toBe(1);
  expect(lamp(status, 'identity').nextInMs ?? 0).toBeGreaterThan(3_000_000);
});

test('after a bad answer the next good one is taken, by itself', async () => {
  rmSync(stateDir(), { recursive: true, force: true });
  const configFile = writeConfig(dir, world);
  world.clouds.ztp.pushFault({ is: 'truncated' });
  await using agent = runAgent(configFile);
  await untilStatus(runtimeDir(), 'refused', (s) => s.identity.reason === MALFORMED);
  const status = await untilStatus(runtimeDir(), 'serving', isServing);
  expect(status.identity, agent.output.stderr).toMatchObject({ state: 'have', ztpCallsToday: 2 });
  expect(status.identity.reason).toBeUndefined();
});
