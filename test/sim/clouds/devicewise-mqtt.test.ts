import { deflateRawSync, deflateSync, inflateRawSync, inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { pingreq, publishQos1 } from '../../../src/sim/mqtt-wire.js';
import { come, connackOf, dial, type FrontBench, GOOD, hello, IMEI, PING, startFronts } from './devicewise-fronts.js';
import { until } from './helpers.js';
import { publishPacket, subscribePacket } from './losant-helpers.js';

const lastConnect = ({ devicewise }: FrontBench) => devicewise.seen.connects.at(-1);

describe('CONNECT', () => {
  test.each([
    [3, false],
    [3, true],
    [4, false],
    [4, true],
  ])('MQTT level %i is welcome, TLS: %s', async (level, isTls) => {
    const bench = await startFronts();
    const { first } = await come(bench, { level }, isTls);
    expect(first).toEqual(connackOf(0));
    expect(lastConnect(bench)).toMatchObject({ thingKey: IMEI, level, isTls, answer: 'welcome', keepaliveS: 60 });
    expect(bench.devicewise.platform.things.get(IMEI)).toMatchObject({ name: `auto:${IMEI}`, createdBy: 'AUTOREG' });
    expect(bench.devicewise.broker.sessions).toEqual([IMEI]);
  });

  test.each([
    ['level 5', { level: 5 }, 1],
    ['no client id', { clientId: '' }, 2],
    ['an unknown token', { password: 'wrong' }, 4],
  ] as const)('%s is refused, and that is the end', async (_what, changes, code) => {
    const bench = await startFronts();
    const { first, next } = await come(bench, changes);
    expect(first).toEqual(connackOf(code));
    expect(await next()).toBe('closed');
    expect(lastConnect(bench)?.answer).toBe(code);
    expect(bench.devicewise.broker.sessions).toEqual([]);
  });

  test('of the platform’s codes, every one gets through', async () => {
    const bench = await startFronts({ connackUnknownToken: '5', connackBinding: '5' });
    expect((await come(bench, { password: 'wrong' })).first).toEqual(connackOf(5));
    expect((await come(bench)).first).toEqual(connackOf(0));
    expect((await come(bench, { clientId: 'another' })).first).toEqual(connackOf(5));
    bench.devicewise.pushFault({ is: 'connack' });
    expect((await come(bench)).first).toEqual(connackOf(3));
  });

  test('the same client id again ends the first; the thing stays connected', async () => {
    const bench = await startFronts();
    const first = await come(bench);
    const second = await come(bench);
    expect(await first.next()).toBe('closed');
    expect(bench.devicewise.seen.connects[0]?.endReason).toBe('another client with this id');
    expect(bench.devicewise.platform.things.get(IMEI)?.isConnected).toBe(true);
    second.socket.destroy();
    await until('gone', () => bench.devicewise.platform.things.get(IMEI)?.isConnected === false);
  });

  test('what is no MQTT, or no CONNECT, ends it', async () => {
    const bench = await startFronts();
    for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), pingreq()]) {
      const client = await dial(bench);
      client.send(bytes);
      expect(await client.next()).toBe('closed');
    }
    const client = await come(bench);
    client.send(hello(bench));
    expect(await client.next()).toBe('closed');
  });

  test('byte by byte is the same', async () => {
    const bench = await startFronts();
    const client = await dial(bench);
    for (const byte of hello(bench)) client.send(Buffer.from([byte]));
    expect(await client.next()).toEqual(connackOf(0));
  });
});

