// Words and topics of the operator's broker, when they are said, and what ends a connection.
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { queryObjects } from 'node:v8';
import { expect, test } from 'vitest';
import { createClock, createFakeClock, silentLogger, WaymarkError } from '../../../src/core/index.js';
import { announcements } from '../../../src/services/fleet/home-assistant.js';
import { createFleet, type FleetDeps, type FleetService } from '../../../src/services/fleet/service.js';
import { isDue } from '../../../src/services/fleet/telling.js';
import { fleetTopics, lifeMessage } from '../../../src/services/fleet/topics.js';
import { startMosquitto } from '../../helpers/mosquitto.js';
import { eventually } from '../../helpers/scenario.js';
import { inScratch } from '../../helpers/scratch.js';

const SELF = { gateway: 'cabinet-7', version: '1.2.3', bootId: 'b', startedAt: '2026-01-01T00:00:00.000Z' };
const TOPICS = fleetTopics('site/a', 'cabinet-7');

test('topics and the three words of life', () => {
  expect(TOPICS).toEqual({ life: 'site/a/cabinet-7/life', status: 'site/a/cabinet-7/status' });
  expect(JSON.parse(lifeMessage('dead', SELF, 3))).toEqual({ schemaVersion: 1, life: 'dead', ...SELF, session: 3 });
  expect(JSON.parse(lifeMessage('alive', SELF, 3, 'now'))).toMatchObject({ life: 'alive', at: 'now' });
});

test.each([
  ['the first', undefined, 'a', 0, true],
  ['nothing new, within the interval', { key: 'a', atMonoMs: 0 }, 'a', 59_999, false],
  ['the interval is over', { key: 'a', atMonoMs: 0 }, 'a', 60_000, true],
  ['a change', { key: 'a', atMonoMs: 0 }, 'b', 5000, true],
  ['a change right after the last message', { key: 'a', atMonoMs: 0 }, 'b', 4999, false],
] as const)('a message is due: %s', (_what, told, key, nowMonoMs, is) => {
  expect(isDue(told, key, nowMonoMs, 60_000)).toBe(is);
});

test('Home Assistant is told entities that read the two topics', () => {
  const all = announcements({ ...SELF, gateway: 'cabinet.7' }, TOPICS);
  for (const { topic, payload } of all) {
    expect(topic).toMatch(/^homeassistant\/(?:binary_)?sensor\/waymark_cabinet_7\/[a-z_]+\/config$/);
    expect(JSON.parse(payload)).toMatchObject({ state_topic: TOPICS.status, availability_topic: TOPICS.life });
  }
  // As published: home-assistant.io/integrations/mqtt, …/binary_sensor.mqtt and …/sensor.mqtt.
  const fields = [
    ...['name', 'unique_id', 'state_topic', 'availability_topic', 'availability_template', 'device'],
    ...['device_class', 'value_template', 'unit_of_measurement', 'state_class'],
  ];
  for (const { payload } of all) {
    const { device, ...entity } = JSON.parse(payload) as Record<string, string>;
    expect(Object.keys(entity).filter((name) => !fields.includes(name))).toEqual([]);
    expect(Object.keys(device ?? {})).toEqual(['identifiers', 'name', 'manufacturer', 'model', 'sw_version']);
  }
  expect(new Set(all.map(({ payload }) => (JSON.parse(payload) as { unique_id: string }).unique_id)).size).toBe(
    all.length,
  );
});

const make = (deps: Partial<FleetDeps> = {}): FleetService =>
  createFleet(
    {
      ...{ clock: createClock(), log: silentLogger, onChange: () => undefined },
      connect: () => Promise.reject(new WaymarkError('net.refused', 'nobody listens')),
      status: () => ({ body: { why: 'fine' }, key: 'k' }),
      ...deps,
    },
    {
      ...{ self: () => SELF, gateway: 'cabinet-7', topicPrefix: 'site/a', keepaliveSeconds: 30 },
      ...{ intervalMs: 60_000, homeAssistant: false },
    },
  );
const context = (signal: AbortSignal) => ({ signal, ok: () => undefined, doing: () => undefined });

test('a road that cannot be had is weather', async () => {
  const fleet = make();
  await expect(fleet.run(context(new AbortController().signal))).rejects.toMatchObject({ code: 'net.refused' });
  expect(fleet.snapshot()).toMatchObject({ state: 'waiting', connects: 0, lastReason: { code: 'net.refused' } });
  expect(fleet.backoff(new WaymarkError('net.refused', '')).quickForMs).toBeGreaterThan(0);
  expect(fleet.backoff(new WaymarkError('fleet.refused', '')).baseMs).toBeGreaterThanOrEqual(60_000);
});

test('a broker that says nothing is given up within its time', async () => {
  const clock = createFakeClock();
  const silent = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const fleet = make({ clock, connect: () => Promise.resolve(silent) });
  const run = fleet.run(context(new AbortController().signal));
  const failed = expect(run).rejects.toMatchObject({ code: 'core.timeout' });
  await clock.advance(15_000);
  await failed;
  expect(silent.destroyed).toBe(true);
});

