// TR50 over MQTT: who signs in, which answer belongs to which request, silence, and the ends of a session.
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createLogger, type Tr50Outcome, WaymarkError } from '../../../src/core/index.js';
import { inflated } from '../../../src/services/devicewise/deflate.js';
import { createMqttRoad, type MqttRoadOptions, type Tr50Road } from '../../../src/services/index.js';
import { base, type FakeServer, fakeServer, never, type Published, success, TOKEN } from './roads-fakes.js';

const PING = { command: 'diag.ping' };
const say = (msg: string) => ({ command: 'log.publish', params: { msg } });
const OK: Tr50Outcome = { is: 'ok', params: {} };
const numberOf = ({ topic }: Published): string => topic.split('/')[1] ?? '';

function rig(server: FakeServer, options: Partial<MqttRoadOptions> = {}) {
  const parts = base();
  const connected: string[] = [];
  const opener = createMqttRoad(
    { ...parts, connect: () => server.connect(), onConnected: ({ thingKey }) => void connected.push(thingKey) },
    { keepaliveSeconds: 60, maxRequestBytes: 32_768, compress: false, ...options },
  );
  const open = (): Promise<Tr50Road> => opener.open({ appToken: TOKEN, signal: never });
  return { ...parts, open, opener, connected };
}

/** The server has had time to say something, and we to read it. */
const settled = ({ clock }: Pick<ReturnType<typeof base>, 'clock'>): Promise<void> => clock.advance(1);

