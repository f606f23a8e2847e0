// What a thing may say to the simulated deviceWISE and what is stored of it: specs/devicewise.md 2.3, 2.5 and 5.2,
// rows 33 to 36 and 39 to 42 of 5.3.
import { describe, expect, test } from 'vitest';
import { placeOfCell } from '../../../../src/sim/clouds/devicewise/index.js';
import { bench, openPlatform, SUCCESS, speak, THING } from './platform-helpers.js';

const NOW = '2026-01-01T00:00:00.000Z';
const LATER = '2026-01-01T00:00:00.250Z';
const BEFORE = '2025-12-31T23:59:00.500Z';

describe('a request', () => {
  test('row 33: one command', () => {
    const { platform, send } = bench();
    expect(send({ '1': { command: 'property.publish', params: { key: 't', value: 1 } } })).toEqual({ '1': SUCCESS });
    expect(platform.stored(THING).properties).toMatchObject([
      { key: 't', name: 'auto:t', value: 1, tsMs: Date.parse(NOW), arrivedMs: Date.parse(NOW), isTimed: false },
    ]);
  });

  test('row 34: the second fails by itself, ids are as given', () => {
    const { platform, send } = bench();
    const answer = send({
      first: { command: 'diag.ping' },
      cmd: { command: 'mailbox.ack', params: { id: 'none' } },
      last: { command: 'log.publish', params: { msg: 'still here' } },
    });
    expect(answer).toEqual({
      first: SUCCESS,
      cmd: { success: false, errorCodes: [-90008], errorMessages: ['Mailbox message none not found.'] },
      last: SUCCESS,
    });
    expect(platform.ledger.requests.at(-1)).toMatchObject({ commands: ['diag.ping', 'mailbox.ack', 'log.publish'] });
    expect(platform.ledger.outcomes.map(({ id, isOk }) => [id, isOk])).toEqual([
      ['first', true],
      ['cmd', false],
      ['last', true],
    ]);
  });

  test.each(['{oops', '', '[1]', '"text"', 'null', '12', '{"1":{}} trailing'])(
    'row 35: %s fails at its root',
    (text) => {
      const { send } = bench();
      expect(send(text)).toEqual({
        success: false,
        errorCodes: [expect.any(Number)],
        errorMessages: ['Request is not valid JSON.'],
      });
    },
  );

  test('an empty object, and one of __proto__ alone, fail at their root', () => {
    const { send } = bench();
    for (const text of ['{}', '{"__proto__":{"command":"diag.ping"}}'])
      expect(send(text)).toMatchObject({ success: false, errorMessages: ['Request holds no command.'] });
  });

  test('bytes that are no text fail at their root, as do thousands of commands', () => {
    const { platform, session, send } = bench();
    expect(platform.execute(session, Uint8Array.of(0x22, 0xff, 0x22))).toMatchObject({ success: false });
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [`c${at}`, { command: 'diag.ping' }]));
    expect(send(many)).toMatchObject({ success: false });
  });

  test('the root is spelt as the knob says', () => {
    const { platform, send } = bench({ rootCase: 'lower' });
    expect(send('{oops')).toEqual({
      success: false,
      errorcodes: [expect.any(Number)],
      errormessages: ['Request is not valid JSON.'],
    });
    platform.configure({ rootCase: 'camel' });
    expect(Object.keys(send('{oops'))).toEqual(['success', 'errorCodes', 'errorMessages']);
  });

  test('row 39: the front over HTTP has the words for a session that has expired', () => {
    const { platform } = openPlatform();
    expect(platform.rootFailure('session')).toMatchObject({ success: false, errorCodes: [-90000] });
  });

  test('entries that are no commands fail by themselves; the session beside them is left alone', () => {
    const { send } = bench();
    const answer = send({ a: 1, b: {}, c: { command: 'nonsense' }, d: { command: 'diag.ping', params: [] }, auth: {} });
    expect(Object.keys(answer)).toEqual(['a', 'b', 'c', 'd']);
    expect(Object.values(answer)).toEqual(Array(4).fill(expect.objectContaining({ success: false })));
    expect(answer['c']).toMatchObject({ errorMessages: ['Unknown command: nonsense.'] });
  });

  test.each([
    ['standard', 'standard', [expect.any(Number)], ['Unknown command: nonsense.']],
    ['terse', 'standard', [expect.any(Number)], ['Unknown command.']],
    ['none', 'standard', [expect.any(Number)], []],
    ['standard', 'none', [], ['Unknown command: nonsense.']],
  ] as const)('texts %s and codes %s', (errorTexts, errorCodes, codes, messages) => {
    const { ask } = bench({ errorTexts, errorCodes });
    expect(ask('nonsense')).toEqual({ success: false, errorCodes: codes, errorMessages: messages });
    expect(ask('mailbox.ack', { id: 'x' }).errorCodes).toEqual([-90008]);
  });

  test('no bytes whatever make it throw', () => {
    const { platform, session } = bench({ callsPerSecond: 1_000_000 });
    const values = ['1', '"x"', 'null', '[]', '{}', '-1e400', '{"__proto__":1}', '"2026"', '[{"value":1}]', 'true'];
    const names = ['key', 'value', 'ts', 'corrId', 'data', 'lat', 'lng', 'mcc', 'state', 'msg', 'id', 'tags', 'params'];
    const commands = ['property.batch', 'location.publish', 'alarm.publish', 'attribute.publish', 'thing.tag.add'];
    for (const command of [...commands, 'mailbox.ack', 'method.exec', 'thing.update', 'module.register', 'diag.echo'])
      for (const name of names)
        for (const value of values) {
          const text = `{"1":{"command":"${command}","params":{"key":"k","${name}":${value}}}}`;
          expect(platform.execute(session, Buffer.from(text))).toHaveProperty('1');
        }
  });
});

