// Every kind of record as the commands deviceWISE is sent, and when they say to have happened.
import { describe, expect, test } from 'vitest';
import type { CloudRecord } from '../../../src/core/index.js';
import { commandsOf } from '../../../src/services/index.js';
import { NOW, record, STAMP } from './service-fakes.js';

const FACTS = { nowUtcMs: NOW + 60_000, nowMonoMs: 60_000, isClockTrusted: true, boot: 3, maxRequestBytes: 32_768 };
const stamp = { ts: STAMP, corrId: '3-7' };
const commands = (of: CloudRecord, facts: Partial<typeof FACTS> & { refusedKeys?: ReadonlySet<string> } = {}) => {
  const answer = commandsOf(of, { ...FACTS, ...facts });
  return answer.is === 'commands' ? answer.commands : answer.code;
};

describe('golden', () => {
  test.each<[string, CloudRecord, unknown]>([
    [
      'a position of satellites',
      record('position', {
        ...{ latitudeDeg: 48.123456789, longitudeDeg: -80.11554, altitudeMslM: 300.127, accuracyM: 0.014 },
        ...{ quality: 'rtk_fixed', source: 'receiver-rtk', ageMs: 0, satellites: 20, hdop: 0.6, event: 'first-fix' },
      }),
      [
        {
          command: 'location.publish',
          params: { lat: 48.1234568, lng: -80.11554, altitude: 300.13, fixAcc: 0.01, fixType: 'gnss', ...stamp },
        },
      ],
    ],
    [
      'a position with heading and speed, of the network',
      record('position', { latitudeDeg: 1, longitudeDeg: 2, headingDeg: 90, speedMps: 1.234, source: 'cell' }),
      [
        {
          command: 'location.publish',
          params: { lat: 1, lng: 2, heading: 90, speed: 1.23, fixType: 'coarse', ...stamp },
        },
      ],
    ],
    [
      'a cell instead of a place',
      record('position', { cell: { mcc: 262, mnc: 1, lac: 4660, cellId: 0xabcdef1, rssi: -71.4 } }),
      [
        {
          command: 'location.publish',
          params: { mcc: 262, mnc: 1, lac: 4660, cellId: 180_150_001, rssi: -71, ...stamp },
        },
      ],
    ],
    [
      'a state',
      record('state', {
        ...{ agentState: 'serving', uptimeS: 12, rsrpDbm: -95.5, isAided: true, cred_ztp_token: 'valid' },
        ...{ 'bad key': 1, nested: { a: 1 }, huge: 2 ** 60, nan: Number.NaN, list: [1] },
      }),
      [
        {
          command: 'property.batch',
          params: {
            ...stamp,
            data: [
              { key: 'uptimeS', value: 12 },
              { key: 'rsrpDbm', value: -95.5 },
            ],
          },
        },
        {
          command: 'attribute.batch',
          params: {
            ...stamp,
            data: [
              { key: 'agentState', value: 'serving' },
              { key: 'isAided', value: 'true' },
              { key: 'cred_ztp_token', value: 'valid' },
            ],
          },
        },
      ],
    ],
    [
      'an event without a position',
      record('state', { event: 'position-lost', hasPosition: false, previousSource: 'cell' }),
      [{ command: 'log.publish', params: { msg: 'event: position-lost (before: cell)', level: 2, ...stamp } }],
    ],
    [
      'an alarm',
      record('alarm', { subject: 'lamp:network', isOver: false, code: 'network.denied', message: 'not allowed' }),
      [
        {
          command: 'alarm.publish',
          params: { key: 'lamp-network', state: 1, msg: 'network.denied: not allowed', ...stamp },
        },
      ],
    ],
    [
      'an alarm that is over',
      record('alarm', { subject: 'lamp:network', isOver: true, code: 'network.denied', message: 'over' }),
      [{ command: 'alarm.publish', params: { key: 'lamp-network', state: 0, msg: 'network.denied: over', ...stamp } }],
    ],
    [
      'a log line',
      record('log', { message: 'restarted', level: 'warn' }),
      [{ command: 'log.publish', params: { msg: 'restarted', level: 1, ...stamp } }],
    ],
    [
      'a gap',
      record('gap', { firstId: '2-1', lastId: '2-9', count: 9, reason: 'full' }),
      [
        {
          command: 'log.publish',
          params: { msg: '9 records are lost or put aside: 2-1 to 2-9 (full)', level: 1, ...stamp },
        },
      ],
    ],
    [
      'a method that was done',
      record('result', { commandId: 'm1', name: 'report', end: 'done', message: 'told', data: { a: 1 } }),
      [{ command: 'mailbox.ack', params: { id: 'm1', errorCode: 0, params: { message: 'told', a: 1 } } }],
    ],
  ])('%s', (_name, of, expected) => {
    expect(commands(of)).toEqual(expected);
  });

  test.each([
    ['failed', 'modem.timeout', 'no answer', 1],
    ['refused', 'command.unknown', 'no such command', 2],
    ['interrupted', 'command.interrupted', 'restarted', 3],
    ['repeated', 'modem.timeout', 'it came before and ended failed: no answer', 1],
    ['repeated', 'command.interrupted', 'it came before and ended interrupted: restarted', 3],
    ['odd', 'x', 'y', 1],
  ])('a method that ended %s (%s)', (end, code, message, errorCode) => {
    expect(commands(record('result', { commandId: 'm1', name: 'n', end, code, message }))).toEqual([
      { command: 'mailbox.ack', params: { id: 'm1', errorCode, errorMessage: `${code}: ${message}` } },
    ]);
  });

  test('a repeated method that was done before is done', () => {
    const body = { commandId: 'm1', name: 'n', end: 'repeated', message: 'it came before and ended done: told' };
    expect(commands(record('result', body))).toMatchObject([{ params: { id: 'm1', errorCode: 0 } }]);
  });
});

