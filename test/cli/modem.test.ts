// The modem verbs on a port, without an agent: a healthy module and one that means harm, behind real pseudo terminals.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ModemFlags } from '../../src/cli/modem-access.js';
import { modemAt } from '../../src/cli/modem-at.js';
import { modemInfo } from '../../src/cli/modem-info.js';
import { modemTrace } from '../../src/cli/modem-trace.js';
import { createClock, silentLogger } from '../../src/core/index.js';
import { createPlug, createSimModule, type Plug, type SimModule } from '../../src/sim/index.js';
import { HARM, hostile, SECRETS } from './hostile.js';
import { type Printed, printed, until } from './in-process.js';
import { OBEYED, source, startSource } from './source.js';

const clock = createClock();
let dir = '';
let plug: Plug;
let module: SimModule;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-modem-'));
  plug = await createPlug({ link: join(dir, 'ttyMODEM'), clock, log: silentLogger });
  module = createSimModule({ port: plug, clock, log: silentLogger, boot: 0, latencyScale: 0 });
});

afterAll(async () => {
  await module[Symbol.asyncDispose]();
  await plug[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

const here = (json = false): ModemFlags => ({
  config: '/etc/waymark/gateway.yaml',
  port: plug.address,
  runtimeDir: dir,
  json,
});
const info = (flags: { json?: boolean; identifiers?: boolean } = {}): Promise<Printed> =>
  printed(() => modemInfo({ identifiers: false, ...here(), ...flags }));
const at = (command: string, flags: { json?: boolean; unsafe?: boolean } = {}): Promise<Printed> =>
  printed(() => modemAt(command, { unsafe: false, timeoutMs: undefined, ...here(), ...flags }));
const sentSince = (from: number): string[] =>
  module.transcriptLines
    .slice(from)
    .filter(({ direction }) => direction === '>')
    .map(({ text }) => text);

describe('a healthy module without an agent', () => {
  test('info tells module, SIM, network, signal and contexts in words', async () => {
    const { code, stdout, stderr } = await info();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const words of [
      /^Telit LE910C1-EUX\n/,
      /\n {2}IMEI +…\d{4}\n/,
      /\n {2}SIM +ready, ICCID …\d{4}/,
      /\n {2}network +registered at home, .*LTE/,
      /\n {2}signal +(?:poor|fair|good|excellent), RSSI -\d+ dBm/,
      /\n {2}contexts +1 up, \d+\.\d+\.\d+\.\d+/,
      /\n {2}clock +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/,
      /\n {2}told by +the module, just now\n$/,
    ])
      expect(stdout).toMatch(words);
  });

  test('info as JSON is one object; identifiers are in full only when asked for', async () => {
    const masked = await info({ json: true });
    const full = await info({ json: true, identifiers: true });
    expect(JSON.parse(masked.stdout)).toMatchObject({ source: 'port', sim: 'ready', troubles: [] });
    expect(masked.stdout.trimEnd()).not.toContain('\n');
    expect(masked.stdout).not.toContain(module.state.identity.imei);
    expect(JSON.parse(full.stdout)).toMatchObject({ imei: module.state.identity.imei, iccid: module.state.card.iccid });
  });

  test('looking sends questions only: no PIN, nothing that the module keeps, no app token', async () => {
    module.setSim('pin');
    const before = module.transcriptLines.length;
    const kept = JSON.stringify(module.state.nvm.data);
    const { code, stdout } = await info();
    expect(code).toBe(0);
    expect(stdout).toMatch(/SIM +asks for its PIN.*tries left: PIN 3/);
    expect(stdout).toMatch(/^ {2}→ .+\n {2}more: waymark explain sim\.pin$/m);
    expect(module.state.card.pinTries).toBe(3);
    expect(JSON.stringify(module.state.nvm.data)).toBe(kept);
    const sent = sentSince(before);
    const settings = sent.filter((text) => /=(?!\?)/.test(text));
    expect(settings.filter((text) => !/^AT(?:\+CMEE=1|\+CGPADDR=\d+|#TEMPMON=1|#CGPADDR=\d+)$/.test(text))).toEqual([]);
    expect(sent.filter((text) => /CPIN=|CSIM|DWCFG/.test(text))).toEqual([]);
    module.setSim('ready');
  });

  test('a network that refuses the SIM is told with its cause and what to do', async () => {
    module.setRegistration({ state: 'denied', rejectCause: 11 });
    await until('denied', () => module.state.registration === 3);
    const { stdout } = await info();
    expect(stdout).toMatch(/network +refused by the network/);
    expect(stdout).toMatch(/^ {2}→ .+\n {2}more: waymark explain network\.denied$/m);
    module.setRegistration({ state: 'home' });
    await until('registered', () => module.state.registration === 1);
  });

  test('at prints the answer and the final result', async () => {
    const { code, stdout, stderr } = await at('AT+CSQ');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\+CSQ: \d+,\d+\nOK\n$/);
    expect(JSON.parse((await at('AT+CGMM', { json: true })).stdout)).toEqual({
      command: 'AT+CGMM',
      lines: ['LE910C1-EUX'],
      final: 'OK',
      through: 'port',
    });
  });

  test('an error of the module is told in words, and ends with 75', async () => {
    const { code, stdout, stderr } = await at('AT+NOSUCH?', { unsafe: true });
    expect({ code, stdout }).toEqual({ code: 75, stdout: '' });
    expect(stderr).toContain('warning: +NOSUCH? is not on the list');
    expect(stderr).toMatch(/AT\+NOSUCH\?: .+\n {2}→ /);
    module.setSim('absent');
    expect(await at('AT+CPIN?')).toMatchObject({ code: 75, stderr: expect.stringMatching(/SIM not inserted/) });
    module.setSim('ready');
  });

  test('what is refused is never sent, and ends with 64 and what to do instead', async () => {
    const before = module.transcriptLines.length;
    const refused = [['AT+CPIN=1234', true] as const, ['ATD*99#', true] as const, ['AT+CFUN=0', false] as const];
    for (const [command, unsafe] of refused) {
      const { code, stdout, stderr } = await at(command, { unsafe });
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
      expect(stderr).toMatch(/not sent: .+\n {2}→ .+\n {2}more: waymark explain cli\.usage/);
      expect(stderr).not.toContain('1234');
    }
    expect(sentSince(before)).toEqual([]);
  });

  test('trace without an agent shows its questions, then listens; --for ends it with 0', async () => {
    const { code, stdout } = await printed(
      () => modemTrace({ ...here(), forMs: 4000 }),
      async ({ stderr }) => {
        await until('listening', () => stderr().includes('Listening'));
        module.urc('+CIEV: 2,4');
      },
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d\.\d{3} > AT\n/);
    expect(stdout).toMatch(/\n\d\d:\d\d:\d\d\.\d{3} > AT\+CSQ\n\d\d:\d\d:\d\d\.\d{3} < \+CSQ: /);
    expect(stdout).toContain('< +CIEV: 2,4\n');
  });

  test('trace into a pipe whose reader leaves ends soon and quietly', async () => {
    const run = startSource('modem', 'trace', '--port', plug.address, '--runtime-dir', dir);
    await until('the dialogue', () => run.stdout().includes('AT+CGMI'));
    run.child.stdout?.destroy();
    let ended = false;
    void run.ended.then(() => (ended = true));
    await until('the end', () => {
      module.urc('+CIEV: 2,1');
      return ended;
    });
    const { code, stderr } = await run.ended;
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/EPIPE|at .*\.ts/);
  });

  test('nobody on the port: the reason, where to look, and a sign of life while waiting', async () => {
    await using mute = await createPlug({ link: join(dir, 'ttyMUTE'), clock, log: silentLogger });
    const { code, stderr } = await printed(() => modemInfo({ ...here(), port: mute.address, identifiers: false }));
    expect(code).toBe(75);
    expect(stderr).toMatch(/… waiting for an answer on .*ttyMUTE \(\d+ s\)/);
    expect(stderr).toMatch(/nobody answers AT\n {2}→ .*modem list --probe/);
  });

  test('a port that is not there ends with 69, as JSON if asked', async () => {
    const { code, stdout } = await printed(() =>
      modemInfo({ ...here(true), port: join(dir, 'none'), identifiers: false }),
    );
    expect(code).toBe(69);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'link.absent', hint: expect.any(String) } });
  });
});

