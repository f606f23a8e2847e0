// The power goes at every write and every request of an enrolment, once and twice: in the end there is one device made by
// us, one identity, and it works.
import { expect, test } from 'vitest';
import { toWaymarkError } from '../../../src/core/index.js';
import { APPLICATION, Crash, OPERATOR, rig } from './fakes.js';

const signal = new AbortController().signal;

/** Runs with an end at the given places (counted over all lives) and starts again after each. Resolves with all places. */
async function live(t: ReturnType<typeof rig>, ends: readonly number[], lost: 'crash' | 'error'): Promise<string[]> {
  const places: string[] = [];
  const power = { isOut: false };
  t.point = (name) => {
    // After the power has gone, nothing more happens.
    if (power.isOut) throw new Crash('dead');
    places.push(name);
    if (!ends.includes(places.length - 1)) return;
    power.isOut = lost === 'crash';
    throw new Crash(name);
  };
  let enrolment = t.make();
  for (let life = 0; life < 20; life++) {
    try {
      const identity = await enrolment.ensure({ signal });
      expect(t.losant.works(identity.deviceId, identity.key, identity.secret)).toBe(true);
      return places;
    } catch (error) {
      expect(toWaymarkError(error).code).toBe('core.internal');
      if (power.isOut) enrolment = t.make();
      power.isOut = false;
    }
  }
  throw new Error(`never ends: ${places.join(', ')}`);
}

async function check(ends: readonly number[], lost: 'crash' | 'error'): Promise<string[]> {
  const t = rig();
  const places = await live(t, ends, lost);
  const what = ends.map((at) => places[at]).join(' and ');
  expect(t.losant.devices, what).toHaveLength(1);
  const kept = await t.slots.identity.read();
  const [device] = t.losant.devices;
  expect(kept?.value, what).toMatchObject({ applicationId: APPLICATION, deviceId: device?.deviceId });
  // Every key that is not ours is told, or was never made.
  const orphans = (await t.slots.journal.read())?.value.orphans ?? [];
  const strays = t.losant.keys.filter((each) => !kept?.value.key.is(each.key)).map(({ name }) => name);
  expect(orphans, what).toEqual(expect.arrayContaining(strays));
  expect(t.losant.keys.length, what).toBeLessThanOrEqual(1 + ends.length);
  if (!t.eraseFails && (await t.slots.journal.read())?.value.phase === 'done')
    expect(t.erased, what).toBeGreaterThan(0);
  return places;
}

test.each(['crash', 'error'] as const)('one end anywhere: %s', async (lost) => {
  const all = await check([], lost);
  expect(all.length).toBeGreaterThan(25);
  for (let at = 0; at < all.length; at++) await check([at], lost);
});

test('two ends anywhere', async () => {
  const all = await check([], 'crash');
  for (let first = 0; first < all.length; first++)
    for (let gap = 1; gap < all.length; gap++) await check([first, first + gap], 'crash');
});

test('the operator’s endpoint: one end anywhere, and the same answer again', async () => {
  const start = () => {
    const t = rig({ mode: 'operator', url: OPERATOR, applicationId: undefined });
    const device = t.losant.addDevice();
    t.losant.keys.push({ key: 'key-1', secret: 'secret-of-key-1', deviceIds: [device.deviceId], name: 'theirs' });
    t.losant.operator = {
      status: 200,
      body: { applicationId: APPLICATION, deviceId: device.deviceId, key: 'key-1', secret: 'secret-of-key-1' },
    };
    return t;
  };
  const all = await live(start(), [], 'crash');
  for (let at = 0; at < all.length; at++) {
    const t = start();
    await live(t, [at], 'crash');
    expect(t.erased).toBe(0);
    expect((await t.slots.journal.read())?.value.phase).toBe('done');
  }
});
