// The simulators as processes: options as JSON, a control socket, one line that says where everything is.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SerialPort } from 'serialport';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClock, silentLogger, sleep } from '../../src/core/index.js';
import { modemOptions, parseOptions, worldOptions } from '../../src/sim/run-options.js';

const clock = createClock();
const MAIN = resolve('src/sim/main.ts');
let dir = '';
let children: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-process-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

interface Running {
  child: ChildProcess;
  out(): string;
  err(): string;
  ended: Promise<number | null>;
}

function run(what: string, options: unknown): Running {
  const text = JSON.stringify(options);
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, what, text], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  if (!child.stdout || !child.stderr) throw new Error('no pipes');
  let out = '';
  let err = '';
  child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (err += bytes.toString()));
  const ended = new Promise<number | null>((done) => child.on('close', done));
  return { child, out: () => out, err: () => err, ended };
}

async function until(what: string, isTrue: () => boolean, limitMs = 20_000): Promise<void> {
  const end = clock.mono() + limitMs;
  while (!isTrue()) {
    if (clock.mono() > end) throw new Error(`never happened: ${what}`);
    await sleep(clock, 10);
  }
}

/** One command to a control socket. */
function tell(path: string, command: unknown): Promise<Record<string, unknown>> {
  return new Promise((done, fail) => {
    const socket = createConnection(path);
    let text = '';
    socket.on('error', fail);
    socket.on('data', (bytes) => {
      text += bytes.toString();
      if (!text.includes('\n')) return;
      socket.end();
      done(JSON.parse(text) as Record<string, unknown>);
    });
    socket.write(`${JSON.stringify(command)}\n`);
  });
}

/** Asks until the module is up and answers. */
async function ask(path: string, line: string, answer: RegExp): Promise<string> {
  const port = new SerialPort({ path, baudRate: 115_200 });
  port.on('error', () => undefined);
  let text = '';
  port.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
  const end = clock.mono() + 15_000;
  while (!answer.test(text) && clock.mono() < end) {
    port.write(line);
    for (let i = 0; i < 20 && !answer.test(text); i++) await sleep(clock, 10);
  }
  await new Promise<void>((done) => port.close(() => done()));
  return text;
}

describe('a module alone', () => {
  test('has the ports, the card and the control socket it was asked for', async () => {
    const [link, link2, nmea, control] = ['tty0', 'tty1', 'tty2', 'ctl'].map((name) => join(dir, name)) as [
      ...[string, string, string, string],
    ];
    const card = { state: 'pin', isPinEnabled: true, pin: '4711' };
    const modem = run('modem', { link, link2, nmea, control, card, chunking: 'one-byte', storm: 5 });
    await until('ready', () => modem.out() === `${link}\n`);
    expect([link2, nmea, control].map((path) => existsSync(path))).toEqual([true, true, true]);
    expect(await ask(link, 'AT+CPIN?\r', /SIM (PIN|busy)\r\n\r\nOK/)).toContain('+CPIN: SIM PIN');
    expect(await tell(control, { do: 'state' })).toMatchObject({
      ok: true,
      isPlugged: true,
      power: 'on',
      card: { state: 'pin', pinTries: 3 },
    });
    expect(await tell(control, { do: 'fault', words: ['mute'] })).toEqual({ ok: true });
    expect(await tell(control, { do: 'heal' })).toEqual({ ok: true, healed: ['mute'] });
    expect(await tell(control, { do: 'swap' })).toMatchObject({ ok: false, error: expect.stringMatching(/^do must/) });
    expect(await tell(control, { do: 'unplug' })).toEqual({ ok: true });
    expect([link, link2, nmea].map((path) => existsSync(path))).toEqual([false, false, false]);
    expect(await tell(control, { do: 'replug' })).toEqual({ ok: true });
    expect([link, link2, nmea].map((path) => existsSync(path))).toEqual([true, true, true]);
    expect(await tell(control, { do: 'unplug', device: 'receiver' })).toEqual({
      ok: false,
      error: 'device: here is a modem only',
    });
    expect((await tell(control, { do: 'help' }))['help']).toContainEqual(expect.stringContaining('unplug'));
    expect(await tell(control, { do: 'stop' })).toEqual({ ok: true });
    expect(await modem.ended, modem.err()).toBe(0);
    expect(existsSync(link)).toBe(false);
  });
});

test('whoever started it is gone: so is the simulator', async () => {
  const link = join(dir, 'tty');
  const modem = run('modem', { link });
  await until('ready', () => modem.out() !== '');
  const exited = new Promise<number | null>((done) => modem.child.once('exit', done));
  modem.child.disconnect();
  expect(await exited).toBe(0);
  expect(existsSync(link)).toBe(false);
});

