// Rows 1 to 29 of the table of exchanges (specs/devicewise.md 5.3): each as it is written there, line by line at the
// simulated module with the simulated cloud behind it; and what the gateway makes of it, by its own modem.
import { describe, expect, test } from 'vitest';
import { type Tr50Command, WaymarkError } from '../../src/core/index.js';
import { encodeDeviceWise } from '../../src/modem/apps/devicewise/config.js';
import { chooseRoad } from '../../src/services/index.js';
import { lostUrcs } from '../../src/sim/module/index.js';
import { OPTIONS, token } from '../modem/devicewise-rig.js';
import { type Line, type ModuleWayOptions, moduleWay, settled, until } from './lines.js';
import { MANNERS, type RawModule, rawModule } from './raw-module.js';
import { OK } from './story.js';

const T = 'Abcd1234Efgh5678';

async function connected(manner: (typeof MANNERS)[number], knobs = {}): Promise<RawModule> {
  const raw = await rawModule(manner, knobs);
  expect(await raw.connect()).toEqual(['OK']);
  return raw;
}

describe.each(MANNERS)('line by line: %s', (manner) => {
  test('1: a module without the client', async () => {
    const { say } = await rawModule(manner, { hasClient: false });
    expect(await say('AT#DWCFG=?')).toEqual(['ERROR']);
  });

  test('2 to 5: settings', async () => {
    const { say, sim } = await rawModule(manner);
    expect(await say(`AT#DWCFG=h.example:1883,0,${T},0,60,2,0,4,5`)).toEqual(['OK']);
    expect(await say(`AT#DWCFG=h.example,2,${T},0,60,2,0,4,5`)).toEqual(['ERROR']);
    expect(await say('AT#DWCFG=h.example,0,T,0,9,2,0,4,5')).toEqual(['ERROR']);
    const kept = [`#DWCFG: h.example:1883,0,${T},0,60,2,0,4,5,0,0,0`, 'OK'];
    expect(await say('AT#DWCFG?')).toEqual(kept);
    sim.reset();
    await say('ATE0');
    expect(await say('AT#DWCFG?')).toEqual(kept);
  });

  test('6: a fresh boot', async () => {
    const { say } = await rawModule(manner);
    expect(await say('AT#DWCONN?')).toEqual(['#DWCONN: 0,0', 'OK']);
  });

  test.each([
    [true, '#DWCONN: 0,0'],
    [false, '#DWCONN: 1,3'],
  ])('7: no context, pdpGuard %s', async (pdpGuard, status) => {
    const { say, sim, connect } = await rawModule(manner, { pdpGuard });
    sim.setPdpActive(false);
    expect(await connect()).toEqual(['ERROR']);
    expect(await say('AT#DWCONN?')).toEqual([status, 'OK']);
  });

  test('8: connecting', async () => {
    const { say, cloud, imei } = await connected(manner);
    expect(await say('AT#DWCONN?')).toEqual(['#DWCONN: 1,2', 'OK']);
    expect(cloud.seen.connects).toMatchObject([{ thingKey: imei, level: 3, answer: 'welcome' }]);
    expect(cloud.platform.ledger.outcomes).toMatchObject([{ command: 'module.register', isOk: true }]);
    expect(cloud.platform.things.get(imei)?.module).toMatchObject({ make: 'Telit' });
    cloud.platform.things.unbind(imei);
    expect(cloud.platform.things.bind(imei, imei)).toBe(true);
  });

  test('9, 10: a token that is refused leaves it started', async () => {
    const { say, cloud, connect, within } = await rawModule(manner);
    expect(await connect('Wrong000Token000')).toEqual(['ERROR']);
    await within(0);
    expect(cloud.seen.connects.map(({ answer }) => answer)).toEqual([4, 4]);
    expect(await say('AT#DWCONN?')).toEqual(['#DWCONN: 1,3', 'OK']);
    expect(await say('AT#DWSTATUS')).toEqual(['#DWSTATUS: 3,-18207,-1,0,0,0,0', 'OK']);
    expect(await say('AT#DWSEND=0,diag.ping')).toEqual(['ERROR']);
    expect(await say('AT#DWCONN=1')).toEqual(['ERROR']);
  });

  test('11: stopping twice', async () => {
    const { say } = await connected(manner);
    expect(await say('AT#DWCONN=0')).toEqual(['OK']);
    expect(await say('AT#DWCONN=0')).toEqual(['ERROR']);
  });

  test('12: its status', async () => {
    const { say, cloud } = await connected(manner);
    expect(await say('AT#DWSTATUS')).toEqual([expect.stringMatching(/^#DWSTATUS: 2,0,\d+,\d+,\d+,\d+,\d+$/), 'OK']);
    expect(cloud.platform.ledger.outcomes.at(-1)).toMatchObject({ command: 'diag.ping', isOk: true });
  });

  test('13, 14: a number, its ring, its answer, once', async () => {
    const { say, cloud, imei } = await connected(manner);
    const lines = await say('AT#DWSEND=0,property.publish,key,temp,value,22.5');
    expect(lines).toEqual(['#DWSEND: 2', 'OK', '#DWRING: 1,2,2']);
    expect(cloud.platform.stored(imei).properties).toMatchObject([{ key: 'temp', value: 22.5, coerced: [] }]);
    expect(await say('AT#DWRCV=2')).toEqual(['#DWDATA: 2,0,2,OK', 'OK']);
    expect(await say('AT#DWRCV=2')).toEqual(['ERROR']);
  });

  test('15, 16: uneven, and empty', async () => {
    const { say, cloud, imei } = await connected(manner);
    expect(await say('AT#DWSEND=0,property.publish,key,temp,value')).toEqual(['ERROR']);
    expect(await say('AT#DWSEND=0,property.publish,key,,value,1')).toEqual(['ERROR']);
    expect(cloud.platform.stored(imei).properties).toEqual([]);
  });

  test('17: a minus makes it a text', async () => {
    const { say, cloud, imei } = await connected(manner);
    expect(await say('AT#DWSEND=0,location.publish,lat,26.394056,lng,-80.11554')).toContain('OK');
    expect(cloud.platform.stored(imei).locations).toMatchObject([{ lat: 26.394056, lng: -80.11554, coerced: ['lng'] }]);
  });

  test('18, 19: texts in quotes', async () => {
    const { say, cloud, imei } = await connected(manner);
    await say('AT#DWSEND=0,thing.attr.set,key,note,value,"a,b"');
    await say('AT#DWSEND=0,thing.attr.set,key,serial,value,"00123"');
    await say('AT#DWSEND=0,thing.attr.set,key,bare,value,00123');
    expect(cloud.platform.stored(imei).attributes).toMatchObject([
      { key: 'note', value: 'a,b', coerced: [] },
      { key: 'serial', value: '00123', coerced: [] },
      { key: 'bare', value: '123', coerced: ['value'] },
    ]);
  });

  test('20: the cloud refuses', async () => {
    const { say } = await connected(manner);
    const lines = await say('AT#DWSEND=0,thing.find,key,nobody');
    expect(lines).toEqual(['#DWSEND: 2', 'OK', '#DWRING: 1,2,24']);
    expect(await say('AT#DWRCV=2')).toEqual(['#DWDATA: 2,1,24,Failed: Thing not found.', 'OK']);
  });

  test('21: the cloud says nothing', async () => {
    const { say, cloud, within } = await connected(manner);
    cloud.faults.push({ is: 'mute' }, { times: 1, front: 'mqtt' });
    expect(await say('AT#DWSEND=0,diag.ping')).toEqual(['#DWSEND: 2', 'OK']);
    expect(await within(29_900)).toEqual([]);
    expect(await within(200)).toEqual(['#DWRING: 1,2,28']);
    expect(await say('AT#DWRCV=2')).toEqual(['#DWDATA: 2,1,28,Failed: Operation timed out.', 'OK']);
  });

  test('22, 23: raw, under the id that is looked at and another', async () => {
    const { say, sendRaw, cloud } = await connected(manner);
    expect(await sendRaw('{"1":{"command":"diag.ping"}}')).toEqual(['#DWSENDR: 2', 'OK', '#DWRING: 2,2,22']);
    expect(await say('AT#DWRCVR=2')).toEqual(['#DWRDATA: 2,0,22,{"1":{"success":true}}', 'OK']);
    expect(await sendRaw('{"cmd":{"command":"diag.ping"}}')).toEqual(['#DWSENDR: 3', 'OK', '#DWRING: 2,3,23']);
    expect(await say('AT#DWRCVR=3')).toEqual(['#DWRDATA: 3,1,23,Failed without message.', 'OK']);
    expect(cloud.platform.ledger.outcomes.at(-1)).toMatchObject({ id: 'cmd', command: 'diag.ping', isOk: true });
  });

  test('24, 25: no JSON, and too much of it', async () => {
    const { say, sendRaw } = await connected(manner);
    expect(await sendRaw('{"1":{comm')).toEqual(['ERROR']);
    expect(await say('AT#DWSENDR=1501')).toEqual(['ERROR']);
  });

  test('26: a method and its acknowledgement', async () => {
    const { say, within, cloud, imei } = await connected(manner);
    const id = cloud.platform.method(imei, 'set_rate', { seconds: 30 });
    const [ring = ''] = await within(0);
    const message = /^#DWRING: 3,(\d+),51$/.exec(ring)?.[1] ?? '';
    expect(await say(`AT#DWRCV=${message}`)).toEqual([
      `#DWDATA: ${message},0,51,${id},gw_def,set_rate,seconds,30`,
      'OK',
    ]);
    expect(await say(`AT#DWSEND=3,${id},0,applied,30`)).toEqual(['#DWSEND: 0', 'OK']);
    expect(cloud.platform.methodsOf(imei)[0]?.acked).toMatchObject({ errorCode: 0, params: { applied: 30 } });
  });

  test('27, 28: a method with a comma in its text, refused', async () => {
    const { say, within, cloud, imei } = await connected(manner);
    const id = cloud.platform.method(imei, 'say', { text: 'Hello, world' });
    const message = /^#DWRING: 3,(\d+),53$/.exec((await within(0))[0] ?? '')?.[1] ?? '';
    expect(await say(`AT#DWRCV=${message}`)).toEqual([
      `#DWDATA: ${message},0,53,${id},gw_def,say,text,Hello, world`,
      'OK',
    ]);
    expect(await say(`AT#DWSEND=3,${id},4,bad rate`)).toEqual(['#DWSEND: 0', 'OK']);
    expect(cloud.platform.methodsOf(imei)[0]?.acked).toMatchObject({ errorCode: 4, errorMessage: 'bad rate' });
  });

  test('29: what waits', async () => {
    const { say, sendRaw } = await connected(manner);
    expect(await say('AT#DWLRCV')).toEqual(['#DWLRCV: 0', 'OK']);
    await say('AT#DWSEND=0,diag.ping');
    await sendRaw('{"1":{"command":"diag.ping"}}');
    expect(await say('AT#DWLRCV')).toEqual(['#DWLRCV: 2,2,2,3,22', 'OK']);
  });
});

const CONDITIONS: readonly (readonly [string, ModuleWayOptions])[] = [
  ['as usual', {}],
  ['one byte at a time', { module: { chunking: 'one-byte' } }],
  ['with reports in between', { isStormy: true }],
];

const TEMP: Tr50Command = { command: 'property.publish', params: { key: 'temp', value: 22.5 } };
const attribute = (key: string, value: unknown): Tr50Command => ({
  command: 'attribute.publish',
  params: { key, value },
});

describe.each(CONDITIONS)('the gateway: %s', (_name, condition) => {
  async function up(options: ModuleWayOptions = {}) {
    const way = await moduleWay({ ...condition, ...options });
    const { platform } = way.cloud;
    const { bench, sim, modem } = way.module;
    const open = async (): Promise<Line> => {
      const end = await way.open();
      if (end instanceof WaymarkError) throw end;
      return end;
    };
    const type = (line: string) =>
      settled(way.clock, modem.run(line, {}), 60_000).catch((error: unknown) => (error as WaymarkError).code);
    return { way, platform, bench, sim, modem, open, type, stored: () => platform.stored(way.thing) };
  }

  test('1: no client, so a road of its own', async () => {
    const { way, modem, bench } = await up({ knobs: { hasClient: false } });
    const { support } = modem.deviceWise;
    expect(support()).toBe('unsupported');
    expect(await way.open()).toMatchObject({ code: 'devicewise.no-client' });
    expect(bench.taken('AT#DWCONN')).toEqual([]);
    const choice = chooseRoad({ road: 'auto', transport: 'mqtt', isMqttBlocked: false, support: support() });
    expect(choice).toMatchObject({ is: 'take', name: 'mqtt' });
  });

  test('2, 5, 6: the settings are written once, and read from then on', async () => {
    const { open, bench } = await up();
    for (let i = 0; i < 2; i++) await (await open()).close();
    expect(bench.taken('AT#DWCFG=')).toHaveLength(1);
    // Stopped as it is, there is nothing to stop first.
    expect(bench.taken('AT#DWCONN=').map((line) => line.at(-1))).toEqual(['1', '0', '1', '0']);
  });

  test('3, 4: what would be refused is not sent', () => {
    for (const wrong of [{ deviceIdSelector: 2 as 0 }, { heartbeatSeconds: 9 }, { server: 'h.example,2' }])
      expect(() => encodeDeviceWise({ ...OPTIONS, appToken: token(), ...wrong })).toThrow(WaymarkError);
  });

  test.each([true, false])('7: a context that is gone is brought up first, pdpGuard %s', async (pdpGuard) => {
    const { open, sim, type } = await up({ knobs: { pdpGuard } });
    await type('AT#SGACT=1,0');
    expect(sim.pdpActive).toBe(false);
    await open();
    expect(sim.deviceWise.state()).toMatchObject({ status: 2 });
  });

  test('8: IMEI as user, and the module tells of itself', async () => {
    const { open, way, platform } = await up();
    await open();
    expect(way.cloud.seen.connects).toMatchObject([{ thingKey: way.thing, level: 3, isClean: false }]);
    expect(platform.things.get(way.thing)?.module).toMatchObject({ make: 'Telit' });
  });

  test('9: a refused token is not tried again and again', async () => {
    const { way, sim } = await up();
    expect(await way.open('Wrong000Token000')).toMatchObject({
      code: 'devicewise.refused',
      evidence: { code: -18207 },
    });
    const tries = way.cloud.seen.connects.length;
    expect(tries).toBeLessThanOrEqual(2);
    await way.clock.advance(200_000);
    expect(way.cloud.seen.connects).toHaveLength(tries);
    expect(sim.deviceWise.state()).toMatchObject({ isStarted: false });
  });

  test('10, 11: what somebody left started is stopped first, and closing twice is once', async () => {
    const { open, type, bench } = await up();
    await type('AT#DWCONN=1');
    const line = await open();
    expect(await line.ask(TEMP)).toEqual(OK);
    await line.close();
    await line.close();
    expect(bench.taken('AT#DWCONN=').map((each) => each.at(-1))).toEqual(['1', '0', '1', '0']);
  });

  test('12: the status is asked for now and then', async () => {
    const { open, way, platform } = await up();
    const { road } = await open();
    await way.clock.advance(700_000);
    expect(road.facts()).toMatchObject({ latencyMs: expect.any(Number) as number, lastErrorCode: 0 });
    expect(platform.ledger.outcomes.filter(({ command }) => command === 'diag.ping').length).toBe(1);
  });

  test('13, 14: a number goes as a line, and its answer is fetched', async () => {
    const { open, sim, bench, stored } = await up();
    expect(await (await open()).ask(TEMP)).toEqual(OK);
    expect(bench.taken('AT#DWSEND=')).toEqual(['AT#DWSEND=0,property.publish,key,temp,value,22.5']);
    expect(stored().properties).toMatchObject([{ value: 22.5, coerced: [] }]);
    expect(sim.deviceWise.state().inbox).toBe(0);
  });

  test('15 to 19: what a line would damage goes raw and arrives as it is', async () => {
    const { open, bench, stored } = await up();
    const { ask } = await open();
    const place = { lat: 26.394056, lng: -80.11554 };
    expect(await ask({ command: 'location.publish', params: place })).toEqual(OK);
    for (const [key, value] of Object.entries({ empty: '', note: 'a,b', quote: 'say "x"' }))
      expect(await ask(attribute(key, value))).toEqual(OK);
    // The mailbox was looked into first.
    expect(bench.taken('AT#DWSENDR=')).toHaveLength(1 + 4);
    expect(await ask(attribute('serial', '00123'))).toEqual(OK);
    expect(stored().locations).toMatchObject([{ ...place, coerced: [] }]);
    expect(stored().attributes.map(({ value, coerced }) => [value, coerced])).toEqual(
      ['', 'a,b', 'say "x"', '00123'].map((value) => [value, []]),
    );
  });

  test('20, 21: refused, and not answered', async () => {
    const { open, way } = await up();
    const { ask } = await open();
    const failed = { is: 'failed', codes: [], messages: ['Thing not found.'] };
    expect(await ask({ command: 'thing.find', params: { key: 'nobody' } })).toEqual(failed);
    way.cloud.faults.push({ is: 'mute' }, { times: 1, front: 'mqtt' });
    const before = way.clock.mono();
    expect(await ask(TEMP)).toEqual({ is: 'timeout' });
    expect(way.clock.mono() - before).toBeLessThanOrEqual(36_000);
    expect(await ask(TEMP)).toEqual(OK);
  });

  test('22 to 25: one command under the id that is looked at, never too long, always JSON', async () => {
    const { open, platform, bench } = await up();
    const { ask } = await open();
    expect(await ask({ command: 'diag.ping' })).toEqual(OK);
    expect(platform.ledger.outcomes.map(({ id }) => id)).not.toContain('cmd');
    const sent = bench.taken('AT#DWSENDR=').length;
    const round: Record<string, unknown> = {};
    round['self'] = round;
    for (const params of [{ msg: 'x'.repeat(1501) }, { msg: Number.NaN }, round])
      expect(await ask({ command: 'log.publish', params })).toMatchObject({ is: 'unsendable' });
    expect(bench.taken('AT#DWSENDR=')).toHaveLength(sent);
  });

  test('26 to 28: methods come whole, and their acknowledgements arrive', async () => {
    const { open, way, platform } = await up();
    const line = await open();
    platform.method(way.thing, 'set_rate', { seconds: 30 });
    platform.method(way.thing, 'slow', { text: 'Hello, world' });
    expect(await until(way.clock, () => way.calls.length === 2, 20_000)).toBe(true);
    expect(way.calls).toMatchObject([
      { method: 'set_rate', thingDefKey: 'gw_def', params: { seconds: 30 } },
      { method: 'slow', params: { text: 'Hello, world' } },
    ]);
    const refusal = { id: way.calls[1]?.id, errorCode: 4, errorMessage: 'bad rate, or so' };
    expect(await line.ask({ command: 'mailbox.ack', params: refusal })).toEqual(OK);
    expect(platform.methodsOf(way.thing).map(({ acked }) => acked)).toMatchObject([
      { errorCode: 0, params: { applied: 30 } },
      { errorCode: 4, errorMessage: 'bad rate, or so' },
    ]);
  });

  test('29: what waits from before is fetched at the start', async () => {
    const { open, way, platform, sim, type } = await up();
    await (await open()).close();
    await type('AT#DWCONN=1');
    const quiet = sim.push(lostUrcs(1));
    for (const n of [1, 2]) platform.method(way.thing, 'report', { n });
    await way.clock.advance(2000);
    expect(sim.deviceWise.state().inbox).toBe(2);
    quiet();
    await open();
    expect(await until(way.clock, () => platform.methodsOf(way.thing).every(({ acked }) => acked), 20_000)).toBe(true);
    expect(way.calls.map(({ params }) => params['n'])).toEqual([1, 2]);
    await way.clock.advance(2000);
    expect(sim.deviceWise.state().inbox).toBe(0);
  });
});
