// Assistance, frequencies and the localized distribution on the simulated broker; the end of MQTT delivery.
import { describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../src/core/index.js';
import {
  ALL_TOPICS,
  FREQUENCIES_TOPIC,
  KEY_FRAME_TOPIC,
  MGA_TOPIC,
  MGA_UPDATES_TOPIC,
} from '../../../src/sim/clouds/index.js';
import { payloadTag } from '../../../src/sim/keys.js';
import { cutSpartn, type SpartnFrame } from '../../../src/sim/spartn.js';
import { ephemerides, framesOf, isTime, timeOf } from './assistnow-helpers.js';
import { type Client, connectClient, joined, provision, startClouds, until } from './helpers.js';

const subscribe = async (client: Client, ...topics: string[]): Promise<number[]> =>
  (await client.mqtt.subscribeAsync(topics, { qos: 0 })).map((grant) => grant.qos);

const on = (client: Client, topic: string): Client['messages'] => client.messages.filter((m) => m.topic === topic);

const spartnOf = (client: Client, topic: string): SpartnFrame[] =>
  on(client, topic)
    .flatMap((m) => cutSpartn(m.payload))
    .map((piece) => {
      if (piece.is === 'junk') throw new Error('junk between frames');
      return piece.frame;
    });

const DICT = 'pp/ip/L2N5375W00125/dict';
const NODE = 'pp/ip/L2N5375W00125/N5300W00200';
const OTHER_NODE = 'pp/ip/L2N5375W00125/N5400W00200';

describe('the provisioning answer', () => {
  test('lists key topic, assistance and frequencies, each described', async () => {
    const clouds = await startClouds();
    const { subscriptions } = (await provision(clouds)).json() as unknown as {
      subscriptions: { description?: string; path: string }[];
    };
    expect(subscriptions[0]).toEqual({
      description: expect.stringContaining('key distribution topic'),
      path: KEY_FRAME_TOPIC,
    });
    expect(subscriptions.find((s) => s.path === MGA_TOPIC)?.description).toContain('AssistNow');
    expect(subscriptions.filter((s) => s.description).at(-1)).toEqual({
      description: expect.stringContaining('frequencies topic'),
      path: FREQUENCIES_TOPIC,
    });
    expect(clouds.description.pointperfect.mqtt.topics).toEqual(ALL_TOPICS);
  });
});

describe('assistance data', () => {
  test('the full set comes at once, retained, of the real size, and begins with its own time', async () => {
    const clock = createFakeClock(Date.UTC(2026, 5, 1, 12, 7));
    const clouds = await startClouds({ clock });
    const client = await joined(clouds);
    await subscribe(client, MGA_TOPIC);
    await until('the set', () => on(client, MGA_TOPIC).length === 1);
    const [message] = on(client, MGA_TOPIC);
    expect(message!.retain).toBe(true);
    expect(message!.payload.length).toBeGreaterThan(8000);
    expect(message!.payload.length).toBeLessThan(11_000);
    const frames = framesOf(message!.payload);
    expect(frames.every((f) => f.cls === 0x13)).toBe(true);
    expect(isTime(frames[0])).toBe(true);
    // As old as the last refresh.
    expect(timeOf(frames[0]!)).toBe(Date.UTC(2026, 5, 1, 12, 0));
    expect(ephemerides(frames).length).toBeGreaterThan(60);
  });

  test('it is renewed with simulated time, and updates come in between, both not retained', async () => {
    const clock = createFakeClock(Date.UTC(2026, 5, 1, 12, 7));
    const clouds = await startClouds({ clock });
    const client = await joined(clouds);
    await subscribe(client, MGA_TOPIC, MGA_UPDATES_TOPIC);
    await until('the set', () => client.messages.length === 1);
    await clock.advance(3 * 60_000);
    await until('updates', () => on(client, MGA_UPDATES_TOPIC).length === 3);
    await until('a new set', () => on(client, MGA_TOPIC).length === 2);
    const fresh = on(client, MGA_TOPIC)[1]!;
    expect([fresh.retain, timeOf(framesOf(fresh.payload)[0]!)]).toEqual([false, Date.UTC(2026, 5, 1, 12, 10)]);
    for (const { payload, retain } of on(client, MGA_UPDATES_TOPIC)) {
      expect([retain, isTime(framesOf(payload)[0])]).toEqual([false, true]);
      expect(payload.length).toBeLessThan(4000);
    }
  });

  test('nothing runs while nobody listens', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    const idle = clock.pending;
    const client = await joined(clouds);
    await subscribe(client, MGA_TOPIC, MGA_UPDATES_TOPIC, NODE);
    expect(clock.pending).toBe(idle + 3);
    await client.mqtt.unsubscribeAsync([MGA_TOPIC, NODE]);
    expect(clock.pending).toBe(idle + 1);
    client.mqtt.end(true);
    await until('nobody', () => clock.pending === idle);
  });
});