describe('requests', () => {
  test.each(['', '/1', '/0001', '/65536', '/any thing/else'])(
    'a request on api%s is answered on the topic that belongs to it',
    async (suffix) => {
      const bench = await startFronts();
      const client = await come(bench);
      client.ask(`api${suffix}`, PING);
      expect(await client.heard()).toMatchObject({ topic: `reply${suffix}`, qos: 0, text: JSON.stringify(GOOD) });
    },
  );

  test('QoS 1 is acknowledged first; QoS 2 ends it', async () => {
    const bench = await startFronts();
    const client = await come(bench);
    client.send(publishQos1('api/7', Buffer.from(JSON.stringify(PING)), 99));
    expect(await client.next()).toEqual({ is: 'ack', id: 99 });
    expect(await client.heard()).toMatchObject({ topic: 'reply/7' });
    client.send(publishPacket('api/8', '{}', { qos: 2 }));
    expect(await client.next()).toBe('closed');
    expect(lastConnect(bench)).toMatchObject({ requests: 1, replies: 1, endReason: 'QoS 2' });
  });

  test('the knobs of acknowledgements and answers', async () => {
    const bench = await startFronts({ puback: 'withheld', replyQos: '1' });
    const client = await come(bench);
    client.send(publishQos1('api/7', Buffer.from(JSON.stringify(PING)), 99));
    expect(await client.heard()).toMatchObject({ topic: 'reply/7', qos: 1, text: JSON.stringify(GOOD) });
  });

  test('SUBSCRIBE is granted, and changes nothing', async () => {
    const bench = await startFronts();
    const client = await come(bench);
    client.send(subscribePacket('reply/#', 1));
    expect(await client.next()).toEqual({ is: 'other' });
    client.ask('api/1', PING);
    expect(await client.heard()).toMatchObject({ topic: 'reply/1' });
    client.send(pingreq());
    expect(await client.next()).toEqual({ is: 'pong' });
  });

  test.each([
    ['zlib', deflateSync, inflateSync],
    ['raw', deflateRawSync, inflateRawSync],
  ] as const)('apiz: packed as %s, answered as the knob says, whatever came', async (deflate, pack, read) => {
    const bench = await startFronts({ deflate });
    const client = await come(bench);
    for (const packed of [pack(JSON.stringify(PING)), deflateSync('{"1":{"command":"diag.ping"}}')]) {
      client.send(publishQos1('apiz/3', packed, 5));
      await client.next();
      const { topic, payload } = await client.heard();
      expect(topic).toBe('replyz/3');
      expect(JSON.parse(read(payload).toString())).toEqual(GOOD);
    }
    client.ask('apiz/4', 'neither packed nor JSON');
    const { topic, payload } = await client.heard();
    expect(topic).toBe('replyz/4');
    expect(JSON.parse(read(payload).toString())).toMatchObject({ success: false });
  });

  test('server topics are stored without a word, others left alone', async () => {
    const bench = await startFronts();
    const client = await come(bench);
    client.ask(`thing/${IMEI}/property/temp`, '21.5');
    client.ask('elsewhere', 'x');
    client.ask('api/1', PING);
    expect(await client.heard()).toMatchObject({ topic: 'reply/1' });
    expect(bench.devicewise.platform.stored(IMEI).properties).toMatchObject([{ key: 'temp', value: 21.5 }]);
    expect(bench.devicewise.seen.strayMessages).toBe(1);
  });

  test('a message above the limit ends it', async () => {
    const bench = await startFronts({ maxPayloadBytes: 64 });
    const client = await come(bench);
    client.ask('api/1', 'x'.repeat(64));
    expect(await client.heard()).toMatchObject({ topic: 'reply/1' });
    client.ask('api/1', 'x'.repeat(65));
    expect(await client.next()).toBe('closed');
  });

  test('answers wait as long as the knob says', async () => {
    const bench = await startFronts({ replyMs: 500 });
    const client = await come(bench);
    client.ask('api/1', PING);
    await until('asked', () => bench.devicewise.platform.ledger.requests.length === 1);
    await bench.clock.advance(499);
    expect(lastConnect(bench)?.replies).toBe(0);
    await bench.clock.advance(1);
    expect(await client.heard()).toMatchObject({ topic: 'reply/1' });
  });

  test('shuffled answers are all there, in another order', async () => {
    const bench = await startFronts({ shuffleReplies: 'on' });
    const client = await come(bench);
    const asked = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `api/${n}`);
    for (const topic of asked) client.ask(topic, PING);
    await until('asked', () => bench.devicewise.platform.ledger.requests.length === asked.length);
    await bench.clock.advance(50);
    const heard: string[] = [];
    while (heard.length < asked.length) heard.push((await client.heard()).topic);
    const inOrder = asked.map((topic) => topic.replace('api', 'reply'));
    expect(heard.toSorted()).toEqual(inOrder);
    expect(heard).not.toEqual(inOrder);
  });
});

describe('mail', () => {
  test('is told of while connected, and at the next CONNECT when it came before', async () => {
    const bench = await startFronts();
    const client = await come(bench);
    bench.devicewise.platform.method(IMEI, 'set_rate', { seconds: 30 });
    expect(await client.heard()).toMatchObject({ topic: 'notify/mailbox_activity' });
    const again = await come(bench);
    expect(again.first).toEqual(connackOf(0));
    expect(await again.heard()).toMatchObject({ topic: 'notify/mailbox_activity' });
    again.ask('api/1', { '1': { command: 'mailbox.check' } });
    expect((await again.heard()).text).toContain('"set_rate"');
  });

  test('notify=lost and notifyOnConnect=none: only its own look finds it', async () => {
    const bench = await startFronts({ notify: 'lost', notifyOnConnect: 'none' });
    await come(bench);
    bench.devicewise.platform.method(IMEI, 'set_rate');
    const client = await come(bench);
    client.ask('api/1', PING);
    expect(await client.heard()).toMatchObject({ topic: 'reply/1' });
    expect(bench.devicewise.seen.connects.map(({ notifications }) => notifications)).toEqual([0, 0]);
  });
});

