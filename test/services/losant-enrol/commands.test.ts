// Commands as Losant sends them: every form its documentation and its own client know, and what is not one.
import { describe, expect, test } from 'vitest';
import { MAX_COMMAND_BYTES, parseCommandItem, parseCommandText } from '../../../src/services/losant/commands.js';

const AT = Date.parse('2026-03-01T12:00:00.000Z');
const ISO = '2026-03-01T12:00:00.000Z';
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const commandOf = (text: string | Uint8Array) => {
  const reading = parseCommandText(text);
  if (reading.is === 'malformed') throw new Error(reading.reason);
  return reading.command;
};

describe('time', () => {
  const cases: readonly (readonly [string, unknown, number | undefined])[] = [
    ['ISO in $date', { $date: ISO }, AT],
    ['long in $date', { $date: { $numberLong: String(AT) } }, AT],
    ['number in $date', { $date: AT }, AT],
    ['a small long in $date is ms', { $date: { $numberLong: '1000' } }, 1000],
    ['milliseconds', AT, AT],
    ['seconds', AT / 1000, AT],
    ['ISO text', ISO, AT],
    ['text of an HTTP date', 'Sun, 01 Mar 2026 12:00:00 GMT', AT],
    ['digits', String(AT), AT],
    ['none', undefined, undefined],
    ['null', null, undefined],
  ];
  test.each(cases)('%s', (_, time, utcMs) => {
    expect(commandOf(JSON.stringify({ name: 'recover', time })).sentUtcMs).toBe(utcMs);
  });
  test.each([
    true,
    'soon',
    '',
    {},
    [],
    { $date: 'x' },
    { $date: ISO, more: 1 },
    9e15,
    { $date: { $numberLong: '1e3' } },
  ])('not a time: %j', (time) => {
    expect(parseCommandText(JSON.stringify({ name: 'recover', time })).is).toBe('malformed');
  });
});

describe('payload', () => {
  const cases: readonly (readonly [string, string, unknown])[] = [
    ['any value', '"text"', 'text'],
    ['null', 'null', null],
    ['dates', '{"at":{"$date":"2026-03-01T12:00:00Z"}}', { at: ISO }],
    ['dates as longs', `{"at":{"$date":{"$numberLong":"${AT}"}}}`, { at: ISO }],
    ['longs', '[{"$numberLong":"42"},{"$numberLong":7}]', [42, 7]],
    ['a long no number holds stays', '{"$numberLong":"9223372036854775807"}', { $numberLong: '9223372036854775807' }],
    ['numbers JSON cannot say again', '[1e999,-0]', [null, 0]],
    ['undefined members', '{"a":{"$undefined":true},"b":1}', { b: 1 }],
    ['undefined in a list', '[1,{"$undefined":true}]', [1, null]],
    ['undefined itself', '{"$undefined":true}', undefined],
    ['a date with company is an object', '{"$date":"2026-03-01","x":1}', { $date: '2026-03-01', x: 1 }],
    ['prototype members', '{"__proto__":{"a":1},"constructor":2,"prototype":3,"b":{"__proto__":4}}', { b: {} }],
    ['sixteen deep', nested(16), JSON.parse(nested(16))],
  ];
  test.each(cases)('%s', (_, payload, plain) => {
    const command = commandOf(`{"name":"recover","payload":${payload}}`);
    expect(command.payload).toEqual(plain);
    expect(Object.getPrototypeOf(Object(command.payload) as object)).not.toHaveProperty('a');
  });
});

describe('malformed', () => {
  const cases: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
    ['no JSON', '{', /no JSON/],
    ['bytes', Uint8Array.of(0x82, 0xa4), /no JSON/],
    ['a list', '[]', /no object/],
    ['null', 'null', /no object/],
    ['no name', '{}', /name/],
    ['an empty name', '{"name":""}', /name/],
    ['a long name', JSON.stringify({ name: 'x'.repeat(256) }), /name/],
    ['a name of another kind', '{"name":7}', /name/],
    ['a name by prototype', '{"__proto__":{"name":"recover"}}', /name/],
    ['seventeen deep', `{"name":"a","payload":${nested(17)}}`, /nested/],
    ['too large', `{"name":"a","payload":"${'x'.repeat(MAX_COMMAND_BYTES)}"}`, /bytes/],
  ];
  test.each(cases)('%s', (_, text, reason) => {
    const reading = parseCommandText(text);
    expect(reading.is).toBe('malformed');
    expect(reading.is === 'malformed' && reading.reason).toMatch(reason);
  });
  test.each([undefined, 5, null, () => 1, 1n])('an item of a list that is none: %s', (item) => {
    expect(parseCommandItem(item).is).toBe('malformed');
  });
});

describe('id', () => {
  const sent = { name: 'recover', payload: { rung: 'session', list: [1] }, time: { $date: ISO } };
  test('the same command has the same id by both roads, whatever the order of members and the form of its time', () => {
    const overMqtt = commandOf(Buffer.from(JSON.stringify(sent)));
    const overRest = parseCommandItem({ time: ISO, payload: { list: [1], rung: 'session' }, name: 'recover' });
    expect(overRest).toEqual({ is: 'command', command: { ...overMqtt } });
    expect(overMqtt).toMatchObject({ from: 'losant', isRetained: false });
    expect(overMqtt.id).toMatch(/^[0-9a-f]{32}$/);
  });
  test.each([
    { ...sent, name: 'Recover' },
    { ...sent, payload: { rung: 'session', list: [2] } },
    { ...sent, payload: { members: [['rung', 'session']] } },
    { ...sent, time: AT + 1 },
  ])('another command has another id: %j', (other) => {
    expect(commandOf(JSON.stringify(other)).id).not.toBe(commandOf(JSON.stringify(sent)).id);
  });
  test('an object and the list of its members are two things', () => {
    const [object, list] = ['{"a":1}', '[["a",1]]'].map((payload) => commandOf(`{"name":"a","payload":${payload}}`).id);
    expect(object).not.toBe(list);
  });
  test('the broker’s flag is handed on', () => {
    const reading = parseCommandText(JSON.stringify(sent), { isRetained: true });
    expect(reading.is === 'command' && reading.command.isRetained).toBe(true);
  });
});
