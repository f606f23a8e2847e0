// Commands to the clouds: how they are read, and that each has its effect over the socket of `sim clouds`.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createClock, silentLogger } from '../../src/core/index.js';
import { createSimClouds, runSimClouds } from '../../src/sim/clouds/index.js';
import { createCloudsDesk } from '../../src/sim/clouds-desk.js';
import { type CommandScope, commandHelp, readCommand } from '../../src/sim/commands.js';
import { connectClient, provision, startClouds, until } from './clouds/helpers.js';
import { ggaAt, rover } from './clouds/rover.js';

const asWords = (line: string) => {
  const [verb, ...words] = line.split(' ');
  return { do: verb, words };
};
const typed = (line: string, scope: CommandScope = 'clouds') => readCommand(asWords(line), scope);

describe('reading', () => {
  test.each([
    ['ztp plan=both mandatory=false', { do: 'ztp', change: { plan: 'both', hardwareIdIsMandatory: false } }],
    ['ztp allowList=a,b rotate=true', { do: 'ztp', change: { allowList: ['a', 'b'] }, rotate: true }],
    ['ztp allowList=any', { do: 'ztp', change: { allowList: undefined } }],
    [
      'ztp incompleteAnswers=2 httpPortAs=number httpsPort=sent mountPoint=NEAR-RTCM existing=error face=expired',
      {
        do: 'ztp',
        face: 'expired',
        change: {
          ...{ incompleteAnswers: 2, httpPortAs: 'number', httpsPort: 'sent', mountPoint: 'NEAR-RTCM' },
          existing: 'error',
        },
      },
    ],
    ['ztp-fault status', { do: 'ztp-fault', fault: { is: 'status', status: 503 }, times: 1 }],
    [
      'ztp-fault status status=429 retryAfter=30 body=later times=3',
      { do: 'ztp-fault', fault: { is: 'status', status: 429, retryAfter: '30', body: 'later' }, times: 3 },
    ],
    ['ztp-fault stall forMs=10', { do: 'ztp-fault', fault: { is: 'stall', forMs: 10 }, times: 1 }],
    ['ztp-fault html', { do: 'ztp-fault', fault: { is: 'html' }, times: 1 }],
    ['ztp-fault none', { do: 'ztp-fault', fault: 'none', times: 1 }],
    ['thing last active=false', { do: 'thing', hardwareId: 'last', active: false }],
    ['thing gw-1 revoke=true password=rotate', { do: 'thing', hardwareId: 'gw-1', revoke: true, rotate: true }],
    [
      'caster answer=icy second=replace hold=30',
      { do: 'caster', change: { answer: 'icy', second: 'replace', holdS: 30 } },
    ],
    ['caster fault=stall', { do: 'caster', change: {}, fault: 'stall' }],
    ['caster fault=401 times=2 cut=true', { do: 'caster', change: {}, fault: '401', times: 2, cut: true }],
    ['caster rtcmPeriod=5 station=1006', { do: 'caster', change: { rtcmPeriodS: 5, station: 1006 } }],
    ['broker stall=true connack=5 face=wrong-name', { do: 'broker', stall: true, connack: 5, face: 'wrong-name' }],
    ['ucenter armour=bare keys=dynamickeys', { do: 'ucenter', change: { armour: 'bare', keys: 'dynamickeys' } }],
    ['ucenter', { do: 'ucenter', change: {} }],
    ['reachable off', { do: 'reachable', reachable: false }],
    ['state', { do: 'state' }],
  ])('%s', (line, command) => {
    expect(typed(line)).toEqual(command);
    expect(typed(line, 'world')).toEqual(command);
  });

  test.each([
    ['ztp', 'ztp: nothing to change'],
    ['ztp plan=lband', 'plan must be one of mqtt, ntrip, both'],
    ['ztp allowList=,', 'allowList must be hardware ids, joined by commas'],
    ['ztp-fault', 'name is missing'],
    ['ztp-fault html status=500', /^ztp-fault knows no status; it knows /],
    ['ztp-fault status status=99', 'status must be a whole number from 200 to 599'],
    ['thing', 'hardwareId is missing'],
    ['thing last', 'thing: nothing to change'],
    ['thing last password=secret', 'password must be one of rotate'],
    ['caster', 'caster: nothing to change'],
    ['caster times=2', 'times needs a fault'],
    ['caster fault=none times=2', 'times needs a fault'],
    ['caster fault=fire', /^fault must be one of banned, /],
    ['caster station=1007', 'station must be a whole number from 1005 to 1006'],
    ['broker', 'broker: nothing to change'],
    ['broker connack=1', 'connack must be one of 0, 2, 3, 4, 5'],
    ['reachable', 'reachable is missing'],
    [
      'unplug modem',
      /^do must be one of ztp, ztp-fault, thing, caster, broker, ucenter, reachable, assistnow, assistnow-fault, assistnow-ztp-fault, thingspace, thingspace-fault, thingspace-device, thingspace-user, losant, losant-fault, losant-command, losant-device, losant-key, losant-token, losant-ban, devicewise, devicewise-fault, devicewise-method, devicewise-mail, devicewise-token, devicewise-thing, devicewise-definition, state, stop, help$/,
    ],
  ])('%s is refused with a sentence', (line, why) => {
    expect(() => typed(line)).toThrow(why);
  });

  test('a module alone knows none of them, and each list names what its reader understands', () => {
    expect(() => typed('caster fault=stall', 'modem')).toThrow(/^do must be one of unplug, /);
    const heads = (scope: CommandScope) =>
      commandHelp(scope).flatMap((line) => /^ {2}([a-z-]+)\b/.exec(line)?.[1] ?? []);
    expect(heads('clouds')).toEqual([
      ...['ztp', 'ztp-fault', 'thing', 'caster', 'broker', 'ucenter', 'reachable'],
      ...['assistnow', 'assistnow-fault', 'assistnow-ztp-fault'],
      ...['thingspace', 'thingspace-fault', 'thingspace-device', 'thingspace-user'],
      ...['losant', 'losant-fault', 'losant-command', 'losant-device', 'losant-key', 'losant-token', 'losant-ban'],
      ...['devicewise', 'devicewise-fault', 'devicewise-method', 'devicewise-mail'],
      ...['devicewise-token', 'devicewise-thing', 'devicewise-definition'],
      ...['state', 'stop', 'help'],
    ]);
    expect(heads('world')).toEqual(expect.arrayContaining(['unplug', 'card', 'ztp', 'caster', 'stop']));
    expect(heads('modem')).not.toContain('ztp');
  });
});