/** Says yes to CONNECT, to each PUBLISH of QoS 1 and to pings, and nothing else. */
function yesBroker(): Duplex {
  let rest = Buffer.alloc(0);
  const broker = new Duplex({
    read: () => undefined,
    // The client writes a packet in as many pieces as it has members.
    write(chunk: Buffer, _encoding, done) {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const [first = 0, low = 0, high = 0] = rest;
        const start = low >= 128 ? 3 : 2;
        const end = start + (low >= 128 ? (low & 127) + 128 * high : low);
        if (rest.length < Math.max(2, end)) break;
        const kind = first >> 4;
        if (kind === 1) broker.push(Buffer.from([0x20, 2, 0, 0]));
        if (kind === 12) broker.push(Buffer.from([0xd0, 0]));
        if (kind === 3) {
          const id = start + 2 + rest.readUInt16BE(start);
          broker.push(Buffer.from([0x40, 2, rest[id] ?? 0, rest[id + 1] ?? 0]));
        }
        rest = rest.subarray(end);
      }
      done();
    },
  });
  return broker;
}

test('a connection that lasts keeps nothing of its looks, and its end ends the run', async () => {
  const clock = createFakeClock();
  const broker = yesBroker();
  const fleet = make({ clock, connect: () => Promise.resolve(broker) });
  const run = fleet.run(context(new AbortController().signal));
  const ended = expect(run).rejects.toMatchObject({ code: 'mqtt.closed' });
  await eventually('told', () => fleet.snapshot().told === 1);
  await clock.advance(10_000);
  const before = queryObjects(Promise, { format: 'count' });
  for (let look = 0; look < 400; look++) await clock.advance(2000);
  const kept = queryObjects(Promise, { format: 'count' }) - before;
  expect(kept).toBeLessThan(100);
  broker.destroy();
  await ended;
});

/** A PUBLISH of QoS 0. */
function unasked(topic: string, payload: Buffer): Buffer {
  const name = Buffer.from(topic);
  const length = 2 + name.length + payload.length;
  return Buffer.concat([
    Buffer.from([0x31, (length & 127) | 128, length >> 7, name.length >> 8, name.length & 255]),
    name,
    payload,
  ]);
}

test('what a broker sends unasked is said once, ignored, and holds nothing back', async () => {
  const clock = createFakeClock();
  const broker = yesBroker();
  const said: unknown[] = [];
  const log = { ...silentLogger, warn: (event: string, fields?: object) => void said.push([event, fields]) };
  const fleet = make({ clock, log, connect: () => Promise.resolve(broker) });
  const stop = new AbortController();
  const ended = fleet.run(context(stop.signal)).catch(() => undefined);
  await eventually('told', () => fleet.snapshot().told === 1);
  for (let at = 0; at < 300; at++) broker.push(unasked('waymark/all/reboot', Buffer.alloc(1000)));
  for (let look = 0; look < 31; look++) await clock.advance(2000);
  await eventually('told again', () => fleet.snapshot().told === 2);
  expect(said).toEqual([['fleet.unasked', { topic: 'waymark/all/reboot' }]]);
  stop.abort();
  await ended;
});

test.each([
  ['a message beyond 4 KiB', unasked('waymark/cabinet-7/life', Buffer.alloc(9000)), 'mqtt.packet-too-large'],
  ['no MQTT', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'mqtt.closed'],
  ['zeros', Buffer.alloc(64), 'mqtt.closed'],
])('a broker that sends %s is left, and that is said', async (_what, bytes, code) => {
  const broker = yesBroker();
  const fleet = make({ clock: createFakeClock(), connect: () => Promise.resolve(broker) });
  const failed = expect(fleet.run(context(new AbortController().signal))).rejects.toMatchObject({ code });
  await eventually('told', () => fleet.snapshot().told === 1);
  broker.push(bytes);
  await failed;
  expect(broker.destroyed).toBe(true);
  expect(fleet.snapshot()).toMatchObject({ state: 'waiting', lastReason: { code } });
});

test('two of one name: thrown out for the third time it is called a twin', () =>
  inScratch(async (dir) => {
    await using broker = await startMosquitto(dir);
    const road = () => Promise.resolve(connect(broker.plainPort, '127.0.0.1'));
    const mine = make({ connect: road });
    const codes: string[] = [];
    for (let at = 0; at < 3; at++) {
      const stop = new AbortController();
      const run = mine
        .run(context(stop.signal))
        .catch((error: unknown) => void codes.push((error as WaymarkError).code));
      await eventually('mine is up', () => mine.snapshot().told === at + 1);
      const twin = make({ connect: road });
      const other = new AbortController();
      const ended = twin.run(context(other.signal)).catch(() => undefined);
      await run;
      other.abort();
      await ended;
    }
    expect(codes).toEqual(['mqtt.closed', 'mqtt.closed', 'fleet.twin']);
    expect(mine.snapshot()).toMatchObject({ connects: 3, disconnects: 3 });
  }));
