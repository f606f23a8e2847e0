import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { World } from '../../src/sim/index.js';
import type { CloudView, StatusSnapshot } from '../../src/status/index.js';
import { credentialOf } from '../helpers/agent.js';
import { cli } from '../helpers/cli.js';
import { directThingspace, secretFile } from '../helpers/clouds.js';
import { runAgentIn, untilStatus } from '../helpers/outside.js';
import { eventually, QUICK_MODULE, startWorldIn, writeConfig } from '../helpers/scenario.js';

const STARTS = 11;

const thingspaceOf = ({ clouds = [] }: StatusSnapshot): CloudView | undefined =>
  clouds.find(({ name }) => name === 'thingspace');

/** No receiver: nobody knows where the gateway is, so the network is asked. */
const asked = (dir: string, world: World, thingspace: Record<string, unknown>): string =>
  writeConfig(dir, world, {
    ...{ modem: null, gnss: null, ztp: null, corrections: null },
    thingspace,
  });

test(`a wrong ThingSpace password reaches the server twice at most over ${STARTS} starts, killed and stopped by turns`, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-strikes-'));
  try {
    await using world = await startWorldIn(dir, { module: QUICK_MODULE });
    await eventually('the network is up', () => world.clouds.isReachable);
    const { thingspace } = world.clouds;
    const password = secretFile(dir, 'wrong-password', 'not-the-password');
    const configFile = asked(dir, world, directThingspace(dir, world, { password }));
    const runtimeDir = join(dir, 'run');
    for (let start = 0; start < STARTS; start++) {
      await using agent = runAgentIn(process.env, configFile);
      // The first is killed as soon as its login has arrived: it never hears the answer.
      if (start === 0) await eventually('a login', () => thingspace.counters.logins > 0, 20_000);
      else
        await untilStatus(
          runtimeDir,
          'held back or refused',
          (status) => thingspaceOf(status)?.isTroubled === true,
          20_000,
        );
      if (start % 2 === 0) agent.child.kill('SIGKILL');
      else agent.child.kill('SIGTERM');
      await agent.ended;
    }
    expect(thingspace.counters.logins).toBeLessThanOrEqual(2);
    expect(thingspace.user.failCount).toBeLessThanOrEqual(2);

    // What a person sees, and what helps: the right password in the file that the configuration names.
    await using agent = runAgentIn(process.env, configFile);
    const status = await untilStatus(runtimeDir, 'trouble', (now) => thingspaceOf(now)?.isTroubled === true, 20_000);
    expect(thingspaceOf(status)).toMatchObject({ waitsFor: 'thingspace-password' });
    expect(credentialOf(status, 'thingspace-password')).toMatchObject({ state: 'rejected', latched: true });
    const words = await cli('status', '--runtime-dir', runtimeDir);
    expect(words.stdout).toContain('because waits for thingspace-password');
    const before = thingspace.counters.logins;
    secretFile(dir, 'wrong-password', world.ready.clouds.thingspace.password);
    const known = await untilStatus(runtimeDir, 'a position', (now) => now.located?.source === 'carrier', 20_000);
    expect(known.located?.latitudeDeg).toBeCloseTo(38.982, 3);
    expect(known.located?.longitudeDeg).toBeCloseTo(-94.671, 3);
    expect(thingspace.counters.logins).toBe(before + 1);
    expect(agent.child.exitCode).toBeNull();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 120_000);