describe('a hostile module', () => {
  const isClean = (text: string): void => {
    expect(OBEYED.exec(text)).toBeNull();
    for (const secret of SECRETS) expect(text).not.toContain(secret);
  };
  const underAttack = async <T>(action: () => Promise<T>): Promise<T> => {
    const off = module.push(hostile());
    try {
      return await action();
    } finally {
      off();
    }
  };

  test('what it sends would be obeyed by a terminal, and holds secrets', () => {
    for (const harm of HARM) expect(harm).toMatch(OBEYED);
  });

  test('trace prints no raw control byte and no secret, and one line a line', async () => {
    const { code, stdout, stderr } = await underAttack(() =>
      source('modem', 'trace', '--for', '5s', '--port', plug.address, '--runtime-dir', dir),
    );
    expect(code).toBe(0);
    isClean(stdout);
    isClean(stderr);
    for (const shown of ['\\x1b[2J', '\\x9b31m', '\\x07', '\\u0009']) expect(stdout).toContain(shown);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(50);
    for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} [<>] /);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(1100);
  });

  test('trace as JSON is one object a line, and its values are as clean', async () => {
    const { code, stdout } = await underAttack(() => printed(() => modemTrace({ ...here(true), forMs: 3000 })));
    expect(code).toBe(0);
    isClean(stdout);
    for (const line of stdout.trimEnd().split('\n')) isClean((JSON.parse(line) as { text: string }).text);
  });

  test('info and at print nothing a terminal would obey, and no secret', async () => {
    await underAttack(async () => {
      for (const run of [
        () => info(),
        () => info({ json: true }),
        () => at('AT+CSQ'),
        () => at('AT+CGMM', { json: true }),
        () => at('AT+COPS?'),
      ]) {
        const { stdout, stderr } = await run();
        isClean(stdout);
        isClean(stderr);
        expect(stdout).not.toBe('');
      }
    });
  });
});
