// The exchange of requests and methods with the module's own deviceWISE client (specs/devicewise.md 5.3, rows 13 to 29).
import { describe, expect, expectTypeOf, test } from 'vitest';
import { linkedController, WaymarkError } from '../../src/core/index.js';
import type { DeviceWiseClient, DeviceWiseSession } from '../../src/modem/apps/devicewise/types.js';
import type { ModuleDeviceWise, ModuleDeviceWiseSession } from '../../src/services/devicewise/types.js';
import { type ExchangeRig, exchangeRig, heardMethods, ONE_BYTE, PING, TEMP } from './devicewise-exchange-rig.js';
import { createRandom, cutRandomly } from './random.js';

const SERVICE_ID = '650f0000000000000000a001';
const ok = { is: 'ok', params: {} };
const never = linkedController().signal;
/** Nothing is left of what was asked. */
function expectQuiet({ exchange, client, clock }: ExchangeRig): void {
  expect(client.inbox).toEqual([]);
  expect(exchange.facts()).toMatchObject({ waiting: 0 });
  expect(clock.pending).toBe(0);
}

test('the client is what the service asks for', () => {
  expectTypeOf<DeviceWiseClient>().toExtend<ModuleDeviceWise>();
  expectTypeOf<DeviceWiseSession>().toExtend<ModuleDeviceWiseSession>();
});

describe('a request', () => {
  test('goes as a formatted line where that is safe, and its answer is fetched once', async () => {
    const rig = await exchangeRig();
    expect(await rig.ask(TEMP)).toEqual(ok);
    expect(rig.module.received).toEqual(['AT#DWSEND=0,property.publish,key,temp,value,22.5', 'AT#DWRCV=2']);
    expectQuiet(rig);
  });

  test('goes raw with one command of id 1, and its answer has params', async () => {
    const rig = await exchangeRig();
    rig.client.reply = () => ({ data: '{"1":{"success":true,"params":{"time":1767323045000,"note":"a,b\\r\\nOK"}}}' });
    expect(await rig.ask({ command: 'diag.time' })).toEqual({
      is: 'ok',
      params: { time: 1_767_323_045_000, note: 'a,b\r\nOK' },
    });
    expect(rig.client.heard[0]?.text).toBe('{"1":{"command":"diag.time"}}');
    expect(rig.module.received).toEqual(['AT#DWSENDR=29', 'AT#DWRCVR=2']);
    expectQuiet(rig);
  });

  test('goes raw throughout where formatted lines are not wanted', async () => {
    const rig = await exchangeRig({ formatted: false });
    expect(await rig.ask(TEMP)).toEqual(ok);
    expect(rig.client.heard[0]).toMatchObject({ way: 'raw' });
  });

  test.each([
    ['byte by byte', ONE_BYTE, false],
    ['cut at random', undefined, true],
    ['with echo', ONE_BYTE, true],
  ])('%s, under a storm of reports, with blanks and rings before the OK', async (_name, cut, echo) => {
    const random = createRandom(7);
    const rig = await exchangeRig({ cut: cut ?? ((bytes) => cutRandomly(bytes, random)), echo });
    const heard = heardMethods(rig.exchange);
    rig.client.storm = ['+CREG: 1', '#DWRING: 9,x', '+CIEV: 2,4', '#QSS: 1'];
    rig.client.isPadded = true;
    for (const isRingEarly of [false, true]) {
      rig.client.isRingEarly = isRingEarly;
      for (const command of [TEMP, PING]) {
        rig.client.method(`${SERVICE_ID}${rig.client.seq},gw_def,say,text,Hello, world\r\nOK\r\n`);
        expect(await rig.ask(command)).toEqual(ok);
      }
    }
    expect(heard).toHaveLength(4);
    expect(heard[0]).toMatchObject({ method: 'say', params: { text: 'Hello, world\r\nOK\r\n' } });
    expect(rig.channel.health).toMatchObject({ consecutiveTimeouts: 0, overlongLines: 0 });
    expectQuiet(rig);
  });

  test.each([9999, 10_000, 65_534, 65_535, 65_536])('with an id after %i', async (seq) => {
    const rig = await exchangeRig();
    rig.client.seq = seq;
    expect(await rig.ask(PING)).toEqual(ok);
    expect(await rig.ask(TEMP)).toEqual(ok);
    expect(rig.exchange.facts()).not.toHaveProperty('quirk');
    expectQuiet(rig);
  });

  test.each([
    ['a text of the cloud', 'Failed: Thing not found.', { is: 'failed', codes: [], messages: ['Thing not found.'] }],
    ['no text', 'Failed without message.', { is: 'failed', codes: [], messages: ['Failed without message.'] }],
    ['the module’s own time-out', 'Failed: Operation timed out.', { is: 'timeout' }],
    ['a lost connection', 'Failed: -18010', { is: 'link-lost' }],
    ['a lost connection, with a blank', 'Failed : -18003', { is: 'link-lost' }],
    ['the module’s memory', 'Failed: -18002', { is: 'timeout' }],
    ['an answer without its id', 'Failed: -18029', { is: 'failed', codes: [], messages: ['Failed: -18029'] }],
  ])('that fails with %s', async (_name, data, outcome) => {
    for (const command of [TEMP, PING]) {
      const rig = await exchangeRig();
      rig.client.reply = () => ({ error: 1, data });
      expect(await rig.ask(command)).toEqual(outcome);
      expect(rig.suspects()).toBe(outcome.is === 'link-lost' ? 1 : 0);
      expectQuiet(rig);
    }
  });

  test('that fails with codes, where the module hands the JSON on', async () => {
    const rig = await exchangeRig();
    rig.client.reply = () => ({
      error: 1,
      data: '{"1":{"Success":false,"errorcodes":[-90008],"errormessages":["Object not found"]}}',
    });
    expect(await rig.ask(PING)).toEqual({ is: 'failed', codes: [-90008], messages: ['Object not found'] });
    rig.client.reply = () => ({ data: '{"success":false,"errorCodes":[-90000],"errorMessages":["Session"]}' });
    expect(await rig.ask(PING)).toEqual({ is: 'failed', codes: [-90000], messages: ['Session'] });
  });

  test('too long for the module, or no JSON, never leaves', async () => {
    const rig = await exchangeRig();
    const long = { command: 'log.publish', params: { msg: 'ü'.repeat(700) } };
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(await rig.ask(long)).toMatchObject({ is: 'unsendable' });
    expect(await rig.ask({ command: 'x.y', params: loop })).toMatchObject({ is: 'unsendable' });
    expect(await rig.ask({ command: 'x.y', params: { value: Number.NaN } })).toMatchObject({ is: 'unsendable' });
    expect(rig.module.received).toEqual([]);
  });

  test('is never shown with its values', async () => {
    const rig = await exchangeRig();
    rig.client.reply = ({ way }) => ({
      data: way === 'raw' ? '{"1":{"success":true,"params":{"a":"hush"}}}' : 'a,hush',
    });
    await rig.ask({ command: 'alarm.publish', params: { key: 'door', state: 1, msg: 'hush' } });
    await rig.ask({ command: 'log.publish', params: { msg: 'hush, hush' } });
    expect(JSON.stringify([rig.transcript, rig.logged])).not.toContain('hush');
  });
});

