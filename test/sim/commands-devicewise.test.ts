import { describe, expect, test } from 'vitest';
import { createClock, silentLogger } from '../../src/core/index.js';
import {
  createSimClouds,
  DEVICEWISE_FRONT_KNOB_NAMES,
  DEVICEWISE_FRONT_KNOBS,
  DEVICEWISE_KNOB_NAMES,
  DEVICEWISE_KNOBS,
} from '../../src/sim/clouds/index.js';
import { createCloudsDesk } from '../../src/sim/clouds-desk.js';
import { isCloudsOrder, readCommand } from '../../src/sim/commands.js';
import { inScratch } from '../helpers/scratch.js';

const typed = (line: string) => {
  const [verb = '', ...words] = line.split(' ');
  return readCommand({ do: verb, words }, 'clouds');
};

describe('reading', () => {
  test('every knob at every position', () => {
    const all = [
      ...DEVICEWISE_KNOB_NAMES.map((name) => [name, DEVICEWISE_KNOBS[name]] as const),
      ...DEVICEWISE_FRONT_KNOB_NAMES.map((name) => [name, DEVICEWISE_FRONT_KNOBS[name]] as const),
    ];
    for (const [name, positions] of all)
      for (const position of positions)
        expect(typed(`devicewise ${name}=${position}`)).toEqual({ do: 'devicewise', change: { [name]: position } });
  });

  test.each([
    ['devicewise replyMs=5 sessionTtlS=2', { change: { replyMs: 5, sessionTtlS: 2 } }],
    ['devicewise outage=half-open face=expired', { change: {}, outage: 'half-open', face: 'expired' }],
    [
      'devicewise httpOutage=off cut=true endSessions=true',
      { change: {}, httpOutage: 'off', cut: true, endSessions: true },
    ],
    ['devicewise-fault connack code=5 times=2', { fault: { is: 'connack', code: 5 }, times: 2 }],
    [
      'devicewise-fault reset front=http when=after',
      { fault: { is: 'reset', when: 'after' }, front: 'http', times: 1 },
    ],
    ['devicewise-fault none', { fault: 'none', times: 1 }],
    [
      'devicewise-method ping params={"a":1} thing=gw-1',
      { name: 'ping', params: { a: 1 }, thing: 'gw-1', options: {} },
    ],
    ['devicewise-method ping ttl=-1 singleton=true', { name: 'ping', options: { ttlS: -1, singleton: true } }],
    ['devicewise-mail diag.ping params=[1]', { command: 'diag.ping', params: [1], options: {} }],
    ['devicewise-token add definition=none roles=*', { what: 'add', rules: { definition: null, roles: ['*'] } }],
    ['devicewise-token remove token=Abc,;', { what: 'remove', token: 'Abc,;', rules: {} }],
    ['devicewise-thing bind application=x', { what: 'bind', application: 'x' }],
    [
      'devicewise-definition gw_def autoDefProps=false properties=a,b',
      { rules: { key: 'gw_def', autoDefProps: false, properties: ['a', 'b'] } },
    ],
  ])('%s', (line, command) => {
    const read = typed(line);
    expect(read).toEqual({ do: line.split(' ')[0], ...command });
  });

  test.each([
    ['devicewise', 'nothing to change'],
    ['devicewise deflate=gzip', 'deflate must be one of zlib, raw'],
    ['devicewise replyMs=-1', 'replyMs must be'],
    ['devicewise-fault melt', 'name must be one of'],
    ['devicewise-method', 'name is missing'],
    ['devicewise-method ping params=[1]', 'params must be a JSON object'],
    ['devicewise-mail ping params={', 'params must be JSON'],
    ['devicewise-thing create', 'thing is missing'],
    ['devicewise-thing bind', 'application is missing'],
    ['devicewise-thing delete thing=a/b', 'at most 64 letters'],
  ])('%s is refused with a sentence', (line, why) => {
    expect(() => typed(line)).toThrow(why);
  });

  test('orders to the clouds are told from the others', () => {
    expect(isCloudsOrder({ do: 'reachable', reachable: true })).toBe(true);
    expect(isCloudsOrder({ do: 'devicewise-thing', what: 'delete' })).toBe(true);
    expect(isCloudsOrder({ do: 'state' })).toBe(false);
    expect(isCloudsOrder({ do: 'swap' })).toBe(false);
  });
});