test('the frequencies come at once, as texts in MHz', async () => {
  const clouds = await startClouds();
  const client = await joined(clouds);
  await subscribe(client, FREQUENCIES_TOPIC);
  await until('them', () => client.messages.length === 1);
  expect(client.messages[0]!.retain).toBe(true);
  expect(JSON.parse(client.messages[0]!.payload.toString())).toEqual({
    frequencies: { us: { current: { value: '1556.29' } }, eu: { current: { value: '1545.26' } } },
  });
});

describe('the localized distribution', () => {
  test('a dictionary comes at once to every subscriber, and again to one who asks again', async () => {
    const clouds = await startClouds();
    const client = await joined(clouds);
    const dicts = [DICT, 'pp/ip/L3N4500E00500/dict'];
    await subscribe(client, ...dicts);
    await until('both', () => client.messages.length === 2);
    for (const topic of dicts) {
      const [message] = on(client, topic);
      const { nodeprefix, endpoint } = JSON.parse(message!.payload.toString()) as Record<string, string>;
      expect([message!.retain, `${nodeprefix!}dict`]).toEqual([true, topic]);
      expect(endpoint).toBe(`localhost:${clouds.description.pointperfect.mqtt.port}`);
    }
    await subscribe(client, DICT);
    await until('again', () => on(client, DICT).length === 2);
  });

  test('the broker may be called otherwise in it', async () => {
    const clouds = await startClouds();
    clouds.broker.tellEndpoint('pp-eu.services.u-blox.com');
    const client = await joined(clouds);
    await subscribe(client, DICT);
    await until('it', () => client.messages.length === 1);
    expect(JSON.parse(client.messages[0]!.payload.toString())).toMatchObject({ endpoint: 'pp-eu.services.u-blox.com' });
  });

  test('outside the coverage a tile is granted, and silent', async () => {
    const clouds = await startClouds();
    const client = await joined(clouds);
    const nowhere = 'pp/ip/L2N0125W02625/dict';
    expect(await subscribe(client, nowhere)).toEqual([0]);
    await subscribe(client, DICT);
    await until('the other', () => client.messages.length === 1);
    expect(on(client, nowhere)).toEqual([]);
  });

  test.each([
    '/pp/ip/L2N5375W00125/dict',
    'pp/ip/L2N5343W00224/dict',
    `${DICT.slice(0, -4)}N0000E00000`,
    'pp/ip/+/dict',
  ])('%s is refused', async (topic) => {
    const clouds = await startClouds();
    const client = await joined(clouds);
    await expect(subscribe(client, topic)).rejects.toThrow();
  });

  test('nodes carry unencrypted frames at the usual rhythm, each node its subscribers’ only', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    const client = await joined(clouds);
    await subscribe(client, NODE);
    await until('the first step', () => spartnOf(client, NODE).length >= 10);
    await clock.advance(30_000);
    await until('a whole cycle', () => spartnOf(client, NODE).filter((f) => f.type === 1).length === 8);
    const frames = spartnOf(client, NODE);
    expect(frames.some((f) => f.encrypted)).toBe(false);
    // Four systems every 5 s; one area of each system and the area definition every 30 s.
    expect(frames.filter((f) => f.type === 0)).toHaveLength(7 * 4);
    expect(frames.filter((f) => f.type === 2)).toHaveLength(2 * 2);
    expect(on(client, OTHER_NODE)).toEqual([]);
    expect(clouds.broker.stats.subscriptions.size).toBe(1);
  });

  test('a node carries less than half of what its region does', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    const client = await joined(clouds);
    await subscribe(client, NODE, '/pp/ip/eu');
    await until('both', () => spartnOf(client, NODE).length >= 10 && spartnOf(client, '/pp/ip/eu').length >= 26);
    await clock.advance(29_000);
    await until('a cycle', () => spartnOf(client, '/pp/ip/eu').length === 6 * 4 + 2 + 20);
    await until('a cycle', () => spartnOf(client, NODE).length === 6 * 4 + 2 + 4);
    const bytes = (topic: string): number => on(client, topic).reduce((sum, m) => sum + m.payload.length, 0);
    expect(bytes(NODE)).toBeLessThan(bytes('/pp/ip/eu') / 2);
  });

  test('a silent stall holds back dictionaries and assistance too', async () => {
    const clouds = await startClouds();
    clouds.broker.stall(true);
    const client = await joined(clouds);
    await subscribe(client, DICT, MGA_TOPIC, NODE);
    clouds.broker.stall(false);
    await subscribe(client, FREQUENCIES_TOPIC);
    await until('the first after it', () => client.messages.length > 0);
    expect(client.messages[0]!.topic).toBe(FREQUENCIES_TOPIC);
  });
});

