import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { createAgent } from '../../src/agent/index.js';
import { loadConfig } from '../../src/config/index.js';
import { createClock, silentLogger } from '../../src/core/index.js';
import type { StatusSnapshot } from '../../src/status/index.js';
import { startCli } from '../helpers/cli.js';
import { secretFile } from '../helpers/clouds.js';
import { type Follower, type Mosquitto, startMosquitto } from '../helpers/mosquitto.js';
import { createAuthority } from '../helpers/pki.js';
import { type RunningAgent, runAgent } from '../helpers/run-agent.js';
import { eventually } from '../helpers/scenario.js';
import { inScratch } from '../helpers/scratch.js';

/** A gateway that has nothing but its broker. */
function writeGateway(dir: string, broker: Mosquitto, fleet: Record<string, unknown> = {}): string {
  const file = join(dir, 'gateway.yaml');
  mkdirSync(join(dir, 'run'), { recursive: true, mode: 0o700 });
  const config = {
    version: 1,
    stateDir: join(dir, 'state'),
    runtimeDir: join(dir, 'run'),
    fleet: {
      ...{ broker: broker.address, caFile: broker.caFile, user: broker.user, intervalSeconds: 5 },
      password: secretFile(dir, 'fleet-password', broker.password),
      ...fleet,
    },
  };
  writeFileSync(file, stringify(config), { mode: 0o600 });
  return file;
}

const startGateway = async (configDir: string, file: string): Promise<RunningAgent> =>
  runAgent(
    await createAgent({
      config: await loadConfig(file, { env: {} }),
      ...{ configDir, clock: createClock(), log: silentLogger, env: {} },
    }),
  );

const fleetOf = ({ clouds = [] }: StatusSnapshot) => clouds.find(({ name }) => name === 'fleet');

const lives = ({ messages }: Follower): Record<string, unknown>[] =>
  messages
    .filter(({ topic }) => topic.endsWith('/life'))
    .map(({ payload }) => JSON.parse(payload) as Record<string, unknown>);

test(
  'the broker of the fleet says who lives, who died and who was stopped, also to those who come later',
  () =>
    inScratch(async (dir) => {
      await using broker = await startMosquitto(dir);
      const file = writeGateway(dir, broker);
      using follower = broker.follow('waymark/#');
      const last = (): unknown => lives(follower).at(-1)?.['life'];

      const first = startCli(['run', '-c', file]);
      await eventually('alive', () => last() === 'alive');
      await eventually('its status', () => follower.messages.some(({ topic }) => topic.endsWith('/status')));
      first.child.kill('SIGKILL');
      await first.ended;
      await eventually('the will', () => last() === 'dead');

      const second = startCli(['run', '-c', file]);
      await eventually('alive again', () => last() === 'alive');
      // Whoever comes now is told, too.
      using late = broker.follow('waymark/+/life');
      await eventually('retained', () => late.messages.length > 0);
      expect(late.messages[0]?.isRetained).toBe(true);
      expect(lives(late)[0]?.['life']).toBe('alive');
      second.child.kill('SIGTERM');
      expect((await second.ended).code).toBe(0);
      await eventually('the goodbye', () => last() === 'stopped');

      const all = lives(follower);
      expect(all.map(({ life }) => life)).toEqual(['alive', 'dead', 'alive', 'stopped']);
      // The name is kept; the death is of the first life.
      expect(new Set(all.map(({ gateway }) => gateway)).size).toBe(1);
      expect(String(all[0]?.['gateway'])).toMatch(/^wm-[0-9a-f]{12}$/);
      expect(all[1]?.['bootId']).toBe(all[0]?.['bootId']);
      expect(all[2]?.['bootId']).not.toBe(all[0]?.['bootId']);

      const said = follower.messages.find(({ topic }) => topic.endsWith('/status'))?.payload ?? '';
      expect(JSON.parse(said)).toMatchObject({ schemaVersion: 1, gateway: all[0]?.['gateway'], state: 'serving' });
      expect(follower.messages.map(({ payload }) => payload).join('')).not.toContain(broker.password);
    }),
  60_000,
);

test(
  'a wrong password is named with its cure, and a corrected file is enough',
  () =>
    inScratch(async (dir) => {
      await using broker = await startMosquitto(dir);
      const file = writeGateway(dir, broker, { name: 'cabinet-7', homeAssistant: true });
      secretFile(dir, 'fleet-password', 'not-the-Passw0rd');
      using follower = broker.follow('#');
      const agent = await startGateway(dir, file);
      try {
        const refused = await agent.until('refused', (now) => fleetOf(now)?.reason === 'fleet.refused');
        expect(fleetOf(refused)).toMatchObject({ isTroubled: true, evidence: { connack: 5 } });
        expect(refused.credentials).toMatchObject([{ id: 'fleet-password', state: 'rejected' }]);
        expect(refused.overall).toBe('degraded');

        secretFile(dir, 'fleet-password', broker.password);
        const connected = await agent.until('connected', (now) => fleetOf(now)?.state === 'connected');
        expect(fleetOf(connected)).toMatchObject({ isTroubled: false, facts: { gateway: 'cabinet-7', connects: 1 } });
        expect(connected.credentials).toMatchObject([{ id: 'fleet-password', state: 'valid' }]);
        expect(connected.bytes['fleet']?.out).toBeGreaterThan(0);
        await eventually('announced', () => follower.messages.some(({ topic }) => topic.startsWith('homeassistant/')));
      } finally {
        await agent.stop();
      }
      await eventually('the goodbye', () => lives(follower).at(-1)?.['life'] === 'stopped');
      expect(lives(follower).map(({ life }) => life)).toEqual(['alive', 'stopped']);
      expect(follower.messages.find(({ topic }) => topic === 'waymark/cabinet-7/life')).toBeDefined();
    }),
  60_000,
);

test(
  'a broker that wants a certificate gets it; one it does not know is named, and put right it is enough',
  () =>
    inScratch(async (dir) => {
      await using broker = await startMosquitto(dir, { wants: 'certificate' });
      const [certFile, keyFile] = [join(dir, 'gateway.pem'), join(dir, 'gateway.key')];
      const foreign = await (await createAuthority('Somebody Else')).issue({ name: 'cabinet-7' });
      writeFileSync(certFile, foreign.cert);
      writeFileSync(keyFile, foreign.key, { mode: 0o600 });
      const file = writeGateway(dir, broker, {
        ...{ name: 'cabinet-7', user: undefined, password: undefined, certFile, keyFile },
      });
      const agent = await startGateway(dir, file);
      try {
        const refused = await agent.until('refused', (now) => fleetOf(now)?.reason === 'fleet.refused');
        expect(refused.credentials).toMatchObject([{ id: 'fleet-certificate', state: 'rejected' }]);
        // The key stays, as where one request is signed by somebody else.
        const { cert } = await broker.authority.issue({ name: 'cabinet-7', sameKeyAs: foreign });
        writeFileSync(certFile, cert);
        const connected = await agent.until('connected', (now) => fleetOf(now)?.state === 'connected');
        expect(connected.credentials).toMatchObject([{ id: 'fleet-certificate', state: 'valid' }]);
      } finally {
        await agent.stop();
      }
    }),
  60_000,
);