describe('one after the other', () => {
  test('requests wait their turn, and too many are told so', async () => {
    const rig = await exchangeRig();
    const all = Array.from({ length: 34 }, () => rig.exchange.request(PING, { signal: never }));
    expect(await all[33]).toEqual({ is: 'busy', retryAfterMs: 5000 });
    await rig.clock.advance(200);
    expect(rig.client.heard).toHaveLength(1);
    await rig.clock.advance(20_000);
    expect(await Promise.all(all.slice(0, 33))).toEqual(Array(33).fill(ok));
    expect(rig.client.heard).toHaveLength(33);
    expectQuiet(rig);
  });

  test('one that is called off while it waits is not sent', async () => {
    const rig = await exchangeRig();
    const stop = new AbortController();
    const first = rig.exchange.request(PING, { signal: never });
    const second = rig.exchange.request(TEMP, { signal: stop.signal });
    stop.abort();
    expect(await second).toEqual({ is: 'busy', retryAfterMs: 0 });
    await rig.clock.advance(1000);
    expect(await first).toEqual(ok);
    expect(rig.client.heard).toHaveLength(1);
    expect(await rig.ask(PING, stop.signal)).toEqual({ is: 'busy', retryAfterMs: 0 });
  });

  test.each([0, 200])('one that is called off %i ms after it was begun may have had its effect', async (afterMs) => {
    const rig = await exchangeRig();
    const stop = new AbortController();
    const first = rig.exchange.request(PING, { signal: stop.signal });
    if (afterMs > 0) await rig.clock.advance(afterMs);
    stop.abort();
    expect(await first).toEqual({ is: 'timeout' });
    rig.client.reply = () => ({ error: 1, data: 'Failed: no.' });
    expect(await rig.ask(PING)).toMatchObject({ is: 'failed' });
    expect(rig.exchange.facts()).toMatchObject({ dropped: 1, requests: 2 });
    expectQuiet(rig);
  });

  test('a method that rings while a request is handed over is fetched behind it', async () => {
    const rig = await exchangeRig();
    const heard = heardMethods(rig.exchange);
    rig.module.behaviours.unshift((command) => {
      if (command.startsWith('AT#DWSEND=')) rig.client.method(`${SERVICE_ID},gw_def,set_rate,seconds,30`);
      return false;
    });
    expect(await rig.ask(TEMP)).toEqual(ok);
    expect(heard).toEqual([{ id: SERVICE_ID, thingDefKey: 'gw_def', method: 'set_rate', params: { seconds: 30 } }]);
    expect(rig.module.received).toEqual([expect.stringContaining('AT#DWSEND='), 'AT#DWRCV=2', 'AT#DWRCV=3']);
  });
});

