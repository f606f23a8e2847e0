import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CloudRecord, createClock } from '../../src/core/index.js';
import type { World } from '../../src/sim/index.js';
import { fetchStatus, type StatusSnapshot } from '../../src/status/index.js';
import { type CliProcess, startCli } from '../helpers/cli.js';
import { deviceWise } from '../helpers/clouds.js';
import { eventually, QUICK_MODULE, startWorldIn, writeConfig } from '../helpers/scenario.js';
import { type Witness, witnessIn } from '../helpers/witness.js';

let dir: string;
let gateway: CliProcess;
let file: string;
let witness: Witness;

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });

const status = (): Promise<StatusSnapshot> => fetchStatus(join(dir, 'run'), createClock());
const until = async (what: string, is: (now: StatusSnapshot) => boolean): Promise<StatusSnapshot> => {
  let last: StatusSnapshot | undefined;
  // The doors are shut for a moment while the parts are made anew.
  await eventually(
    what,
    async () => is((last = await status().catch(() => undefined)) ?? ({} as StatusSnapshot)),
    20_000,
  );
  return last as StatusSnapshot;
};
const change = (edit: (text: string) => string): void => {
  writeFileSync(file, edit(readFileSync(file, 'utf8')), { mode: 0o600 });
  gateway.child.kill('SIGHUP');
};

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-reload-'));
});
afterEach(() => {
  gateway.child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

function start(here: World): void {
  witness = witnessIn(dir);
  file = writeConfig(dir, here, {
    ...{ log: { level: 'info' }, modem: { deviceWise: undefined } },
    deviceWise: deviceWise(dir, here, { road: 'gateway', stateSeconds: 10 }),
    location: { reportSeconds: 1, durable: true },
  });
  gateway = startCli(['run', '-c', file], { ...process.env, ...witness.env });
}

/** By the record's own id, as often as it is stored; alarms apart, of which the cloud keeps only the changes. */
function storedTimes({ clouds, module }: World): ReadonlyMap<string, readonly number[]> {
  const { platform } = clouds.devicewise;
  const { locations, properties, attributes, logs } = platform.stored(module.state.identity.imei);
  const times = new Map<string, number[]>();
  for (const { corrId = '', tsMs } of [...locations, ...properties, ...attributes, ...logs])
    times.set(corrId, [...(times.get(corrId) ?? []), tsMs]);
  return times;
}
const accepted = (): CloudRecord[] => witness.records().filter(({ kind }) => kind !== 'alarm');

test('a mistake changes nothing and is said with its line; put right it is applied in the same process, ports and all', async () => {
  await using world = await startWorldIn(dir, { module: QUICK_MODULE });
  // What is accepted waits for the cloud's word: each reload meets records on their way.
  world.clouds.devicewise.configure({ replyMs: 700 });
  start(world);
  const before = await until('serving', ({ state }) => state === 'serving');
  expect(before.config).toMatchObject({ state: 'ok', reloads: 0 });

  change((text) => `${text}recovery:\n  maxResetsPerHour: often\n`);
  const refused = await until('refused', ({ config }) => config?.state === 'refused');
  const line = readFileSync(file, 'utf8').split('\n').indexOf('  maxResetsPerHour: often') + 1;
  expect(refused.config?.problems).toMatchObject([{ file, line, path: 'recovery.maxResetsPerHour' }]);
  expect(refused).toMatchObject({ state: 'serving', bootId: before.bootId });
  expect(refused.session.connects).toBe(before.session.connects);
  expect(gateway.output.stdout).toContain('config.problem');

  const port = await freePort();
  change((text) => `${text.replace('often', '6')}status:\n  http: { port: ${port} }\n`);
  const applied = await until('serving anew', ({ config, state }) => config?.reloads === 1 && state === 'serving');
  expect(applied).toMatchObject({ bootId: before.bootId, startedAt: before.startedAt });
  expect(applied.config).toMatchObject({ state: 'ok', problems: [] });
  const alive = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/healthz`)).status;
  expect(await alive()).toBe(200);

  // The port is let go and taken again; a hundred signals are one more reading.
  change((text) => text.replace('Hour: 6', 'Hour: 5'));
  for (let i = 0; i < 99; i++) gateway.child.kill('SIGHUP');
  await until('once more', ({ config }) => config?.reloads === 2);
  expect(await alive()).toBe(200);

  // Twice the parts were made anew while positions came: all that was accepted arrives, each under its own id.
  const taken = accepted();
  const missing = (): CloudRecord[] => {
    const stored = storedTimes(world);
    return taken.filter(({ id }) => !stored.has(id));
  };
  await eventually('everything accepted is stored', () => missing().length === 0);
  const positions = taken.filter(({ kind }) => kind === 'position');
  expect(positions.length).toBeGreaterThan(5);
  expect(new Set(positions.map(({ utcMs }) => utcMs)).size).toBe(positions.length);
  const known = new Map(accepted().map(({ id, utcMs }) => [id, utcMs]));
  const stored = [...storedTimes(world)];
  expect(stored.filter(([id, times]) => times.some((tsMs) => tsMs !== known.get(id)))).toEqual([]);
  const { clouds = [] } = await status();
  expect(clouds.find(({ name }) => name === 'devicewise')?.outbox).toMatchObject({ dropped: 0, corrupt: 0, gaps: 0 });

  // A stop in the middle of it is a stop.
  change((text) => text.replace('Hour: 5', 'Hour: 4'));
  const asked = performance.now();
  gateway.child.kill('SIGTERM');
  expect((await gateway.ended).code).toBe(0);
  expect(performance.now() - asked).toBeLessThan(10_000);
}, 90_000);

test('a signal that comes while it starts does not end it: the file is read again once it runs', async () => {
  file = join(dir, 'gateway.yaml');
  writeFileSync(file, `version: 1\nstateDir: ${dir}/state\nruntimeDir: ${dir}/run\n`, { mode: 0o600 });
  // Sent by itself at the very moment the file is opened for the first time.
  const preload = join(dir, 'early.cjs');
  writeFileSync(
    preload,
    `const fs = require('node:fs'), { open } = fs.promises;
    fs.promises.open = (path, ...rest) => {
      if (String(path) === process.env.EARLY_FILE) process.kill(process.pid, 'SIGHUP'), (fs.promises.open = open);
      return open(path, ...rest);
    };`,
  );
  gateway = startCli(['run', '-c', file], {
    ...process.env,
    ...{ NODE_OPTIONS: `--require ${preload}`, EARLY_FILE: file },
  });
  await until('running', ({ config }) => config?.state === 'ok');
  await eventually('read again', () => gateway.output.stdout.includes('config.unchanged'));
  gateway.child.kill('SIGTERM');
  expect((await gateway.ended).code).toBe(0);
}, 30_000);
