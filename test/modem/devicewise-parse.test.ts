// The lines of the module's deviceWISE client, its delimited text and its answers; and hostile ones of each.
import { describe, expect, test } from 'vitest';
import { Ids, type KnownIds, matchOf } from '../../src/modem/apps/devicewise/match.js';
import { looksLikeMethod, methodOf, paramsOf, valueOf } from '../../src/modem/apps/devicewise/methods.js';
import {
  acceptanceOf,
  DATA,
  fetchedOf,
  moduleCodeOf,
  parseDwconn,
  parseDwlrcv,
  parseDwring,
  parseDwstatus,
  textOf,
} from '../../src/modem/apps/devicewise/parse.js';
import { outcomeOf } from '../../src/modem/apps/devicewise/reply.js';
import { createRandom } from './random.js';

const message = (text: string, hasFailed = false) => ({ is: 'message' as const, text, hasFailed });

describe('lines', () => {
  test.each([
    ['#DWRING: 1,2,2', { type: 1, id: 2 }],
    ['#DWRING:3,65536,51', { type: 3, id: 65_536 }],
    ['#DWRING :  2 , 010000 , 22 ', { type: 2, id: 10_000 }],
    ['#DWRING: 2,7', { type: 2, id: 7 }],
    ['#DWRING: 4,7,1', undefined],
    ['#DWRING: 2,-7,1', undefined],
    ['#DWRING: 2,99999999,1', undefined],
    ['#DWRING', undefined],
  ])('%s', (line, ring) => {
    expect(parseDwring(line)).toEqual(ring);
  });

  test.each([
    ['#DWLRCV: 0', []],
    ['#DWLRCV: 2,11,2,12,22', [11, 12]],
    ['#DWLRCV:  2 , 11 , 2 , 10000 , 22', [11, 10_000]],
    ['#DWLRCV: 9,11,2', [11]],
    ['#DWLRCV: 1,11', [11]],
    [`#DWLRCV: 99${',1,1'.repeat(99)}`, Array(64).fill(1)],
    ['#DWLRCV: x', undefined],
  ])('%s', (line, ids) => {
    expect(parseDwlrcv(line)).toEqual(ids);
  });

  test.each([
    ['#DWCONN: 1,2', { isStarted: true, status: 2 }],
    ['#DWCONN:0, 0', { isStarted: false, status: 0 }],
    ['#DWCONN: 1,3,0', { isStarted: true, status: 3 }],
    ['#DWCONN: 1,4', undefined],
    ['#DWCONN: 1', undefined],
  ])('%s', (line, state) => {
    expect(parseDwconn(line)).toEqual(state);
  });

  test.each([
    ['#DWSTATUS: 3,-18207,-1,0,0,0,0', { status: 3, lastError: -18_207, latencyMs: -1 }],
    ['#DWSTATUS:2,0, 312,14,15,2200,3100', { status: 2, lastError: 0, latencyMs: 312, bytesIn: 2200, bytesOut: 3100 }],
    ['#DWSTATUS: 3,-18207', { status: 3, lastError: -18_207 }],
  ])('%s', (line, status) => {
    expect(parseDwstatus(line)).toMatchObject(status);
  });
  test.each(['#DWSTATUS: 2', '#DWSTATUS: 7,0', '#DWSTATUS: ok,0', '#DWSTATUS:'])('%s is none', (line) => {
    expect(parseDwstatus(line)).toBeUndefined();
  });

  test.each([
    [['#DWSEND: 2'], { is: 'accepted', id: 2 }],
    [['#DWSENDR:  65536'], { is: 'accepted', id: 65_536 }],
    [['#DWSEND: 0'], { is: 'accepted', id: undefined }],
    [['#DWSEND: Failed: 0'], { is: 'accepted', id: undefined }],
    [[], { is: 'accepted', id: undefined }],
    [['#DWSEND: Failed: -18108'], { is: 'refused', code: -18_108 }],
    [['Failed : -18010'], { is: 'refused', code: -18_010 }],
  ])('%j', (lines, acceptance) => {
    expect(acceptanceOf(lines)).toEqual(acceptance);
  });

  test.each([
    ['#DWDATA: 2,0,2,', '2'],
    ['#DWRDATA: 10000,1,24,', '24'],
    ['#DWDATA :  9 , 0 , 51 ,', '51'],
    ['#DWDATA: 9,-1,51,', '51'],
    ['#DWDATA: 9,0,', undefined],
    ['#DWRING: 3,9,51,', undefined],
    ['#DWDATA: Failed : -18103,', undefined],
  ])('%s announces %s bytes', (header, count) => {
    expect(DATA.header.exec(header)?.[1]).toBe(count);
  });

  test('a message is what was counted, and nothing when there is none', () => {
    const result = (header: string, text: string) => ({
      lines: [header],
      final: 'OK',
      payload: { header, bytes: Buffer.from(text) },
    });
    expect(fetchedOf(result('#DWDATA: 6,1,28,', 'Failed: no.'))).toEqual(message('Failed: no.', true));
    expect(fetchedOf(result('#DWDATA: 6,0,16,', 'Failed : -18103'))).toEqual({ is: 'gone' });
    expect(fetchedOf({ lines: ['#DWDATA: Failed : -18103'], final: 'OK' })).toEqual({ is: 'gone' });
    expect(textOf(Uint8Array.of(0x47, 0x72, 0xfc))).toBe('Grü');
    expect(moduleCodeOf('Failed : -18103')).toBe(-18_103);
  });
});