describe('answers that do not come as they should', () => {
  test('none at all: the inbox is looked into twice, then it is a time-out', async () => {
    const rig = await exchangeRig();
    rig.client.reply = () => undefined;
    const outcome = rig.exchange.request(PING, { signal: never });
    await rig.clock.advance(17_600);
    expect(rig.sent('AT#DWLRCV')).toHaveLength(1);
    await rig.clock.advance(17_300);
    expect(rig.exchange.facts()).toMatchObject({ timeouts: 0 });
    await rig.clock.advance(200);
    expect(await outcome).toEqual({ is: 'timeout' });
    expect(rig.sent('AT#DWLRCV')).toHaveLength(2);
    expectQuiet(rig);
  });

  test.each([
    ['formatted', TEMP],
    ['raw', PING],
  ])('a %s one whose ring was missed is found in the inbox', async (_name, command) => {
    const rig = await exchangeRig();
    rig.client.rings = false;
    const outcome = rig.exchange.request(command, { signal: never });
    await rig.clock.advance(17_700);
    expect(await outcome).toEqual(ok);
    expect(rig.exchange.facts()).toMatchObject({ missedRings: 1 });
    expectQuiet(rig);
  });

  test('one that comes after its time is dropped, and the next request has its own', async () => {
    const rig = await exchangeRig();
    rig.client.replyMs = 40_000;
    expect(await rig.ask(PING)).toEqual({ is: 'timeout' });
    rig.client.replyMs = 6000;
    rig.client.reply = () => ({ error: 1, data: 'Failed: mine.' });
    expect(await rig.ask(PING)).toMatchObject({ is: 'failed', messages: ['mine.'] });
    expect(rig.exchange.facts()).toMatchObject({ dropped: 1 });
    expect(rig.exchange.facts()).not.toHaveProperty('quirk');
    expectQuiet(rig);
  });

  test('one after the module’s own time-out is dropped, too', async () => {
    const rig = await exchangeRig();
    rig.client.reply = () => ({ error: 1, data: 'Failed: Operation timed out.' });
    rig.client.replyMs = 30_000;
    expect(await rig.ask(PING)).toEqual({ is: 'timeout' });
    rig.client.reply = () => ({ error: 1, data: 'Failed: mine.' });
    rig.client.replyMs = 3000;
    await rig.clock.advance(10_000);
    const second = rig.exchange.request(PING, { signal: never });
    await rig.clock.advance(100);
    rig.client.put({ id: 2, type: 2, error: 0, data: Buffer.from('{"1":{"success":true}}') });
    await rig.clock.advance(5000);
    expect(await second).toMatchObject({ is: 'failed' });
  });

  test('a module that has one id for all of them', async () => {
    const rig = await exchangeRig();
    rig.client.isConstantId = true;
    for (const command of [PING, TEMP, PING]) expect(await rig.ask(command)).toEqual(ok);
    expect(rig.exchange.facts()).toMatchObject({ quirk: 'constant-msgid', ok: 3 });
    expect(rig.logged.filter(({ event }) => event === 'devicewise.quirk')).toHaveLength(1);
    rig.client.rings = false;
    for (const command of [PING, TEMP]) expect(await rig.ask(command)).toEqual(ok);
    expectQuiet(rig);
  });

  test('one of an earlier life, with an id that nobody knows, is not taken for the answer', async () => {
    const rig = await exchangeRig();
    rig.client.reply = () => ({ error: 1, data: 'Failed: mine.' });
    rig.clock.after(100, () =>
      rig.client.put({ id: 41, type: 2, error: 0, data: Buffer.from('{"1":{"success":true}}') }),
    );
    expect(await rig.ask(PING)).toMatchObject({ is: 'failed' });
    expect(rig.exchange.facts()).toMatchObject({ dropped: 1 });
  });

  test('one that is gone already leaves the request waiting', async () => {
    for (const gone of [['ERROR'], ['#DWDATA: Failed : -18103', 'OK'], ['Failed : -18103', 'OK'], ['+CME ERROR: 4']]) {
      const rig = await exchangeRig();
      rig.client.gone = gone;
      const outcome = rig.exchange.request(PING, { signal: never });
      await rig.clock.advance(100);
      rig.module.line('#DWRING: 2,2,22');
      await rig.clock.advance(1000);
      expect(await outcome).toEqual(ok);
      expectQuiet(rig);
    }
  });

  test('JSON that the module cut short still says that it went well', async () => {
    const rig = await exchangeRig();
    rig.client.reply = () => ({ data: '{"1":{"success":true,"params":{"name":"gate' });
    expect(await rig.ask({ command: 'thing.find' })).toEqual(ok);
  });
});

