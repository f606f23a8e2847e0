import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { World } from '../../src/sim/index.js';
import { type AgentOnWorld, credentialOf, startAgent } from '../helpers/agent.js';
import { deviceWise, type Section, secretFile } from '../helpers/clouds.js';
import { devicewise, isOnline } from '../helpers/devicewise.js';
import { eventually, QUICK_MODULE, startWorldIn } from '../helpers/scenario.js';
import { inScratch } from '../helpers/scratch.js';

const AS_IMEI = 'applicationId: imei';

/** A gateway for deviceWISE alone; `gateway` is merged over what the gateway road is told. */
const gatewayIn = (
  dir: string,
  world: World,
  { gateway, modem, ...more }: { gateway?: Section; modem?: null } & Section = {},
): Promise<AgentOnWorld> => {
  const usual = deviceWise(dir, world);
  return startAgent(dir, world, {
    config: {
      ...{ ztp: null, corrections: null, gnss: null },
      modem: modem === null ? null : { deviceWise: undefined },
      deviceWise: { ...usual, ...more, gateway: { ...(usual['gateway'] as Section), ...gateway } },
    },
  });
};

const inWorld = (module: Section, work: (world: World, dir: string) => Promise<void>): Promise<void> =>
  inScratch(async (dir) => {
    await using world = await startWorldIn(dir, { module: { ...QUICK_MODULE, ...module } });
    await work(world, dir);
  });

test(
  'a module that has no client is found out, and the gateway takes the road of its own and says so',
  () =>
    inWorld({ deviceWise: { hasClient: false } }, async (world, dir) => {
      const key = world.module.state.identity.imei;
      {
        await using auto = await gatewayIn(join(dir, 'auto'), world);
        const now = await auto.until('connected', isOnline);
        expect(devicewise(now)).toMatchObject({
          sentence: 'Connected to deviceWISE by this gateway over MQTT, because the module has no client of its own.',
          isTroubled: false,
          facts: { road: 'mqtt', applicationId: 'own' },
        });
        expect(credentialOf(now, 'app-token')).toMatchObject({ state: 'valid', tested: true });
        expect(world.clouds.devicewise.platform.things.get(key)?.isConnected).toBe(true);
      }
      // Told to go by the module alone, it says what stands in the way and what to do.
      const connects = world.clouds.devicewise.seen.connects.length;
      await using alone = await gatewayIn(join(dir, 'alone'), world, { road: 'module', gateway: {} });
      const told = devicewise(await alone.until('no road', (now) => devicewise(now).reason !== undefined));
      expect(told).toMatchObject({ state: 'unconfigured', reason: 'devicewise.no-client', isTroubled: true });
      expect(told.hint).toContain('leave deviceWise.road at auto, or set it to gateway');
      expect(told.nextInMs).toBeGreaterThan(60_000);
      expect(world.clouds.devicewise.seen.connects).toHaveLength(connects);
    }),
  60_000,
);

test(
  'a thing its module has connected first is taken over as the IMEI',
  () =>
    inWorld({}, async (world, dir) => {
      const cloud = world.clouds.devicewise;
      const refusals = (): unknown[] => cloud.platform.ledger.admissions.filter(({ answer }) => answer !== 'welcome');
      const home = join(dir, 'first');
      {
        await using byModule = await gatewayIn(home, world);
        const now = await byModule.until('connected by the module', isOnline);
        expect(devicewise(now).sentence).toBe('Connected to deviceWISE by the module’s own client.');
      }
      await eventually('the module has left', () => cloud.broker.sessions.length === 0);
      {
        // The same gateway, told to speak for itself: it remembers who was here first.
        await using byGateway = await gatewayIn(home, world, { road: 'gateway' });
        const now = await byGateway.until('taken over', isOnline);
        expect(devicewise(now).facts).toMatchObject({ road: 'mqtt', applicationId: 'imei' });
        expect(refusals()).toEqual([]);
      }
      {
        // One that remembers nothing is refused, and told how to be let in.
        await using stranger = await gatewayIn(join(dir, 'stranger'), world, { road: 'gateway' });
        const now = await stranger.until('refused', (s) => devicewise(s).state === 'auth-rejected');
        expect(devicewise(now)).toMatchObject({ reason: 'devicewise.refused', evidence: { connack: 2 } });
        expect(devicewise(now).hint).toContain(AS_IMEI);
        expect(devicewise(now).nextInMs).toBeGreaterThan(800_000);
        expect(credentialOf(now, 'app-token').remedy).toContain(AS_IMEI);
        expect(refusals()).toHaveLength(1);
      }
      await using told = await gatewayIn(join(dir, 'told'), world, {
        road: 'gateway',
        gateway: { applicationId: 'imei' },
      });
      expect(devicewise(await told.until('let in', isOnline)).facts).toMatchObject({ applicationId: 'imei' });
      expect(refusals()).toHaveLength(1);
    }),
  60_000,
);

test(
  'a token that no line of the module carries, and a gateway without a module, go by the gateway’s road',
  () =>
    inWorld({}, async (world, dir) => {
      const cloud = world.clouds.devicewise;
      {
        const home = join(dir, 'comma');
        const text = cloud.platform.tokens.add({ text: 'Comma,Token"9' });
        const appToken = secretFile(home, 'with-a-comma', text);
        await using comma = await gatewayIn(home, world, { appToken });
        const now = await comma.until('connected', isOnline);
        expect(devicewise(now)).toMatchObject({
          sentence:
            'Connected to deviceWISE by this gateway over MQTT, because the module cannot be told this app token.',
          facts: { road: 'mqtt' },
        });
        expect(world.module.deviceWise.counters.connects).toBe(0);
      }
      await using alone = await gatewayIn(join(dir, 'alone'), world, {
        modem: null,
        gateway: { thingKey: 'gw-yard-7' },
      });
      const now = await alone.until('connected', isOnline);
      expect(devicewise(now).sentence).toBe(
        'Connected to deviceWISE by this gateway over MQTT, because there is no module with a client of its own.',
      );
      expect(cloud.platform.things.get('gw-yard-7')).toMatchObject({ isConnected: true, createdBy: 'AUTOREG' });
    }),
  60_000,
);
