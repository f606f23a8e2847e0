// Rows M1 to M27 of specs/losant.md, at every position of the knobs that touch them.
import mqtt from 'mqtt';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { LosantSettings } from '../../../src/sim/clouds/index.js';
import type { ServerFace } from '../../../src/sim/clouds/pki.js';
import {
  type ConnectAs,
  commandTopic,
  connackHex,
  connectPacket,
  connectRaw,
  DISCONNECT,
  type Heard,
  type LosantBench,
  PING,
  PONG,
  PUBACK,
  pathsOf,
  publishPacket,
  type RawMqtt,
  rawMqtt,
  ready,
  rest,
  startLosant,
  stateTopic,
  subackHex,
  subscribePacket,
} from './losant-helpers.js';

const MINUTE_MS = 60_000;
const UPTIME = '{"data":{"uptime":1}}';

const lastConnect = ({ losant }: LosantBench) => losant.ledger.connects.at(-1);

/** Connected; the first word was CONNACK 0. */
async function up(bench: LosantBench, changes: Partial<ConnectAs> = {}): Promise<RawMqtt> {
  const client = await connectRaw(bench, changes);
  expect(client.first).toEqual(connackHex(0));
  return client;
}

/** Everything up to the end, or up to the answer to a PING. */
async function heardUntilPong(client: RawMqtt): Promise<Heard[]> {
  client.send(PING);
  const heard: Heard[] = [];
  for (;;) {
    const next = await client.next();
    if (next === 'closed') return [...heard, next];
    if ('hex' in next && next.hex === 'd000') return heard;
    heard.push(next);
  }
}

/** One more than is allowed. */
async function flood(bench: LosantBench, client: RawMqtt): Promise<void> {
  client.send(...Array.from({ length: 31 }, () => publishPacket(stateTopic(bench), UPTIME)));
  expect(await client.next()).toBe('closed');
}

