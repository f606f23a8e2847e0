// The modem verbs while an agent runs: everything goes through its door, and its port is left alone.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createModemActions } from '../../src/agent/modem-actions.js';
import { createTrace, type Trace } from '../../src/agent/trace.js';
import type { ModemFlags } from '../../src/cli/modem-access.js';
import { modemAt } from '../../src/cli/modem-at.js';
import { modemInfo } from '../../src/cli/modem-info.js';
import { modemTrace } from '../../src/cli/modem-trace.js';
import { createClock, WaymarkError } from '../../src/core/index.js';
import { openStatusServer, type StatusServer, type StatusSnapshot } from '../../src/status/index.js';
import { lockDirectory } from '../../src/vault/index.js';
import { printed, until } from './in-process.js';
import { OBEYED } from './source.js';

const clock = createClock();
const STATUS = {
  lamps: [
    { name: 'modem', state: 'lit', since: '' },
    { name: 'sim', state: 'lit', since: '' },
    {
      name: 'network',
      state: 'dark',
      since: '',
      reason: 'network.denied',
      message: 'registration denied, cause 11',
      hint: 'Check the plan.',
    },
    { name: 'identity', state: 'dark', since: '', reason: 'ztp.refused', message: 'not ours', hint: '' },
  ],
  modem: {
    stage: 'registration',
    port: '/dev/ttyUSB2',
    manufacturer: 'Telit\u001b[2J',
    model: 'LE910C1-EUX',
    profile: 'telit',
    imei: '…1234',
    sim: 'ready',
    simTries: { pin: 3, puk: 10 },
    registration: { state: 'denied', rejectCause: 11, causeWords: 'PLMN not allowed' },
    operator: '\u009bEvil\u202e',
    signal: { rssiDbm: -67, quality: 'good' },
    bearer: { contextId: 1, active: false },
    appTokenState: 'verified',
    counters: {},
  },
} as unknown as StatusSnapshot;

let dir = '';
let server: StatusServer;
let trace: Trace;
let sent: string[] = [];
let answer: () => Promise<{ lines: string[]; final: string }>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-agent-'));
  trace = createTrace({ clock });
  sent = [];
  answer = () => Promise.resolve({ lines: ['+CSQ: 20,99'], final: 'OK' });
  const modem = {
    run(command: string) {
      sent.push(command);
      return answer();
    },
  };
  server = await openStatusServer(() => STATUS, {
    runtimeDir: dir,
    socketMode: 0o600,
    actions: createModemActions({ modem, trace }),
  });
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

const flags = (json = false): ModemFlags => ({ config: '/etc/waymark/gateway.yaml', runtimeDir: dir, json });

test('info shows what the agent knows, with the reasons of its modem lamps and nothing raw', async () => {
  const { code, stdout } = await printed(() => modemInfo({ ...flags(), identifiers: false }));
  expect(code).toBe(0);
  expect(stdout).not.toMatch(OBEYED);
  for (const words of [
    /SIM +ready, tries left: PIN 3, PUK 10/,
    /network +refused by the network, .*cause 11: PLMN not allowed/,
    /signal +good, RSSI -67 dBm/,
    /contexts +1 down/,
    /told by +the running agent/,
    /registration denied, cause 11\n {2}→ Check the plan\.\n {2}more: waymark explain network\.denied/,
  ])
    expect(stdout).toMatch(words);
  expect(stdout).not.toContain('ztp');
  const json = await printed(() => modemInfo({ ...flags(true), identifiers: false }));
  expect(json.stdout).not.toMatch(OBEYED);
  expect(JSON.parse(json.stdout)).toMatchObject({ source: 'agent', imei: '…1234', contexts: [{ contextId: 1 }] });
});

test('at goes through the agent; its errors come back with their words and 75', async () => {
  const run = (command: string, unsafe = false) =>
    printed(() => modemAt(command, { ...flags(), unsafe, timeoutMs: undefined }));
  expect(await run('AT+CSQ')).toEqual({ code: 0, stdout: '+CSQ: 20,99\nOK\n', stderr: '' });
  answer = () => Promise.reject(new WaymarkError('modem.error', 'AT+CFUN=7: not allowed'));
  expect(await run('AT+CFUN=7', true)).toMatchObject({
    code: 75,
    stdout: '',
    stderr: expect.stringMatching(/^warning: .+\nwaymark: AT\+CFUN=7: not allowed\n {2}→ /),
  });
  expect(await run('AT+CFUN=0')).toMatchObject({ code: 64, stdout: '' });
  expect(sent).toEqual(['AT+CSQ', 'AT+CFUN=7']);
});

test('trace follows the agent: what was said lately, then live, each line safe', async () => {
  trace.push('>', 'AT+CREG?');
  const { code, stdout, stderr } = await printed(
    () => modemTrace({ ...flags(), forMs: 1500 }),
    async (soFar) => {
      await until('following', () => soFar.stderr().includes('Following'));
      trace.push('<', '+CREG: 2,1\u001b[2J');
    },
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d\d:\d\d:\d\d\.\d{3} > AT\+CREG\?\n\d\d:\d\d:\d\d\.\d{3} < \+CREG: 2,1\\x1b\[2J\n$/);
  expect(stderr).toBe('Following the running agent; Ctrl-C ends.\n');
});

test('an agent that ends while it is followed is told, with 75', async () => {
  const { code, stderr } = await printed(
    () => modemTrace({ ...flags(), forMs: undefined }),
    async (soFar) => {
      await until('following', () => soFar.stderr().includes('Following'));
      await server[Symbol.asyncDispose]();
    },
  );
  expect(code).toBe(75);
  expect(stderr).toContain('the agent has stopped');
});

test('an agent that runs but does not answer keeps its port: nothing is opened, and that is said', async () => {
  const stateDir = join(dir, 'state');
  mkdirSync(stateDir);
  const config = join(dir, 'gateway.yaml');
  writeFileSync(
    config,
    `version: 1\nstateDir: ${stateDir}\nruntimeDir: ${join(dir, 'elsewhere')}\nmodem: {port: ${join(dir, 'none')}}\n`,
  );
  const look = () => printed(() => modemInfo({ config, json: false, identifiers: false }));
  const unlock = lockDirectory(stateDir);
  expect(await look()).toMatchObject({ code: 75, stderr: expect.stringMatching(/an agent runs \(pid \d+\)/) });
  unlock();
  expect(await look()).toMatchObject({ code: 69 });
});

test('a configuration that is named and not there is said, the usual one may be missing', async () => {
  const look = (config: string) =>
    printed(() =>
      modemInfo({ config, runtimeDir: join(dir, 'none'), port: join(dir, 'none'), json: false, identifiers: false }),
    );
  expect(await look(join(dir, 'missing.yaml'))).toMatchObject({ code: 78 });
  expect(await look('/etc/waymark/gateway.yaml')).toMatchObject({ code: 69 });
});