describe('properties', () => {
  test('time and correlation are stored as said', () => {
    const { platform, ask } = bench();
    expect(ask('property.publish', { key: 't', value: 1.5, ts: BEFORE, corrId: 'r-1' })).toEqual(SUCCESS);
    expect(platform.stored(THING).properties).toMatchObject([
      { tsMs: Date.parse(BEFORE), isTimed: true, corrId: 'r-1', arrivedMs: Date.parse(NOW), coerced: [] },
    ]);
    expect(ask('property.current', { key: 't' })).toEqual({ success: true, params: { value: 1.5, ts: BEFORE } });
  });

  test.each([
    { key: 'a b', value: 1 },
    { key: '', value: 1 },
    { value: 1 },
    { key: 'k' },
    { key: 'k', value: 'warm' },
    { key: 'k', value: true },
    { key: 'k', value: null },
    { key: 'k', value: 9007199254740992 },
    { key: 'k', value: 1, ts: 'yesterday' },
    { key: 'k', value: 1, ts: '2026-01-01 00:00:00' },
    { key: 'k', value: 1, ts: 1767225600000 },
  ])('%j is refused', (params) => {
    const { platform, ask } = bench();
    expect(ask('property.publish', params)).toMatchObject({ success: false, errorMessages: [expect.any(String)] });
    expect(platform.stored(THING).properties).toEqual([]);
  });

  test('a number as text is coerced and noted, or refused', () => {
    const { platform, ask } = bench();
    expect(ask('property.publish', { key: 't', value: '22.5' })).toEqual(SUCCESS);
    expect(platform.stored(THING).properties).toMatchObject([{ value: 22.5, coerced: ['value'] }]);
    expect(platform.ledger.outcomes.at(-1)?.notes).toEqual(['coerced']);
    platform.configure({ coerceStrings: 'off' });
    expect(ask('property.publish', { key: 't', value: '22.5' })).toMatchObject({ success: false });
  });

  test('row 36: a batch stops at its first failure', () => {
    const { platform, ask } = bench();
    const data = [{ value: 1, ts: BEFORE }, { value: 'warm' }, { value: 3 }];
    expect(ask('property.batch', { key: 't', corrId: 'b', data })).toMatchObject({
      success: false,
      errorMessages: ['Invalid parameter: value must be a number (item 1).'],
    });
    expect(platform.stored(THING).properties).toMatchObject([{ key: 't', value: 1, corrId: 'b' }]);
    expect(
      ask('property.batch', {
        data: [
          { key: 'a', value: 1 },
          { key: 'b', value: 2, corrId: 'own' },
        ],
      }),
    ).toEqual(SUCCESS);
    expect(platform.stored(THING).properties.map(({ key }) => key)).toEqual(['t', 'a', 'b']);
    for (const wrong of [undefined, [], {}, 'x', [1]])
      expect(ask('property.batch', { data: wrong }).success).toBe(false);
  });

  test('undeclared keys are taken by their automatic name, or refused', () => {
    const { platform, ask } = bench();
    platform.define({ key: 'gw_def', autoDefProps: false, autoDefAttrs: false, properties: ['t'], attributes: ['a'] });
    expect(ask('property.publish', { key: 't', value: 1 })).toEqual(SUCCESS);
    expect(ask('property.publish', { key: 'other', value: 1 })).toMatchObject({ errorCodes: [-90008] });
    expect(ask('attribute.publish', { key: 'a', value: 'x' })).toEqual(SUCCESS);
    expect(ask('attribute.publish', { key: 'other', value: 'x' })).toMatchObject({ errorCodes: [-90008] });
    expect(platform.stored(THING).properties).toMatchObject([{ key: 't', name: 't' }]);
  });

  test('the same time again is stored twice, or dropped', () => {
    const { platform, ask } = bench();
    const record = { key: 't', value: 1, ts: BEFORE };
    ask('property.publish', record);
    ask('property.publish', record);
    expect(platform.stored(THING).properties).toHaveLength(2);
    platform.configure({ deDuplicate: 'on' });
    expect(ask('property.publish', record)).toEqual(SUCCESS);
    expect(platform.stored(THING).properties).toHaveLength(2);
    expect(platform.ledger.outcomes.at(-1)?.notes).toEqual(['duplicate']);
  });

  test('a time ahead is taken, or refused as expired', () => {
    const { platform, ask, clock } = bench();
    expect(ask('property.publish', { key: 't', value: 1, ts: LATER })).toEqual(SUCCESS);
    platform.configure({ futureTs: 'reject' });
    expect(ask('property.publish', { key: 't', value: 1, ts: LATER })).toMatchObject({
      errorMessages: ['Timestamp ts has expired.'],
    });
    expect(ask('property.publish', { key: 't', value: 1, ts: NOW })).toEqual(SUCCESS);
    clock.stepWall(250);
    expect(ask('property.publish', { key: 't', value: 1, ts: LATER })).toEqual(SUCCESS);
  });

  test('no more records are kept than the settings say', () => {
    const { platform, ask } = bench({ recordsPerThing: 3 });
    for (const value of [1, 2, 3, 4, 5]) ask('property.publish', { key: 't', value });
    expect(platform.stored(THING).properties.map(({ value }) => value)).toEqual([3, 4, 5]);
  });
});

