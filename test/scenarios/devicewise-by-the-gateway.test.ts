import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import { credentialOf } from '../helpers/agent.js';
import { deviceWise, type Section, secretFile } from '../helpers/clouds.js';
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
      const clock = createClock(anchorNow(40));
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
      expect(numbersSent(taken).size).toBeGreaterThan(0);
      expect(numbersStored(world, key)).toEqual(numbersSent(taken));
      expect(devicewise(gateway.status()).outbox).toMatchObject({ rejected: 0, dropped: 0, quarantined: 0, gaps: 0 });
    }),
  90_000,
);

const HTTP_LIFE_MS = 900_000;

test(
  'where MQTT is blocked, HTTPS takes over within a few tries, and gives way a quarter of an hour later',
  () =>
    inScratch(async (dir) => {
      const clock = createClock(anchorNow(200));
      const taken = takenRecords();
      await using gateway = await startScenario({
        dir,
        world: { clock, receiver: SOUTH_WEST, module: QUICK_MODULE },
        // The keep-alive of the MQTT library goes by the real clock.
        prepare: ({ clouds }) => clouds.devicewise.configure({ keepalive: 'ignored' }),
        onRecord: taken.onRecord,
        config: (world) => {
          const usual = deviceWise(dir, world);
          return {
            ...{ ztp: null, corrections: null },
            modem: { deviceWise: undefined },
            deviceWise: { ...usual, road: 'gateway', gateway: { ...(usual['gateway'] as Section), pollSeconds: 10 } },
            location: { reportSeconds: 10 },
            commands: { allow: ['set-report-interval'] },
          };
        },
      });
      const { world } = gateway;
      const cloud = world.clouds.devicewise;
      const key = world.module.state.identity.imei;
      const { door } = cloud.broker;
      await gateway.until('connected, and something is told', (now) => {
        return isOnline(now) && positionsStored(world, key, DECIMALS).length > 2;
      });

      // Connections end as soon as they are made: a firewall that lets 443 through alone.
      const before = door.connections;
      await cloud.broker.setOutage('close');
      cloud.broker.cutSessions();
      const overHttp = await gateway.until(
        'HTTPS takes over',
        (now) => isOnline(now) && devicewise(now).facts['road'] === 'http',
      );
      const fromMonoMs = clock.mono();
      expect(door.connections - before).toBe(3);
      expect(devicewise(overHttp)).toMatchObject({
        sentence: 'Connected to deviceWISE by this gateway over HTTPS, because MQTT does not get through.',
        isTroubled: false,
      });

      // Records and methods go on, without a push.
      const stored = (): number => positionsStored(world, key, DECIMALS).length;
      const [storedBefore, method] = [stored(), callMethod(world, key, 'set-report-interval', { seconds: 5 })];
      await eventually('both ways', () => {
        return stored() > storedBefore + 5 && methodSeen(world, key, method).acked !== undefined;
      });
      expect(methodSeen(world, key, method).acked).toMatchObject({ errorCode: 0 });
      expect(gateway.status().located?.reportSeconds).toBe(5);

      // A session that is forgotten costs one sign-in, and what was asked with it is asked again.
      const signIns = (): number => cloud.seen.calls.filter(({ isAuth }) => isAuth).length;
      expect(signIns()).toBe(1);
      cloud.http.sessions.endAll();
      const forgotten = stored();
      await eventually('told again', () => stored() > forgotten + 5);
      expect(signIns()).toBe(2);
      expect(cloud.seen.calls.filter(({ rootCode }) => rootCode === -90_000).length).toBeLessThanOrEqual(2);
      expect(devicewise(gateway.status())).toMatchObject({ state: 'online', facts: { road: 'http', signIns: 2 } });

      // Its time over, MQTT is tried again, and is what is used.
      await cloud.broker.setOutage('off');
      const back = await gateway.until(
        'MQTT again',
        (now) => isOnline(now) && devicewise(now).facts['road'] === 'mqtt',
        30_000,
      );
      const lastedMs = clock.mono() - fromMonoMs;
      expect(devicewise(back).sentence).toBe('Connected to deviceWISE by this gateway over MQTT.');
      expect(lastedMs).toBeGreaterThan(HTTP_LIFE_MS - 60_000);
      expect(lastedMs).toBeLessThan(HTTP_LIFE_MS + 120_000);
      const enough = callMethod(world, key, 'set-report-interval', { seconds: 3600 });
      await eventually('no more positions', () => methodSeen(world, key, enough).acked !== undefined);
      await gateway.until('all is told', (now) => devicewise(now).outbox?.records === 0);
      const byId = (all: readonly { id?: string | undefined }[]) => new Map(all.map((one) => [one.id, one]));
      expect(byId(positionsStored(world, key, DECIMALS))).toEqual(byId(positionsSent(taken, DECIMALS)));
    }),
  90_000,
);

