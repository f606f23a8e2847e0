// Rows 30 to 42 of the table of exchanges (specs/devicewise.md 5.3): each as it is written there, by a hand-made MQTT client
// and plain HTTPS at the simulated cloud's own ports; and what the gateway makes of it, by its own roads.
import { describe, expect, test } from 'vitest';
import { type Tr50Command, WaymarkError } from '../../src/core/index.js';
import { createDeviceWiseLink } from '../../src/services/index.js';
import { record } from '../services/devicewise/service-fakes.js';
import {
  authCommand,
  come,
  connackOf,
  type FrontBench,
  type HandMade,
  post,
  signIn,
  startFronts,
} from '../sim/clouds/devicewise-fronts.js';
import { publishPacket } from '../sim/clouds/losant-helpers.js';
import { gatewayWay, type Line, settled, until, type Way } from './lines.js';
import type { CloudKnobs } from './memory-cloud.js';
import { OK } from './story.js';

const THING = 'thing-1';
const GATEWAY = { level: 4, userName: THING, clientId: 'made-once' } as const;

/** A thing that has connected. */
async function connected(changes: CloudKnobs = {}): Promise<{ bench: FrontBench; client: HandMade }> {
  const bench = await startFronts(changes);
  const client = await come(bench, GATEWAY);
  expect(client.first).toEqual(connackOf(0));
  return { bench, client };
}

async function asked({ ask, heard }: HandMade, topic: string, body: unknown): Promise<[topic: string, json: unknown]> {
  ask(topic, body);
  const answer = await heard();
  return [answer.topic, JSON.parse(answer.text)];
}

const property = (key: string, value: unknown): Tr50Command => ({
  command: 'property.publish',
  params: { key, value },
});

