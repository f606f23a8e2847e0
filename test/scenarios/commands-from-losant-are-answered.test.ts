import { expect, test } from 'vitest';
import type { World } from '../../src/sim/index.js';
import type { StatusSnapshot } from '../../src/status/index.js';
import { losantDevice } from '../helpers/clouds.js';
import { eventually, isServing, QUICK_MODULE, startScenario } from '../helpers/scenario.js';
import { inScratch } from '../helpers/scratch.js';

const losant = ({ clouds = [] }: StatusSnapshot) => clouds.find(({ name }) => name === 'losant');

/** The results the cloud has stored, by the command's name, newest last. */
const results = ({ clouds }: World): readonly { name: unknown; result: string }[] =>
  clouds.losant
    .stored()
    .flatMap(({ data }) =>
      data['last_command_result'] === undefined
        ? []
        : [{ name: data['last_command'], result: String(data['last_command_result']) }],
    );

test(
  'commands from Losant are run once, refused with a reason, and answered; those missed are fetched',
  () =>
    inScratch(async (dir) => {
      await using gateway = await startScenario({
        dir,
        world: { module: QUICK_MODULE },
        config: (world) => ({
          losant: losantDevice(dir, world),
          commands: { allow: ['report-status', 'resubscribe', 'set-report-interval', 'recover'] },
        }),
      });
      const { world } = gateway;
      const cloud = world.clouds.losant;
      await gateway.until(
        'connected and serving',
        (now) => isServing(now) && losant(now)?.state === 'connected' && now.located !== undefined,
      );

      const answered = async (name: string, payload?: unknown): Promise<string> => {
        const before = results(world).length;
        cloud.command(name, payload);
        await eventually(`an answer to ${name}`, () => results(world).length > before, 10_000);
        return results(world).at(-1)?.result ?? '';
      };

      expect(await answered('set-report-interval', { seconds: 2 })).toContain('"end":"done"');
      expect(gateway.status().located?.reportSeconds).toBe(2);
      expect(await answered('report-status')).toContain('"end":"done"');
      expect(await answered('resubscribe')).toContain('"end":"done"');
      expect(await answered('set-report-interval', { seconds: -1 })).toContain('command.malformed');
      expect(await answered('renew-identity')).toContain('command.not-allowed');
      expect(await answered('format-disk')).toContain('command.unknown');
      expect(await answered('recover', { rung: 'radio' })).toMatch(/command\.|maxRung/);
      expect(gateway.status().commands).toMatchObject({ done: 3, refused: 4 });

      // One that comes while the session is down is fetched, and answered once.
      await cloud.broker.setOutage('close');
      cloud.broker.cutSessions();
      await gateway.until('cut', (now) => losant(now)?.state !== 'connected');
      cloud.command('set-report-interval', { seconds: 30 });
      await cloud.broker.setOutage('off');
      await gateway.until('the missed command is run', (now) => now.located?.reportSeconds === 30, 30_000);
      await eventually(
        'and answered',
        () => results(world).filter(({ result }) => result.includes('"end":"done"')).length >= 4,
      );
      expect(gateway.status().commands).toMatchObject({ done: 4, last: { name: 'set-report-interval', end: 'done' } });
    }),
  90_000,
);