describe('effects', () => {
  const desk = async () => {
    const clouds = await startClouds({ plan: 'ntrip' });
    const { perform, state } = createCloudsDesk(clouds);
    const tell = async (line: string) => {
      const command = readCommand(asWords(line), 'clouds');
      if (command.do === 'state' || command.do === 'stop' || command.do === 'help') throw new Error('not for the desk');
      return perform(command);
    };
    return { clouds, tell, state };
  };

  test('the profile and its faults', async () => {
    const { clouds, tell } = await desk();
    await tell('ztp-fault status status=429 times=2');
    await tell('ztp-fault none');
    await tell('ztp-fault status status=429');
    await tell('ztp allowList=gw-9');
    expect((await provision(clouds)).status).toBe(429);
    expect((await provision(clouds)).status).toBe(403);
    await tell('ztp allowList=any');
    expect((await provision(clouds)).status).toBe(200);
    await tell('ztp face=foreign');
    await expect(provision(clouds)).rejects.toThrow();
  });

  test('the Thing that was answered last, or a named one', async () => {
    const { clouds, tell } = await desk();
    await expect(tell('thing last active=false')).rejects.toThrow('no Thing has been answered yet');
    const password = async () => ((await provision(clouds)).json()['rtcmCredentials'] as { password: string }).password;
    const first = await password();
    expect(await tell('thing last password=rotate')).toEqual({ hardwareId: 'gw-1' });
    expect(await password()).not.toBe(first);
    await tell('thing gw-1 active=false');
    expect((await provision(clouds)).status).toBe(403);
    await tell('thing last active=true revoke=true');
    expect((await provision(clouds)).status).toBe(200);
    await expect(tell('thing gw-7 revoke=true')).rejects.toThrow('there is no Thing gw-7');
  });

  test('the caster: a fault with times goes by itself, one without stays until none', async () => {
    const { clouds, tell } = await desk();
    const head = async () => {
      const one = rover(clouds);
      const text = await one.head();
      one.socket.destroy();
      await until('the end', () => clouds.caster.stats.connections.every(({ isLive }) => !isLive));
      return text.slice(0, 12);
    };
    await tell('caster fault=503 times=1');
    expect([await head(), await head()]).toEqual(['HTTP/1.1 503', 'HTTP/1.1 200']);
    await tell('caster fault=404 answer=icy');
    expect([await head(), await head()]).toEqual(['HTTP/1.1 404', 'HTTP/1.1 404']);
    await tell('caster fault=none');
    expect(await head()).toBe('ICY 200 OK\r\n');
    const one = rover(clouds);
    await one.head();
    await tell('caster cut=true');
    await until('cut', one.isClosed);
  });

  test('the broker', async () => {
    const { clouds, tell } = await desk();
    await tell('broker connack=5');
    const refused = connectClient(clouds);
    await until('refusal', () => refused.errors.length > 0);
    await tell('broker connack=0');
    const client = connectClient(clouds);
    await until('CONNACK', client.isUp);
    await tell('broker cut=true');
    await until('cut', client.isClosed);
  });

  test('off by hand stays off whatever the network does', async () => {
    const { clouds, tell } = await desk();
    expect(await tell('reachable off')).toEqual({ isReachable: false });
    clouds.setReachable(false);
    clouds.setReachable(true);
    expect(clouds.isReachable).toBe(false);
    await expect(provision(clouds)).rejects.toThrow();
    expect(await tell('reachable on')).toEqual({ isReachable: true });
    expect((await provision(clouds)).status).toBe(200);
  });

  test('the state tells of all parts and holds no secret', async () => {
    const { clouds, tell, state } = await desk();
    const answer = (await provision(clouds)).json()['rtcmCredentials'] as Record<string, string>;
    const one = rover(clouds, { userName: answer['userName']!, password: answer['password']! });
    await one.head();
    one.send(ggaAt());
    await until('data', () => one.body().length > 0);
    await tell('caster fault=stall');
    expect(state()).toMatchObject({
      isReachable: true,
      ztp: { plan: 'ntrip', calls: 1, lastCall: { status: 200, hardwareId: 'gw-1' } },
      broker: { sessions: 0 },
      caster: {
        connects: 1,
        fault: 'stall',
        users: { [answer['userName']!]: { connects: 1, ggas: 1 } },
        connections: [{ mountPoint: 'NEAR-SPARTN', lastGga: ggaAt(), isStreaming: true }],
      },
    });
    const text = JSON.stringify(state());
    for (const secret of [answer['password']!, clouds.description.ztp.token, clouds.keys.pair().current.valueHex])
      expect(text).not.toContain(secret);
  });
});