describe('a machine alone', () => {
  test('says where it is and how to use it, runs without anybody on its input, and SIGTERM ends it clean', async () => {
    const tree = join(dir, 'machine');
    const world = run('world', { stateDir: join(dir, 'state'), tree, profile: 'quectel', alone: true });
    await until('ready', () => world.out().includes('\n'));
    const { ready } = JSON.parse(world.out().split('\n')[0] ?? '') as { ready: Record<string, unknown> };
    expect(ready['tree']).toMatchObject({ sysRoot: join(tree, 'sys'), devRoot: join(tree, 'dev'), isSwapped: false });
    expect(ready['modem']).toEqual({
      address: join(tree, 'dev/serial/by-id/usb-Quectel_EG25-G-if02-port0'),
      kind: 'pty',
    });
    await until('the hints', () => world.err().includes('sim ctl --help'));
    expect(world.err()).toContain(`waymark modem list --sys-root ${tree}/sys --dev-root ${tree}/dev`);
    const socket = join(dir, 'state/sim/control.sock');
    expect(await tell(socket, { do: 'renumber', words: ['modem'] })).toMatchObject({ ok: true, tree: {} });
    world.child.kill('SIGTERM');
    expect(await world.ended).toBe(0);
    expect(readdirSync(tree)).toEqual([]);
  });
});

describe('options', () => {
  const base = { clock, log: silentLogger };
  const read = {
    modem: (json: string) => modemOptions(parseOptions('modem', json), base),
    world: (json: string) => worldOptions(parseOptions('world', json), base),
  };
  test('of a module are handed on as they are, with nothing where nothing is said', () => {
    expect(read.modem('{"link":"x"}')).toEqual({ ...base, link: 'x' });
    const all = {
      ...{ link: 'x', link2: 'y', nmea: 'z', control: 'c', stateFile: 'f', seed: 7, storm: 100, profile: 'quectel' },
      ...{ chunking: 'random', card: { state: 'pin', pin: '0000' }, coverage: { state: 'denied', rejectCause: 7 } },
    };
    expect(read.modem(JSON.stringify(all))).toEqual({
      ...{ ...base, link: 'x', link2: 'y', nmeaLink: 'z', control: 'c', stateFile: 'f', seed: 7, stormPerS: 100 },
      ...{ profile: 'quectel', chunking: { random: 7 }, card: all.card, coverage: all.coverage },
    });
  });
  test('of a world, too', () => {
    const world = {
      ...{ stateDir: 's', tree: 't', profile: 'ublox', portsAfterReset: 'renumber', plan: 'both' },
      ports: { ztp: 4433, casterTls: 2102 },
    };
    expect(read.world(JSON.stringify(world))).toEqual({ ...base, ...world, speed: 1 });
  });
  test.each([
    ['modem', {}, 'link is missing'],
    ['modem', { link: 'x', profile: 'nokia' }, 'profile must be one of telit, ublox, quectel'],
    ['modem', { link: 'x', card: { pin: 1234 } }, 'pin must be four to eight digits'],
    ['modem', { link: 'x', card: { colour: 1 } }, 'card knows no colour; it knows state, pin'],
    ['modem', { link: 'x', card: [] }, 'card must be an object'],
    ['modem', { link: 'x', chunking: 'fine' }, 'chunking must be one of whole, one-byte, random'],
    ['modem', { link: 'x', storm: 0 }, 'storm must be a number above 0'],
    ['modem', { link: 'x', speeed: 1 }, 'modem knows no speeed; it knows '],
    ['world', { stateDir: 'x', coverage: { state: 'good' } }, 'state must be one of none, home, roaming, denied'],
    ['world', { stateDir: 'x', links: { modem: 'x' } }, 'links.receiver is missing'],
    ['world', { stateDir: 'x', tree: 'y', portsAfterReset: 'maybe' }, 'portsAfterReset must be one of stay, '],
    ['world', { stateDir: 'x', ports: { door: 1 } }, 'ports knows no door; it knows ztp, broker, caster, casterTls'],
    ['world', { stateDir: 'x', plan: 'lband' }, 'plan must be one of mqtt, ntrip, both'],
    ['world', { stateDir: 'x', ports: { ztp: 70_000 } }, 'ztp must be a whole number from 1 to 65535'],
  ] as const)('%s %j is refused with a sentence', (what, options, sentence) => {
    expect(() => read[what](JSON.stringify(options))).toThrow(sentence);
  });
  test.each(['{"link"', '[]', 'null'])('%s are no options', (json) => {
    expect(() => read.modem(json)).toThrow(/^the options /);
  });
  test('a mistake ends the process with 64 and the sentence on stderr', async () => {
    const started = run('modem', { link: 'x', chunking: 'fine' });
    expect(await started.ended).toBe(64);
    expect(started.err()).toBe('chunking must be one of whole, one-byte, random\n');
    expect(started.out()).toBe('');
  });
  test('the list of commands is printed for the help', async () => {
    const started = run('commands', {});
    expect(await started.ended).toBe(0);
    expect(started.out()).toContain('  renumber modem|receiver');
  });
});
