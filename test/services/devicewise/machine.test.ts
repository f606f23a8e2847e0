// The service's machine as a table, and which road is chosen.
import { describe, expect, test } from 'vitest';
import {
  firstServiceState,
  HTTP_LIFE_MS,
  isMqttBlocked,
  nextService,
  type ServiceEvent,
  type ServiceState,
} from '../../../src/services/devicewise/machine.js';
import type { ChoiceInput } from '../../../src/services/devicewise/road-choice.js';
import { chooseRoad, type RoadChoice } from '../../../src/services/index.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const failed = (as: 'network' | 'bearer' | 'auth' | 'config' | 'credential', extra: object = {}): ServiceEvent => ({
  ...{ is: 'failed', as, code: 'devicewise.lost', nowMonoMs: 1000, random: 1 },
  ...extra,
});
const on = (road: 'module' | 'mqtt' | 'http', more: Partial<ServiceState> = {}): ServiceState => ({
  ...firstServiceState(),
  ...{ road, life: { is: 'connecting' } },
  ...more,
});
const online = { life: { is: 'online', sinceMonoMs: 0 } } as const;
const waiting = (waitMs: number) => ({ is: 'waiting-retry', cause: 'devicewise.lost', nextMonoMs: 1000 + waitMs });

describe('from state to state', () => {
  test.each<[string, ServiceState, ServiceEvent, unknown, unknown?]>([
    ['begin', firstServiceState(), { is: 'begin', road: 'mqtt' }, { life: { is: 'connecting' }, road: 'mqtt' }],
    ['begin without a road yet', on('mqtt'), { is: 'begin' }, { life: { is: 'connecting' } }],
    ['the same token', on('mqtt', { generation: 2, refusals: 3 }), { is: 'lent', generation: 2 }, { refusals: 3 }],
    ['another token', on('mqtt', { generation: 2, refusals: 3 }), { is: 'lent', generation: 3 }, { refusals: 0 }],
    [
      'up',
      on('mqtt', { refusals: 2, mqttFailures: 2, failures: 4 }),
      { is: 'up', nowMonoMs: 7 },
      { life: { is: 'online', sinceMonoMs: 7 }, refusals: 0, mqttFailures: 0, failures: 4 },
      [{ do: 'report-ok' }],
    ],
    [
      'up over HTTPS',
      on('http', { mqttFailures: 3 }),
      { is: 'up', nowMonoMs: 7 },
      { mqttFailures: 3 },
      [{ do: 'report-ok' }],
    ],
    [
      'HTTPS has had its time',
      on('http', { mqttFailures: 3, ...online }),
      { is: 'rested' },
      { mqttFailures: 2, failures: 0 },
    ],
    ['another value', on('mqtt', online), { is: 'renewed' }, { life: { is: 'connecting' } }],
    ['stop', on('mqtt', online), { is: 'stop' }, { life: { is: 'stopped' } }],
    ['module: 5 s', on('module'), failed('network'), { life: waiting(5000), failures: 1 }],
    ['gateway: 2 s', on('mqtt'), failed('network'), { life: waiting(2000), failures: 1, mqttFailures: 1 }],
    ['doubled', on('mqtt', { failures: 3 }), failed('network'), { life: waiting(16_000), failures: 4 }],
    ['at most 300 s', on('module', { failures: 90 }), failed('network'), { life: waiting(300_000) }],
    ['any part of it', on('module', { failures: 2 }), failed('network', { random: 0.25 }), { life: waiting(5000) }],
    ['at least 1 s', on('module'), failed('network', { random: 0 }), { life: waiting(1000) }],
    ['as asked for', on('mqtt'), failed('network', { retryAfterMs: 90_000 }), { life: waiting(90_000) }],
    [
      'a session that has lasted',
      on('mqtt', { ...online, failures: 6, mqttFailures: 2 }),
      failed('network', { nowMonoMs: MINUTE }),
      {
        life: { is: 'waiting-retry', cause: 'devicewise.lost', nextMonoMs: MINUTE + 2000 },
        failures: 1,
        mqttFailures: 0,
      },
    ],
    [
      'a session that has not',
      on('mqtt', { ...online, failures: 6 }),
      failed('network', { nowMonoMs: MINUTE - 1 }),
      { failures: 7, mqttFailures: 0 },
    ],
    ['HTTPS fails as well', on('http', { mqttFailures: 3 }), failed('network'), { mqttFailures: 0 }],
    ['HTTPS was up', on('http', { mqttFailures: 3, ...online }), failed('network'), { mqttFailures: 3 }],
    ['the module does not count as MQTT', on('module'), failed('network'), { mqttFailures: 0 }],
    [
      'no bearer',
      on('module'),
      failed('bearer', { code: 'network.no-bearer' }),
      { life: { is: 'no-bearer', cause: 'network.no-bearer', nextMonoMs: 6000 } },
    ],
    ...[0, 1, 2, 3, 4, 5, 90].map((refusals): [string, ServiceState, ServiceEvent, unknown, unknown] => {
      const nextMonoMs = 1000 + Math.min(6 * HOUR, 15 * MINUTE * 2 ** refusals);
      return [
        `refused after ${refusals} refusals`,
        on('mqtt', { refusals }),
        failed('auth', { code: 'devicewise.refused' }),
        {
          life: { is: 'auth-rejected', code: 'devicewise.refused', nextMonoMs },
          refusals: refusals + 1,
          mqttFailures: 0,
        },
        [{ do: 'report-refused', retryAtMonoMs: nextMonoMs }],
      ];
    }),
    [
      'a token that is held back',
      on('mqtt'),
      failed('credential', { code: 'credential.refused', retryAfterMs: 5 }),
      { life: { is: 'auth-rejected', code: 'credential.refused', nextMonoMs: 1005 }, refusals: 0 },
    ],
    [
      'no token',
      on('mqtt'),
      failed('credential', { code: 'secret.absent' }),
      { life: { is: 'unconfigured', cause: 'secret.absent', nextMonoMs: 1000 + MINUTE } },
    ],
    [
      'a setting',
      on('mqtt'),
      failed('config', { code: 'devicewise.config' }),
      { life: { is: 'unconfigured', cause: 'devicewise.config', nextMonoMs: 1000 + HOUR } },
    ],
  ])('%s', (_name, state, event, expected, effects) => {
    const step = nextService(state, event);
    expect(step.state).toMatchObject(expected as object);
    if (effects !== undefined) expect(step.effects).toEqual(effects);
  });

  test('a road that is not known yet is none', () => {
    expect(nextService(on('mqtt'), { is: 'begin' }).state.road).toBeUndefined();
  });

  test('MQTT is given up after three tries, and after one when HTTPS has worked', () => {
    let state = on('mqtt');
    const blocked = [1, 2, 3].map(() => {
      ({ state } = nextService({ ...state, life: { is: 'connecting' } }, failed('network')));
      return isMqttBlocked(state);
    });
    expect(blocked).toEqual([false, false, true]);
    ({ state } = nextService({ ...state, road: 'http', life: { is: 'online', sinceMonoMs: 0 } }, { is: 'rested' }));
    expect(isMqttBlocked(state)).toBe(false);
    ({ state } = nextService({ ...state, road: 'mqtt' }, failed('network')));
    expect(isMqttBlocked(state)).toBe(true);
    expect(HTTP_LIFE_MS).toBe(15 * MINUTE);
  });
});