describe('CONNECT (M1 to M5)', () => {
  test('a good one is welcome', async () => {
    const bench = await startLosant();
    const client = await up(bench);
    expect(bench.losant.broker.sessions).toEqual([bench.losant.description.deviceId]);
    expect(lastConnect(bench)).toMatchObject({ answer: 'welcome', keepaliveS: 60, messagesIn: 0 });
    client.send(DISCONNECT);
    expect(await client.next()).toBe('closed');
    expect(lastConnect(bench)).toMatchObject({ endReason: 'disconnected by the client' });
  });

  test.each<[what: string, settings: Partial<LosantSettings>, as: Partial<ConnectAs>, heard: Heard]>([
    ['wrong secret', { badSecret: '4' }, { password: 'wrong' }, connackHex(4)],
    ['wrong secret', { badSecret: '5' }, { password: 'wrong' }, connackHex(5)],
    ['unknown key', {}, { userName: 'nobody' }, connackHex(4)],
    ['unknown device', { unknownClient: '2' }, { clientId: 'somebody' }, connackHex(2)],
    ['unknown device', { unknownClient: '5' }, { clientId: 'a'.repeat(24) }, connackHex(5)],
    ['MQTT 5', {}, { level: 5 }, connackHex(1)],
    ['MQTT 3.1', {}, { level: 3 }, connackHex(1)],
    ['kept session', { cleanFalse: 'refuse' }, { isClean: false }, connackHex(5)],
    ['kept session', { cleanFalse: 'close' }, { isClean: false }, 'closed'],
  ])('%s with %j', async (_what, settings, as, heard) => {
    const bench = await startLosant(settings);
    const client = await connectRaw(bench, as);
    expect(client.first).toEqual(heard);
    if (heard !== 'closed') expect(await client.next()).toBe('closed');
    expect(bench.losant.broker.sessions).toEqual([]);
    expect(lastConnect(bench)?.reason).toEqual(expect.any(String));
  });

  test('an inactive key, a deleted one, one of another device, a deleted device', async () => {
    const bench = await startLosant();
    const { losant } = bench;
    losant.changeKey('inactive');
    expect((await connectRaw(bench)).first).toEqual(connackHex(4));
    losant.changeKey('active');
    losant.changeDevice('duplicate');
    const other = losant.account.devices[1]?.deviceId ?? '';
    expect((await connectRaw(bench, { clientId: other })).first).toEqual(connackHex(4));
    losant.changeDevice('delete');
    expect((await connectRaw(bench)).first).toEqual(connackHex(2));
    losant.changeDevice('restore');
    losant.changeKey('delete');
    expect((await connectRaw(bench)).first).toEqual(connackHex(4));
    expect(losant.changeKey('active')).toBe(false);
  });

  test.each([
    ['a PING first', PING],
    ['no MQTT', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['an endless length', Buffer.from([0x10, 255, 255, 255, 255, 255])],
    ['more than anything allowed', Buffer.from([0x10, 255, 255, 255, 127])],
    ['a CONNECT that is too short', Buffer.from([0x10, 2, 0, 4])],
  ])('%s is cut', async (_what, bytes) => {
    const bench = await startLosant();
    const client = await rawMqtt(bench);
    client.send(bytes);
    expect(await client.next()).toBe('closed');
  });

  test('a packet may come byte by byte, a second CONNECT is cut', async () => {
    const bench = await startLosant();
    const client = await rawMqtt(bench);
    client.socket.setNoDelay(true);
    for (const byte of connectPacket(ready(bench))) client.socket.write(Buffer.from([byte]));
    expect(await client.next()).toEqual(connackHex(0));
    client.send(connectPacket(ready(bench)));
    expect(await client.next()).toBe('closed');
  });

  test('the 301st connection of 15 s is refused', async () => {
    const bench = await startLosant();
    const first = await rawMqtt(bench);
    first.send(connectPacket({ ...ready(bench), clientId: 'nobody' }));
    await first.next();
    for (let i = 1; i < 300; i += 50)
      await Promise.all(Array.from({ length: Math.min(50, 300 - i) }, () => connectRaw(bench, { clientId: 'nobody' })));
    expect((await connectRaw(bench)).first).toBe('closed');
    await bench.clock.advance(15_000);
    await up(bench);
  });
});

describe('SUBSCRIBE (M6 to M8)', () => {
  test.each<[settings: Partial<LosantSettings>, topic: 'own' | 'state' | 'all', qos: number, heard: Heard]>([
    [{}, 'own', 0, subackHex('00')],
    [{ subscribeQos1: 'downgrade' }, 'own', 1, subackHex('00')],
    [{ subscribeQos1: 'refuse' }, 'own', 1, subackHex('80')],
    [{ foreignSubscribe: 'refuse' }, 'state', 0, subackHex('80')],
    [{ foreignSubscribe: 'refuse' }, 'all', 0, subackHex('80')],
    [{ foreignSubscribe: 'close' }, 'state', 0, 'closed'],
  ])('%j %s QoS %i', async (settings, topic, qos, heard) => {
    const bench = await startLosant(settings);
    const client = await up(bench);
    const topics = { own: commandTopic(bench), state: stateTopic(bench), all: 'losant/#' };
    client.send(subscribePacket(topics[topic], qos));
    expect(await client.next()).toEqual(heard);
  });

  test('unsubscribed, no command comes any more', async () => {
    const bench = await startLosant();
    const client = await up(bench);
    client.send(subscribePacket(commandTopic(bench)));
    expect(await client.next()).toEqual(subackHex('00'));
    const name = Buffer.from(commandTopic(bench));
    client.send(Buffer.concat([Buffer.from([0xa2, name.length + 4, 0, 8, 0, name.length]), name]));
    expect(await client.next()).toEqual({ hex: 'b0020008' });
    expect(bench.losant.command('late').isDelivered).toBe(false);
  });
});

describe('PUBLISH (M9 to M13, M26, M27)', () => {
  test('the own state with QoS 1 is acknowledged and stored', async () => {
    const bench = await startLosant();
    const client = await up(bench);
    client.send(publishPacket(stateTopic(bench), UPTIME, { qos: 1 }));
    expect(await client.next()).toEqual(PUBACK);
    const now = bench.clock.wall();
    expect(bench.losant.stored()).toEqual([{ timeMs: now, data: { uptime: 1 } }]);
    expect(bench.losant.ledger.states).toMatchObject([{ via: 'mqtt', timeMs: now, data: { uptime: 1 } }]);
    expect([...bench.losant.ledger.messages]).toEqual([[stateTopic(bench), 1]]);
    expect(lastConnect(bench)).toMatchObject({ messagesIn: 1 });
  });

  test.each<[what: string, settings: Partial<LosantSettings>, topic: string, payload: string, o: object, Heard[]]>([
    ['a foreign state', {}, `losant/${'a'.repeat(24)}/state`, UPTIME, {}, ['closed']],
    ['a misspelt topic', {}, 'losant/OWN/stat', UPTIME, {}, ['closed']],
    ['its own command topic', {}, 'losant/OWN/command', UPTIME, {}, ['closed']],
    ['a custom topic', {}, 'mine/OWN', UPTIME, {}, ['closed']],
    ['retain', { retain: 'close' }, 'losant/OWN/state', UPTIME, { qos: 1, retain: true }, ['closed']],
    ['retain', { retain: 'ignore' }, 'losant/OWN/state', UPTIME, { qos: 1, retain: true }, [PUBACK]],
    ['QoS 2', {}, 'losant/OWN/state', UPTIME, { qos: 2 }, ['closed']],
    ['262145 bytes', {}, 'losant/OWN/state', 'x'.repeat(262_145), { qos: 1 }, ['closed']],
    ['262144 bytes', {}, 'losant/OWN/state', 'x'.repeat(262_144), { qos: 1 }, [PUBACK]],
    ['no acknowledgement', { puback: 'withheld' }, 'losant/OWN/state', UPTIME, { qos: 1 }, []],
  ])('%s with %j', async (_what, settings, topic, payload, options, heard) => {
    const bench = await startLosant(settings);
    const client = await up(bench);
    client.send(publishPacket(topic.replace('OWN', bench.losant.description.deviceId), payload, options));
    expect(await heardUntilPong(client)).toEqual(heard);
  });

  test.each([
    ['no JSON', '{"data":'],
    ['a null', '{"data":{"uptime":null}}'],
    ['1970', '{"data":{"uptime":1},"time":{"$date":"1970-01-01T00:00:10Z"}}'],
    ['a list', `[${UPTIME}]`],
    ['nothing', ''],
  ])('%s is accepted, not stored', async (_what, payload) => {
    const bench = await startLosant();
    const client = await up(bench);
    client.send(publishPacket(stateTopic(bench), payload, { qos: 1 }));
    expect(await client.next()).toEqual(PUBACK);
    expect(bench.losant.stored()).toEqual([]);
    expect(bench.losant.ledger.states).toMatchObject([{ isStored: false, why: expect.any(String) }]);
  });

  test('a list may be stored', async () => {
    const bench = await startLosant({ arraysOverMqtt: 'stored' });
    const client = await up(bench);
    client.send(publishPacket(stateTopic(bench), `[${UPTIME},{"data":{"hdop":2},"time":-5}]`, { qos: 1 }));
    expect(await client.next()).toEqual(PUBACK);
    expect(bench.losant.stored()).toHaveLength(2);
  });

  test('a gateway reports for its peripheral, and a key may allow topics', async () => {
    const bench = await startLosant();
    const { applicationToken: token, deviceId } = bench.losant.description;
    const made = await rest(bench, `POST ${pathsOf(bench).devices}`, {
      token,
      body: { name: 'p', gatewayId: deviceId, attributes: [{ name: 'uptime', dataType: 'number' }] },
    });
    const topics = { filterType: 'whitelist', pubTopics: ['mine/{{deviceId}}/+'], subTopics: ['mine/#'] };
    const key = await rest(bench, `POST ${pathsOf(bench).keys}`, { token, body: topics });
    const client = await up(bench, { userName: key.json.key, password: key.json.secret });
    client.send(publishPacket(`losant/${made.json.deviceId}/state`, UPTIME, { qos: 1 }));
    expect(await client.next()).toEqual(PUBACK);
    expect(bench.losant.stored(String(made.json.deviceId))).toHaveLength(1);
    client.send(subscribePacket('mine/#'));
    expect(await client.next()).toEqual(subackHex('00'));
    client.send(publishPacket(`mine/${deviceId}/x`, 'hello'));
    expect(await client.next()).toEqual({ topic: `mine/${deviceId}/x`, payload: 'hello', qos: 0 });
    client.send(publishPacket('mine/other', 'hello'));
    expect(await client.next()).toBe('closed');
  });
});

describe('bans (M14 to M17)', () => {
  test('the 31st message in 15 s cuts and bans; 30 do not', async () => {
    const bench = await startLosant();
    const client = await up(bench);
    const thirty = Array.from({ length: 30 }, () => publishPacket(stateTopic(bench), UPTIME));
    client.send(...thirty);
    expect(await heardUntilPong(client)).toEqual([]);
    await bench.clock.advance(15_000);
    client.send(...thirty);
    expect(await heardUntilPong(client)).toEqual([]);
    client.send(publishPacket(stateTopic(bench), UPTIME));
    expect(await client.next()).toBe('closed');
    expect(bench.losant.ledger.bans).toMatchObject([{ forMs: 30_000, why: 'topic' }]);
    expect(bench.losant.ledger.states).toHaveLength(60);
  });

  test('301 messages on many topics are too many for a connection', async () => {
    const bench = await startLosant();
    const { applicationToken: token } = bench.losant.description;
    const key = await rest(bench, `POST ${pathsOf(bench).keys}`, { token, body: { filterType: 'all' } });
    const client = await up(bench, { userName: key.json.key, password: key.json.secret });
    client.send(...Array.from({ length: 300 }, (_, i) => publishPacket(`t/${i % 20}`, 'x')));
    expect(await heardUntilPong(client)).toEqual([]);
    client.send(publishPacket('t/20', 'x'));
    expect(await client.next()).toBe('closed');
    expect(bench.losant.ledger.bans).toMatchObject([{ forMs: 30_000, why: 'connection' }]);
  });

  test.each<[settings: Partial<LosantSettings>, heard: Heard]>([
    [{ bannedConnect: 'close' }, 'closed'],
    [{ bannedConnect: '3' }, connackHex(3)],
    [{ bannedConnect: '5' }, connackHex(5)],
  ])('CONNECT while banned, %j', async (settings, heard) => {
    const bench = await startLosant(settings);
    expect(bench.losant.ban()).toBe(30_000);
    await bench.clock.advance(29_999);
    expect((await connectRaw(bench)).first).toEqual(heard);
    await bench.clock.advance(1);
    await up(bench);
  });

  test.each([
    ['ignored', 10_000],
    ['extends', 30_000],
  ] as const)('an attempt while banned: %s', async (bannedAttempt, left) => {
    const bench = await startLosant({ bannedAttempt });
    bench.losant.ban();
    await bench.clock.advance(20_000);
    expect((await connectRaw(bench)).first).toBe('closed');
    expect(bench.losant.banLeft()).toBe(left);
  });

  test('each further one within 15 min lasts twice as long, to an hour; 15 min clean begin anew', async () => {
    const bench = await startLosant();
    for (const forS of [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]) {
      const client = await up(bench);
      await flood(bench, client);
      expect(bench.losant.ledger.bans.at(-1)?.forMs).toBe(forS * 1000);
      await bench.clock.advance(forS * 1000);
    }
    await bench.clock.advance(15 * MINUTE_MS);
    await flood(bench, await up(bench));
    expect(bench.losant.ledger.bans.at(-1)?.forMs).toBe(30_000);
  });

  test('a ban by hand cuts, and is lifted', async () => {
    const bench = await startLosant();
    const client = await up(bench);
    expect(bench.losant.ban(5000)).toBe(5000);
    expect(await client.next()).toBe('closed');
    bench.losant.liftBan();
    await up(bench);
    expect(bench.losant.ledger.bans).toMatchObject([{ why: 'by hand' }]);
  });
});

describe('sessions and commands (M18 to M23, M25)', () => {
  test('a second client of the same id ends the first', async () => {
    const bench = await startLosant();
    const first = await up(bench);
    await up(bench);
    expect(await first.next()).toBe('closed');
    expect(bench.losant.ledger.connects[0]?.endReason).toBe('another client with this id');
    expect(bench.losant.broker.sessions).toHaveLength(1);
  });

  const listening = async (bench: LosantBench): Promise<RawMqtt> => {
    const client = await up(bench);
    client.send(subscribePacket(commandTopic(bench)));
    expect(await client.next()).toEqual(subackHex('00'));
    return client;
  };

  test('a command comes at once, one sent before never; both are in the history', async () => {
    const bench = await startLosant();
    expect(bench.losant.command('early').isDelivered).toBe(false);
    const client = await listening(bench);
    expect(bench.losant.command('report-status', { a: 1 }).isDelivered).toBe(true);
    const time = { $date: new Date(bench.clock.wall()).toISOString() };
    const payload = JSON.stringify({ name: 'report-status', payload: { a: 1 }, time });
    expect(await client.next()).toEqual({ topic: commandTopic(bench), payload, qos: 0 });
    expect(await heardUntilPong(client)).toEqual([]);
    expect(bench.losant.commands().map(({ name }) => name)).toEqual(['early', 'report-status']);
    expect(lastConnect(bench)).toMatchObject({ messagesOut: 1 });
  });

  test.each([
    ['no JSON', '{{{'],
    ['a list', '[1]'],
    ['no name', '{"payload":1}'],
    ['300 KB', `{"name":"x","payload":"${'x'.repeat(300_000)}"}`],
  ])('a malformed command, %s, is delivered as it is', async (_what, text) => {
    const bench = await startLosant();
    const client = await listening(bench);
    expect(bench.losant.commandRaw(text)).toBe(true);
    expect(await client.next()).toEqual({ topic: commandTopic(bench), payload: text, qos: 0 });
    expect(bench.losant.commands()).toEqual([]);
  });

  test('too many commands are cut, too', async () => {
    const bench = await startLosant();
    const client = await listening(bench);
    const delivered = Array.from({ length: 31 }, () => bench.losant.commandRaw('{}'));
    expect(delivered.filter(Boolean)).toHaveLength(30);
    const heard = await heardUntilPong(client);
    expect(heard.at(-1)).toBe('closed');
    expect(bench.losant.ledger.bans).toHaveLength(1);
  });

  test.each([
    ['close', ['closed']],
    ['stay', []],
  ] as const)('a key made inactive while connected: %s', async (keyInactive, heard) => {
    const bench = await startLosant({ keyInactive });
    const client = await up(bench);
    bench.losant.changeKey('inactive');
    expect(await heardUntilPong(client)).toEqual(heard);
    expect((await connectRaw(bench)).first).toEqual(connackHex(4));
  });

  test('a deleted device is cut', async () => {
    const bench = await startLosant();
    const client = await up(bench);
    bench.losant.changeDevice('delete');
    expect(await client.next()).toBe('closed');
  });

  test('silence of one and a half keep-alives is cut, a PING holds it', async () => {
    const bench = await startLosant();
    const client = await up(bench, { keepaliveS: 20 });
    await bench.clock.advance(29_000);
    client.send(PING);
    expect(await client.next()).toEqual(PONG);
    await bench.clock.advance(29_999);
    expect(bench.losant.broker.sessions).toHaveLength(1);
    await bench.clock.advance(1);
    expect(await client.next()).toBe('closed');
    expect(lastConnect(bench)).toMatchObject({ endReason: 'keepalive' });
  });

  test('keep-alive ignored, or 0, is never cut', async () => {
    const bench = await startLosant({ keepalive: 'ignored' });
    const client = await up(bench, { keepaliveS: 20 });
    await bench.clock.advance(60 * MINUTE_MS);
    expect(await heardUntilPong(client)).toEqual([]);
    bench.losant.configure({ keepalive: 'enforced' });
    const other = await up(bench, { keepaliveS: 0 });
    await bench.clock.advance(60 * MINUTE_MS);
    expect(await heardUntilPong(other)).toEqual([]);
  });

  test('half-open: neither an answer nor an end, until it is over', async () => {
    const bench = await startLosant();
    const client = await listening(bench);
    await bench.losant.broker.setOutage('half-open');
    client.send(PING, publishPacket(stateTopic(bench), UPTIME, { qos: 1 }));
    expect(bench.losant.command('lost').isDelivered).toBe(false);
    const late = await rawMqtt(bench);
    late.send(connectPacket(ready(bench)));
    await bench.clock.advance(10 * MINUTE_MS);
    expect([client.socket.closed, late.socket.closed]).toEqual([false, false]);
    await bench.losant.broker.setOutage('off');
    expect([await client.next(), await late.next()]).toEqual(['closed', 'closed']);
    expect(bench.losant.stored()).toEqual([]);
    await up(bench);
  });

  test('outages: connections close, or nobody listens', async () => {
    const bench = await startLosant();
    const client = await up(bench);
    await bench.losant.broker.setOutage('close');
    expect(await client.next()).toBe('closed');
    expect((await connectRaw(bench)).first).toBe('closed');
    await bench.losant.broker.setOutage('refused');
    expect([bench.losant.broker.door.isOpen, bench.losant.broker.plainDoor.isOpen]).toEqual([false, false]);
    await bench.losant.broker.setOutage('off');
    const again = await up(bench);
    bench.losant.broker.cutSessions();
    expect(await again.next()).toBe('closed');
    await up(bench);
  });
});

describe('TLS (M24)', () => {
  const tls = ({ losant, pki }: LosantBench, ca = pki.caPem): Promise<string> => {
    const { clientId, userName, password } = ready({ losant } as LosantBench);
    const client = mqtt.connect({
      ...{ protocol: 'mqtts', host: '127.0.0.1', port: losant.broker.door.port, servername: 'localhost' },
      ...{ clientId, username: userName, password: Buffer.from(password), ca, protocolVersion: 4, reconnectPeriod: 0 },
    });
    onTestFinished(() => void client.end(true));
    return new Promise((resolve) => {
      client.on('connect', () => resolve('up'));
      client.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message));
    });
  };

  test.each<[ServerFace, string]>([
    ['normal', 'up'],
    ['expired', 'CERT_HAS_EXPIRED'],
    ['foreign', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['wrong-name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('%s: %s', async (face, outcome) => {
    const bench = await startLosant();
    await bench.losant.show(face);
    expect(await tls(bench)).toBe(outcome);
    if (face !== 'normal') await expect(rest(bench, 'GET /nope')).rejects.toMatchObject({ code: outcome });
  });
});
