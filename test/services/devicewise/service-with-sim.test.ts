// Every kind of record against the simulated deviceWISE, over both of the gateway's transports: what it has in the end.
import { describe, expect, test } from 'vitest';
import { createClock, Secret, silentLogger } from '../../../src/core/index.js';
import { createHttpsClient } from '../../../src/net/index.js';
import { createDeviceWiseLink, createHttpRoad, createMqttRoad, type Tr50Road } from '../../../src/services/index.js';
import { tcp } from '../../mqtt/fakes.js';
import { type FrontBench, startFronts } from '../../sim/clouds/devicewise-fronts.js';
import { OWN } from './roads-fakes.js';
import { NOW, never, position, record } from './service-fakes.js';

const THING = 'thing-1';
/** Real time, for sockets. */
const clock = createClock();

function open(kind: 'mqtt' | 'http', { devicewise, pki }: FrontBench): Promise<Tr50Road> {
  const { mqtt, http, appToken } = devicewise.description;
  const parts = { clock, log: silentLogger, identity: async () => ({ thingKey: THING, applicationId: OWN }) };
  const limits = { maxRequestBytes: 32_768, keepaliveSeconds: 60, compress: false, pollSeconds: 60 };
  const opener =
    kind === 'mqtt'
      ? createMqttRoad({ ...parts, connect: () => tcp(mqtt.plainPort) }, limits)
      : createHttpRoad(
          {
            ...{ ...parts, appToken: { status: () => ({ state: 'valid' }) as never } },
            http: createHttpsClient({ dial: ({ port }) => tcp(port), clock, log: silentLogger }),
          },
          { ...limits, url: http.url, ca: [pki.caPem] },
        );
  return opener.open({ appToken: new Secret('app-token', appToken), signal: never });
}

const linkOver = (road: Tr50Road) =>
  createDeviceWiseLink({
    ...{ clock, road, boot: 3, maxCallsPerSecond: 100 },
    trust: { status: () => ({ state: 'trusted', reason: 'plausible' }) },
  });

describe.each(['mqtt', 'http'] as const)('over %s', (kind) => {
  test('every kind of record is stored as it is meant', async () => {
    const bench = await startFronts();
    bench.clock.stepWall(NOW + 60_000 - bench.clock.wall());
    const { platform } = bench.devicewise;
    const road = await open(kind, bench);
    const link = linkOver(road);
    const methodId = platform.method(THING, 'report', {});
    const records = [
      ...[position(1), position(2)],
      record('position', { cell: { mcc: 262, mnc: 1, lac: 4660, cellId: 11_259_375, rssi: -71 } }, 3),
      record('position', { latitudeDeg: 49, longitudeDeg: -9, source: 'cell', accuracyM: 900.5 }, 4),
      record('state', { uptimeS: 12, rsrpDbm: -95.5, agentState: 'serving', isAided: true }, 5),
      record('state', { event: 'position-lost', hasPosition: false }, 6),
      record('alarm', { subject: 'lamp:network', isOver: false, code: 'network.denied', message: 'no' }, 7),
      record('log', { message: 'restarted', level: 'error' }, 8),
      record('gap', { firstId: '2-1', lastId: '2-9', count: 9, reason: 'full' }, 9),
      record('result', { commandId: methodId, name: 'report', end: 'done', message: 'told', data: { a: 1 } }, 10),
    ];
    const verdicts = await link.publishMany?.(records, { signal: never, isReplay: true });
    expect(verdicts).toEqual(records.map(() => ({ is: 'confirmed' })));
    const stored = platform.stored(THING);
    expect(stored.locations.map(({ corrId }) => corrId).toSorted()).toEqual(['3-1', '3-2', '3-3', '3-4']);
    expect(stored.properties).toMatchObject([
      { key: 'uptimeS', value: 12, corrId: '3-5' },
      { key: 'rsrpDbm', value: -95.5, corrId: '3-5' },
    ]);
    expect(stored.attributes).toMatchObject([
      { key: 'agentState', value: 'serving' },
      { key: 'isAided', value: 'true' },
    ]);
    expect(stored.alarms).toMatchObject([{ key: 'lamp-network', state: 1, msg: 'network.denied: no' }]);
    expect(stored.logs.map(({ msg, level }) => [msg, level])).toEqual([
      ['event: position-lost', 2],
      ['restarted', 0],
      ['9 records are lost or put aside: 2-1 to 2-9 (full)', 1],
    ]);
    expect(platform.methodsOf(THING)).toMatchObject([{ acked: { errorCode: 0, params: { message: 'told', a: 1 } } }]);
    // Answered once more, as after a restart: it is over, and that is well.
    expect(await link.publish(records.at(-1) ?? position(0), { signal: never, isReplay: true })).toEqual({
      is: 'confirmed',
    });
    await road.close();
  });

  test('a thing definition that takes some keys only gets those, and a bad record costs itself', async () => {
    const bench = await startFronts();
    const { platform } = bench.devicewise;
    platform.define({ key: 'gw_def', autoDefProps: false, autoDefAttrs: false, properties: ['a', 'c'] });
    const road = await open(kind, bench);
    const link = linkOver(road);
    const state = (n: number) => record('state', { a: n, b: n, c: n, text: 'x' }, n);
    const sent = [state(1), state(2), position(3)];
    const verdicts = (await link.publishMany?.(sent, { signal: never, isReplay: true })) ?? [];
    // The second was refused before anybody knew why: at its next try it goes without what is refused.
    expect(verdicts.map(({ is }) => is)).toEqual(['confirmed', 'busy', 'confirmed']);
    expect(await link.publish(state(2), { signal: never, isReplay: true })).toEqual({ is: 'confirmed' });
    expect(link.refusedKeys.toSorted()).toEqual(['b', 'text']);
    expect(await link.publish(state(4), { signal: never, isReplay: false })).toEqual({ is: 'confirmed' });
    const { properties } = platform.stored(THING);
    const has = (key: string, value: number) => properties.some((each) => each.key === key && each.value === value);
    expect([1, 2, 4].flatMap((n) => [has('a', n), has('c', n)])).toEqual([true, true, true, true, true, true]);
    await road.close();
  });
});
