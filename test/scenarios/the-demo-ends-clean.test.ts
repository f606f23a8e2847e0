import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StatusSnapshot } from '../../src/status/index.js';
import { openApi } from '../../src/status/openapi.js';
import { type CliProcess, startCli } from '../helpers/cli.js';
import { processesAbout } from '../helpers/outside.js';
import { eventually } from '../helpers/scenario.js';
import { mistakesIn, type SchemaTree } from '../helpers/schema.js';

const TRY_AGAIN = 75;

/** Temporary folders of the demo are made in here, so its name is on the command line of everything it starts. */
let home: string;
let demos: CliProcess[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'waymark-clean-'));
  demos = [];
});
afterEach(() => {
  for (const { child } of demos) child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

const demo = (...args: string[]): CliProcess => {
  const started = startCli(['demo', ...args], { ...process.env, TMPDIR: home });
  demos.push(started);
  return started;
};

const expectNothingLeft = async (): Promise<void> => {
  // A child that was told to go may need a moment to be gone.
  await eventually('every child gone', () => processesAbout(home).length === 0, 2000).catch(() => undefined);
  expect(processesAbout(home)).toEqual([]);
};

test('--for 12s --json: exit 0, one JSON line that says serving, no process and no folder left', async () => {
  const run = demo('--for', '12s', '--json');
  await eventually('its children run', () => processesAbout(home).some(({ line }) => line.includes('socat')));
  const { code, stdout, stderr } = await run.ended;
  expect(code, stdout + stderr).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  const status = JSON.parse(lines.at(-1) ?? '') as StatusSnapshot;
  expect(status).toMatchObject({ schemaVersion: 1, state: 'serving', overall: 'ok' });
  // A client made from the OpenAPI document understands all of it.
  const { schemas } = (openApi(status.version) as { components: { schemas: Record<string, SchemaTree> } }).components;
  expect(mistakesIn(status, schemas['StatusSnapshot'] ?? {}, schemas)).toEqual([]);
  await expectNothingLeft();
  expect(readdirSync(home)).toEqual([]);
});

test('--for 2s: too short to serve, and that is said by exit 75', async () => {
  const { code, stdout } = await demo('--for', '2s', '--json').ended;
  expect(code).toBe(TRY_AGAIN);
  expect((JSON.parse(stdout) as StatusSnapshot).state).not.toBe('serving');
  await expectNothingLeft();
  expect(readdirSync(home)).toEqual([]);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends it within five seconds, children and folders too',
  async (signal) => {
    const run = demo('--json');
    await eventually(
      'both ports are there',
      () => processesAbout(home).filter(({ line }) => line.startsWith('socat')).length === 2,
    );
    const asked = performance.now();
    run.child.kill(signal);
    const { code } = await run.ended;
    expect(performance.now() - asked).toBeLessThan(5000);
    expect(code).toBe(TRY_AGAIN);
    await expectNothingLeft();
    expect(readdirSync(home)).toEqual([]);
  },
);

test('killed outright it takes its children along', async () => {
  const run = demo('--json');
  await eventually(
    'both ports are there',
    () => processesAbout(home).filter(({ line }) => line.startsWith('socat')).length === 2,
  );
  run.child.kill('SIGKILL');
  await run.ended;
  await eventually('every child gone', () => processesAbout(home).length === 0, 5000).catch(() => undefined);
  expect(processesAbout(home)).toEqual([]);
});
