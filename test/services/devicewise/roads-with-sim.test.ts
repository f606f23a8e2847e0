// The gateway's own roads against the simulated deviceWISE: what it stores, whom it lets in, and each of its answers that
// nobody is sure of (specs/devicewise.md 5.3 rows 30 to 41, 5.4).
import { describe, expect, test } from 'vitest';
import { createClock, type MethodCall, Secret, silentLogger } from '../../../src/core/index.js';
import { createHttpsClient } from '../../../src/net/index.js';
import {
  type ApplicationId,
  createHttpRoad,
  createMqttRoad,
  type RoadOpener,
  type Tr50Road,
} from '../../../src/services/index.js';
import { tcp } from '../../mqtt/fakes.js';
import { type FrontBench, IMEI, startFronts } from '../../sim/clouds/devicewise-fronts.js';
import { never, OWN } from './roads-fakes.js';

type Kind = 'mqtt' | 'http';
const THING = 'thing-1';

/** Real time, for sockets; the simulated cloud keeps its own. */
const clock = createClock();

function openerOf(bench: FrontBench, kind: Kind, applicationId: ApplicationId = OWN, compress = false): RoadOpener {
  const { devicewise, pki } = bench;
  const parts = { clock, log: silentLogger, identity: async () => ({ thingKey: THING, applicationId }) };
  if (kind === 'mqtt')
    return createMqttRoad(
      { ...parts, connect: () => tcp(devicewise.description.mqtt.plainPort) },
      { keepaliveSeconds: 60, maxRequestBytes: 32_768, compress },
    );
  const http = createHttpsClient({ dial: ({ port }) => tcp(port), clock, log: silentLogger });
  return createHttpRoad(
    { ...parts, http, appToken: { status: () => ({ state: 'valid' }) as never } },
    { url: devicewise.description.http.url, ca: [pki.caPem], pollSeconds: 60, maxRequestBytes: 32_768 },
  );
}

const tokenOf = ({ devicewise }: FrontBench): Secret => new Secret('app-token', devicewise.description.appToken);

async function open(bench: FrontBench, kind: Kind, compress = false): Promise<Tr50Road> {
  return openerOf(bench, kind, OWN, compress).open({ appToken: tokenOf(bench), signal: never });
}

const property = (key: string, value: unknown) => ({ command: 'property.publish', params: { key, value } });
const ask = (road: Tr50Road, ...commands: { command: string; params?: Record<string, unknown> }[]) =>
  road.request(commands, { signal: never });

describe.each<Kind>(['mqtt', 'http'])('over %s', (kind) => {
  test('a new thing appears, what is said is stored, and a bad command costs itself', async () => {
    const bench = await startFronts();
    const road = await open(bench, kind);
    const outcomes = await ask(road, property('t', 21.5), { command: 'no.such' }, { command: 'diag.time' });
    expect(outcomes).toMatchObject([
      { is: 'ok' },
      { is: 'failed', codes: [-99_004] },
      { is: 'ok', params: { time: bench.clock.wall() } },
    ]);
    const [thing] = bench.devicewise.platform.things.list();
    expect(thing).toMatchObject({ key: THING, name: `auto:${THING}`, isBound: true });
    expect(bench.devicewise.platform.stored(THING).properties).toMatchObject([{ key: 't', value: 21.5 }]);
    await road.close();
  });

  test('an unknown token, and a known thing with another application id, are refused', async () => {
    const bench = await startFronts();
    const opener = openerOf(bench, kind);
    const wrong = new Secret('app-token', 'Wrong0000Token00');
    await expect(opener.open({ appToken: wrong, signal: never })).rejects.toMatchObject({ code: 'devicewise.refused' });
    await (await opener.open({ appToken: tokenOf(bench), signal: never })).close();
    const other = openerOf(bench, kind, { is: 'imei', value: IMEI });
    await expect(other.open({ appToken: tokenOf(bench), signal: never })).rejects.toMatchObject({
      code: 'devicewise.refused',
      evidence: kind === 'mqtt' ? { connack: 2 } : { code: -90_001 },
    });
  });

  test('methods that were called while nobody was here are handed on, and once acknowledged are over', async () => {
    const bench = await startFronts({ notifyOnConnect: 'none' });
    const { platform } = bench.devicewise;
    await (await open(bench, kind)).close();
    platform.method(THING, 'report', { full: true });
    platform.method(THING, 'ping', undefined);
    platform.mail(THING, 'module.exec', { input: 'x' });
    const road = await open(bench, kind);
    const calls: MethodCall[] = [];
    for await (const call of road.methods) {
      calls.push(call);
      await ask(road, { command: 'mailbox.ack', params: { id: call.id, errorCode: 0, params: { n: 1 } } });
      if (calls.length === 2) break;
    }
    expect(calls).toMatchObject([
      { method: 'report', params: { full: true } },
      { method: 'ping', params: {} },
    ]);
    await expect.poll(() => platform.methodsOf(THING).map(({ acked }) => acked?.errorCode)).toEqual([0, 0, 4]);
    await road.close();
  });
});

