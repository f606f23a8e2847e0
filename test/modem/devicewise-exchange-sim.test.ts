// The exchange at the simulated module, whose client cuts up, writes anew and rings by itself, under its quirks.
import { type Duplex, duplexPair } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { linkedController, silentLogger, type Tr50Command, type Tr50Outcome } from '../../src/core/index.js';
import { createExchange } from '../../src/modem/apps/devicewise/exchange.js';
import type { ExchangeOptions } from '../../src/modem/apps/devicewise/types.js';
import { createAtChannel } from '../../src/modem/index.js';
import type { DeviceWiseOptions, SimModuleOptions } from '../../src/sim/module/index.js';
import { connack, cutPacket, pingresp, publish } from '../../src/sim/mqtt-wire.js';
import { heardMethods, PING, TEMP } from './devicewise-exchange-rig.js';
import { during } from './during.js';
import { createRandom } from './random.js';
import { simBench } from './sim-bench.js';

interface Heard {
  command: string;
  params?: Record<string, unknown>;
}

/** A cloud that answers the commands of one module. */
function createCloud() {
  let road: Duplex | undefined;
  const say = (topic: string, value: unknown): void =>
    void road?.write(publish(topic, Buffer.from(JSON.stringify(value))));
  const cloud = {
    heard: [] as Heard[],
    mailbox: [] as unknown[],
    answer: ((_heard: Heard) => ({ success: true })) as (heard: Heard) => unknown,
    call(id: string, method: string, params: Record<string, unknown>) {
      cloud.mailbox.push({ id, command: 'method.exec', params: { thingDefKey: 'gw_def', method, params } });
      say('notify/mailbox_activity', {});
    },
    late: (id: number, value: unknown) => say(`reply/${id}`, value),
    dial(): Promise<Duplex> {
      const [theirs, ours] = duplexPair();
      road = ours;
      let received = Buffer.alloc(0);
      ours.on('error', () => undefined);
      ours.on('data', (bytes: Buffer) => {
        received = Buffer.concat([received, bytes]);
        for (let cut = cutPacket(received); cut.is === 'packet'; cut = cutPacket(received)) {
          received = received.subarray(cut.length);
          const { packet } = cut;
          if (packet.is === 'connect') ours.write(connack(0));
          else if (packet.is === 'ping') ours.write(pingresp());
          else if (packet.is === 'publish') {
            const { 1: asked } = JSON.parse(packet.payload.toString()) as Record<string, Heard>;
            if (!asked) continue;
            const own = answerOf(asked);
            if (own !== undefined) say(packet.topic.replace('api/', 'reply/'), { 1: own });
          }
        }
      });
      return Promise.resolve(theirs);
    },
  };
  const answerOf = (asked: Heard): unknown => {
    if (asked.command === 'module.register') return { success: true };
    if (asked.command === 'mailbox.check') return { success: true, params: { messages: cloud.mailbox.splice(0) } };
    cloud.heard.push(asked);
    return cloud.answer(asked);
  };
  return cloud;
}

async function rig(
  knobs: DeviceWiseOptions = {},
  { exchange: exchangeOptions = {}, ...module }: Partial<SimModuleOptions> & { exchange?: ExchangeOptions } = {},
) {
  const cloud = createCloud();
  const bench = simBench({ profile: 'telit', deviceWise: { dial: cloud.dial, connectMs: 0, ...knobs }, ...module });
  const { clock } = bench;
  await clock.advance(500);
  const counters = { commands: 0, timeouts: 0, errors: 0, urcs: 0, unknownUrcs: 0, resyncs: 0 };
  const link = await bench.open({ address: 'sim', baudRate: 115_200 }, {});
  const channel = createAtChannel({ link, clock, log: silentLogger, counters }, { commandGapMs: 0 });
  const { signal } = linkedController();
  for (const line of [
    'AT',
    'AT+CGDCONT=1,"IP","iot.example"',
    'AT#SGACT=1,1',
    'AT#DWCFG=h.example:1883,0,Abcd1234Efgh5678,0,60,0,0,4,5',
    'AT#DWCONN=1',
  ])
    await during(clock, channel.run(line));
  const exchange = createExchange(
    { run: channel.run, prompted: channel.prompted, urcs: channel.urcs, clock, log: silentLogger },
    exchangeOptions,
  );
  expect(await during(clock, channel.run('AT#DWCONN?'))).toMatchObject({ lines: ['#DWCONN: 1,2'] });
  const ask = async (command: Tr50Command): Promise<Tr50Outcome> =>
    (await during(clock, exchange.request(command, { signal }), 100_000)) as Tr50Outcome;
  return { ...bench, channel, cloud, exchange, ask, counters };
}

const OK = { is: 'ok', params: {} };