describe('what is wrong', () => {
  test('one and a half keep-alives of silence end it, unless the knob is off', async () => {
    const bench = await startFronts();
    const client = await come(bench);
    await bench.clock.advance(89_999);
    expect(bench.devicewise.broker.sessions).toEqual([IMEI]);
    await bench.clock.advance(1);
    expect(await client.next()).toBe('closed');
    bench.devicewise.configure({ keepalive: 'ignored' });
    await come(bench);
    await bench.clock.advance(900_000);
    expect(bench.devicewise.broker.sessions).toEqual([IMEI]);
  });

  test('faults spoil one answer each; the effect depends on when', async () => {
    const bench = await startFronts();
    const { devicewise } = bench;
    const client = await come(bench);
    const at = (value: number) => ({ '1': { command: 'property.publish', params: { key: 't', value } } });
    devicewise.pushFault({ is: 'garbage' });
    devicewise.pushFault({ is: 'json', when: 'after' }, { front: 'mqtt' });
    devicewise.pushFault({ is: 'mute', when: 'after' });
    devicewise.pushFault({ is: 'status' });
    [1, 2, 3, 4].forEach((n) => client.ask(`api/${n}`, at(n)));
    expect((await client.heard()).text).toBe('the service is not available');
    expect((await client.heard()).text).toBe('{"status":"ok","data":[]}');
    expect(await client.heard()).toMatchObject({ topic: 'reply/4', text: JSON.stringify(GOOD) });
    expect(devicewise.platform.stored(IMEI).properties.map(({ value }) => value)).toEqual([2, 3, 4]);
    devicewise.clearFaults();
    devicewise.pushFault({ is: 'reset' });
    client.ask('api/5', PING);
    expect(await client.next()).toBe('closed');
  });

  test('refused, close and back: the ports are the same', async () => {
    const bench = await startFronts();
    const { broker } = bench.devicewise;
    const { mqtt } = bench.devicewise.description;
    const before = await come(bench);
    await broker.setOutage('refused');
    expect(await before.next()).toBe('closed');
    await expect(dial(bench)).rejects.toThrow('ECONNREFUSED');
    await broker.setOutage('close');
    const cut = await dial(bench);
    expect(await cut.next()).toBe('closed');
    await broker.setOutage('off');
    expect((await come(bench)).first).toEqual(connackOf(0));
    expect(bench.devicewise.description.mqtt).toEqual(mqtt);
  });

  test('half-open and black hole: silence, and nothing has an effect', async () => {
    const bench = await startFronts();
    const { devicewise, clock } = bench;
    const client = await come(bench);
    await devicewise.broker.setOutage('half-open');
    client.ask('api/1', PING);
    const fresh = await dial(bench, true);
    fresh.send(hello(bench));
    await until('dialled', () => devicewise.broker.door.live === 1);
    await clock.advance(900_000);
    expect(devicewise.platform.ledger.requests).toEqual([]);
    expect(devicewise.seen.connects).toHaveLength(1);
    expect(devicewise.broker.sessions).toEqual([IMEI]);

    await devicewise.broker.setOutage('black-hole');
    const unshaken = expect(dial(bench, true)).rejects.toThrow(/closed before|ECONNRESET/);
    const held = await dial(bench);
    held.send(hello(bench));
    await until('dialled', () => devicewise.broker.door.live === 2 && devicewise.broker.plainDoor.live === 2);
    await devicewise.broker.setOutage('off');
    for (const each of [client, fresh, held]) expect(await each.next()).toBe('closed');
    expect(devicewise.seen.connects).toHaveLength(1);
    await unshaken;
  });

  test('sessions are cut, all or those of one thing', async () => {
    const bench = await startFronts();
    const one = await come(bench);
    const other = await come(bench, { clientId: 'other', userName: 'other' });
    bench.devicewise.broker.cutSessions('other');
    expect(await other.next()).toBe('closed');
    expect(bench.devicewise.broker.sessions).toEqual([IMEI]);
    bench.devicewise.broker.cutSessions();
    expect(await one.next()).toBe('closed');
  });

  test('another certificate is shown to whoever comes from then on', async () => {
    const bench = await startFronts();
    await bench.devicewise.show('wrong-name');
    await expect(dial(bench, true)).rejects.toThrow('altnames');
    await bench.devicewise.show('normal');
    expect((await come(bench, {}, true)).first).toEqual(connackOf(0));
  });
});