describe('attributes', () => {
  test('what is unchanged is not recorded unless it is published again', () => {
    const { platform, ask } = bench();
    for (const value of ['a', 'a', 'b']) expect(ask('attribute.publish', { key: 'n', value })).toEqual(SUCCESS);
    expect(platform.stored(THING).attributes.map(({ value }) => value)).toEqual(['a', 'b']);
    expect(platform.ledger.outcomes[1]?.notes).toEqual(['unchanged']);
    ask('attribute.publish', { key: 'n', value: 'b', republish: true });
    expect(platform.stored(THING).attributes).toHaveLength(3);
  });

  test('null unsets; the older commands work on the same data', () => {
    const { platform, ask } = bench();
    ask('thing.attr.set', { key: 'n', value: 'a,b' });
    expect(ask('attribute.current', { key: 'n' }).params).toEqual({ value: 'a,b', ts: NOW });
    ask('attribute.publish', { key: 'n', value: null });
    expect(ask('thing.attr.get', { key: 'n' })).toMatchObject({ success: false, errorCodes: [-90008] });
    ask('attribute.batch', { data: [{ key: 'n', value: 'c' }] });
    expect(ask('thing.attr.get', { key: 'n' }).params).toEqual({ value: 'c', ts: NOW });
    expect(ask('thing.attr.unset', { key: 'n' })).toEqual(SUCCESS);
    expect(platform.stored(THING).attributes.map(({ value }) => value)).toEqual(['a,b', null, 'c', null]);
  });

  test('a number is coerced to text, or refused', () => {
    const { platform, ask } = bench();
    ask('thing.attr.set', { key: 'serial', value: 123 });
    expect(platform.stored(THING).attributes).toMatchObject([{ value: '123', coerced: ['value'] }]);
    platform.configure({ coerceStrings: 'off' });
    expect(ask('thing.attr.set', { key: 'serial', value: 124 })).toMatchObject({ success: false });
    expect(ask('thing.attr.set', { key: 'serial', value: { a: 1 } })).toMatchObject({ success: false });
  });
});