describe('a module that does not take a request', () => {
  test('because it is not connected: the link is lost, and whoever watches is told', async () => {
    const rig = await exchangeRig();
    rig.client.status = 3;
    expect(await rig.ask(TEMP)).toEqual({ is: 'link-lost' });
    expect(await rig.ask(PING)).toEqual({ is: 'link-lost' });
    expect(rig.suspects()).toBe(2);
    expect(rig.module.received).toEqual([expect.any(String), 'AT#DWCONN?', expect.any(String), 'AT#DWCONN?']);
  });

  test('and says so by a code before its OK', async () => {
    const rig = await exchangeRig();
    rig.module.behaviours.unshift((command, fake) => {
      if (!command.startsWith('AT#DWSEND=')) return false;
      fake.answer('#DWSEND: Failed: -18010', 'OK');
      return true;
    });
    expect(await rig.ask(TEMP)).toEqual({ is: 'link-lost' });
    expect(rig.suspects()).toBe(1);
  });

  test('although it is connected: as raw after a line, again after a while, then never', async () => {
    const rig = await exchangeRig();
    rig.module.behaviours.unshift((command, fake) => {
      if (!command.startsWith('AT#DWSEND')) return false;
      fake.answer('+CME ERROR: 3');
      return true;
    });
    expect(await rig.ask(TEMP)).toMatchObject({ is: 'unsendable', mayPass: true });
    expect(rig.sent('AT#DWSEND=')).toHaveLength(1);
    expect(rig.sent('AT#DWSENDR=')).toHaveLength(2);
    expect(rig.suspects()).toBe(0);
  });

  test('as formatted lines: after three of them all go raw', async () => {
    const rig = await exchangeRig();
    rig.module.behaviours.unshift((command, fake) => {
      if (!command.startsWith('AT#DWSEND=')) return false;
      fake.answer('ERROR');
      return true;
    });
    for (let i = 0; i < 5; i++) expect(await rig.ask(TEMP)).toEqual(ok);
    expect(rig.sent('AT#DWSEND=')).toHaveLength(3);
    expect(rig.exchange.facts()).toMatchObject({ isFormatting: false });
  });

  test('and does not answer: its ring still tells', async () => {
    const rig = await exchangeRig();
    let isMute = true;
    rig.module.behaviours.unshift((command) => {
      if (!command.startsWith('AT#DWSEND=') || !isMute) return false;
      isMute = false;
      rig.clock.after(20_000, () => rig.client.put({ id: 2, type: 1, error: 0, data: Buffer.from('OK') }));
      return true;
    });
    expect(await rig.ask(TEMP)).toEqual(ok);
    expect(await rig.ask(PING)).toEqual(ok);
    expectQuiet(rig);
  });

  test('nor an OK with an id', async () => {
    const rig = await exchangeRig();
    rig.module.behaviours.unshift((command, fake) => {
      if (!command.startsWith('AT#DWSEND=')) return false;
      fake.answer('OK');
      rig.clock.after(500, () => rig.client.put({ id: 77, type: 1, error: 0, data: Buffer.from('OK') }));
      return true;
    });
    expect(await rig.ask(TEMP)).toEqual(ok);
    expect(rig.exchange.facts()).not.toHaveProperty('quirk');
  });
});