describe('packet by packet', () => {
  test('30: a new thing registers itself', async () => {
    const { bench } = await connected();
    const { things } = bench.devicewise.platform;
    expect(things.get(THING)).toMatchObject({ name: `auto:${THING}`, createdBy: 'AUTOREG', isBound: true });
  });

  test.each(['4', '5', '2'] as const)('31: an unknown token, CONNACK %s', async (connackUnknownToken) => {
    const bench = await startFronts({ connackUnknownToken });
    const { first, next } = await come(bench, { ...GATEWAY, password: 'Wrong000Token000' });
    expect([first, await next()]).toEqual([connackOf(Number(connackUnknownToken)), 'closed']);
  });

  test.each(['2', '5'] as const)('32: another client id, CONNACK %s', async (connackBinding) => {
    const { bench } = await connected({ connackBinding });
    const { first, next } = await come(bench, { ...GATEWAY, clientId: 'made-twice' });
    expect([first, await next()]).toEqual([connackOf(Number(connackBinding)), 'closed']);
  });

  test('33: an answer nobody has subscribed to', async () => {
    const { bench, client } = await connected();
    expect(await asked(client, 'api/0001', { '1': property('t', 1) })).toEqual([
      'reply/0001',
      { '1': { success: true } },
    ]);
    expect(bench.devicewise.platform.stored(THING).properties).toMatchObject([{ key: 't', value: 1 }]);
  });

  test('34: two commands, the second for nobody', async () => {
    const { client } = await connected();
    const commands = { '1': property('t', 1), '2': { command: 'thing.find', params: { key: 'nobody' } } };
    expect(await asked(client, 'api/2', commands)).toEqual([
      'reply/2',
      { '1': { success: true }, '2': { success: false, errorCodes: [-90_008], errorMessages: ['Thing not found.'] } },
    ]);
  });

  test.each(['{oops', '{}', '[]', '"1"'])('35: %s', async (text) => {
    const { client } = await connected();
    const [topic, json] = await asked(client, 'api/7', text);
    expect(topic).toBe('reply/7');
    expect(Object.keys(json as object)).toEqual(['success', 'errorCodes', 'errorMessages']);
    expect(json).toMatchObject({ success: false });
  });

  test('36: a batch ends at its first failure', async () => {
    const { bench, client } = await connected();
    const data = [1, 'many', 3].map((value, i) => ({ key: `p${i + 1}`, value }));
    const [, json] = await asked(client, 'api/3', { '1': { command: 'property.batch', params: { data } } });
    expect(json).toMatchObject({ '1': { success: false } });
    expect(bench.devicewise.platform.stored(THING).properties).toMatchObject([{ key: 'p1', value: 1 }]);
  });

  test.each(['mail', 'none'] as const)('37: called while nobody was there, told of: %s', async (notifyOnConnect) => {
    const { bench, client } = await connected({ notifyOnConnect });
    client.socket.end();
    const { platform } = bench.devicewise;
    await expect.poll(() => platform.things.get(THING)?.isConnected).toBe(false);
    const id = platform.method(THING, 'report', { full: true });
    const again = await come(bench, GATEWAY);
    if (notifyOnConnect === 'mail') expect((await again.heard()).topic).toBe('notify/mailbox_activity');
    const check = { '1': { command: 'mailbox.check' } };
    const [, found] = await asked(again, 'api/1', check);
    expect(found).toMatchObject({
      '1': {
        success: true,
        params: { messages: [{ id, command: 'method.exec', params: { method: 'report', params: { full: true } } }] },
      },
    });
    const ack = { '1': { command: 'mailbox.ack', params: { id, errorCode: 0 } } };
    expect(await asked(again, 'api/2', ack)).toEqual(['reply/2', { '1': { success: true } }]);
    expect(await asked(again, 'api/3', check)).toEqual([
      'reply/3',
      { '1': { success: true, params: { messages: [] } } },
    ]);
  });

  test('38, 39: a session over HTTPS, and its end', async () => {
    const bench = await startFronts({ sessionTtlS: 2 });
    const { json } = await post(bench, { auth: authCommand(bench) });
    expect(json).toEqual({ auth: { success: true, params: { sessionId: expect.stringMatching(/^\w+$/) as string } } });
    const ping = { '1': { command: 'diag.ping' } };
    const sessionId = await signIn(bench);
    expect((await post(bench, ping, { headers: { sessionId } })).json).toEqual({ '1': { success: true } });
    expect((await post(bench, { auth: { sessionId }, ...ping })).json).toEqual({ '1': { success: true } });
    await bench.clock.advance(2500);
    expect(await post(bench, ping, { headers: { sessionId } })).toMatchObject({
      status: 200,
      json: { success: false, errorCodes: [-90_000] },
    });
  });

  test('40: a server topic is stored without a word', async () => {
    const { bench, client } = await connected();
    client.send(publishPacket(`thing/${THING}/property/t`, '21.5'));
    // The next answer is that of the next question.
    expect((await asked(client, 'api/9', { '1': { command: 'diag.ping' } }))[0]).toBe('reply/9');
    expect(bench.devicewise.platform.stored(THING).properties).toMatchObject([{ key: 't', value: 21.5, coerced: [] }]);
  });

  test('41: the time', async () => {
    const { bench, client } = await connected();
    const [, json] = await asked(client, 'api/1', { '1': { command: 'diag.time' } });
    expect(json).toEqual({ '1': { success: true, params: { time: bench.clock.wall() } } });
  });

  test('42: an alarm twice is one', async () => {
    const { bench, client } = await connected();
    const alarm = { '1': { command: 'alarm.publish', params: { key: 'door', state: 1 } } };
    for (const n of [1, 2])
      expect(await asked(client, `api/${n}`, alarm)).toEqual([`reply/${n}`, { '1': { success: true } }]);
    expect(bench.devicewise.platform.stored(THING).alarms).toMatchObject([{ key: 'door', state: 1 }]);
  });
});

const { signal: never } = new AbortController();

const stored = ({ cloud, thing }: Way) => cloud.platform.stored(thing);

async function gateway(transport: 'mqtt' | 'http', cloudKnobs: CloudKnobs = {}): Promise<Way & { line: Line }> {
  const way = gatewayWay(transport, { cloudKnobs, isByteWise: true });
  const line = await way.open();
  if (line instanceof WaymarkError) throw line;
  return { ...way, line };
}