describe('locations', () => {
  test('a place with everything', () => {
    const { platform, ask } = bench();
    const place = { lat: 47.1, lng: -8.2, heading: 90, altitude: 400.5, speed: 3, fixAcc: 2.5, fixType: 'gnss' };
    expect(ask('location.publish', { ...place, ts: BEFORE, corrId: 'p-1' })).toEqual(SUCCESS);
    expect(platform.stored(THING).locations).toMatchObject([{ ...place, corrId: 'p-1', isFromCells: false }]);
    expect(ask('location.current')).toEqual({ success: true, params: { ...place, ts: BEFORE } });
    expect(ask('thing.find').params).toMatchObject({ loc: { lat: 47.1, lng: -8.2 } });
  });

  test('coordinates as text are coerced and noted, or refused', () => {
    const { platform, ask } = bench();
    expect(ask('location.publish', { lat: 26.394056, lng: '-80.11554' })).toEqual(SUCCESS);
    expect(platform.stored(THING).locations).toMatchObject([{ lng: -80.11554, coerced: ['lng'] }]);
    platform.configure({ coerceStrings: 'off' });
    expect(ask('location.publish', { lat: 26.394056, lng: '-80.11554' })).toMatchObject({ success: false });
  });

  test.each([{}, { lat: 91, lng: 0 }, { lat: 0, lng: 181 }, { lat: 0 }, { lat: 0, lng: 0, fixType: 'guess' }])(
    '%j is refused',
    (params) => {
      expect(bench().ask('location.publish', params)).toMatchObject({ success: false });
    },
  );

  test('cells are looked up: the same cell at the same place, another one elsewhere', () => {
    const { platform, ask } = bench();
    const cell = { mcc: 228, mnc: 1, lac: 1234, cellId: 56789 };
    expect(ask('location.publish', { ...cell, rssi: -80, imei: '350000000000001' })).toEqual(SUCCESS);
    ask('location.publish', { ...cell, cellId: 56790 });
    const [one, two] = platform.stored(THING).locations;
    expect(one).toMatchObject({ ...placeOfCell(cell), cell, isFromCells: true, fixType: 'coarse' });
    expect(two).not.toMatchObject({ lat: one!.lat });
    expect(Math.abs(one!.lat)).toBeLessThanOrEqual(60);
    expect(ask('location.publish', { mcc: 228, mnc: 1, lac: 1234 })).toMatchObject({ success: false });
  });

  test('a batch stops at its first failure; a late one is not the current one', () => {
    const { platform, ask } = bench();
    const data = [
      { lat: 1, lng: 1, ts: NOW },
      { lat: 2, lng: 2, ts: BEFORE },
      { lat: 99, lng: 3 },
      { lat: 4, lng: 4 },
    ];
    expect(ask('location.batch', { data })).toMatchObject({ success: false });
    expect(platform.stored(THING).locations.map(({ lat }) => lat)).toEqual([1, 2]);
    expect(ask('location.current').params).toMatchObject({ lat: 1 });
  });
});

