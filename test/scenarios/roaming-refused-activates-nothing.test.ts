import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import { isServing, lamp, QUICK_MODULE, startScenario } from '../helpers/scenario.js';

/** Where roaming is refused, the network is looked at again after half a minute and more. */
const SCALE = 100;
const ACTIVATION = /^> AT(?:\+CGACT=1|#SGACT=\d+,1|\+CGDATA|D\*99)/;

test('on a foreign network that may not be used nothing is activated and status says so; at home it serves', async () => {
  const identity: Record<string, unknown> = {};
  await using gateway = await startScenario({
    world: {
      clock: createClock(anchorNow(SCALE)),
      module: { ...QUICK_MODULE, hasInitialBearer: false },
      coverage: { state: 'roaming' },
    },
    // Identity from files: it is there whatever the network does.
    prepare({ ready }) {
      const { topics, certFile, keyFile, ...mqtt } = ready.clouds.pointperfect.mqtt;
      Object.assign(identity, mqtt, { certFile, keyFile, topics, caFile: ready.clouds.caFile });
    },
    config: { modem: { roaming: 'refused', bearer: { mode: 'activate', contextId: 1 } }, ztp: null, identity },
  });
  const { module } = gateway.world;
  const connections: boolean[] = [];
  module.onPdp((isActive) => connections.push(isActive));
  const status = await gateway.until('network dark', (s) => lamp(s, 'network').state === 'dark');
  expect(lamp(status, 'network')).toMatchObject({
    reason: 'network.roaming',
    message: 'only a foreign network is in reach (Waymark Test)',
    hint: expect.stringMatching(/allow roaming/),
  });
  expect(status.modem?.registration).toMatchObject({ state: 'roaming', plmn: '00101' });
  expect(status.why).toContain('foreign network');
  await gateway.until('looked at again', (s) => s.parts.modem.restarts >= 2);
  expect(gateway.transcript.filter((line) => ACTIVATION.test(line))).toEqual([]);
  expect([module.pdpActive, connections, module.counters.resets]).toEqual([false, [], 0]);
  const { recovery } = gateway.status().modem ?? {};
  expect([recovery?.['network'].failures, recovery?.['channel'].failures]).toEqual([0, 0]);

  await gateway.world.perform({ do: 'coverage', change: { state: 'home' } });
  const home = await gateway.until('serving', isServing, 30_000);
  expect(home.modem).toMatchObject({ registration: { state: 'home' }, bearer: { active: true } });
  expect(gateway.transcript.filter((line) => ACTIVATION.test(line)).length).toBeGreaterThan(0);

  // Abroad again, under way: the connection is given up.
  await gateway.world.perform({ do: 'coverage', change: { state: 'roaming' } });
  const abroad = await gateway.until('network dark again', (s) => lamp(s, 'network').state === 'dark', 30_000);
  expect(lamp(abroad, 'network').reason).toBe('network.roaming');
  await gateway.until('given up', () => !module.pdpActive, 30_000);
}, 90_000);