describe('getting in', () => {
  test('client id, user and password are application id, thing key and app token; nothing is subscribed', async () => {
    const server = fakeServer();
    const { open, connected } = rig(server);
    const road = await open();
    expect(server.connects).toMatchObject([
      {
        level: 4,
        isClean: true,
        keepaliveS: 60,
        clientId: '0123456789abcdef'.repeat(2),
        userName: 'thing-1234',
        password: 'Abcd1234Efgh5678',
      },
    ]);
    expect(connected).toEqual(['thing-1234']);
    expect(road.limits).toEqual({ maxRequestBytes: 32_768, maxInFlight: 8, maxCommands: 25 });
    expect(road.facts()).toMatchObject({ thing: '…1234', applicationId: 'own' });
    await road.close();
  });

  test.each([
    [2, 'devicewise.refused'],
    [4, 'devicewise.refused'],
    [5, 'devicewise.refused'],
    [1, 'devicewise.config'],
    [3, 'mqtt.unavailable'],
  ])('CONNACK %i is %s', async (connack, code) => {
    const { open, connected } = rig(fakeServer(success, { code: connack }));
    await expect(open()).rejects.toMatchObject({ code, evidence: { connack } });
    expect(connected).toEqual([]);
  });

  test('the application id stands in no log and no error', async () => {
    const lines: string[] = [];
    const server = fakeServer();
    const output = { write: (line: string) => void lines.push(line), dropped: 0 };
    const log = createLogger({ level: 'debug', now: () => 0, output });
    const deps = { ...base(), log, connect: () => server.connect() };
    const opener = createMqttRoad(deps, { keepaliveSeconds: 60, maxRequestBytes: 32_768, compress: false });
    const road = await opener.open({ appToken: TOKEN, signal: never });
    expect(lines.join()).toContain('"clientId":"deviceWISE"');
    await road.close();
    const failing = createMqttRoad(
      {
        ...deps,
        connect: async () =>
          (await server.connect()).on('error', () => undefined).destroy(Object.assign(new Error('x'), { code: 'E' })),
      },
      { keepaliveSeconds: 60, maxRequestBytes: 32_768, compress: false },
    );
    const error: unknown = await failing.open({ appToken: TOKEN, signal: never }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(WaymarkError);
    expect(`${String(error)} ${lines.join()}`).not.toMatch(/0123456789abcdef|secret application-id/);
  });

  test('a note that cannot be written keeps nobody out', async () => {
    const server = fakeServer();
    const onConnected = (): Promise<void> => Promise.reject(new WaymarkError('vault.write', 'full'));
    const deps = { ...base(), connect: () => server.connect(), onConnected };
    const opener = createMqttRoad(deps, { keepaliveSeconds: 60, maxRequestBytes: 32_768, compress: false });
    await (await opener.open({ appToken: TOKEN, signal: never })).close();
  });
});

describe('requests', () => {
  test('each has a number of its own, and its answers in its own order', async () => {
    const server = fakeServer(() => undefined);
    const parts = rig(server);
    const road = await parts.open();
    const answers = [road.request([say('a')], { signal: never }), road.request([say('b'), PING], { signal: never })];
    await settled(parts);
    const [a, b] = server.requests.map(numberOf);
    expect(a).not.toBe(b);
    server.say(`reply/${b}`, '{"2":{"success":true},"1":{"success":false,"errorCodes":[-5],"errorMessages":["No."]}}');
    server.say(`reply/${a}`, '{"1":{"success":true}}');
    expect(await Promise.all(answers)).toEqual([[OK], [{ is: 'failed', codes: [-5], messages: ['No.'] }, OK]]);
    await road.close();
  });

  test('answers nobody waits for are counted and change nothing', async () => {
    const server = fakeServer(() => undefined);
    const parts = rig(server);
    const road = await parts.open();
    const asked = road.request([PING], { signal: never });
    await settled(parts);
    const id = numberOf(server.requests[0]!);
    for (const topic of ['reply/9999', 'reply', `reply/0${id}`, 'replyz/12345', `reply/${id}`, `reply/${id}`])
      server.say(topic, '{"1":{"success":true}}');
    expect(await asked).toEqual([OK]);
    await settled(parts);
    // The second of the last two came after the first had been taken.
    expect(road.facts()).toMatchObject({ strayReplies: 5, inFlight: 0 });
    await road.close();
  });

  test('a failure of the whole message goes to its request; no JSON leaves it open', async () => {
    const server = fakeServer(({ json }) =>
      json['1']?.params?.['msg'] === 'root' ? { success: false, errorCodes: [-1], errorMessages: ['Bad.'] } : [1],
    );
    const parts = rig(server);
    const road = await parts.open();
    expect(await road.request([say('root'), PING], { signal: never })).toEqual([
      { is: 'failed', codes: [-1], messages: ['Bad.'] },
      { is: 'failed', codes: [-1], messages: ['Bad.'] },
    ]);
    expect(await road.request([say('list')], { signal: never })).toEqual([{ is: 'timeout' }]);
    expect(road.facts()).toMatchObject({ malformedReplies: 1 });
    await road.close();
  });

  test('eight at once, the rest waits; mailbox traffic goes first', async () => {
    const server = fakeServer(() => undefined);
    const parts = rig(server);
    const road = await parts.open();
    await settled(parts);
    const asked = Array.from({ length: 10 }, (_, n) => road.request([say(`${n}`)], { signal: never }));
    const ack = road.request([{ command: 'mailbox.ack', params: { id: 'm' } }], { signal: never });
    await settled(parts);
    expect(server.requests).toHaveLength(8);
    server.say(`reply/${numberOf(server.requests[3]!)}`, '{"1":{"success":true}}');
    await settled(parts);
    expect(server.requests.at(-1)?.json['1']?.command).toBe('mailbox.ack');
    // The two that waited too long were never sent.
    await parts.clock.advance(10_000);
    expect(await Promise.all(asked.slice(8))).toEqual([
      [{ is: 'busy', retryAfterMs: 1000 }],
      [{ is: 'busy', retryAfterMs: 1000 }],
    ]);
    await road.close();
    expect(await asked[0]).toEqual([{ is: 'link-lost' }]);
    expect(await ack).toEqual([{ is: 'link-lost' }]);
    expect(await road.request([PING], { signal: never })).toEqual([{ is: 'link-lost' }]);
  });

  test('what is too long or too many never leaves', async () => {
    const server = fakeServer();
    const parts = rig(server, { maxRequestBytes: 1024 });
    const road = await parts.open();
    expect(await road.request([say('x'.repeat(1024)), PING], { signal: never })).toMatchObject([
      { is: 'unsendable' },
      { is: 'unsendable' },
    ]);
    const [many] = await road.request(
      Array.from({ length: 26 }, () => PING),
      { signal: never },
    );
    expect(many).toEqual({ is: 'unsendable', reason: 'too many commands' });
    expect(server.requests).toEqual([]);
    await road.close();
  });

  test('an abort gives up the waiting, not the road', async () => {
    const server = fakeServer(() => undefined);
    const parts = rig(server);
    const road = await parts.open();
    const stop = new AbortController();
    const asked = road.request([PING], { signal: stop.signal });
    await settled(parts);
    stop.abort();
    expect(await asked).toEqual([{ is: 'timeout' }]);
    expect(await road.request([PING], { signal: stop.signal })).toMatchObject([{ is: 'busy' }]);
    await parts.clock.advance(60_000);
    expect(server.requests).toHaveLength(1);
    await road.close();
  });
});

describe('methods', () => {
  const call = (id: string) => ({ id, command: 'method.exec', params: { method: 'report' } });

  test('mail that waits is fetched at once, later mail when it is told of, or in time by itself', async () => {
    let mail: unknown[] = [call('a')];
    const server = fakeServer(success, { mail: () => mail });
    const parts = rig(server);
    const road = await parts.open();
    const reader = road.methods[Symbol.asyncIterator]();
    expect(await reader.next()).toEqual({ done: false, value: { id: 'a', method: 'report', params: {} } });
    mail = [call('a'), call('b')];
    server.say('notify/mailbox_activity', '{}');
    expect(await reader.next()).toMatchObject({ value: { id: 'b' } });
    await settled(parts);
    // Told of nothing, and looked into all the same.
    mail = [call('c')];
    const before = server.checks;
    await parts.clock.advance(1_799_000);
    expect(server.checks).toBe(before);
    await parts.clock.advance(1000);
    expect(await reader.next()).toMatchObject({ value: { id: 'c' } });
    await road.close();
    expect(parts.clock.pending).toBe(0);
  });

  test('an abort after the server’s welcome leaves nothing open', async () => {
    const server = fakeServer();
    const stop = new AbortController();
    const deps = { ...base(), connect: () => server.connect(), onConnected: () => stop.abort(new Error('enough')) };
    const opener = createMqttRoad(deps, { keepaliveSeconds: 60, maxRequestBytes: 32_768, compress: false });
    await expect(opener.open({ appToken: TOKEN, signal: stop.signal })).rejects.toThrow('enough');
    expect(server.checks).toBe(0);
  });
});

describe('deflate', () => {
  test('long requests go to apiz, short ones do not, and both kinds of answer are read', async () => {
    const server = fakeServer(() => undefined);
    const parts = rig(server, { compress: true });
    const road = await parts.open();
    const asked = [
      road.request([say('again '.repeat(100))], { signal: never }),
      road.request([PING], { signal: never }),
    ];
    await settled(parts);
    const [long, short] = server.requests;
    expect([long?.topic.split('/')[0], short?.topic.split('/')[0]]).toEqual(['apiz', 'api']);
    expect(inflated(long!.payload)?.toString()).toContain('again again');
    server.say(`replyz/${numberOf(long!)}`, deflateRawSync('{"1":{"success":true}}'));
    server.say(`replyz/${numberOf(short!)}`, 'not deflate');
    expect(await Promise.all(asked)).toEqual([[OK], [{ is: 'timeout' }]]);
    await road.close();
  });
});

describe('silence', () => {
  test('a request without an answer is asked after once; with an answer to that the road stays', async () => {
    const server = fakeServer((request) => (request.json['1']?.command === 'diag.ping' ? success(request) : undefined));
    const parts = rig(server);
    const road = await parts.open();
    const asked = [road.request([say('a')], { signal: never }), road.request([say('b')], { signal: never })];
    await parts.clock.advance(30_000);
    expect(await Promise.all(asked)).toEqual([[{ is: 'timeout' }], [{ is: 'timeout' }]]);
    await parts.clock.advance(20_000);
    expect(server.requests.filter(({ json }) => json['1']?.command === 'diag.ping')).toHaveLength(1);
    expect(road.facts()).toMatchObject({ timeouts: 2 });
    expect(await road.request([PING], { signal: never })).toEqual([OK]);
    await road.close();
  });

  test('without one it is lost', async () => {
    const parts = rig(fakeServer(() => undefined));
    const road = await parts.open();
    const asked = road.request([say('a')], { signal: never });
    await parts.clock.advance(41_000);
    expect(await asked).toEqual([{ is: 'timeout' }]);
    expect(await road.closed).toMatchObject({
      code: 'devicewise.lost',
      message: 'the server does not answer any more',
      evidence: { aliveMs: 40_000 },
    });
  });

  test('a server that has forgotten the session is asked for a new one', async () => {
    const parts = rig(fakeServer(() => ({ success: false, errorCodes: [-90_000], errorMessages: ['x'] })));
    const road = await parts.open();
    expect(await road.request([PING], { signal: never })).toEqual([{ is: 'link-lost' }]);
    expect(await road.closed).toMatchObject({ code: 'devicewise.lost', message: /forgotten/ });
  });
});

describe('the end', () => {
  test('an answer to what was asked in the session before answers nothing in this one', async () => {
    const server = fakeServer(() => undefined);
    const parts = rig(server);
    const before = await parts.open();
    await settled(parts);
    void before.request([say('lost')], { signal: never });
    await settled(parts);
    await before.close();
    const road = await parts.open();
    await settled(parts);
    const asked = road.request([say('new')], { signal: never });
    await settled(parts);
    // It has worked on it all the time, and knows the thing by its client id.
    server.say(`reply/${numberOf(server.requests[0]!)}`, '{"1":{"success":true}}');
    await settled(parts);
    expect(road.facts()).toMatchObject({ strayReplies: 1, inFlight: 1 });
    server.say(`reply/${numberOf(server.requests[1]!)}`, '{"1":{"success":true}}');
    expect(await asked).toEqual([OK]);
    await road.close();
  });

  test('the server hangs up: who waits is told, the methods end, the reason says how long it lived', async () => {
    const server = fakeServer(() => undefined);
    const parts = rig(server);
    const road = await parts.open();
    const asked = road.request([PING], { signal: never });
    await parts.clock.advance(5000);
    server.hangUp();
    expect(await asked).toEqual([{ is: 'link-lost' }]);
    expect(await road.closed).toMatchObject({
      code: 'devicewise.lost',
      evidence: { code: 'mqtt.closed', aliveMs: 5000 },
    });
    expect(await road.methods[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
    await road.close();
  });

  test('three short lives in a row hint at a twin; our own ends do not count', async () => {
    const server = fakeServer();
    const parts = rig(server);
    const endOf = async (end: (road: Tr50Road) => unknown): Promise<string> => {
      const road = await parts.open();
      await end(road);
      return (await road.closed).hint;
    };
    const hangUp = () => server.hangUp();
    await endOf((road) => road.close());
    expect(await endOf(hangUp)).not.toMatch(/second gateway/);
    await endOf((road) => road.close());
    expect(await endOf(hangUp)).not.toMatch(/second gateway/);
    expect(await endOf(hangUp)).toMatch(/second gateway/);
    const long = async (): Promise<void> => {
      await parts.clock.advance(20_000);
      server.hangUp();
    };
    expect(await endOf(long)).not.toMatch(/second gateway/);
  });
});
