import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentDeps } from '../../src/agent/compose.js';
import { createReloadingAgent } from '../../src/agent/index.js';
import { loadConfig } from '../../src/config/index.js';
import { aborted, createFakeClock, silentLogger, WaymarkError } from '../../src/core/index.js';
import type { StatusSnapshot } from '../../src/status/index.js';

let dir: string;
let file: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-reload-'));
  file = join(dir, 'gateway.yaml');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const write = (more = ''): void =>
  writeFileSync(file, `version: 1\nstateDir: ${dir}/state\nruntimeDir: ${dir}/run\n${more}`, { mode: 0o600 });

/** Agents that only say what they were made with; `trouble` keeps the next one from opening its doors. */
async function setUp() {
  write();
  const clock = createFakeClock();
  const said: string[] = [];
  const world: { trouble: WaymarkError | undefined; secretLooks: number; config: AgentDeps['reload'] } = {
    ...{ trouble: undefined, secretLooks: 0, config: undefined },
  };
  const stop = new AbortController();
  const levels: string[] = [];
  let loading: Promise<unknown> = Promise.resolve();
  const agent = await createReloadingAgent({
    ...{
      configFile: file,
      config: await loadConfig(file, { env: {} }),
      configDir: dir,
      clock,
      log: silentLogger,
      env: {},
    },
    setLogLevel: (level) => {
      levels.push(level);
      return level;
    },
    load: (...args) => {
      const mine = loadConfig(...args);
      loading = mine.catch(() => undefined);
      return mine;
    },
    make: ({ config, reload }) => {
      const trouble = world.trouble;
      world.trouble = undefined;
      world.config = reload;
      const name = `${config.location.reportSeconds}`;
      said.push(`made ${name}`);
      return Promise.resolve({
        async run({ signal }) {
          if (trouble) throw trouble;
          reload?.onReady?.();
          said.push(`runs ${name}`);
          await aborted(signal);
          said.push(`${reload?.isUnderWay() === true ? 'replaced' : 'stopped'} ${name}`);
        },
        snapshot: () => ({ state: 'serving' }) as StatusSnapshot,
        lastSnapshot: () => ({ state: 'serving' }) as StatusSnapshot,
        lookAtSecrets: () => {
          world.secretLooks++;
        },
        onChange: () => () => undefined,
      });
    },
  });
  const running = agent.run({ signal: stop.signal });
  running.catch(() => undefined);
  const settle = async (): Promise<void> => {
    await loading;
    await clock.advance(1000);
  };
  const view = () => world.config?.view();
  return { clock, said, world, stop, levels, agent, running, settle, view };
}

/** Asks, and lets pass what has to. */
const ask = async ({ agent, settle }: Awaited<ReturnType<typeof setUp>>): Promise<string> => {
  const asked = agent.reload().then(
    ({ message }) => message,
    (error: unknown) => (error as WaymarkError).code,
  );
  await settle();
  const answer = await asked;
  await settle();
  return answer;
};

test('an unchanged file does nothing but look at the secret files anew; comments are no change', async () => {
  const t = await setUp();
  write('# a remark\n');
  expect(await ask(t)).toContain('as it was');
  expect(t.world.secretLooks).toBe(1);
  expect(t.said).toEqual(['made 10', 'runs 10']);
  t.stop.abort();
  await t.running;
});

test('a mistake keeps the configuration in force, names its line, and is over once the file is put right', async () => {
  const t = await setUp();
  write('location:\n  reportSeconds: often\n');
  expect(await ask(t)).toBe('config.invalid');
  expect(t.view()).toMatchObject({
    state: 'refused',
    reloads: 0,
    problems: [{ line: 5, path: 'location.reportSeconds' }],
  });
  expect(t.said).toEqual(['made 10', 'runs 10']);
  write();
  await t.clock.advance(5000);
  expect(await ask(t)).toContain('as it was');
  expect(t.view()).toMatchObject({ state: 'ok', problems: [] });
  t.stop.abort();
  await t.running;
});

test('a log level is set in place; anything else ends one agent and makes another', async () => {
  const t = await setUp();
  write('log: { level: debug }\n');
  expect(await ask(t)).toContain('debug');
  expect([t.levels, t.said]).toEqual([['debug'], ['made 10', 'runs 10']]);
  expect(t.world.secretLooks).toBe(1);
  write('log: { level: debug }\nlocation: { reportSeconds: 60 }\n');
  await t.clock.advance(5000);
  expect(await ask(t)).toContain('changed: location');
  expect(t.said).toEqual(['made 10', 'runs 10', 'replaced 10', 'made 60', 'runs 60']);
  expect(t.view()).toMatchObject({ state: 'ok', reloads: 2 });
  t.stop.abort();
  await t.running;
  expect(t.said.at(-1)).toBe('stopped 60');
});

test('where the gateway lives cannot be changed by the way: that is refused, with what it needs', async () => {
  const t = await setUp();
  writeFileSync(file, `version: 1\nstateDir: ${dir}/elsewhere\nruntimeDir: ${dir}/run2\n`, { mode: 0o600 });
  expect(await ask(t)).toBe('config.needs-restart');
  expect(t.view()).toMatchObject({ state: 'refused', reloads: 0 });
  expect(t.view()?.problems[0]?.message).toMatch(/^stateDir and runtimeDir cannot be changed .*systemctl restart/);
  write('location: { reportSeconds: 60 }\n');
  await t.clock.advance(5000);
  await ask(t);
  expect(t.said).toEqual(['made 10', 'runs 10', 'replaced 10', 'made 60', 'runs 60']);
  expect(t.view()).toMatchObject({ state: 'ok', problems: [] });
  t.stop.abort();
  await t.running;
});

test('one that does not get as far as its doors gives way to the one before, and that is said', async () => {
  const t = await setUp();
  t.world.trouble = new WaymarkError('link.busy', 'status door 127.0.0.1:80: EADDRINUSE');
  write('location: { reportSeconds: 60 }\n');
  await ask(t);
  expect(t.said).toEqual(['made 10', 'runs 10', 'replaced 10', 'made 60', 'made 10', 'runs 10']);
  expect(t.view()).toMatchObject({ state: 'refused', problems: [{ line: 0 }] });
  expect(t.view()?.problems[0]?.message).toContain('EADDRINUSE');
  t.stop.abort();
  await t.running;
});

test('a hundred signals are one reading at once and one five seconds later', async () => {
  const t = await setUp();
  for (let i = 0; i < 100; i++) void t.agent.reload();
  await t.settle();
  expect(t.world.secretLooks).toBe(1);
  await t.clock.advance(4000);
  await t.settle();
  expect(t.world.secretLooks).toBe(2);
  await t.clock.advance(60_000);
  await t.settle();
  expect(t.world.secretLooks).toBe(2);
  t.stop.abort();
  await t.running;
});

test('a stop while another agent is about to be made ends it all', async () => {
  const t = await setUp();
  write('location: { reportSeconds: 60 }\n');
  void t.agent.reload();
  t.stop.abort();
  await t.running;
  expect(t.said).toEqual(['made 10', 'runs 10', 'stopped 10']);
});
