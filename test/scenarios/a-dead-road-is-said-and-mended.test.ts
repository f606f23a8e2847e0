import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import { describeStatus } from '../../src/status/index.js';
import { createFarSide, type FarSide } from '../helpers/far-side.js';
import { isServing, lamp, QUICK_MODULE, type Scenario, startScenario } from '../helpers/scenario.js';

/** Pauses pass faster; a look at the road is given three real seconds. */
const SCALE = 20;
const EVERY_SECONDS = 10;
const LOOK_REAL_MS = 3000;

interface Rig {
  gateway: Scenario;
  far: FarSide;
  log: string[];
}

async function withRig(mode: 'observe' | 'activate', work: (rig: Rig) => Promise<void>): Promise<void> {
  using far = await createFarSide();
  const log: string[] = [];
  await using gateway = await startScenario({
    world: { clock: createClock(anchorNow(SCALE)), module: QUICK_MODULE },
    config: {
      modem: {
        bearer: { mode, contextId: 1 },
        dataPath: { probe: { target: far.address, everySeconds: EVERY_SECONDS } },
      },
    },
    log: { level: 'info', lines: log },
  });
  await gateway.until('serving', isServing);
  await work({ gateway, far, log });
}

const rungs = (log: readonly string[]): string[] =>
  log.map((line) => /"event":"recovery\.rung".*"rung":"([a-z-]+)"/.exec(line)?.[1] ?? '').filter((rung) => rung !== '');

/** Nothing comes back any more, while the module has its connection; resolves when that has been said. */
async function cutRoad({ gateway, far, log }: Rig): Promise<void> {
  const { world } = gateway;
  await far.vanish();
  world.clouds.setReachable(false);
  const cutMs = performance.now();
  const status = await gateway.until('road dead', (s) => s.modem?.road?.state === 'dead', 30_000);
  // Two looks have said it: a third one could not have ended by now.
  const lookMs = (EVERY_SECONDS * 1000) / SCALE + LOOK_REAL_MS;
  expect(performance.now() - cutMs).toBeLessThan(3 * lookMs);
  expect(status.modem?.road?.reason).toBe(`${far.address}: no answer within 10 s`);
  expect(describeStatus(status, { colour: false })).toMatch(/data path +nothing comes back: .*no answer/);
  expect(log.some((line) => line.includes('"code":"network.no-road"'))).toBe(true);
  expect(lamp(status, 'session').state).toBe('dark');
  // All the while the module says that it is well.
  expect(status.modem?.registration.state).toBe('home');
  expect(lamp(status, 'sim').state).toBe('lit');
  // But the lamp a person looks at says what is wrong, and what to check.
  const { network } = Object.fromEntries(status.lamps.map((each) => [each.name, each]));
  expect(network).toMatchObject({ state: 'dark', reason: 'network.no-road' });
  expect(network?.hint).toMatch(/APN/);
}

test.concurrent(
  'a connection of our own that carries nothing is said within two looks, renewed, and serves again',
  () =>
    withRig('activate', async (rig) => {
      const { gateway, far, log } = rig;
      const { module } = gateway.world;
      // A new connection is what was missing. The world lets the clouds be reached again by itself.
      module.onPdp((isActive) => isActive && far.comeBack());
      await cutRoad(rig);
      await gateway.until('serving again', isServing, 30_000);
      const status = await gateway.until('told', (s) => s.modem?.recovery?.['network'].lastRung === 'bearer');
      expect(status.modem?.recovery?.['network'].lastReason).toBe('network.no-road');
      expect(rungs(log)).toEqual(['bearer']);
      expect(gateway.transcript).toContain('> AT#SGACT=1,0');
      expect(module.counters.resets).toBe(0);
      await gateway.until(
        'the road works',
        (s) => s.modem?.road?.state === 'works' && lamp(s, 'network').state === 'lit',
      );
    }),
  90_000,
);

test.concurrent(
  'a connection of somebody else’s that carries nothing is said as well, and left alone',
  () =>
    withRig('observe', async (rig) => {
      const { gateway, far, log } = rig;
      const { module, clouds } = gateway.world;
      await cutRoad(rig);
      await gateway.until('asked again', (s) => (s.modem?.recovery?.['network'].failures ?? 0) >= 2, 30_000);
      expect(gateway.status().modem).toMatchObject({
        bearer: { active: true },
        recovery: { network: { lastReason: 'network.no-road' } },
      });
      far.comeBack();
      clouds.setReachable(true);
      const status = await gateway.until('serving again', isServing, 30_000);
      expect(status.modem?.recovery?.['network']).not.toHaveProperty('lastRung');
      expect(rungs(log)).toEqual([]);
      expect(
        gateway.transcript.filter((line) => /^> AT(?:#SGACT=|\+CGACT=|\+CGATT=|\+COPS=0|\+CFUN=)/.test(line)),
      ).toEqual([]);
      expect([module.pdpActive, module.counters.resets]).toEqual([true, 0]);
    }),
  90_000,
);