describe('alarms and logs', () => {
  test('row 42: the same state twice is one record, unless it is published again', () => {
    const { platform, ask } = bench();
    const alarm = { key: 'hot', state: 1, msg: 'too hot' };
    expect([ask('alarm.publish', alarm), ask('alarm.publish', alarm)]).toEqual([SUCCESS, SUCCESS]);
    expect(platform.stored(THING).alarms).toMatchObject([alarm]);
    ask('alarm.publish', { ...alarm, republish: true });
    ask('alarm.batch', { key: 'hot', data: [{ state: 0 }, { state: 0 }] });
    expect(platform.stored(THING).alarms.map(({ state }) => state)).toEqual([1, 1, 0]);
  });

  test('states are those of the definition; undeclared alarms are taken, or refused', () => {
    const { platform, ask } = bench();
    platform.define({ key: 'gw_def', alarms: { hot: ['ok', 'hot'] } });
    expect(ask('alarm.publish', { key: 'hot', state: 2 })).toMatchObject({ success: false });
    expect(ask('alarm.publish', { key: 'cold', state: 2 })).toEqual(SUCCESS);
    platform.configure({ undeclaredAlarms: 'reject' });
    expect(ask('alarm.publish', { key: 'cold', state: 1 })).toMatchObject({ errorCodes: [-90008] });
    expect(ask('alarm.publish', { key: 'hot', state: 1 })).toEqual(SUCCESS);
    for (const state of [-1, 0.5, 'high', undefined])
      expect(ask('alarm.publish', { key: 'hot', state })).toMatchObject({ success: false });
  });

  test('a log has a level', () => {
    const { platform, ask } = bench();
    ask('log.publish', { msg: 'one' });
    ask('log.publish', { msg: 'two', level: 0, global: true, corrId: 'l-2', ts: BEFORE });
    expect(ask('log.publish', { msg: 'three', level: 3 })).toMatchObject({ success: false });
    expect(platform.stored(THING).logs).toMatchObject([
      { msg: 'one', level: 2, isGlobal: false },
      { msg: 'two', level: 0, isGlobal: true, corrId: 'l-2', tsMs: Date.parse(BEFORE) },
    ]);
  });
});

describe('server topics', () => {
  test('row 40: plain values are stored without an answer', () => {
    const { platform, session } = bench();
    const publish = (topic: string, text: string): void => platform.serverTopic(session, topic, Buffer.from(text));
    publish(`thing/${THING}/property/t`, '21.5');
    publish(`thing/${THING}/attribute/n`, '12');
    publish(`thing/${THING}/alarm/hot`, '1');
    expect(platform.stored(THING)).toMatchObject({
      properties: [{ key: 't', value: 21.5, coerced: [] }],
      attributes: [{ key: 'n', value: '12', coerced: [] }],
      alarms: [{ key: 'hot', state: 1 }],
    });
    publish(`thing/${THING}/property/t`, 'warm');
    publish('thing/nobody/property/t', '1');
    publish('thing/x', '1');
    expect(platform.ledger.topics.map(({ isStored }) => isStored)).toEqual([true, true, true, false, false, false]);
    expect(platform.stored(THING).properties).toHaveLength(1);
  });
});

