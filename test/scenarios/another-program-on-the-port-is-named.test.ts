import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { anchorNow, clockEnvironment, createClock } from '../../src/core/index.js';
import { cli } from '../helpers/cli.js';
import { type Intruder, intrude, portOf, rootFlags } from '../helpers/machine.js';
import { runAgentIn, untilStatus } from '../helpers/outside.js';
import { isServing, lamp, QUICK_MODULE, startScenario, startWorldIn, writeConfig } from '../helpers/scenario.js';

/** Polls and patience pass faster; answers take the time they take. */
const SCALE = 10;

test.concurrent('a program that has the module’s port open is named with its pid and the cure, and when it is gone all is well', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-shared-'));
  const runtimeDir = join(dir, 'run');
  const anchor = anchorNow(SCALE);
  try {
    await using world = await startWorldIn(dir, {
      clock: createClock(anchor),
      tree: join(dir, 'machine'),
      module: { ...QUICK_MODULE, boot: 0 },
    });
    const configFile = writeConfig(dir, world);
    using intruder = await intrude(portOf(world, 'at').node);
    const who = { name: intruder.name, pid: intruder.pid };
    await using agent = runAgentIn({ ...process.env, ...clockEnvironment(anchor) }, configFile, ...rootFlags(world));

    // It only has it open: that disturbs nobody yet, and is said.
    const shared = await untilStatus(
      runtimeDir,
      'serving, and shared',
      (s) => isServing(s) && s.modem?.sharedWith !== undefined,
    );
    expect(shared.modem?.sharedWith).toEqual([who]);
    const list = await cli('modem', 'list', ...rootFlags(world));
    expect(list.code).toBe(0);
    const row = list.stdout.split('\n').find((line) => line.startsWith(`${basename(portOf(world, 'at').node)} `));
    expect(row).toContain(`cat (pid ${who.pid})`);
    expect(row).toContain(`(pid ${agent.child.pid}, this gateway’s agent)`);
    expect(list.stdout).toContain(`cat (pid ${who.pid}) has the port open: stop it, or: kill ${who.pid}`);
    const said = await cli('status', '--runtime-dir', runtimeDir);
    expect(said.stdout).toContain(`cat (pid ${who.pid})`);

    // It reads, too: answers get lost.
    intruder.steal();
    const troubled = await untilStatus(runtimeDir, 'blamed', (s) => lamp(s, 'modem').reason === 'link.shared', 60_000);
    expect(lamp(troubled, 'modem').message).toContain(`cat (pid ${who.pid}) has the module’s port open too`);
    expect(lamp(troubled, 'modem').hint).toContain(`kill ${who.pid}`);
    const { resets } = world.module.counters;
    await intruder.quit();
    const well = await untilStatus(
      runtimeDir,
      'well again',
      (s) => isServing(s) && s.modem?.sharedWith === undefined,
      60_000,
    );
    // Nothing that the module could be told would have helped, and nothing was.
    expect(well.modem?.recovery?.['channel'].failures).toBe(0);
    expect(world.module.counters.resets).toBe(resets);
    expect(agent.child.exitCode).toBeNull();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 120_000);

test.concurrent('with auto the module’s other AT port is taken instead, and nothing is written to the one in use', async () => {
  let intruder: Intruder | undefined;
  await using gateway = await startScenario({
    onMachine: true,
    world: { module: QUICK_MODULE },
    config: { modem: { port: 'auto' } },
    prepare: async (world) => {
      intruder = await intrude(portOf(world, 'at').node);
    },
  });
  using _open = intruder;
  const status = await gateway.until('serving', isServing);
  expect(status.modem?.portName).toBe(portOf(gateway.world, 'at2').byId);
  expect(status.modem).not.toHaveProperty('sharedWith');
  expect(gateway.heard('at')).toBe('');
}, 40_000);