describe('what cannot be said', () => {
  test.each<[string, CloudRecord, string]>([
    ['a position without a place', record('position', { quality: '3d' }), 'devicewise.empty'],
    ['a place beyond the pole', record('position', { latitudeDeg: 91, longitudeDeg: 0 }), 'devicewise.empty'],
    ['a cell that is none', record('position', { cell: { mcc: '262', mnc: 1 } }), 'devicewise.empty'],
    ['a state without a value', record('state', { nested: {} }), 'devicewise.empty'],
    ['an alarm about nothing', record('alarm', { code: 'x' }), 'devicewise.empty'],
    ['a log line without words', record('log', {}), 'devicewise.empty'],
    ['an answer to nobody', record('result', { end: 'done' }), 'devicewise.empty'],
    [
      'an answer to an endless id',
      record('result', { commandId: 'x'.repeat(40_000), end: 'done' }),
      'devicewise.too-large',
    ],
  ])('%s', (_name, of, code) => {
    expect(commands(of)).toBe(code);
  });

  test('a prototype is no key', () => {
    const body = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": "x", "ok": 1}') as Record<string, unknown>;
    expect(commands(record('state', body))).toEqual([
      { command: 'property.batch', params: { ...stamp, data: [{ key: 'ok', value: 1 }] } },
    ]);
  });
});

describe('the size of the road', () => {
  const bytes = (of: unknown): number => Buffer.byteLength(JSON.stringify({ 1: of }));

  test('a report that is too long loses its largest members, and names them', () => {
    const data = { small: 1, large: 'x'.repeat(5000), middle: 'y'.repeat(700) };
    const [ack] = commands(record('result', { commandId: 'm1', name: 'n', end: 'done', message: 'told', data }), {
      maxRequestBytes: 1400,
    });
    expect(ack).toEqual({
      command: 'mailbox.ack',
      params: {
        id: 'm1',
        errorCode: 0,
        params: { message: 'told', small: 1, middle: 'y'.repeat(700), leftOut: ['large'] },
      },
    });
    expect(bytes(ack)).toBeLessThanOrEqual(1400);
  });

  test('a state that is too long becomes several batches', () => {
    const body = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`text_${i}`, `é${'x'.repeat(90)}`]));
    const all = commands(record('state', body), { maxRequestBytes: 1400 });
    expect(typeof all === 'string' ? all : all.map(bytes).every((n) => n <= 1400)).toBe(true);
    const data = typeof all === 'string' ? [] : all.flatMap(({ params }) => params?.['data'] as { key: string }[]);
    expect(data.map(({ key }) => key)).toEqual(Object.keys(body));
  });

  test('a long text is cut between two characters', () => {
    const [line] = commands(record('log', { message: `${'x'.repeat(495)}😀😀\ud800` }), { maxRequestBytes: 1400 });
    expect(line).toMatchObject({ params: { msg: `${'x'.repeat(495)}…` } });
  });

  test('keys that are refused are left out while something remains', () => {
    const state = record('state', { a: 1, b: 2 });
    expect(commands(state, { refusedKeys: new Set(['a']) })).toMatchObject([{ params: { data: [{ key: 'b' }] } }]);
    expect(commands(state, { refusedKeys: new Set(['a', 'b']) })).toMatchObject([
      { params: { data: [{ key: 'a' }, { key: 'b' }] } },
    ]);
  });
});

describe('when it happened', () => {
  const line = (of: Partial<CloudRecord>) => ({ ...record('log', { message: 'x' }), ...of });
  const none = { utcMs: 0, timeQuality: 'none' } as const;
  test.each<[string, Partial<CloudRecord>, Partial<typeof FACTS>, string | undefined]>([
    ['as it was stamped', {}, {}, STAMP],
    ['as it was stamped, without a clock of our own', {}, { isClockTrusted: false, nowUtcMs: 0 }, STAMP],
    ['by its age, once the clock is right', none, {}, STAMP],
    ['unknown while the clock is not right', none, { isClockTrusted: false }, undefined],
    ['unknown of an earlier boot', { ...none, boot: 2 }, {}, undefined],
    ['ahead, of this boot: by its age', { utcMs: NOW + 3_600_000 }, {}, STAMP],
    ['slightly ahead, of an earlier boot: now', { utcMs: NOW + 61_000, boot: 2 }, {}, '2026-01-02T03:05:05.678Z'],
    ['far ahead, of an earlier boot: unknown', { utcMs: NOW + 3_600_000, boot: 2 }, {}, undefined],
    ['no time at all', { utcMs: Number.NaN, boot: 2 }, {}, undefined],
  ])('%s', (_name, of, facts, ts) => {
    const [command] = commands(line(of), facts);
    expect((command as { params: Record<string, unknown> }).params['ts']).toBe(ts);
  });

  test('a position of an earlier boot without a time is not stored as of now', () => {
    const place = record('position', { latitudeDeg: 1, longitudeDeg: 2 });
    expect(commands({ ...place, ...none, boot: 2 })).toBe('devicewise.time');
  });
});
