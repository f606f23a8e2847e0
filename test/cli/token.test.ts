import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tokenRotate, tokenTest } from '../../src/cli/token.js';
import { type ErrorCode, WaymarkError } from '../../src/core/index.js';
import { openStatusServer, type StatusActions, type StatusSnapshot } from '../../src/status/index.js';
import { printed } from './in-process.js';

const VALUE = 'losant-new-access-key-0815';

let dir: string;
let options: { config: string; runtimeDir: string; json: boolean };
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'waymark-token-'));
  options = { config: join(dir, 'w.yaml'), runtimeDir: dir, json: false };
  await writeFile(
    options.config,
    'version: 1\nstateDir: s\nruntimeDir: .\nlosant: {deviceId: "0123456789abcdef01234567", accessKey: "file:key", accessSecret: "env:LOSANT_SECRET"}\n',
  );
  await writeFile(join(dir, 'key'), 'losant-old-access-key', { mode: 0o600 });
});
afterEach(() => rm(dir, { recursive: true }));

const agent = (actions: StatusActions) =>
  openStatusServer(() => ({}) as StatusSnapshot, { runtimeDir: dir, socketMode: 0o600, actions });

test('one that works ends with 0, in words and for programs', async () => {
  await using _agent = await agent({ testToken: async () => undefined });
  expect(await printed(() => tokenTest('losant-access-key', options))).toMatchObject({
    ...{ code: 0, stdout: 'losant-access-key works.\n' },
  });
  const json = await printed(() => tokenTest('losant-access-key', { ...options, json: true }));
  expect(JSON.parse(json.stdout)).toEqual({ id: 'losant-access-key', result: 'works' });
});

test.each<[ErrorCode, number]>([
  ['losant.refused', 77],
  ['losant.weather', 75],
  ['net.dns', 75],
  ['token.not-testable', 64],
  ['cli.usage', 64],
])('%s ends with %i and its cure', async (code, exit) => {
  await using _agent = await agent({ testToken: () => Promise.reject(new WaymarkError(code, 'what happened')) });
  const shown = await printed(() => tokenTest('losant-access-key', options));
  expect(shown.code).toBe(exit);
  expect(shown.stderr).toContain(`more: waymark explain ${code}\n`);
  const json = await printed(() => tokenTest('losant-access-key', { ...options, json: true }));
  expect(JSON.parse(json.stdout)).toMatchObject({ error: { code } });
});

test('without an agent the file is looked at, and what was not done is said', async () => {
  const shown = await printed(() => tokenTest('losant-access-key', options));
  expect(shown).toMatchObject({ code: 75, stdout: 'losant-access-key: valid\n' });
  expect(shown.stderr).toContain('nothing was sent anywhere');
  await rm(join(dir, 'key'));
  expect((await printed(() => tokenTest('losant-access-key', options))).code).toBe(77);
  expect((await printed(() => tokenTest('ztp-token', options))).code).toBe(64);
});

test('a new value goes into its file, closed to others, and only its id to the agent', async () => {
  await writeFile(join(dir, 'fresh'), `${VALUE}\n`, { mode: 0o600 });
  const asked: string[] = [];
  await using _agent = await agent({ rotateToken: async (id) => void asked.push(id) });
  const shown = await printed(() => tokenRotate('losant-access-key', { ...options, from: join(dir, 'fresh') }));
  expect(shown.code).toBe(0);
  expect(asked).toEqual(['losant-access-key']);
  expect(await readFile(join(dir, 'key.next'), 'utf8')).toBe(`${VALUE}\n`);
  expect((await stat(join(dir, 'key.next'))).mode & 0o777).toBe(0o600);
  expect(`${shown.stdout}${shown.stderr}`).not.toContain(VALUE);
});

test('without an agent the new value waits beside the old one', async () => {
  await writeFile(join(dir, 'fresh'), VALUE, { mode: 0o600 });
  const shown = await printed(() => tokenRotate('losant-access-key', { ...options, from: join(dir, 'fresh') }));
  expect(shown.code).toBe(75);
  expect(shown.stderr).toContain('tried when the agent starts');
  expect(await readFile(join(dir, 'key'), 'utf8')).toBe('losant-old-access-key');
});

test.each<[string, string, string, number]>([
  ['a value with a blank', 'losant-access-key', 'two words', 77],
  ['an empty value', 'losant-access-key', '\n', 77],
  ['one that comes from elsewhere', 'losant-access-secret', VALUE, 64],
  ['one that is not configured', 'ztp-token', VALUE, 64],
])('%s is not written', async (_what, id, value, exit) => {
  await writeFile(join(dir, 'fresh'), value, { mode: 0o600 });
  const shown = await printed(() => tokenRotate(id, { ...options, from: join(dir, 'fresh') }));
  expect(shown.code).toBe(exit);
  await expect(stat(join(dir, 'key.next'))).rejects.toMatchObject({ code: 'ENOENT' });
});