describe('the inbox', () => {
  test('what an earlier life left is fetched oldest first: methods are delivered, answers dropped', async () => {
    const rig = await exchangeRig();
    rig.client.rings = false;
    rig.client.put({ id: 11, type: 1, error: 0, data: Buffer.from('OK') });
    rig.client.method(`${SERVICE_ID},gw_def,first`, 12);
    rig.client.put({ id: 13, type: 2, error: 0, data: Buffer.from('{"1":{"success":true}}') });
    rig.client.put({ id: 14, type: 1, error: 0, data: Buffer.from('lat,48.208174,name,Gate 7, north') });
    rig.client.method('650f0000000000000000a002,gw_def,second,on,true', 15);
    const heard = heardMethods(rig.exchange);
    await rig.drain();
    expect(heard.map(({ method }) => method)).toEqual(['first', 'second']);
    expect(rig.exchange.facts()).toMatchObject({ dropped: 3, methods: 2, missedRings: 5 });
    expectQuiet(rig);
  });

  test('a full one is emptied and goes on', async () => {
    const rig = await exchangeRig();
    rig.client.rings = false;
    for (let i = 0; i < 25; i++) rig.client.put({ type: 1, error: 0, data: Buffer.from('OK') });
    expect(rig.client.inbox).toHaveLength(20);
    // The answer finds no place: nothing rings.
    const lost = rig.exchange.request(PING, { signal: never });
    await rig.clock.advance(17_000);
    rig.client.rings = true;
    await rig.clock.advance(20_000);
    expect(await lost).toEqual({ is: 'timeout' });
    expect(await rig.ask(PING)).toEqual(ok);
    expectQuiet(rig);
  });

  test('an id that is none keeps nothing else in it', async () => {
    const rig = await exchangeRig();
    const heard = heardMethods(rig.exchange);
    rig.client.rings = false;
    rig.client.method('650f0000000000000000a001,gw_def,reboot', 99_999_999);
    rig.client.method('650f0000000000000000a002,gw_def,reboot');
    await rig.drain();
    await rig.clock.advance(100);
    expect(heard.map(({ id }) => id)).toEqual(['650f0000000000000000a002']);
  });

  test('a module that cannot list it is no trouble', async () => {
    const rig = await exchangeRig();
    rig.module.behaviours.unshift((command, fake) => {
      if (command !== 'AT#DWLRCV') return false;
      fake.answer('ERROR');
      return true;
    });
    await rig.drain();
    expect(await rig.ask(PING)).toEqual(ok);
  });

  test('a flood of rings keeps no request back', async () => {
    const rig = await exchangeRig();
    for (let i = 0; i < 500; i++) rig.module.line(`#DWRING: 3,${1000 + i},51`);
    expect(await rig.ask(PING)).toEqual(ok);
    const before = rig.module.received.indexOf('AT#DWSENDR=29');
    expect(before).toBeLessThan(50);
    await rig.drain();
    expectQuiet(rig);
  });

  test('draining ends with its signal', async () => {
    const rig = await exchangeRig();
    rig.module.behaviours.unshift((command) => command === 'AT#DWLRCV');
    const stop = new AbortController();
    const drained = rig.exchange.drain({ signal: stop.signal });
    await rig.clock.advance(10);
    stop.abort(new WaymarkError('core.cancelled', 'enough'));
    await expect(drained).rejects.toMatchObject({ code: 'core.cancelled' });
    await expect(rig.exchange.drain({ signal: stop.signal })).rejects.toMatchObject({ code: 'core.cancelled' });
  });
});