test('38, 39: a session of the gateway that has ended costs one sign-in and one replay', async () => {
  const way = await gateway('http', { sessionTtlS: 2 });
  await way.clock.advance(2500);
  expect(await way.line.ask(property('t', 1))).toEqual(OK);
  expect(stored(way).properties).toHaveLength(1);
  expect(way.line.road.facts()).toMatchObject({ signIns: 2 });
});

describe.each(['mqtt', 'http'] as const)('the gateway over %s', (transport) => {
  const up = (cloudKnobs?: CloudKnobs) => gateway(transport, cloudKnobs);
  const request = ({ clock }: Way, { road }: Line, ...commands: Tr50Command[]) =>
    settled(clock, road.request(commands, { signal: never }), 60_000);

  test('30 to 33, 41, 42: it registers itself, asks and is answered; the wrong token is refused', async () => {
    const way = await up();
    const { line, cloud, thing } = way;
    expect(cloud.platform.things.get(thing)).toMatchObject({ name: `auto:${thing}`, isBound: true });
    expect(await line.ask(property('t', 1))).toEqual(OK);
    expect(await line.ask({ command: 'diag.time' })).toEqual({
      is: 'ok',
      params: { time: expect.any(Number) as number },
    });
    const alarm = { command: 'alarm.publish', params: { key: 'door', state: 1 } };
    expect(await request(way, line, alarm, alarm)).toEqual([OK, OK]);
    expect(stored(way).alarms).toHaveLength(1);
    await line.close();
    expect(await way.open('Wrong000Token000')).toMatchObject({ code: 'devicewise.refused' });
    cloud.platform.things.bind(thing, 'made-elsewhere');
    expect(await way.open()).toMatchObject({ code: 'devicewise.refused' });
  });

  test('34: what fails in a request fails alone', async () => {
    const way = await up();
    const nobody = { command: 'thing.find', params: { key: 'nobody' } };
    expect(await request(way, way.line, property('a', 1), nobody, property('b', 2))).toEqual([
      OK,
      { is: 'failed', codes: [-90_008], messages: ['Thing not found.'] },
      OK,
    ]);
    expect(stored(way).properties.map(({ key }) => key)).toEqual(['a', 'b']);
  });

  test('35: what the cloud cannot read as a whole is refused as a whole', async () => {
    const way = await up();
    const root = { is: 'failed', codes: [-99_001], messages: ['Request is not valid JSON.'] };
    way.cloud.platform.execute = () => way.cloud.platform.rootFailure('malformed');
    expect(await request(way, way.line, property('a', 1), property('b', 2))).toEqual([root, root]);
  });

  test('36: behind the failure of a batch each of its values is said by itself', async () => {
    const way = await up();
    const { cloud, clock, line } = way;
    cloud.platform.define({ key: 'gw_def', autoDefProps: false, properties: ['a', 'c'] });
    const link = createDeviceWiseLink({
      ...{ clock, boot: 3, road: line.road, maxCallsPerSecond: 10 },
      trust: { status: () => ({ state: 'trusted', reason: 'plausible' }) },
    });
    const state = record('state', { a: 1, b: 2, c: 3 });
    const sending = link.publish(state, { signal: never, isReplay: false });
    expect(await settled(clock, sending, 60_000)).toEqual({ is: 'confirmed' });
    const values = new Set(stored(way).properties.map(({ key, value }) => `${key} ${value}`));
    expect([...values].sort()).toEqual(['a 1', 'c 3']);
  });

  test.each(['mail', 'none'] as const)('37: calls of before are found, told of: %s', async (notifyOnConnect) => {
    const way = await up({ notifyOnConnect });
    const { cloud, clock, thing, line, calls } = way;
    await line.close();
    for (let n = 1; n <= 20; n++) cloud.platform.method(thing, 'report', { n }, { ackTimeoutS: 300 });
    const again = await way.open();
    const isOver = () => cloud.platform.methodsOf(thing).every(({ acked }) => acked?.errorCode === 0);
    expect(await until(clock, isOver, 60_000)).toBe(true);
    expect(calls.map(({ params }) => params['n'])).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    if (!(again instanceof WaymarkError)) await again.close();
  });
});