describe('the socket of sim clouds', () => {
  const ask = (path: string, command: unknown): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const socket = connect(path);
      let text = '';
      socket.on('error', reject);
      socket.on('data', (bytes: Buffer) => {
        text += bytes.toString();
        if (!text.includes('\n')) return;
        socket.end();
        resolve(JSON.parse(text) as Record<string, unknown>);
      });
      socket.write(`${JSON.stringify(command)}\n`);
    });

  test('answers commands, mistakes and the state, and stops', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'waymark-ctl-'));
    onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    try {
      const running = runSimClouds({ clock: createClock(), log: silentLogger, stateDir, plan: 'ntrip' });
      await until('the description', () => write.mock.calls.length > 0);
      const path = join(stateDir, 'sim', 'control.sock');
      expect(await ask(path, { do: 'caster', words: ['hold=5'] })).toEqual({ ok: true });
      expect(await ask(path, { do: 'caster' })).toEqual({ ok: false, error: 'caster: nothing to change' });
      expect(await ask(path, { do: 'state' })).toMatchObject({ ok: true, caster: { settings: { holdS: 5 } } });
      expect(await ask(path, { do: 'help' })).toMatchObject({
        help: expect.arrayContaining([expect.stringMatching(/^ {2}ztp /)]),
      });
      expect(await ask(path, { do: 'stop' })).toEqual({ ok: true });
      await running;
    } finally {
      write.mockRestore();
    }
  });

  test('a port of the caster in use is a clear error with its name', async () => {
    const clouds = await startClouds();
    const stateDir = mkdtempSync(join(tmpdir(), 'waymark-ctl-'));
    onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
    const options = { clock: createClock(), log: silentLogger, stateDir };
    for (const name of ['caster', 'casterTls'] as const)
      await expect(createSimClouds({ ...options, ports: { [name]: clouds.ports[name] } })).rejects.toMatchObject({
        code: 'demo.port',
        message: `simulated ${name}: port ${clouds.ports[name]} is in use`,
      });
  });
});