describe('the end of MQTT delivery', () => {
  test('silent: corrections are granted but never come; keys and dictionaries do', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    clouds.broker.endOfService('silent');
    const client = await joined(clouds);
    expect(await subscribe(client, '/pp/ip/eu', '/pp/ip/eu/ocb', NODE)).toEqual([0, 0, 0]);
    await subscribe(client, KEY_FRAME_TOPIC, DICT);
    await clock.advance(60_000);
    await until('both', () => client.messages.length === 2);
    expect(client.messages.map((m) => m.topic).sort()).toEqual([KEY_FRAME_TOPIC, DICT]);
    clouds.broker.endOfService('off');
    await clock.advance(5_000);
    await until('data', () => on(client, '/pp/ip/eu').length > 0);
  });

  test('refused: sessions end, and every CONNECT is answered 5 until it is off', async () => {
    const clouds = await startClouds();
    const client = await joined(clouds);
    clouds.broker.endOfService('refused');
    await until('cut', client.isClosed);
    const refused = connectClient(clouds);
    await until('refused', refused.isClosed);
    expect(refused.errors[0]).toMatchObject({ code: 5 });
    clouds.broker.endOfService('off');
    await joined(clouds);
  });
});

describe('a key roll-over in the data (row 25)', () => {
  test('frames are under the old key until the boundary and under the new one from it on', async () => {
    const clock = createFakeClock();
    const clouds = await startClouds({ clock });
    const { current, next } = clouds.keys.pair();
    await clock.advance(next.startUtcMs - clock.wall() - 20_000);
    const client = await joined(clouds);
    await subscribe(client, '/pp/ip/eu/ocb', KEY_FRAME_TOPIC);
    await until('before', () => spartnOf(client, '/pp/ip/eu/ocb').length > 0);
    await clock.advance(40_000);
    await until('all', () => spartnOf(client, '/pp/ip/eu/ocb').length === 9 * 4);
    await until('the new keys', () => on(client, KEY_FRAME_TOPIC).length === 2);
    const under = spartnOf(client, '/pp/ip/eu/ocb').map(({ header, payload }) => {
      const isOf = (valueHex: string): boolean =>
        Buffer.from(payloadTag(valueHex, header)).equals(Buffer.from(payload.subarray(0, 8)));
      return isOf(current.valueHex) ? 'old' : isOf(next.valueHex) ? 'new' : 'neither';
    });
    expect(under).toEqual([
      ...under
        .map((name) => name)
        .sort()
        .reverse(),
    ]);
    expect([under.filter((n) => n === 'old').length, under.filter((n) => n === 'new').length]).toEqual([16, 20]);
    const promoted = on(client, KEY_FRAME_TOPIC)[1]!.payload;
    expect(promoted.subarray(6 + 4 + 16, 6 + 4 + 32).toString('hex')).toBe(next.valueHex);
  });
});