describe('permission and rate', () => {
  test('a role without the command fails it alone', () => {
    const { platform, ask } = bench();
    platform.tokens.change(platform.appToken, { roles: ['property.publish'] });
    expect(ask('location.publish', { lat: 1, lng: 1 })).toMatchObject({
      success: false,
      errorMessages: ['Permission denied: location.publish.'],
    });
    expect(ask('property.publish', { key: 't', value: 1 })).toEqual(SUCCESS);
    expect(ask('diag.ping')).toEqual(SUCCESS);
    platform.configure({ errorTexts: 'terse' });
    expect(ask('location.publish', { lat: 1, lng: 1 }).errorMessages).toEqual(['No permission.']);
    platform.tokens.change(platform.appToken, { roles: ['*'] });
    expect(ask('location.publish', { lat: 1, lng: 1 })).toEqual(SUCCESS);
  });

  test('more than a hundred a second fail one by one, of that thing alone', async () => {
    const { platform, ask, clock } = bench();
    const other = speak(platform, 'other');
    const answers = Array.from({ length: 101 }, () => ask('diag.ping'));
    expect(answers.filter(({ success }) => success)).toHaveLength(100);
    expect(answers[100]).toMatchObject({ errorMessages: ['API rate limit exceeded: 100 a second.'] });
    expect(other.ask('diag.ping')).toEqual(SUCCESS);
    await clock.advance(1000);
    expect(ask('diag.ping')).toEqual(SUCCESS);
    platform.configure({ callsPerSecond: 1 });
    expect(ask('diag.ping')).toMatchObject({ success: false });
  });
});

describe('things and the small ones', () => {
  test('row 41: the time is that of the platform', () => {
    const { ask, clock } = bench();
    clock.stepWall(1500);
    expect(ask('diag.time')).toEqual({ success: true, params: { time: Date.parse(NOW) + 1500 } });
  });

  test('diagnosis, session, files, module', () => {
    const { platform, ask } = bench();
    expect(ask('diag.echo', { a: [1, 'x'] })).toEqual({ success: true, params: { a: [1, 'x'] } });
    expect(ask('session.info').params).toMatchObject({ thingKey: THING });
    expect(ask('session.end', { id: 'x' })).toEqual(SUCCESS);
    expect(ask('file.get', { fileName: 'f' })).toMatchObject({ errorMessages: ['file.get is not simulated.'] });
    ask('module.register', { make: 'Telit', model: 'LE910', fwVersion: '1', remAt: false });
    expect(platform.things.get(THING)?.module).toEqual({ make: 'Telit', model: 'LE910', fwVersion: '1', remAt: false });
  });

  test('a thing tells all of itself', () => {
    const { platform, ask } = bench();
    platform.setConnected(THING, true);
    ask('thing.update', { name: 'Gateway', desc: 'roof', iccid: '89410000000000000001' });
    ask('thing.tag.add', { tags: ['a', 'b'] });
    ask('thing.tag.delete', { tags: ['a'] });
    ask('property.publish', { key: 't', value: 1 });
    ask('alarm.publish', { key: 'hot', state: 1, msg: 'm' });
    expect(ask('thing.find').params).toMatchObject({
      ...{ key: THING, name: 'Gateway', desc: 'roof', defKey: 'gw_def', tags: ['b'], iccid: '89410000000000000001' },
      ...{ createdBy: 'AUTOREG', connected: true, appId: true, lastSeen: NOW, createdOn: NOW },
      properties: { t: { name: 'auto:t', value: 1, ts: NOW } },
      alarms: { hot: { state: 1, msg: 'm', ts: NOW } },
    });
    platform.setConnected(THING, false);
    ask('thing.update', { unset: ['desc', 'iccid'] });
    const { params } = ask('thing.find');
    expect(params).toMatchObject({ connected: false, desc: '' });
    expect(params).not.toHaveProperty('iccid');
  });

  test('no two things have the same IMEI', () => {
    const { platform, ask } = bench();
    const other = speak(platform, 'other');
    expect(ask('thing.update', { imei: '350000000000001' })).toEqual(SUCCESS);
    expect(other.ask('thing.update', { imei: '350000000000001' })).toMatchObject({ success: false });
    other.ask('property.publish', { imei: '350000000000001', key: 't', value: 1 });
    expect(platform.stored(THING).properties).toHaveLength(1);
  });
});