describe('MQTT, where nobody is sure', () => {
  test.each<[string, Parameters<FrontBench['devicewise']['configure']>[0]]>([
    ['raw deflate', { deflate: 'raw' }],
    ['zlib', { deflate: 'zlib' }],
    ['answers with QoS 1', { replyQos: '1' }],
    ['no PUBACK', { puback: 'withheld' }],
    ['answers in another order', { shuffleReplies: 'on' }],
  ])('%s', async (_, knobs) => {
    const bench = await startFronts(knobs);
    const road = await open(bench, 'mqtt', true);
    const long = (n: number) => ({ command: 'log.publish', params: { msg: `${n} ${'again '.repeat(100)}` } });
    const asked = [1, 2, 3, 4].map((n) => ask(road, n % 2 ? long(n) : property(`p${n}`, n)));
    // Shuffled ones are held back for a moment of the cloud's own time.
    await bench.clock.advance(100);
    const settled = Promise.all(asked);
    await expect
      .poll(async () => {
        await bench.clock.advance(1000);
        return road.facts()['inFlight'];
      })
      .toBe(0);
    expect((await settled).flat().map(({ is }) => is)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(bench.devicewise.platform.stored(THING).logs).toHaveLength(2);
    await road.close();
  });

  test.each([{ rootCase: 'lower' as const }, { errorTexts: 'terse' as const }])(
    'a withdrawn token: %j',
    async (knobs) => {
      const bench = await startFronts({ removedToken: 'fails', ...knobs });
      const road = await open(bench, 'mqtt');
      bench.devicewise.platform.tokens.remove(bench.devicewise.description.appToken);
      expect(await ask(road, property('t', 1))).toEqual([{ is: 'link-lost' }]);
      expect(await road.closed).toMatchObject({ code: 'devicewise.lost' });
    },
  );

  test('a notification brings a method; a twin ends the session', async () => {
    const bench = await startFronts();
    const road = await open(bench, 'mqtt');
    await ask(road, { command: 'diag.ping' });
    bench.devicewise.platform.method(THING, 'report', {});
    expect(await road.methods[Symbol.asyncIterator]().next()).toMatchObject({ value: { method: 'report' } });
    const twin = await open(bench, 'mqtt');
    expect(await road.closed).toMatchObject({ code: 'devicewise.lost' });
    await twin.close();
  });

  test('garbage and other JSON instead of an answer are nobody’s answer', async () => {
    const bench = await startFronts();
    const road = await open(bench, 'mqtt');
    await ask(road, { command: 'diag.ping' });
    bench.devicewise.pushFault({ is: 'garbage' }, { front: 'mqtt' });
    expect(await ask(road, property('t', 1))).toEqual([{ is: 'timeout' }]);
    bench.devicewise.pushFault({ is: 'json' }, { front: 'mqtt' });
    expect(await ask(road, property('t', 1))).toEqual([{ is: 'timeout' }]);
    expect(road.facts()).toMatchObject({ malformedReplies: 1 });
    await road.close();
  });
});

describe('HTTP, where nobody is sure', () => {
  test.each([{ httpRefusal: 'auth' as const }, { httpRefusal: 'root' as const }])('a refusal: %j', async (knobs) => {
    const bench = await startFronts(knobs);
    const wrong = new Secret('app-token', 'Wrong0000Token00');
    await expect(openerOf(bench, 'http').open({ appToken: wrong, signal: never })).rejects.toMatchObject({
      code: 'devicewise.refused',
      evidence: { code: -90_001 },
    });
  });

  test.each([{ rootCase: 'lower' as const }, { errorTexts: 'none' as const }])(
    'a session that ended: %j',
    async (knobs) => {
      const bench = await startFronts({ sessionTtlS: 2, ...knobs });
      const road = await open(bench, 'http');
      await ask(road, { command: 'diag.ping' });
      await bench.clock.advance(3000);
      expect(await ask(road, property('t', 1))).toMatchObject([{ is: 'ok' }]);
      expect(road.facts()).toMatchObject({ signIns: 2 });
      expect(bench.devicewise.platform.stored(THING).properties).toHaveLength(1);
      await road.close();
    },
  );

  test.each([
    ['status', 'busy', false],
    ['html', 'timeout', false],
    ['reset', 'link-lost', false],
    ['truncated', 'link-lost', true],
    ['garbage', 'link-lost', true],
  ] as const)('%s: %s', async (fault, is, isEnd) => {
    const bench = await startFronts();
    const road = await open(bench, 'http');
    await ask(road, { command: 'diag.ping' });
    bench.devicewise.pushFault({ is: fault }, { front: 'http' });
    expect(await ask(road, property('t', 1))).toMatchObject([{ is }]);
    expect(await ask(road, property('t', 1))).toMatchObject([{ is: isEnd ? 'link-lost' : 'ok' }]);
    await road.close();
  });
});
