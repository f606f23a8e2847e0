import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createClock, silentLogger } from '../../src/core/index.js';
import { checkIdentity, identityCodec, openVault } from '../../src/vault/index.js';
import { runAgent, seeded, untilStatus } from '../helpers/outside.js';
import { eventually, isServing, pause, startWorldIn, writeConfig } from '../helpers/scenario.js';

const ROUNDS = Number(process.env['WAYMARK_KILLS'] ?? 5);
const SEED = 20_260_101;
/** From the start of the process to a session. */
const START_MS = 2500;
/** From the first word of provisioning to a session. */
const PROVISIONING_MS = 300;

/** What the state directory holds of an identity, each checked to be whole. */
async function identityIn(stateDir: string): Promise<'none' | 'staged' | 'kept'> {
  const vault = await openVault(stateDir, { clock: createClock(), log: silentLogger });
  const slot = vault.slot('identity', identityCodec);
  const kept = (await slot.read())?.value;
  const staged = await slot.staged();
  for (const identity of [kept, staged]) if (identity) checkIdentity(identity, Date.now());
  expect(vault.alarms()).toEqual([]);
  expect(existsSync(join(stateDir, 'corrupt'))).toBe(false);
  expect(readdirSync(stateDir).filter((name) => name.includes('.tmp.'))).toEqual([]);
  return kept ? 'kept' : staged ? 'staged' : 'none';
}

test(`kill -9 during provisioning leaves a whole identity or none (${ROUNDS} moments), and the next start serves`, {
  timeout: 60_000 + ROUNDS * 8000,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-killed-'));
  const stateDir = join(dir, 'state');
  const random = seeded(SEED);
  const outcomes: string[] = [];
  try {
    await using world = await startWorldIn(dir);
    const configFile = writeConfig(dir, world);
    // The module has been on for a while: provisioning then begins within the first second of the process.
    await eventually('the module is on the network', () => world.module.pdpActive);
    for (let round = 0; round < ROUNDS; round++) {
      // Everything anew: three first calls an hour are all that provisioning allows itself, and a gateway that has
      // its identity would not provision again.
      rmSync(stateDir, { recursive: true, force: true });
      const spread = random();
      const agent = runAgent(configFile, '--log', 'debug');
      // Every other kill is aimed at the short time in which everything is written.
      if (round % 2 === 0) await pause(100 + spread * START_MS);
      else {
        await eventually('provisioning', () => /"event":"ztp\.state"/.test(agent.output.stdout), 20_000);
        await pause(spread * PROVISIONING_MS);
      }
      agent.child.kill('SIGKILL');
      const { code } = await agent.ended;
      expect(code, agent.output.stderr).toBeNull();
      const found = existsSync(stateDir) ? await identityIn(stateDir) : 'none';
      outcomes.push(found);
      if (round !== ROUNDS - 1 && round % 5 !== 4) continue;
      const callsBefore = world.clouds.ztp.calls.length;
      await using again = runAgent(configFile);
      await untilStatus(join(dir, 'run'), `serving after round ${round} (${found})`, isServing).catch(
        (error: unknown) => {
          throw new Error(again.output.stdout, { cause: error });
        },
      );
      // What was whole before the kill is not paid for again.
      expect(world.clouds.ztp.calls.length - callsBefore).toBe(found === 'none' ? 1 : 0);
    }
    // Enough moments must have struck before and after the identity was there.
    if (ROUNDS >= 20) expect(new Set(outcomes).size, outcomes.join()).toBeGreaterThan(1);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