describe('the road', () => {
  const choose = (
    road: ChoiceInput['road'],
    support: ChoiceInput['support'],
    transport: ChoiceInput['transport'] = 'auto',
    isBlocked = false,
  ): string => {
    const choice: RoadChoice = chooseRoad({ road, support, transport, isMqttBlocked: isBlocked });
    return choice.is === 'take' ? choice.name : choice.is;
  };
  test.each<[ChoiceInput['road'], ChoiceInput['support'], string]>([
    ['auto', 'supported', 'module'],
    ['auto', 'unknown', 'wait'],
    ['auto', 'unsupported', 'mqtt'],
    ['auto', 'absent', 'mqtt'],
    ['module', 'supported', 'module'],
    ['module', 'unknown', 'wait'],
    ['module', 'unsupported', 'none'],
    ['module', 'absent', 'none'],
    ['gateway', 'supported', 'mqtt'],
    ['gateway', 'unknown', 'mqtt'],
    ['gateway', 'unsupported', 'mqtt'],
    ['gateway', 'absent', 'mqtt'],
  ])('%s, a client that is %s: %s', (road, support, expected) => {
    expect(choose(road, support)).toBe(expected);
  });
  test.each<[ChoiceInput['transport'], boolean, string]>([
    ['auto', false, 'mqtt'],
    ['auto', true, 'http'],
    ['mqtt', true, 'mqtt'],
    ['http', false, 'http'],
  ])('transport %s, MQTT blocked: %s: %s', (transport, isBlocked, expected) => {
    expect(choose('gateway', 'absent', transport, isBlocked)).toBe(expected);
  });
});