describe('delimited text', () => {
  test.each<[string, unknown]>([
    ['30', 30],
    ['-3', -3],
    ['22.500000', 22.5],
    ['-80.115540', -80.11554],
    ['1767323045000.000000', 1_767_323_045_000],
    ['1.700000e+09', 1_700_000_000],
    ['22.5', 22.5],
    ['true', true],
    ['false', false],
    ['1.10', '1.10'],
    ['007', '007'],
    ['1.2.3', '1.2.3'],
    ['9999999999999999', '9999999999999999'],
    ['', ''],
    ['null', 'null'],
    ['Infinity', 'Infinity'],
    ['0x10', '0x10'],
    [' 5', ' 5'],
  ])('the value "%s"', (text, value) => {
    expect(valueOf(text)).toBe(value);
  });

  test.each<[string, Record<string, unknown>]>([
    ['', {}],
    ['seconds,30', { seconds: 30 }],
    ['text,Hello, world', { text: 'Hello, world' }],
    ['text,Hello, big, wide world', { text: 'Hello, big, wide world' }],
    ['a,1,,f,22.500000,t,true,s,Hello, world', { a: 1, f: 22.5, t: true, s: 'Hello, world' }],
    ['text,Hello,, world', { text: 'Hello,, world' }],
    [
      'text,Hello, world,rate,-2.500000,isLoud,true,list,',
      { text: 'Hello, world', rate: -2.5, isLoud: true, list: '' },
    ],
    ['a,1,text,Hello, world,b', { a: 1, text: 'Hello, world,b' }],
    ['text,Hello,', { text: 'Hello,' }],
    ['a,1,text,x\r\nOK\r\n', { a: 1, text: 'x\r\nOK\r\n' }],
    ['lonely', { lonely: '' }],
    ['empty,,next,1', { empty: '', next: 1 }],
    ['a,1,a,2', { a: 1 }],
    ['__proto__,x,a,1', { a: 1 }],
    ['no key,1', {}],
  ])('%j', (text, params) => {
    expect(paramsOf(text)).toEqual(params);
    expect(Object.getPrototypeOf(paramsOf(text))).toBe(Object.prototype);
  });

  test.each([
    [
      '650f0000000000000000a001,gw_def,set_rate,seconds,30',
      { id: '650f0000000000000000a001', thingDefKey: 'gw_def', method: 'set_rate', params: { seconds: 30 } },
    ],
    ['7,,ping', { id: '7', method: 'ping', params: {} }],
    ['7,def,ping,', { id: '7', thingDefKey: 'def', method: 'ping', params: {} }],
    ['7,def', undefined],
    ['7', undefined],
    ['', undefined],
    [',def,ping', undefined],
    ['7,def,,a,1', { id: '7', thingDefKey: 'def', method: '?', params: { a: 1 } }],
    ['7,def,two words', { id: '7', thingDefKey: 'def', method: 'two words', params: {} }],
    ['7,def,größe,a,1', { id: '7', thingDefKey: 'def', method: 'größe', params: { a: 1 } }],
    ['7,def,a\u0007b', { id: '7', thingDefKey: 'def', method: '?', params: {} }],
    [`${'7'.repeat(129)},def,ping`, undefined],
  ])('the method %s', (text, call) => {
    expect(methodOf(text)).toEqual(call);
  });

  test.each([
    ['650f0000000000000000a001,gw_def,reboot', true],
    ['650f0000000000000000a001,at home,since today', false],
    ['OK', false],
    ['Failed: a1b2c3d4,e,f', false],
    ['{"1":{}}', false],
    ['lat,48.208174,lng,16.373800', false],
    ['temperature,22.500000,humidity,3', false],
  ])('%s looks like a method: %s', (text, is) => {
    expect(looksLikeMethod(text)).toBe(is);
  });
});

