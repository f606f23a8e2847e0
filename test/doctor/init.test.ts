// The first configuration: by flags alone, and by a dialogue on a real terminal.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type InitFlags, init } from '../../src/cli/init.js';
import { composeFile, meaningOf } from '../../src/cli/init-file.js';
import { OFFERS, SERVICE_NAMES } from '../../src/cli/init-services.js';
import { inspectConfig } from '../../src/config/index.js';
import { printed, until } from '../cli/in-process.js';

const dir = mkdtempSync(join(tmpdir(), 'waymark-init-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Without what moves the cursor. */
const plain = (text: string): string => text.replaceAll(/\u001b\[[0-9;]*[A-Za-z]|\r/g, '');

let count = 0;
const fresh = (): string => join(dir, String(count++), 'gateway.yaml');
const run = (out: string, flags: Partial<InitFlags> = {}) =>
  printed(() =>
    init({
      ...{ out, page: false, yes: true, force: false, json: false, answers: {} },
      ...{ sysRoot: dir, devRoot: dir, procRoot: dir },
      ...flags,
    }),
  );
const modeOf = (path: string): number => statSync(path).mode & 0o777;

const ANSWERS = {
  '--caster': 'caster.example.org',
  '--mount-point': 'BASE1',
  '--caster-user': 'rover',
  '--locate-endpoint': 'https://operator.example/locate',
  '--losant-device': '0123456789abcdef01234567',
};

test.each(SERVICE_NAMES)(
  '%s: the file is valid, with its comments, and no problem but the empty secrets',
  async (name) => {
    const out = fresh();
    const { code, stdout } = await run(out, { services: name, secrets: true, answers: ANSWERS });
    expect(code).toBe(0);
    const { config, problems } = await inspectConfig(out, { env: {} });
    expect(problems).toEqual([]);
    expect(config).toBeDefined();
    const text = readFileSync(out, 'utf8');
    for (const [key, file] of Object.entries(OFFERS[name].secrets)) {
      expect(text).toContain(`file:secrets/${file}`);
      expect(text.replaceAll(/\n\s*# /g, ' ')).toContain(meaningOf(key));
      expect(stdout).toContain(`${key}: ${meaningOf(key)}`);
      const path = join(out, '..', 'secrets', file);
      expect([modeOf(path), statSync(path).size]).toEqual([0o600, 0]);
    }
    expect(modeOf(join(out, '..', 'secrets'))).toBe(0o700);
  },
);

test('every line behind a # that looks like a key is one: switched on, the file is as valid', () => {
  const values = {
    version: 1,
    modem: { port: 'auto' },
    gnss: { port: 'auto' },
    corrections: {},
    ztp: { token: 'file:t' },
  };
  const text = composeFile(values);
  const asleep = parse(text) as Record<string, Record<string, unknown>>;
  expect(asleep['corrections']).toEqual({ source: 'auto' });
  const keys = [...text.matchAll(/^ {2}# (pollSeconds|baudSearch|maxAgeSeconds): (.+)$/gm)];
  expect(keys.map(([, key]) => key)).toEqual(['pollSeconds', 'baudSearch', 'maxAgeSeconds']);
  const awake = parse(text.replace(/^ {2}# (pollSeconds|baudSearch|maxAgeSeconds): /gm, '  $1: ')) as typeof asleep;
  expect(awake).toMatchObject({
    modem: { pollSeconds: 15 },
    gnss: { baudSearch: true },
    corrections: { maxAgeSeconds: 10 },
  });
});

test('a file that is there is left alone, and so are secrets, also with --force', async () => {
  const out = fresh();
  await run(out, { services: 'pointperfect', secrets: true });
  const token = join(out, '..', 'secrets/ztp-token');
  writeFileSync(token, 'kept\n');
  writeFileSync(out, 'mine\n');
  const refused = await run(out, { services: 'none' });
  expect(refused).toMatchObject({ code: 64, stdout: '', stderr: expect.stringMatching(/is there already\n.*--force/) });
  expect(readFileSync(out, 'utf8')).toBe('mine\n');
  expect(await run(out, { services: 'pointperfect', secrets: true, force: true })).toMatchObject({ code: 0 });
  expect(readFileSync(token, 'utf8')).toBe('kept\n');
});

test('what cannot be used is refused before anything is written', async () => {
  const out = fresh();
  for (const [flags, words] of [
    [{ services: 'losnt' }, /did you mean losant/],
    [{ services: 'losant' }, /losant\.deviceId.*has to be given/],
    [{ services: 'losant', answers: { '--losant-device': 'x: y' } }, /24 hexadecimal digits/],
    [{ services: 'ntrip,pointperfect' }, /choose one/],
    [{ services: 'pointperfect', gnss: 'none' }, /needs a gnss/],
    [{ modem: 'COM3', services: 'none' }, /modem|auto/],
  ] as const) {
    const { code, stderr } = await run(out, flags);
    expect([code, stderr]).toEqual([64, expect.stringMatching(words)]);
  }
  expect(() => statSync(out)).toThrow();
});

test('a person on a terminal answers, is corrected, takes an answer back, and gets the file', async () => {
  const out = fresh();
  // socat gives the program a terminal of its own.
  const program = `${process.execPath} --import tsx ${resolve(import.meta.dirname, '../../src/cli/main.ts')}`;
  const child = spawn(
    'socat',
    ['-', `EXEC:'${program} init --out ${out} --sys-root ${dir}',pty,stderr,setsid,ctty,echo=0`],
    { cwd: resolve(import.meta.dirname, '../..'), stdio: ['pipe', 'pipe', 'inherit'] },
  );
  let seen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (seen = plain(seen + text)));
  const answer = async (question: RegExp, line: string): Promise<void> => {
    await until(String(question), () => question.test(seen), 25_000).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${seen}`);
    });
    seen = '';
    child.stdin.write(`${line}\n`);
  };
  await answer(/u goes back.*\n[^]*Cellular module.*: $/, 'u');
  await answer(/the first question\n.*: $/, '/dev/no such');
  await answer(/^[^]*\/dev\/no such is not there just now[^]*GNSS receiver.*: $/, 'u');
  await answer(/Cellular module.*: $/, 'none');
  await answer(/GNSS receiver.*: $/, 'auto');
  await answer(/pointperfect .*\n[^]*Services, by commas.*: $/, 'ntrpi');
  await answer(/did you mean ntrip\?\n.*: $/, 'ntrip');
  await answer(/corrections\.ntrip\.host .*: $/, 'caster.example.com');
  await answer(/corrections\.ntrip\.mountPoint .*: $/, 'undo');
  await answer(/^(?![^]*Cellular)[^]*corrections\.ntrip\.host .*: $/, 'caster.example.org');
  await answer(/corrections\.ntrip\.mountPoint .*: $/, 'BASE1');
  await answer(/corrections\.ntrip\.userName .*: $/, 'rover');
  await answer(/secrets folder.*\[yes\]: $/, '');
  const code = await new Promise((done) => child.once('close', done));
  expect([code, seen]).toEqual([0, expect.stringMatching(/Left to do[^]*caster-password[^]*waymark doctor -c/)]);
  const { config } = await inspectConfig(out, { env: {} });
  expect(config).toMatchObject({ gnss: { port: 'auto' }, corrections: { ntrip: { host: 'caster.example.org' } } });
  expect(config?.modem).toBeUndefined();
  expect(modeOf(join(out, '..', 'secrets/caster-password'))).toBe(0o600);
}, 60_000);