test(
  'answers in any order, deflated both ways, mail nobody tells of: nothing is lost and nothing is run twice',
  () =>
    inScratch(async (dir) => {
      const clock = createClock(anchorNow(20));
      const taken = takenRecords();
      await using gateway = await startScenario({
        dir,
        world: { clock, receiver: SOUTH_WEST, module: QUICK_MODULE },
        prepare: ({ clouds }) =>
          clouds.devicewise.configure({
            ...{ shuffleReplies: 'on', replyMs: 200, deflate: 'raw', notifyOnConnect: 'none', coerceStrings: 'off' },
            ...{ redelivery: 'every-check', futureTs: 'reject', rootCase: 'lower', replyQos: '1' },
          }),
        onRecord: taken.onRecord,
        config: (world) => {
          const usual = deviceWise(dir, world);
          return {
            ...{ ztp: null, corrections: null },
            modem: { deviceWise: undefined },
            deviceWise: {
              ...{ ...usual, road: 'gateway', stateSeconds: 10 },
              gateway: { ...(usual['gateway'] as Section), compress: true },
            },
            location: { reportSeconds: 1 },
            commands: { allow: ['set-report-interval'] },
          };
        },
      });
      const { world } = gateway;
      const cloud = world.clouds.devicewise;
      const key = world.module.state.identity.imei;
      await gateway.until('connected', isOnline);

      await cloud.broker.setOutage('refused');
      cloud.broker.cutSessions();
      await gateway.until('cut', (now) => !isOnline(now));
      const methods = [2, 1].map((seconds) => callMethod(world, key, 'set-report-interval', { seconds }));
      await cloud.broker.setOutage('off');
      await eventually('both are answered', () =>
        methods.every((id) => methodSeen(world, key, id).acked !== undefined),
      );
      for (const id of methods) expect(methodSeen(world, key, id).acked).toMatchObject({ errorCode: 0 });
      expect(gateway.status().located?.reportSeconds).toBe(1);
      await gateway.until('thirty positions', () => taken.positions().length > 30);

      const enough = callMethod(world, key, 'set-report-interval', { seconds: 3600 });
      await eventually('no more positions', () => methodSeen(world, key, enough).acked !== undefined);
      await gateway.until('all is told', (now) => devicewise(now).outbox?.records === 0);
      expect(gateway.status().commands).toMatchObject({ done: 3, refused: 0, failed: 0 });
      const [sent, stored] = [positionsSent(taken, DECIMALS), positionsStored(world, key, DECIMALS)];
      expect(new Map(stored.map((one) => [one.id, one]))).toEqual(new Map(sent.map((one) => [one.id, one])));
      expect(numbersStored(world, key)).toEqual(numbersSent(taken));
      // Deflated where it is worth it; and every command was of the right types, with a time that had passed.
      expect(cloud.seen.connects.reduce((sum, { packedRequests }) => sum + packedRequests, 0)).toBeGreaterThan(0);
      expect(cloud.platform.ledger.outcomes.filter(({ isOk }) => !isOk)).toEqual([]);
      expect(devicewise(gateway.status()).facts).toMatchObject({ malformedReplies: 0, timeouts: 0 });
    }),
  90_000,
);
