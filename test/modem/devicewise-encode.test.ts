// What becomes of a command on its way through the module: cut up by #DWSEND, or read and written anew by #DWSENDR
// (specs/devicewise.md 1.7, 1.8). Both are played here as the makers' source does them.
import { describe, expect, test } from 'vitest';
import type { Tr50Command } from '../../src/core/index.js';
import { formattedLine } from '../../src/modem/apps/devicewise/formatted.js';
import { MAX_RAW_BYTES, rawBytes, survivingCommand, survivingNumber } from '../../src/modem/apps/devicewise/raw.js';
import { createRandom } from './random.js';

const publish = (params: Record<string, unknown>, command = 'property.publish'): Tr50Command => ({ command, params });

/** `#DWSEND=0,…`: what the cloud gets, or undefined where the module refuses. */
function cutUp(line: string): { command: string; params: Record<string, unknown> } | undefined {
  const tokens: string[] = [];
  let token = '';
  let inQuotes = false;
  for (const c of `${line.slice('AT#DWSEND='.length)},`) {
    if (c === '"') inQuotes = !inQuotes;
    if (inQuotes || (c !== ',' && c !== '\r' && c !== '\n')) token += c;
    // Separators collapse: an empty value vanishes.
    else if (token !== '') tokens.push(token.slice(0, 257));
    if (!inQuotes && c === ',') token = '';
  }
  const [type, command = '', ...rest] = tokens;
  if (type !== '0' || tokens.length > 32 || rest.length % 2 !== 0) return undefined;
  const params: Record<string, unknown> = {};
  for (let at = 0; at < rest.length; at += 2) params[rest[at] ?? ''] = read(rest[at + 1] ?? '');
  return { command, params };
}

function read(token: string): unknown {
  if (token.startsWith('"') && token.endsWith('"')) return token.slice(1, -1);
  if (!/^[0-9.]+$/.test(token)) return token;
  return token.includes('.') ? Number(Number.parseFloat(token).toFixed(6)) : Number.parseInt(token, 10) | 0;
}

/** `#DWSENDR`: the JSON as the module writes it anew. */
function writtenAnew(value: unknown): string {
  if (typeof value === 'number') return numberAnew(value);
  if (Array.isArray(value)) return `[${value.map(writtenAnew).join(',')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, one]) => `${JSON.stringify(key)}:${writtenAnew(one)}`)
      .join(',')}}`;
  return JSON.stringify(value);
}

function numberAnew(value: number): string {
  if (Math.abs(Math.floor(value) - value) <= Number.EPSILON && Math.abs(value) < 1e60) return value.toFixed(0);
  if (Math.abs(value) < 1e-6 || Math.abs(value) > 1e9) return value.toExponential(6);
  return value.toFixed(6);
}

/** What the cloud gets. */
function through(command: Tr50Command): unknown {
  const ready = survivingCommand(command);
  if (!ready) return undefined;
  const line = formattedLine(ready);
  if (line !== undefined) return cutUp(line);
  const bytes = rawBytes(ready);
  if (!bytes) return undefined;
  const { 1: own } = JSON.parse(writtenAnew(JSON.parse(Buffer.from(bytes).toString('utf8')))) as Record<
    string,
    unknown
  >;
  return own;
}

test('100 positions with negative coordinates, UTF-8 and commas arrive exactly', () => {
  const random = createRandom(20_260_101);
  for (let i = 0; i < 100; i++) {
    const params = {
      lat: Math.round((random.next() * 180 - 90) * 1e6) / 1e6,
      lng: Math.round((random.next() * 360 - 180) * 1e6) / 1e6,
      altitude: Math.round(random.next() * 3000 * 10) / 10,
      heading: random.int(360),
      fixAcc: Math.round(random.next() * 100) / 100,
      fixType: 'gnss',
      street: random.pick(['Grüner Weg 7, Hof', 'Łódź, "Centrum"', '東京, 千代田区', 'a\r\nb, 😀', 'OK\r\n', '']),
      ts: '2026-01-02T03:04:05.678Z',
    };
    expect(through(publish(params, 'location.publish'))).toEqual({ command: 'location.publish', params });
  }
});

test('seven decimals of a receiver arrive rounded to six, the same way on every try', () => {
  const position = publish({ lat: -48.20817449, lng: 16.37380051 }, 'location.publish');
  expect(through(position)).toMatchObject({ params: { lat: -48.208174, lng: 16.373801 } });
  expect(survivingCommand(survivingCommand(position) ?? position)).toEqual(survivingCommand(position));
});