describe('answers', () => {
  test.each([
    ['OK', false, { is: 'ok', params: {} }],
    ['time,1767323045000', false, { is: 'ok', params: { time: 1_767_323_045_000 } }],
    ['{"1":{"success":true,"params":{"a":[1]}}}', false, { is: 'ok', params: { a: [1] } }],
    ['{"1":{"success":true,"params":7}}', false, { is: 'ok', params: {} }],
    ['{"1":{"success":false}}', false, { is: 'failed', codes: [], messages: [] }],
    [
      '{"1":{"success":false,"errorCodes":["x",-22],"errorMessages":[7,"no"]}}',
      false,
      { is: 'failed', codes: [-22], messages: ['no'] },
    ],
    ['{"success":false,"errorcodes":[-90000]}', false, { is: 'failed', codes: [-90_000], messages: [] }],
    ['Failed: No.', false, { is: 'failed', codes: [], messages: ['No.'] }],
    ['Failed: -18108', true, { is: 'unsendable', reason: 'the module refuses it (-18108)' }],
    ['something', true, { is: 'failed', codes: [], messages: ['something'] }],
    [`Failed: ${'x'.repeat(2000)}`, true, { is: 'failed', codes: [], messages: ['x'.repeat(500)] }],
  ])('%s', (text, hasFailed, outcome) => {
    expect(outcomeOf(message(text, hasFailed))).toEqual(outcome);
  });

  test('a member that would reach the prototype is left out', () => {
    const outcome = outcomeOf(message('{"1":{"success":true,"params":{"__proto__":{"isAdmin":true},"a":1}}}'));
    expect(outcome).toEqual({ is: 'ok', params: { a: 1 } });
    expect(outcome.is === 'ok' && 'isAdmin' in outcome.params).toBe(false);
  });
});