describe('everything arrives once and as it was', () => {
  test.each<[string, DeviceWiseOptions, Partial<SimModuleOptions>]>([
    ['by the book', {}, {}],
    ['byte by byte, with the payload echoed', { echoesPayload: true }, { chunking: 'one-byte' }],
    ['with one id for all answers', { constantMsgId: true }, { chunking: { random: 5 } }],
    ['around the end of the ids', { firstSeq: 65_530, unknownIdAnswer: 'text' }, {}],
    ['with bare errors and failure lines', { errorForm: 'bare', failedLine: true, unknownIdAnswer: 'bare' }, {}],
  ])('%s', async (_name, knobs, module) => {
    const { cloud, ask, exchange, counters, sim } = await rig(knobs, module);
    const random = createRandom(3);
    const sent: Heard[] = [];
    for (let i = 0; i < 20; i++) {
      const position = {
        command: 'location.publish',
        params: {
          lat: Math.round((random.next() * 180 - 90) * 1e6) / 1e6,
          lng: Math.round((random.next() * 360 - 180) * 1e6) / 1e6,
          altitude: -12.5,
          street: random.pick(['Grüner Weg 7, Hof', '東京, 千代田区', 'OK\r\n> 😀']),
        },
      };
      const property = {
        command: 'property.publish',
        params: { key: 'temp', value: i + 0.25, ts: '2026-01-02T03:04:05.678Z' },
      };
      for (const command of [position, property]) {
        sent.push(command);
        expect(await ask(command)).toEqual(OK);
      }
    }
    expect(cloud.heard).toEqual(sent);
    expect(exchange.facts()).toMatchObject({ ok: 40, waiting: 0 });
    expect('quirk' in exchange.facts()).toBe(knobs.constantMsgId === true);
    expect(sim.state.deviceWise.inbox).toEqual([]);
    expect(counters).toMatchObject({ timeouts: 0, resyncs: 0 });
  });
});

test('a method comes in, is called once, and its acknowledgement goes out as a request', async () => {
  const { cloud, ask, exchange, clock } = await rig({}, { chunking: 'one-byte' });
  const heard = heardMethods(exchange);
  cloud.call('650f0000000000000000a002', 'say', { text: 'Hello, world', rate: -2.5, isLoud: true, list: [1] });
  cloud.call('650f0000000000000000a003', 'say', { text: 'Grüße\r\nOK\r\n' });
  await clock.advance(500);
  expect(heard).toEqual([
    {
      id: '650f0000000000000000a002',
      thingDefKey: 'gw_def',
      method: 'say',
      params: { text: 'Hello, world', rate: -2.5, isLoud: true, list: '' },
    },
    { id: '650f0000000000000000a003', thingDefKey: 'gw_def', method: 'say', params: { text: 'Grüße\r\nOK\r\n' } },
  ]);
  const ack = {
    command: 'mailbox.ack',
    params: { id: '650f0000000000000000a002', errorCode: 0, params: { applied: 30 } },
  };
  expect(await ask(ack)).toEqual(OK);
  expect(cloud.heard).toEqual([ack]);
});

test('what the cloud refuses, and what it never answers', async () => {
  const { cloud, ask, exchange } = await rig({ constantMsgId: true });
  cloud.answer = () => ({ success: false, errorCodes: [-90_008], errorMessages: ['Thing not found.'] });
  const refused = { is: 'failed', codes: [], messages: ['Thing not found.'] };
  expect([await ask(PING), await ask(TEMP)]).toEqual([refused, refused]);
  cloud.answer = () => undefined;
  expect([await ask(PING), await ask(TEMP)]).toEqual([{ is: 'timeout' }, { is: 'timeout' }]);
  cloud.answer = ({ command }) => ({
    success: true,
    ...(command === 'diag.time' ? { params: { time: 1_767_323_045_000 } } : {}),
  });
  expect(await ask({ command: 'diag.time' })).toEqual({ is: 'ok', params: { time: 1_767_323_045_000 } });
  expect(exchange.facts()).toMatchObject({ failed: 2, timeouts: 2, ok: 1 });
});

test('an answer after its time rings again, and is not taken for the next one', async () => {
  const { cloud, ask, exchange, clock } = await rig({ lateReply: 'deliver', replyTimeoutMs: 10_000 });
  cloud.answer = () => undefined;
  expect(await ask(PING)).toEqual({ is: 'timeout' });
  await clock.advance(40_000);
  const refused = { success: false, errorMessages: ['mine'] };
  cloud.answer = () => undefined;
  const second = ask(PING);
  await clock.advance(100);
  // The number of the first one: the module has told about itself before it.
  cloud.answer = () => refused;
  cloud.late(2, { 1: { success: true } });
  cloud.late(3, { 1: refused });
  expect(await second).toMatchObject({ is: 'failed', messages: ['mine'] });
  expect(exchange.facts()).toMatchObject({ dropped: 1 });
});