test.each([
  [22.5, 22.5],
  [-80.11554, -80.11554],
  [0.1 + 0.2, 0.3],
  [1e-7, 0],
  [1e-6, 0.000001],
  [1_700_000_000.5, 1_700_000_001],
  [-1_700_000_000.4, -1_700_000_000],
  [999_999_999.123456, 999_999_999.123456],
  [1_767_323_045_000, 1_767_323_045_000],
  [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
])('%d survives as %d', (value, expected) => {
  expect(survivingNumber(value)).toBe(expected);
  expect(Number(numberAnew(survivingNumber(value)))).toBe(expected);
});

describe('a formatted line', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['a number and a word', { key: 'temp', value: 22.5 }, 'key,temp,value,22.5'],
    ['text of digits in quotes', { key: 'serial', value: '00123' }, 'key,serial,value,"00123"'],
    ['text with a blank', { key: 'door', state: 1, msg: 'is open' }, 'key,door,state,1,msg,"is open"'],
    ['a time', { key: 't', value: 0, ts: '2026-01-02T03:04:05Z' }, 'key,t,value,0,ts,"2026-01-02T03:04:05Z"'],
    ['the largest whole number', { key: 't', value: 2_147_483_647 }, 'key,t,value,2147483647'],
    ['words that are types elsewhere', { key: 't', value: 'true' }, 'key,t,value,true'],
  ])('%s', (_name, params, expected) => {
    const line = formattedLine(publish(params));
    expect(line).toBe(`AT#DWSEND=0,property.publish,${expected}`);
    expect(cutUp(line ?? '')).toEqual(publish(params));
  });

  test.each<[string, Record<string, unknown>]>([
    ['a minus, which makes it text', { key: 't', value: -1.5 }],
    ['a whole number beyond 32 bits', { key: 't', value: 3_000_000_000 }],
    ['an exponent', { key: 't', value: 1e21 }],
    ['seven decimals', { key: 't', value: 1.2345678 }],
    ['nothing', { key: 't', value: '' }],
    ['a comma', { key: 't', value: 'a,b' }],
    ['a quote', { key: 't', value: 'a"b' }],
    ['a line end, and a command behind it', { key: 't', value: 'a\rAT#REBOOT\r' }],
    ['a semicolon', { key: 't', value: 'a;b' }],
    ['a backslash', { key: 't', value: 'a\\b' }],
    ['a blank at its end', { key: 't', value: 'a ' }],
    ['letters beyond ASCII', { key: 't', value: 'ü' }],
    ['256 characters', { key: 't', value: 'x'.repeat(256) }],
    ['truth', { key: 't', value: true }],
    ['null', { key: 't', value: null }],
    ['a list', { key: 't', value: [1] }],
    ['a key with a comma', { 'a,b': 1 }],
    ['a key with a line end', { 'a\rb': 1 }],
    ['no parameters', {}],
    ['too many', Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`k${i}`, i]))],
  ])('is none with %s', (_name, params) => {
    expect(formattedLine(publish(params))).toBeUndefined();
  });

  test('is none for commands that are answered with more than OK', () => {
    for (const command of ['thing.find', 'mailbox.ack', 'diag.ping', 'property.publish\rAT'])
      expect(formattedLine(publish({ key: 'a' }, command))).toBeUndefined();
  });
});

describe('raw bytes', () => {
  test('are one line without a terminator, bounded in bytes', () => {
    const fits = publish({ msg: 'x\r\n' }, 'log.publish');
    expect(Buffer.from(rawBytes(fits) ?? []).toString()).toBe(
      '{"1":{"command":"log.publish","params":{"msg":"x\\r\\n"}}}',
    );
    const frame = Buffer.from(rawBytes(publish({ msg: '' }, 'log.publish')) ?? []).length;
    expect(rawBytes(publish({ msg: 'x'.repeat(MAX_RAW_BYTES - frame) }, 'log.publish'))).toHaveLength(MAX_RAW_BYTES);
    expect(rawBytes(publish({ msg: 'ü'.repeat((MAX_RAW_BYTES - frame) / 2 + 1) }, 'log.publish'))).toBeUndefined();
  });

  test('hold nothing that would end the text or is no JSON', () => {
    expect(survivingCommand(publish({ a: 'x\0y', b: '\ud800', c: '😀', d: undefined }))).toEqual(
      publish({ a: 'x y', b: '\ufffd', c: '😀' }),
    );
    const hostile = JSON.parse('{"__proto__":{"isAdmin":true},"a":1}') as Record<string, unknown>;
    expect(Object.keys(survivingCommand(publish(hostile))?.params ?? {})).toEqual(['a']);
    let deep: unknown = 1;
    for (let i = 0; i < 100; i++) deep = [deep];
    for (const value of [deep, Number.POSITIVE_INFINITY, 1n, () => 1, Symbol('x')])
      expect(survivingCommand(publish({ value }))).toBeUndefined();
  });
});

test('whatever is sent either arrives as it is or does not go as a line', () => {
  const random = createRandom(11);
  const letters = 'abzAZ019 .,;:"\\-+_eüß\r\n\0😀'.split('');
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: random.int(6) }, () => random.pick(letters)).join('');
    const number = random.pick([random.int(2 ** 32), random.next() * 1000, -random.next(), random.next() * 1e10, 7]);
    const command = survivingCommand(publish({ key: text, value: random.pick([number, text]) }));
    const line = command && formattedLine(command);
    if (line === undefined) continue;
    expect(line).toMatch(/^[\x20-\x7e]+$/);
    expect(cutUp(line)).toEqual(command);
  }
});