describe('whose answer it is', () => {
  const known = (changes: Partial<KnownIds> = {}): KnownIds => ({
    owed: new Set([5]),
    answered: new Set([6]),
    constant: undefined,
    isSettled: true,
    ...changes,
  });
  const raw = { way: 'raw', id: 7 } as const;
  test.each([
    ['its own', { id: 7, type: 2 }, raw, known(), 'own'],
    ['its own, read the other way', { id: 7, type: 1 }, raw, known(), 'own'],
    ['nobody asked', { id: 7, type: 2 }, undefined, known(), 'stale'],
    ['of a request given up', { id: 5, type: 2 }, raw, known(), 'stale'],
    ['the same again', { id: 6, type: 2 }, raw, known(), 'stale'],
    ['of another kind', { id: 1, type: 1 }, raw, known(), 'stale'],
    ['the usual constant', { id: 1, type: 2 }, raw, known({ isSettled: false }), 'quirk'],
    ['the usual constant, owed', { id: 1, type: 2 }, raw, known({ owed: new Set([1]) }), 'stale'],
    ['another constant, early', { id: 9, type: 2 }, raw, known({ isSettled: false }), 'stale'],
    ['another constant', { id: 9 }, raw, known(), 'quirk'],
    ['the constant of this module', { id: 9, type: 2 }, raw, known({ constant: 9 }), 'quirk'],
    ['not the constant of this module', { id: 1, type: 2 }, raw, known({ constant: 9 }), 'stale'],
    ['an id was never told', { id: 9, type: 2 }, { way: 'raw', id: undefined }, known(), 'own'],
    ['an id was never told, and this was had', { id: 6 }, { way: 'raw', id: undefined }, known(), 'stale'],
  ] as const)('%s', (_name, one, expected, ids, match) => {
    expect(matchOf(one, expected, ids)).toBe(match);
  });

  test('ids are forgotten when they come round again', () => {
    const ids = new Ids();
    ids.abandoned(7);
    expect(ids.match({ id: 7 }, { way: 'raw', id: 8 }, true)).toBe('stale');
    ids.given(7);
    expect(ids.match({ id: 7 }, { way: 'raw', id: 8 }, true)).toBe('quirk');
    expect([ids.isConstant(7), ids.isConstant(9), ids.constant]).toEqual([true, false, 7]);
  });
});

test('hostile text never throws and is never kept at length', () => {
  const random = createRandom(Number(process.env['WAYMARK_SEED'] ?? 20_260_101));
  const parts =
    '#DWRING|#DWLRCV|#DWDATA|#DWRDATA|#DWSEND|#DWCONN|#DWSTATUS|: |,|,,| |1|-18010|65536|9999999999|Failed|{|}|[|"|"1":|"success"|true|__proto__|OK|\r\n|\0|ü|650f0000000000000000a001|e+09|.'.split(
      '|',
    );
  for (let i = 0; i < 3000; i++) {
    const text =
      random.int(10) === 0
        ? random.bytes(random.int(300)).toString('latin1')
        : Array.from({ length: random.int(30) }, () => random.pick(parts)).join('');
    parseDwring(text);
    parseDwlrcv(text);
    parseDwconn(text);
    parseDwstatus(text);
    acceptanceOf([text]);
    DATA.header.exec(text);
    const outcome = outcomeOf(message(text, random.int(2) === 0));
    if (outcome.is === 'failed') expect(outcome.messages.join('').length).toBeLessThan(8100);
    expect(Object.keys(paramsOf(text)).length).toBeLessThanOrEqual(64);
    const call = methodOf(text);
    if (call) expect(call.id.length + call.method.length).toBeLessThan(257);
    looksLikeMethod(text);
  }
});

test('nor does text of the longest kind', () => {
  for (const long of [
    '['.repeat(60_000),
    '{"a":'.repeat(12_000),
    ','.repeat(60_000),
    'a,'.repeat(30_000),
    '9'.repeat(60_000),
  ]) {
    expect(outcomeOf(message(long))).toMatchObject({ is: 'ok' });
    outcomeOf(message(`{"1":${long}`, true));
    methodOf(long);
    expect(Object.keys(methodOf(`650f0000000000000000a001,d,m,${long}`)?.params ?? {}).length).toBeLessThanOrEqual(64);
    parseDwlrcv(`#DWLRCV: ${long}`);
    parseDwstatus(`#DWSTATUS: ${long}`);
    acceptanceOf([long]);
  }
});
