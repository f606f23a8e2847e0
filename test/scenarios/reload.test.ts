import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createClock } from '../../src/core/index.js';
import type { World } from '../../src/sim/index.js';
import { fetchStatus, type StatusSnapshot } from '../../src/status/index.js';
import { type CliProcess, startCli } from '../helpers/cli.js';
import { eventually, QUICK_MODULE, startWorldIn, writeConfig } from '../helpers/scenario.js';

let dir: string;
let world: World;
let gateway: CliProcess;
let file: string;

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

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-reload-'));
  world = await startWorldIn(dir, { module: QUICK_MODULE });
  file = writeConfig(dir, world, { log: { level: 'info' } });
  gateway = startCli(['run', '-c', file]);
});
afterEach(async () => {
  gateway.child.kill('SIGKILL');
  await world[Symbol.asyncDispose]();
  rmSync(dir, { recursive: true, force: true });
});

test('a mistake changes nothing and is said with its line; put right it is applied in the same process, ports and all', async () => {
  const before = await until('serving', ({ state }) => state === 'serving');
  expect(before.config).toMatchObject({ state: 'ok', reloads: 0 });

  change((text) => `${text}location:\n  reportSeconds: often\n`);
  const refused = await until('refused', ({ config }) => config?.state === 'refused');
  const line = readFileSync(file, 'utf8').split('\n').indexOf('  reportSeconds: often') + 1;
  expect(refused.config?.problems).toMatchObject([{ file, line, path: 'location.reportSeconds' }]);
  expect(refused).toMatchObject({ state: 'serving', bootId: before.bootId });
  expect(refused.session.connects).toBe(before.session.connects);
  expect(gateway.output.stdout).toContain('config.problem');

  const port = await freePort();
  change((text) => `${text.replace('often', '60')}status:\n  http: { port: ${port} }\n`);
  const applied = await until('serving anew', ({ config, state }) => config?.reloads === 1 && state === 'serving');
  expect(applied).toMatchObject({ bootId: before.bootId, startedAt: before.startedAt });
  expect(applied.config).toMatchObject({ state: 'ok', problems: [] });
  const alive = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/healthz`)).status;
  expect(await alive()).toBe(200);

  // The port is let go and taken again; a hundred signals are one more reading.
  change((text) => text.replace('reportSeconds: 60', 'reportSeconds: 30'));
  for (let i = 0; i < 99; i++) gateway.child.kill('SIGHUP');
  await until('once more', ({ config }) => config?.reloads === 2);
  expect(await alive()).toBe(200);

  // A stop in the middle of it is a stop.
  change((text) => text.replace('reportSeconds: 30', 'reportSeconds: 20'));
  const asked = performance.now();
  gateway.child.kill('SIGTERM');
  expect((await gateway.ended).code).toBe(0);
  expect(performance.now() - asked).toBeLessThan(10_000);
}, 90_000);
