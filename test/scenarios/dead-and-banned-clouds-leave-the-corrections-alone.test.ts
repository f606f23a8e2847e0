import { expect, test } from 'vitest';
import type { CloudView, StatusSnapshot } from '../../src/status/index.js';
import { describeStatus } from '../../src/status/index.js';
import { directThingspace, losantDevice } from '../helpers/clouds.js';
import { isServing, QUICK_MODULE, startScenario } from '../helpers/scenario.js';
import { inScratch } from '../helpers/scratch.js';

const cloud = ({ clouds = [] }: StatusSnapshot, name: string): CloudView | undefined =>
  clouds.find((each) => each.name === name);

test(
  'a dead ThingSpace and a banned Losant leave the corrections alone, and status names one cause for each',
  () =>
    inScratch(async (dir) => {
      await using gateway = await startScenario({
        dir,
        world: { module: QUICK_MODULE },
        prepare: async ({ clouds }) => {
          // Nobody listens where ThingSpace was; Losant has banned the device for an hour.
          await clouds.thingspace.door.close();
          clouds.losant.ban(3_600_000);
        },
        config: (world) => ({
          // Asked although the receiver knows better: a dead one must show.
          thingspace: directThingspace(dir, world, { location: { always: true } }),
          losant: losantDevice(dir, world),
        }),
      });
      const status = await gateway.until(
        'everything at its end',
        (now) =>
          isServing(now) &&
          now.grade === 'corrected' &&
          cloud(now, 'thingspace')?.isTroubled === true &&
          cloud(now, 'losant')?.isTroubled === true,
        40_000,
      );

      expect(cloud(status, 'thingspace')).toMatchObject({ reason: 'net.refused' });
      expect(cloud(status, 'losant')).toMatchObject({ reason: 'losant.banned' });
      // Weather is nobody's fault: no credential is blamed for either of them.
      expect(status.credentials.filter(({ state }) => !['valid', 'missing'].includes(state))).toEqual([]);
      expect(status.overall).toBe('degraded');

      const words = describeStatus(status, { colour: false });
      expect(words.match(/^ +because /gm)).toHaveLength(2);
      expect(words).toContain('because net.refused');
      expect(words).toContain('because losant.banned');

      // And they go on being corrected.
      const before = status.corrections.usedByReceiver;
      const later = await gateway.until('more used', (now) => now.corrections.usedByReceiver > before + 3);
      expect(later.state).toBe('serving');
      expect(gateway.world.clouds.thingspace.counters.logins).toBe(0);
      // One question to the oracle, and the ban is waited out.
      expect(gateway.world.clouds.losant.ledger.connects.length).toBeLessThanOrEqual(2);
      expect(cloud(later, 'losant')?.outbox?.records).toBeGreaterThan(0);
    }),
  90_000,
);
