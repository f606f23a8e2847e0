import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import type { StatusSnapshot } from '../../src/status/index.js';
import { deviceWise, secretFile } from '../helpers/clouds.js';
import { differences, type Taken } from '../helpers/devicewise-arrivals.js';
import { eventually, QUICK_MODULE, startScenario } from '../helpers/scenario.js';
import { inScratch } from '../helpers/scratch.js';

const SCALE = 20;
const POSITIONS = 100;
const PLACE = { latitudeDeg: -33.8568, longitudeDeg: -151.2153 };
const OPERATOR = { longName: 'Télécom, Nord "é"', shortName: 'TéléNord', numeric: '00101' };
/** So long the acknowledgement is held back, real ms: the cloud delivers once more meanwhile. */
const HELD_MS = 400;

const cloudOf = ({ clouds = [] }: StatusSnapshot) => clouds.find(({ name }) => name === 'devicewise');
const isOnline = (status: StatusSnapshot): boolean => cloudOf(status)?.state === 'online';
const tokenOf = ({ credentials }: StatusSnapshot) => credentials.find(({ id }) => id === 'app-token');
const isAllTold = (status: StatusSnapshot): boolean => isOnline(status) && cloudOf(status)?.outbox?.records === 0;

test(
  'deviceWISE by the module: everything arrives as it is, methods run once, tokens come and go',
  () =>
    inScratch(async (dir) => {
      const clock = createClock(anchorNow(SCALE));
      const taken: Taken[] = [];
      await using gateway = await startScenario({
        dir,
        world: { clock, module: { ...QUICK_MODULE, operator: OPERATOR }, receiver: PLACE },
        onRecord: (_cloud, id, record) => void taken.push({ id, record }),
        config: (world) => ({
          ...{ ztp: null, corrections: null },
          modem: { deviceWise: undefined },
          location: { reportSeconds: 1 },
          deviceWise: deviceWise(dir, world, { stateSeconds: 60, module: { pollSeconds: 5 } }),
          commands: { allow: ['set-report-interval'] },
        }),
      });
      const { world } = gateway;
      const { module } = world;
      const { platform, seen, broker, configure } = world.clouds.devicewise;
      const thing = module.state.identity.imei;
      const stored = () => platform.stored(thing);
      const inModule = (): string => module.state.nvm.data.deviceWise.appToken;
      const spoken = (start: string): number => gateway.transcript.filter((line) => line.startsWith(start)).length;
      const writes = (): number => spoken('> AT#DWCFG=');
      const rings = (): number => spoken('< #DWRING: 3,');
      const welcomes = (): number => seen.connects.filter(({ answer }) => answer === 'welcome').length;
      const callOf = (id: string) => platform.methodsOf(thing).find((call) => call.id === id);
      const call = (name: string, params: Record<string, unknown>): string =>
        platform.method(thing, name, params, { ackTimeoutS: 300, ttlS: 3600 });
      const answerTo = async (id: string) => {
        await eventually('an answer to the method', () => callOf(id)?.state === 'acked');
        return callOf(id)?.acked;
      };

      // From the boot to the connection.
      const up = await gateway.until('connected', isOnline, 30_000);
      expect(cloudOf(up)).toMatchObject({
        ...{ facts: { road: 'module' }, isTroubled: false },
        sentence: 'Connected to deviceWISE by the module’s own client.',
      });
      expect(tokenOf(up)).toMatchObject({ state: 'valid', tested: true });
      const first = platform.appToken;
      expect(inModule()).toBe(first);
      expect(writes()).toBe(1);
      expect(platform.things.get(thing)).toMatchObject({ createdBy: 'AUTOREG', isBound: true, isConnected: true });

      // A hundred positions, and a method that ends the crowd: called once, run once, answered.
      await eventually('a hundred positions', () => stored().locations.length >= POSITIONS, 60_000);
      expect(await answerTo(call('set-report-interval', { seconds: 86_400 }))).toMatchObject({
        ...{ errorCode: 0, isLate: false },
        params: { message: 'set-report-interval: done' },
      });
      expect(gateway.status().located?.reportSeconds).toBe(86_400);
      const told = [...taken];
      await gateway.until('all told', isAllTold);
      const arrived = stored();
      const places = told.filter(({ record }) => record.kind === 'position');
      expect(places.length).toBeGreaterThanOrEqual(POSITIONS);
      expect(differences(told, arrived, 6)).toEqual([]);
      for (const { lat, lng } of arrived.locations) {
        expect(lat).toBeCloseTo(PLACE.latitudeDeg, 3);
        expect(lng).toBeCloseTo(PLACE.longitudeDeg, 3);
      }
      expect(new Set(arrived.locations.map(({ lat, lng }) => `${lat} ${lng}`)).size).toBeGreaterThan(POSITIONS / 2);
      expect(arrived.attributes.find(({ key }) => key === 'operator')?.value).toBe(OPERATOR.longName);

      // What is not known is refused, with its name; text in both directions.
      expect(await answerTo(call('größe-ändern', { text: 'é, ü' }))).toMatchObject({
        errorCode: 2,
        errorMessage: 'command.unknown: there is no command größe-ändern',
      });

      // Delivered twice before its answer is out: run once.
      configure({ redelivery: 'every-check' });
      const ringsBefore = rings();
      const letGo = module.push((line, io) => {
        if (!line.startsWith('AT#DWSENDR=')) return false;
        io.hold();
        setTimeout(() => io.run(line), HELD_MS);
        return true;
      });
      const twice = call('set-report-interval', { seconds: 80_000 });
      await eventually('delivered', () => rings() > ringsBefore);
      platform.mail(thing, 'diag.ping');
      await eventually('delivered twice', () => rings() > ringsBefore + 1);
      expect(await answerTo(twice)).toMatchObject({ errorCode: 0 });
      letGo();
      configure({ redelivery: 'reconnect' });

      // Called while the link is down: run once after it.
      await broker.setOutage('refused');
      broker.cutSessions();
      await gateway.until('cut', (now) => !isOnline(now));
      const missed = call('set-report-interval', { seconds: 70_000 });
      await broker.setOutage('off');
      expect(await answerTo(missed)).toMatchObject({ errorCode: 0, isLate: false });
      expect(gateway.status().commands).toMatchObject({ done: 3, refused: 1 });
      expect(gateway.status().located?.reportSeconds).toBe(70_000);

      // Another token beside the first: proved, and in force on both sides, written once.
      await gateway.until('connected again', isOnline);
      const writesBefore = writes();
      const second = platform.tokens.add({ name: 'second' });
      secretFile(dir, 'devicewise-token.next', second);
      await gateway.until(
        'the second token is in force',
        (now) => isOnline(now) && tokenOf(now)?.rotation?.state === 'probation',
      );
      expect(inModule()).toBe(second);
      expect(writes()).toBe(writesBefore + 1);
      expect(platform.tokens.remove(first)).toBe(true);
      const welcomed = welcomes();
      broker.cutSessions();
      await eventually('connected with the second', () => welcomes() > welcomed);
      await gateway.until('said so', isOnline);
      expect(writes()).toBe(writesBefore + 1);

      // One the cloud refuses: the second stays, here and in the module.
      secretFile(dir, 'devicewise-token.next', 'Dw9-nobodys-Token');
      await gateway.until('it is refused', (now) => tokenOf(now)?.rotation?.state === 'refused');
      const back = await gateway.until('connected with the second again', isOnline);
      expect(tokenOf(back)).toMatchObject({ state: 'valid' });
      expect(inModule()).toBe(second);
      expect(readFileSync(join(dir, 'secrets', 'devicewise-token'), 'utf8')).toBe(`${second}\n`);

      // Withdrawn: said once, and nothing is hammered.
      const connects = seen.connects.length;
      platform.tokens.remove(second);
      broker.cutSessions();
      const refused = await gateway.until('the token is refused', (now) => tokenOf(now)?.state === 'rejected');
      expect(cloudOf(refused)).toMatchObject({
        state: 'auth-rejected',
        isTroubled: true,
        reason: 'devicewise.refused',
      });
      expect(tokenOf(refused)).toMatchObject({ reason: 'refused', evidence: { code: -18_207 } });
      expect(tokenOf(refused)?.remedy).toContain('compare the token in the deviceWISE portal');
      await eventually('the module’s client has stopped', () => !module.deviceWise.state().isStarted);
      expect(module.deviceWise.state()).toMatchObject({ isStarted: false, status: 0 });
      await new Promise<void>((resolve) => void clock.after(60_000, resolve));
      expect(seen.connects.length - connects).toBeGreaterThan(0);
      // One that the module makes by itself, and at most one try of ours, of two.
      expect(seen.connects.length - connects).toBeLessThanOrEqual(3);
      expect(seen.connects.slice(connects).map(({ answer }) => answer)).not.toContain('welcome');
    }),
  120_000,
);
