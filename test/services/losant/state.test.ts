// Records as states: what goes, what is dropped, and every case of time.
import { describe, expect, test } from 'vitest';
import type { CloudRecord } from '../../../src/core/index.js';
import { toState } from '../../../src/services/index.js';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 5, 1);
const facts = { nowUtcMs: NOW, nowMonoMs: 100_000, isClockTrusted: true, boot: 7 };
const record = (extra: Partial<CloudRecord> = {}): CloudRecord => ({
  id: '7-1',
  kind: 'position',
  class: 'A',
  utcMs: NOW - 1000,
  timeQuality: 'utc',
  boot: 7,
  monoMs: 99_000,
  body: { latitudeDeg: 47.28, longitudeDeg: 8.5650001, quality: 'rtk-fixed', source: 'gnss', ageMs: 0 },
  ...extra,
});
const dataOf = (extra: Partial<CloudRecord>): unknown => {
  const answer = toState(record(extra), facts);
  return answer.is === 'state' ? answer.json.data : answer;
};

describe('attributes', () => {
  test.each<[string, Partial<CloudRecord>, unknown]>([
    [
      'position',
      {
        body: {
          latitudeDeg: -0.0000001,
          longitudeDeg: 8.565,
          accuracyM: 0.02,
          hdop: 0.7,
          satellites: 21,
          quality: 'rtk-fixed',
          source: 'gnss',
          ageMs: 3,
        },
      },
      {
        location: '-0.0000001,8.5650000',
        accuracy: 0.02,
        hdop: 0.7,
        satellites: 21,
        fix_type: 'rtk-fixed',
        position_source: 'gnss',
        record_id: '7-1',
      },
    ],
    [
      'state',
      {
        kind: 'state',
        body: {
          agentState: 'running',
          agentWhy: 'all is well',
          uptimeS: 60,
          operator: 'Op',
          rsrpDbm: -95,
          rsrqDb: -10,
          modemTemperatureC: 40,
          queueDepth: 2,
          cred_pin: 'valid',
          rssMiB: 80,
        },
      },
      {
        agent_state: 'running',
        agent_why: 'all is well',
        uptime: 60,
        operator: 'Op',
        rsrp: -95,
        rsrq: -10,
        modem_temp: 40,
        queue_depth: 2,
        cred_pin: 'valid',
        record_id: '7-1',
      },
    ],
    [
      'an event without a position',
      { kind: 'state', body: { event: 'position-lost', hasPosition: false } },
      { alarm: 'event: position-lost', record_id: '7-1' },
    ],
    [
      'alarm',
      { kind: 'alarm', body: { subject: 'modem', isOver: false, code: 'net.down', message: 'no road' } },
      { alarm: 'modem net.down: no road', record_id: '7-1' },
    ],
    [
      'alarm over',
      { kind: 'alarm', body: { subject: 'modem', isOver: true, code: 'net.down', message: '' } },
      { alarm: 'over: modem net.down', record_id: '7-1' },
    ],
    [
      'result',
      { kind: 'result', body: { commandId: 'c1', name: 'recover', end: 'done', message: 'ok', data: { a: 1 } } },
      {
        last_command: 'recover',
        last_command_result: '{"id":"c1","end":"done","message":"ok","data":{"a":1}}',
        record_id: '7-1',
      },
    ],
    [
      'gap',
      { kind: 'gap', body: { firstId: '6-1', lastId: '6-9', count: 9, reason: 'full' } },
      { gap_count: 9, record_id: '7-1' },
    ],
    [
      'what is no number, string or boolean',
      { kind: 'state', body: { uptimeS: Number.NaN, rsrpDbm: null, operator: { a: 1 }, agentState: 'x' } },
      { agent_state: 'x', record_id: '7-1' },
    ],
    [
      'a string of more than 64 KiB',
      { kind: 'state', body: { agentWhy: 'é'.repeat(32_769), agentState: 'x' } },
      { agent_state: 'x', record_id: '7-1' },
    ],
    [
      'names Losant refuses',
      { kind: 'state', body: { 'cred_a b': 'valid', cred_: 'x', agentState: 'x' } },
      { agent_state: 'x', cred_: 'x', record_id: '7-1' },
    ],
  ])('%s', (_, extra, expected) => {
    expect(dataOf(extra)).toEqual(expected);
  });

  test.each<[string, Partial<CloudRecord>, string]>([
    ['a place without longitude', { body: { latitudeDeg: 47 } }, 'losant.empty'],
    ['a place off the globe', { body: { latitudeDeg: 91, longitudeDeg: 0 } }, 'losant.empty'],
    ['NaN as place', { body: { latitudeDeg: Number.NaN, longitudeDeg: 0 } }, 'losant.empty'],
    ['a log', { kind: 'log', body: { text: 'x' } }, 'losant.empty'],
    [
      'more than 256 KB',
      { kind: 'state', body: Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`cred_${n}`, 'x'.repeat(60_000)])) },
      'losant.too-large',
    ],
  ])('%s is rejected', (_, extra, code) => {
    expect(dataOf(extra)).toMatchObject({ is: 'rejected', code });
  });
});

describe('time', () => {
  const none = { utcMs: 0, timeQuality: 'none' } as const;
  const untrusted = { ...facts, isClockTrusted: false, nowUtcMs: 5000 };
  test.each<[string, Partial<CloudRecord>, typeof facts, number | undefined | 'rejected']>([
    ['a good stamp', {}, facts, NOW - 1000],
    ['a good stamp, our clock wrong now', {}, untrusted, NOW - 1000],
    ['29 days old', { utcMs: NOW - 29 * DAY, boot: 6 }, facts, NOW - 29 * DAY],
    ['31 days old', { utcMs: NOW - 31 * DAY, boot: 6 }, facts, 'rejected'],
    ['an hour ahead', { utcMs: NOW + 3_600_000 }, facts, NOW + 3_600_000],
    ['more than a day ahead', { utcMs: NOW + DAY + 1 }, facts, 'rejected'],
    ['no stamp, clock mended since', { ...none, monoMs: 40_000 }, facts, NOW - 60_000],
    ['no stamp, live', { ...none, monoMs: 99_500 }, untrusted, undefined],
    ['no stamp, of this boot', { ...none, monoMs: 40_000 }, untrusted, -60_000],
    ['no stamp, of this boot, 31 days', { ...none, monoMs: 0 }, { ...untrusted, nowMonoMs: 31 * DAY }, 'rejected'],
    ['no stamp, of an earlier boot', { ...none, boot: 6 }, untrusted, 'rejected'],
    ['no stamp, of an earlier boot, clock good', { ...none, boot: 6 }, facts, 'rejected'],
  ])('%s', (_, extra, at, expected) => {
    const answer = toState(record(extra), at);
    if (expected === 'rejected') expect(answer).toMatchObject({ is: 'rejected', code: 'losant.time' });
    else if (answer.is !== 'state') expect.fail(answer.reason);
    else if (expected === undefined) expect('time' in answer.json).toBe(false);
    else expect(answer.json.time).toBe(expected);
  });
});
