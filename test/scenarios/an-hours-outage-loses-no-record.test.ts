import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import type { World } from '../../src/sim/index.js';
import type { StatusSnapshot } from '../../src/status/index.js';
import { losantDevice } from '../helpers/clouds.js';
import { QUICK_MODULE, startScenario } from '../helpers/scenario.js';
import { inScratch } from '../helpers/scratch.js';

const SCALE = 180;
const HOUR_MS = 3_600_000;
const INTERVAL_S = 10;
/** Longer than a busy machine pauses at this pace, much shorter than the outage. */
const HOLE_MS = 300_000;

/** What has arrived at the cloud, as it says itself: in the order of arrival, duplicates included. */
const received = ({ clouds }: World): readonly { id: string; timeMs: number; arrivedMs: number }[] =>
  clouds.losant.ledger.states.flatMap(({ isStored, data, timeMs, arrivedMs }) => {
    const id: unknown = data?.['record_id'];
    return isStored && typeof id === 'string' ? [{ id, timeMs: timeMs ?? Number.NaN, arrivedMs }] : [];
  });

const losant = ({ clouds = [] }: StatusSnapshot) => clouds.find(({ name }) => name === 'losant');
const sequence = (id: string): number => Number(id.split('-')[1]);
/** In how many rows, each in order, they came: as many as the longest run backwards (Dilworth). */
function rowsOf(ids: readonly string[]): number {
  const lasts: number[] = [];
  for (const id of ids) {
    const at = lasts.findIndex((last) => last < sequence(id));
    if (at < 0) lasts.push(sequence(id));
    else lasts[at] = sequence(id);
  }
  return lasts.length;
}
const isRising = (ids: readonly string[]): boolean =>
  ids.every((id, at) => at === 0 || sequence(id) > sequence(ids[at - 1] ?? id));

test(
  'an outage of an hour loses no record, keeps their order and the budget of connects',
  () =>
    inScratch(async (dir) => {
      const clock = createClock(anchorNow(SCALE));
      /** Kept here, from what the agent says it has taken, and never asked of it again. */
      const sent: { id: string; atMs: number }[] = [];
      await using gateway = await startScenario({
        dir,
        world: { clock, module: QUICK_MODULE },
        onRecord: (_cloud, id) => void sent.push({ id, atMs: clock.mono() }),
        config: (world) => ({
          ...{ ztp: null, corrections: null },
          location: { reportSeconds: INTERVAL_S },
          losant: losantDevice(dir, world, { stateSeconds: 60 }),
        }),
      });
      const { world } = gateway;
      await gateway.until(
        'connected, and something has arrived',
        (now) => {
          return losant(now)?.state === 'connected' && received(world).length > 20;
        },
        30_000,
      );

      const { door } = world.clouds.losant.broker;
      world.clouds.setOutage(true);
      const [from, connectsBefore] = [clock.mono(), door.connections];
      await new Promise<void>((resolve) => void clock.after(HOUR_MS, resolve));
      const connects = door.connections - connectsBefore;
      const kept = losant(gateway.status())?.outbox?.records ?? 0;
      world.clouds.setOutage(false);
      const to = clock.mono();
      const done = await gateway.until(
        'everything is told',
        (now) => losant(now)?.state === 'connected' && (losant(now)?.outbox?.records ?? 1) < 5,
        30_000,
      );
      const until = clock.mono();

      // The outage was one: hundreds of records waited.
      expect(kept).toBeGreaterThan(300);
      // The budget: sixty connects in any hour.
      expect(connects).toBeGreaterThan(0);
      expect(connects).toBeLessThanOrEqual(60);

      // What was taken before everything was told, against what the cloud says it has.
      const ids = sent.filter(({ atMs }) => atMs < until - 60_000).map(({ id }) => id);
      const arrived = received(world);
      const known = new Set(arrived.map(({ id }) => id));
      expect(ids.filter((id) => !known.has(id))).toEqual([]);
      expect(new Set(ids).size).toBe(ids.length);
      // No gap: neither told by the gateway nor seen in the times of what arrived.
      expect(losant(done)?.outbox).toMatchObject({ dropped: 0, gaps: 0, quarantined: 0, corrupt: 0 });
      const first = [...new Map(arrived.map((one) => [one.id, one])).values()];
      const times = first.map(({ timeMs }) => timeMs).sort((a, b) => a - b);
      const holes = times.flatMap((at, n) => (n > 0 && at - (times[n - 1] ?? at) > HOLE_MS ? [at] : []));
      expect(holes).toEqual([]);

      // Order: what waited arrived as it was taken. What came while it was being told went ahead, in a row of its own.
      const takenAt = new Map(sent.map(({ id, atMs }) => [id, atMs]));
      const waited = first.filter(({ id }) => (takenAt.get(id) ?? 0) >= from && (takenAt.get(id) ?? 0) < to);
      expect(waited.length).toBeGreaterThan(300);
      expect(isRising(waited.map(({ id }) => id))).toBe(true);
      expect(rowsOf(first.map(({ id }) => id))).toBeLessThanOrEqual(2);
      // And nothing that Losant would ban for.
      expect(world.clouds.losant.ledger.bans).toEqual([]);
    }),
  120_000,
);
