// Which application id is shown: the thing is bound to the first one for good.
import { describe, expect, test } from 'vitest';
import { Secret, silentLogger } from '../../../src/core/index.js';
import {
  type ApplicationId,
  createApplicationIds,
  decideApplicationId,
  type ThingRecord,
  type ThingRecords,
  thingRecordsCodec,
} from '../../../src/services/index.js';
import type { Slot } from '../../../src/vault/index.js';

const own = new Secret('application-id', 'ab'.repeat(16));
const IMEI = '356789012345671';
const OLD = '356789012345000';
const first = (road: 'module' | 'gateway', imei?: string): ThingRecord['first'] => ({
  road,
  ...(imei === undefined ? {} : { imei }),
  utcMs: 5,
});

describe('the decision', () => {
  const useImei = (value: string) => ({ is: 'use', applicationId: { is: 'imei', value } });
  const useOwn = { is: 'use', applicationId: { is: 'own', value: own } };
  test.each<[string, Parameters<typeof decideApplicationId>[0], unknown]>([
    ['imei asked for', { configured: 'imei', imei: IMEI }, useImei(IMEI)],
    ['imei asked for, not known yet', { configured: 'imei' }, { is: 'wait' }],
    [
      'imei asked for, whatever was before',
      { configured: 'imei', imei: IMEI, record: { thingKey: 't', own, first: { road: 'gateway', utcMs: 5 } } },
      useImei(IMEI),
    ],
    ['nothing known', { configured: 'own', imei: IMEI }, { is: 'make' }],
    ['made before, never connected', { configured: 'own', record: { thingKey: 't', own } }, useOwn],
    ['connected with our own', { configured: 'own', record: { thingKey: 't', own, first: first('gateway')! } }, useOwn],
    [
      'first connected by the module',
      { configured: 'own', imei: IMEI, record: { thingKey: 't', first: first('module', IMEI)! } },
      useImei(IMEI),
    ],
    [
      'first connected by the module, though one was made',
      { configured: 'own', record: { thingKey: 't', own, first: first('module', IMEI)! } },
      useImei(IMEI),
    ],
    [
      'first connected by a module that is not in any more',
      { configured: 'own', imei: IMEI, record: { thingKey: 't', first: first('module', OLD)! } },
      useImei(OLD),
    ],
    [
      'the gateway was once told to show the IMEI',
      { configured: 'own', imei: IMEI, record: { thingKey: 't', first: first('gateway', OLD)! } },
      useImei(OLD),
    ],
  ])('%s', (_, from, decision) => {
    expect(decideApplicationId(from)).toEqual(decision);
  });
});

function rig(kept?: ThingRecords) {
  let file: string | undefined = kept && JSON.stringify(thingRecordsCodec.encode(kept));
  let isBroken = false;
  let made = 0;
  const slot = {
    async read() {
      return file === undefined
        ? undefined
        : { value: thingRecordsCodec.decode(JSON.parse(file), 1), generation: 'current' as const };
    },
    async write(value: ThingRecords) {
      if (isBroken) throw new Error('disk');
      file = JSON.stringify(thingRecordsCodec.encode(value));
    },
  } as Slot<ThingRecords>;
  const ids = createApplicationIds({ slot, log: silentLogger, random: () => new Uint8Array(16).fill(++made) });
  return { ids, breakDisk: () => (isBroken = true), read: () => slot.read().then((r) => r?.value ?? []) };
}

const valueOf = (id: ApplicationId): string => (id.is === 'own' ? id.value.reveal() : id.value);

describe('what is kept', () => {
  test('one is made for each thing, once, and comes back with it', async () => {
    const { ids } = rig();
    const choose = async (thingKey: string) => valueOf(await ids.choose({ thingKey, configured: 'own' }));
    const [a, again, b] = await Promise.all([choose('a'), choose('a'), choose('b')]);
    expect([a, again, b]).toEqual(['01'.repeat(16), '01'.repeat(16), '02'.repeat(16)]);
    expect(await choose('a')).toBe(a);
  });

  test('it is not used before it is on disk', async () => {
    const { ids, breakDisk } = rig();
    breakDisk();
    await expect(ids.choose({ thingKey: 'a', configured: 'own' })).rejects.toThrow('disk');
  });

  test('a thing the module connected first is taken over with its IMEI', async () => {
    const { ids } = rig();
    const of = { thingKey: IMEI, applicationId: { is: 'imei', value: IMEI } as const, utcMs: 5 };
    await ids.connected({ ...of, road: 'module' });
    expect(await ids.choose({ thingKey: IMEI, configured: 'own' })).toEqual({ is: 'imei', value: IMEI });
  });

  test('the first connection counts, later ones change nothing', async () => {
    const { ids, read } = rig();
    const applicationId = await ids.choose({ thingKey: 'a', configured: 'own' });
    await ids.connected({ thingKey: 'a', road: 'gateway', applicationId, utcMs: 5 });
    await ids.connected({ thingKey: 'a', road: 'module', applicationId: { is: 'imei', value: IMEI }, utcMs: 9 });
    expect(await read()).toMatchObject([{ thingKey: 'a', first: { road: 'gateway', utcMs: 5 } }]);
    expect(await ids.choose({ thingKey: 'a', configured: 'own', imei: IMEI })).toMatchObject({ is: 'own' });
  });

  test('without the IMEI that is asked for nothing is opened', async () => {
    await expect(rig().ids.choose({ thingKey: 'a', configured: 'imei' })).rejects.toMatchObject({
      code: 'devicewise.config',
    });
  });

  test('so many things, the newest', async () => {
    const { ids, read } = rig();
    for (let n = 0; n < 20; n++) await ids.choose({ thingKey: `t${n}`, configured: 'own' });
    expect((await read()).map(({ thingKey }) => thingKey)).toEqual(Array.from({ length: 16 }, (_, n) => `t${n + 4}`));
  });

  test.each<[string, unknown]>([
    ['no object', 5],
    ['no list', { things: {} }],
    ['a key with blanks', { things: [{ thingKey: 'a b' }] }],
    ['an id of another shape', { things: [{ thingKey: 'a', own: 'x' }] }],
    ['an unknown road', { things: [{ thingKey: 'a', first: { road: 'air', utcMs: 1 } }] }],
    ['an IMEI that is none', { things: [{ thingKey: 'a', first: { road: 'module', imei: 'x', utcMs: 1 } }] }],
    ['no time', { things: [{ thingKey: 'a', first: { road: 'module' } }] }],
  ])('a file with %s is not read', (_, data) => {
    expect(() => thingRecordsCodec.decode(data, 1)).toThrow(/shape|object|list|road|time/);
  });
});