test('what is told has its effect, and state tells it without a secret', async () => {
  await inScratch(async (folder) => {
    await using clouds = await createSimClouds({ clock: createClock(), log: silentLogger, stateDir: folder });
    const { devicewise } = clouds;
    const { platform, broker } = devicewise;
    const desk = createCloudsDesk(clouds);
    const tell = (line: string) => {
      const command = typed(line);
      if (command.do === 'state' || command.do === 'stop' || command.do === 'help') throw new Error('not for the desk');
      return desk.perform(command);
    };
    await tell('devicewise rootCase=lower puback=withheld outage=close httpOutage=half-open face=normal');
    expect(devicewise.settings).toMatchObject({ rootCase: 'lower', puback: 'withheld' });
    expect([broker.outage, devicewise.http.outage]).toEqual(['close', 'half-open']);
    await tell('devicewise outage=off httpOutage=off cut=true endSessions=true');
    await tell('devicewise-fault reset');
    await tell('devicewise-fault none');

    await expect(tell('devicewise-method ping')).rejects.toThrow('no thing yet');
    await tell('devicewise-thing create thing=gw-1');
    await expect(tell('devicewise-thing create thing=gw-1')).rejects.toThrow('such a thing already');
    const { id } = await tell('devicewise-method ping params={"a":1}');
    await tell('devicewise-mail diag.ping thing=gw-1');
    expect(platform.methodsOf('gw-1')).toMatchObject([
      { id, method: 'ping', params: { a: 1 }, state: 'queued' },
      { command: 'diag.ping' },
    ]);
    const applicationId = 'made-once-and-kept';
    await tell(`devicewise-thing bind application=${applicationId}`);
    expect(platform.things.get('gw-1')?.isBound).toBe(true);
    await tell('devicewise-thing unbind');
    expect(platform.things.get('gw-1')?.isBound).toBe(false);
    await tell('devicewise-definition gw_def autoDefProps=false');

    const state = desk.state()['devicewise'];
    expect(state).toMatchObject({
      ...{ rootCase: 'lower', outage: 'off', connects: 0, refused: 0, requests: 0, locations: 0 },
      things: [{ key: 'gw-1', waiting: 2, isConnected: false }],
      lastMethod: { command: 'diag.ping' },
    });
    const first = platform.appToken;
    const { token: second } = await tell('devicewise-token add name=spare definition=none');
    const { token: third } = await tell(`devicewise-token rotate token=${String(second)}`);
    expect(third).not.toBe(second);
    await tell(`devicewise-token change token=${String(third)} roles=diag.ping`);
    expect(platform.tokens.list()).toMatchObject([{}, { name: 'spare', definition: null, roles: ['diag.ping'] }]);
    await tell(`devicewise-token remove token=${String(third)}`);
    expect(await tell('devicewise-token add token=Spare1234Token56')).toEqual({ token: 'Spare1234Token56' });
    await tell('devicewise-token remove token=Spare1234Token56');
    await tell('devicewise-token remove');
    await expect(tell('devicewise-token remove')).rejects.toThrow('no such token');
    expect(platform.tokens.list()).toEqual([]);
    await tell('devicewise-thing delete thing=gw-1');
    await expect(tell('devicewise-thing delete thing=gw-1')).rejects.toThrow('no such thing');

    const text = JSON.stringify(desk.state());
    for (const secret of [first, second, third, applicationId]) expect(text).not.toContain(secret);
  });
});
