import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import { credentialOf } from '../helpers/agent.js';
import { deviceWise, secretFile } from '../helpers/clouds.js';
import {
  callMethod,
  devicewise,
  isOnline,
  methodSeen,
  numbersSent,
  numbersStored,
  positionsSent,
  positionsStored,
  takenRecords,
  textsStored,
} from '../helpers/devicewise.js';
import { eventually, QUICK_MODULE, startScenario } from '../helpers/scenario.js';
import { inScratch } from '../helpers/scratch.js';

/** In the Pacific, south of Tahiti. */
const SOUTH_WEST = { latitudeDeg: -33.8612345, longitudeDeg: -151.2098765 } as const;
/** As far as a module's line of eight bits goes. */
const OPERATOR = 'Télécom, Nord, Größe';
/** The whole of UTF-8, commas and quotes: said to the gateway by the cloud, and back. */
const UNKNOWN = 'größe, "中", 📡';
const POSITIONS = 100;
const DECIMALS = 7;

test(
  'by its own road a gateway tells exactly what it knows, does what it is called for, and changes its token',
  () =>
    inScratch(async (dir) => {
      const clock = createClock(anchorNow(20));
      const taken = takenRecords();
      await using gateway = await startScenario({
        dir,
        world: {
          clock,
          receiver: SOUTH_WEST,
          module: {
            ...QUICK_MODULE,
            operator: { longName: OPERATOR, shortName: 'TN', numeric: '90170' },
          },
        },
        onRecord: taken.onRecord,
        config: (world) => ({
          ...{ ztp: null, corrections: null },
          modem: { deviceWise: undefined },
          deviceWise: deviceWise(dir, world, { road: 'gateway', stateSeconds: 10 }),
          location: { reportSeconds: 1 },
          commands: { allow: ['report-status', 'set-report-interval'] },
        }),
      });
      const { world } = gateway;
      const cloud = world.clouds.devicewise;
      const key = world.module.state.identity.imei;

      const online = await gateway.until('connected', isOnline);
      expect(devicewise(online).sentence).toBe('Connected to deviceWISE by this gateway over MQTT.');
      expect(devicewise(online).facts).toMatchObject({ road: 'mqtt', applicationId: 'own' });
      expect(cloud.seen.connects).toEqual([expect.objectContaining({ answer: 'welcome' })]);
      expect(cloud.platform.things.get(key)).toMatchObject({ name: `auto:${key}`, isBound: true, isConnected: true });
      await gateway.until('positions', () => taken.positions().length >= POSITIONS, 30_000);

      // A method is run once, and its end told; one that does not exist is told, too.
      const wide = callMethod(world, key, 'set-report-interval', { seconds: 5 });
      const unknown = callMethod(world, key, UNKNOWN, { text: 'ä, "b"' });
      await eventually('both answered', () =>
        [wide, unknown].every((id) => methodSeen(world, key, id).acked !== undefined),
      );
      expect(gateway.status().located?.reportSeconds).toBe(5);
      expect(methodSeen(world, key, wide).acked).toMatchObject({ errorCode: 0, isAutomatic: false });
      expect(methodSeen(world, key, unknown).acked).toMatchObject({
        errorCode: 2,
        errorMessage: `command.unknown: there is no command ${UNKNOWN}`,
      });

      // One that is called while nobody is here is run after it, once.
      await cloud.broker.setOutage('refused');
      cloud.broker.cutSessions();
      await gateway.until('cut', (now) => !isOnline(now));
      const missed = callMethod(world, key, 'set-report-interval', { seconds: 2 });
      await cloud.broker.setOutage('off');
      await eventually('answered', () => methodSeen(world, key, missed).acked !== undefined, 20_000);
      expect(gateway.status().located?.reportSeconds).toBe(2);
      expect(methodSeen(world, key, missed).acked).toMatchObject({ errorCode: 0 });
      expect(gateway.status().commands).toMatchObject({ done: 2, refused: 1, failed: 0 });

      // Another token in the portal and beside the old one: it is tried, and takes its place under the same client id.
      const file = join(dir, 'secrets', 'devicewise-token');
      const before = cloud.platform.appToken;
      const another = cloud.platform.tokens.add();
      secretFile(dir, 'devicewise-token.next', another);
      await gateway.until(
        'the new token is in force',
        (now) => credentialOf(now, 'app-token').rotation?.state === 'probation' && isOnline(now),
      );
      expect(readFileSync(file, 'utf8').trim()).toBe(another);
      expect(cloud.platform.tokens.remove(before)).toBe(true);
      cloud.broker.cutSessions();
      await gateway.until('cut', (now) => !isOnline(now));
      await gateway.until('connected with the new one alone', isOnline);
      expect(credentialOf(gateway.status(), 'app-token')).toMatchObject({ state: 'valid', tested: true });

      // One that deviceWISE does not take leaves the one that works.
      const connects = cloud.seen.connects.length;
      secretFile(dir, 'devicewise-token.next', 'NobodyKnowsThisOne');
      await gateway.until(
        'it is refused, and the old one goes on',
        (now) => credentialOf(now, 'app-token').rotation?.state === 'refused' && isOnline(now),
      );
      const refusals = cloud.seen.connects.slice(connects).filter(({ answer }) => answer !== 'welcome');
      expect(refusals).toHaveLength(1);
      expect(readFileSync(file, 'utf8').trim()).toBe(another);
      // Whoever was let in was always the same client: the thing is bound to it, and nothing else was ever refused.
      expect(cloud.seen.connects.filter(({ answer }) => answer !== 'welcome')).toHaveLength(1);

      // Everything that was taken is there, as it was taken.
      const enough = callMethod(world, key, 'set-report-interval', { seconds: 3600 });
      await eventually('no more positions', () => methodSeen(world, key, enough).acked !== undefined);
      await gateway.until('all is told', (now) => devicewise(now).outbox?.records === 0);
      const sent = positionsSent(taken, DECIMALS);
      const stored = positionsStored(world, key, DECIMALS);
      expect(sent.length).toBeGreaterThanOrEqual(POSITIONS);
      expect(new Set(sent.map(({ lat, lng }) => `${lat} ${lng}`)).size).toBeGreaterThan(POSITIONS / 2);
      expect(new Map(stored.map((one) => [one.id, one]))).toEqual(new Map(sent.map((one) => [one.id, one])));
      for (const { lat, lng } of sent) expect([Number(lat) < -33, Number(lng) < -151]).toEqual([true, true]);
      expect(textsStored(world, key, 'operator')).toEqual([OPERATOR]);
      expect(numbersStored(world, key)).toEqual(numbersSent(taken));
      expect(devicewise(gateway.status()).outbox).toMatchObject({ rejected: 0, dropped: 0, quarantined: 0, gaps: 0 });
    }),
  90_000,
);