describe('a method', () => {
  test('is delivered once, however often it comes', async () => {
    const rig = await exchangeRig();
    const heard = heardMethods(rig.exchange);
    for (let i = 0; i < 3; i++) rig.client.method(`${SERVICE_ID},gw_def,set_rate,seconds,30`);
    rig.client.method('no id at all');
    await rig.clock.advance(100);
    expect(heard).toHaveLength(1);
    expect(rig.exchange.facts()).toMatchObject({ methods: 1, unreadableMethods: 1 });
    expectQuiet(rig);
  });

  test('whatever its name is, is handed on to be answered', async () => {
    const rig = await exchangeRig();
    const heard = heardMethods(rig.exchange);
    const names = ['Rate ändern', '', 'x'.repeat(200), 'a\u0007b'];
    names.forEach((name, n) => rig.client.method(`${SERVICE_ID.slice(0, -1)}${n},gw_def,${name},k,v`));
    await rig.clock.advance(200);
    expect(heard.map(({ method }) => method)).toEqual(['Rate ändern', '?', '?', '?']);
  });

  test('one too many is refused at once', async () => {
    const rig = await exchangeRig();
    // Nobody reads.
    for (let n = 0; n < 70; n++) {
      rig.client.method(`${SERVICE_ID.slice(0, -2)}${10 + n},gw_def,report-status`);
      await rig.clock.advance(20);
    }
    await rig.clock.advance(5000);
    expect(rig.client.heard.map(({ text }) => text.replace(/,"errorMessage.*/, ''))).toEqual(
      [74, 75, 76, 77, 78, 79].map(
        (n) => `{"1":{"command":"mailbox.ack","params":{"id":"${SERVICE_ID.slice(0, -2)}${n}","errorCode":2`,
      ),
    );
    expect(rig.exchange.facts()).toMatchObject({ methods: 64, droppedMethods: 6 });
    expectQuiet(rig);
  });

  test('that did not ring is nobody’s answer', async () => {
    const rig = await exchangeRig();
    await rig.clock.advance(40_000);
    rig.client.rings = false;
    rig.client.reply = () => undefined;
    const asked = rig.exchange.request(PING, { signal: never });
    await rig.clock.advance(10);
    // No id of the kind that is known.
    rig.client.method('m1,gw_def,report-status');
    await rig.clock.advance(60_000);
    expect(await asked).toEqual({ is: 'timeout' });
    expect(rig.exchange.facts()).toMatchObject({ dropped: 1, ok: 0 });
  });

  test('comes in Latin-1 or UTF-8, counted in bytes', async () => {
    const rig = await exchangeRig({ cut: ONE_BYTE });
    const heard = heardMethods(rig.exchange);
    const text = (id: string): string => `${id},gw_def,say,text,Grüße, Österreich`;
    rig.client.put({ type: 3, error: 0, data: Buffer.from(text('650f0000000000000000a001'), 'utf8') });
    rig.client.put({ type: 3, error: 0, data: Buffer.from(text('650f0000000000000000a002'), 'latin1') });
    await rig.clock.advance(100);
    expect(heard.map(({ params }) => params)).toEqual(Array(2).fill({ text: 'Grüße, Österreich' }));
  });
});

describe('the end', () => {
  test('settles what is open and what waits, and the methods end', async () => {
    const rig = await exchangeRig();
    let isOver = false;
    void (async () => {
      for await (const _call of rig.exchange.methods);
      isOver = true;
    })();
    rig.client.reply = () => undefined;
    const all = [PING, TEMP, PING].map((command) => rig.exchange.request(command, { signal: never }));
    const drained = rig.exchange.drain({ signal: never });
    await rig.clock.advance(100);
    rig.exchange.end(new WaymarkError('devicewise.lost', 'gone'));
    rig.exchange.end(new WaymarkError('devicewise.lost', 'again'));
    expect(await Promise.all(all)).toEqual(Array(3).fill({ is: 'link-lost' }));
    await drained;
    expect(await rig.exchange.request(PING, { signal: never })).toEqual({ is: 'link-lost' });
    await rig.clock.advance(100);
    expect(isOver).toBe(true);
    expect(rig.suspects()).toBe(0);
    const before = rig.module.received.length;
    rig.client.method(`${SERVICE_ID},gw_def,late`);
    await rig.clock.advance(60_000);
    expect(rig.module.received).toHaveLength(before);
    expect(rig.clock.pending).toBe(0);
  });

  test('of the port settles them, too', async () => {
    const rig = await exchangeRig();
    rig.client.replyMs = 1000;
    const all = [PING, TEMP].map((command) => rig.exchange.request(command, { signal: never }));
    await rig.clock.advance(100);
    await rig.module.unplug();
    await rig.clock.advance(50_000);
    expect(await Promise.all(all)).toEqual([{ is: 'timeout' }, { is: 'link-lost' }]);
    expect(rig.suspects()).toBe(1);
  });
});
