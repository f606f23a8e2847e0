// A world whose devices hang on a machine with USB ports.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anchorNow, createClock, silentLogger, sleep } from '../../src/core/index.js';
import { createLinkOpener } from '../../src/link/index.js';
import {
  createWorld,
  type PortRole,
  readCommand,
  type World,
  type WorldEvent,
  type WorldOptions,
} from '../../src/sim/index.js';

const clock = createClock();
const open = createLinkOpener({ clock, log: silentLogger });
let dir = '';
let events: WorldEvent[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'waymark-world-tree-'));
  events = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const start = (options: Partial<WorldOptions> = {}): Promise<World> =>
  createWorld(
    { clock: createClock(anchorNow(20)), log: silentLogger, stateDir: dir, tree: join(dir, 'machine'), ...options },
    (event) => events.push(event),
  );

async function until(what: string, isTrue: () => boolean, limitMs = 15_000): Promise<void> {
  const end = clock.mono() + limitMs;
  while (!isTrue()) {
    if (clock.mono() > end) throw new Error(`never happened: ${what}`);
    await sleep(clock, 10);
  }
}

/** A word typed at `sim ctl`. */
const ctl = (world: World, line: string): Promise<Readonly<Record<string, unknown>>> => {
  const [verb, ...words] = line.split(' ');
  const command = readCommand({ do: verb, words }, 'world');
  if (command.do === 'stop' || command.do === 'help') throw new Error('for the runner');
  return world.perform(command);
};

interface Talk extends AsyncDisposable {
  text(): string;
  isHungUp(): boolean;
  ask(line: string, answer: RegExp): Promise<string>;
}

async function talk(path: string): Promise<Talk> {
  const link = await open({ address: path, baudRate: 115_200 }, {});
  let text = '';
  let isHungUp = false;
  void (async () => {
    for await (const bytes of link.bytes) text += Buffer.from(bytes).toString('latin1');
  })();
  void link.closed.then(({ is }) => (isHungUp = is === 'hangup'));
  return {
    text: () => text,
    isHungUp: () => isHungUp,
    async ask(line, answer) {
      text = '';
      await link.write(Buffer.from(line));
      await until(`${line} is answered by ${answer}`, () => answer.test(text));
      return text;
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}

const portOf = (world: World, role: PortRole) => {
  const found = world.machine?.description.ports.find((port) => port.role === role);
  if (!found) throw new Error(`no ${role}`);
  return found;
};
const isOn = (world: World): boolean => world.module.state.power === 'on';

describe('a machine in a world', () => {
  test('what is ready is said with stable names, and a module answers there', async () => {
    await using world = await start();
    expect(world.ready.modem).toEqual({ address: portOf(world, 'at').byId, kind: 'pty' });
    expect(world.ready.receiver.address).toBe(portOf(world, 'receiver').byId);
    expect(world.ready.tree?.sysRoot).toBe(join(dir, 'machine/sys'));
    await until('booted', () => isOn(world));
    await using at = await talk(world.ready.modem.address);
    expect(await at.ask('AT+CGMM\r', /OK/)).toContain('LE910C1');
    await using receiver = await talk(world.ready.receiver.address);
    await until('the receiver talks', () => receiver.text().length > 0);
  });
  test('the second AT port answers for itself, the NMEA port talks, diag and the foreign adapter never do', async () => {
    await using world = await start();
    await until('booted', () => isOn(world));
    await using at = await talk(portOf(world, 'at').node);
    await using at2 = await talk(portOf(world, 'at2').node);
    await using nmea = await talk(portOf(world, 'nmea').node);
    await using diag = await talk(portOf(world, 'diag').node);
    await using foreign = await talk(portOf(world, 'foreign').node);
    await at.ask('ATE0\r', /OK/);
    expect(await at2.ask('AT\r', /OK/)).toContain('AT\r');
    expect(await at.ask('AT\r', /OK/)).not.toContain('AT\r');
    await until('sentences', () => nmea.text().includes('$G'));
    expect(diag.text() + foreign.text()).toBe('');
  });
  test('a module with a PIN, somewhere with no network, as the options say', async () => {
    await using world = await start({
      card: { state: 'pin', isPinEnabled: true, pin: '4711' },
      coverage: { state: 'none' },
      module: { boot: 10, cardMs: 10 },
    });
    await until('the card is awake', () => world.module.state.card.state === 'pin');
    await using at = await talk(world.ready.modem.address);
    expect(await at.ask('AT+CPIN?\r', /OK/)).toContain('+CPIN: SIM PIN');
    expect(await at.ask('AT+CPIN="4711"\r', /OK/)).toContain('OK');
  });
  test('neither links nor a tree is a mistake that is said', async () => {
    await expect(createWorld({ clock, log: silentLogger, stateDir: dir }, () => undefined)).rejects.toThrow(
      'a world needs links or a tree',
    );
  });
  test('at the end the tree is empty', async () => {
    const world = await start();
    await world[Symbol.asyncDispose]();
    expect(readdirSync(join(dir, 'machine'))).toEqual([]);
  });
});

describe('power and ports', () => {
  test('unplugged, the module loses its power and whoever had a port open gets a hang-up', async () => {
    await using world = await start();
    await until('booted', () => isOn(world));
    const resets = world.module.counters.resets;
    await using at = await talk(world.ready.modem.address);
    await ctl(world, 'unplug modem');
    await until('hang-up', () => at.isHungUp());
    expect(world.module.state.power).toBe('off');
    expect(events).toContainEqual({ event: 'unplugged', device: 'modem' });
    await ctl(world, 'replug modem');
    expect(world.module.counters.resets).toBe(resets + 1);
    await until('booted again', () => isOn(world));
    // The restart that the cable made is none of the module's own: the ports stay.
    await sleep(clock, 200);
    expect(events.filter(({ event }) => event === 'left')).toEqual([]);
    await using again = await talk(world.ready.modem.address);
    await again.ask('AT\r', /OK/);
  });
  test('the file `authorized` is a power switch of the module', async () => {
    await using world = await start();
    await until('booted', () => isOn(world));
    const file = join(dir, 'machine/sys/bus/usb/devices/1-1.2/authorized');
    writeFileSync(file, '0');
    await until('off', () => world.module.state.power === 'off');
    expect(existsSync(world.ready.modem.address)).toBe(false);
    writeFileSync(file, '1');
    await until('on again', () => isOn(world));
    await using at = await talk(world.ready.modem.address);
    await at.ask('AT\r', /OK/);
  });
  test('renumbered, the module is under the same stable name with its settings kept', async () => {
    await using world = await start();
    await until('booted', () => isOn(world));
    const before = portOf(world, 'at').node;
    {
      await using at = await talk(world.ready.modem.address);
      await at.ask('ATE0\r', /OK/);
      await ctl(world, 'renumber modem');
      await until('hang-up', () => at.isHungUp());
    }
    expect(portOf(world, 'at').node).not.toBe(before);
    await using at = await talk(world.ready.modem.address);
    expect(await at.ask('AT\r', /OK/)).not.toContain('AT\r');
    expect(events.filter(({ event }) => event !== 'pdp')).toEqual([
      { event: 'left', device: 'modem' },
      { event: 'returned', device: 'modem' },
    ]);
  });
  test('swapped, the module answers at the receiver’s name and the receiver talks at the module’s', async () => {
    await using world = await start();
    await ctl(world, 'swap');
    await until('booted', () => isOn(world));
    await using wrong = await talk(world.ready.modem.address);
    await until('the receiver talks', () => wrong.text().length > 0);
    {
      await using at = await talk(world.ready.receiver.address);
      expect(await at.ask('AT+CGMM\r', /OK/)).toContain('LE910C1');
    }
    expect(Buffer.from(world.machine?.received('at') ?? []).toString()).toContain('AT+CGMM');
    await ctl(world, 'swap');
    await until('booted', () => isOn(world));
    await using at = await talk(world.ready.modem.address);
    await at.ask('AT\r', /OK/);
  });
});

describe('a module that restarts', () => {
  const left = (): number => events.filter(({ event }) => event === 'left').length;
  const returned = (): number => events.filter(({ event }) => event === 'returned').length;

  test.each(['AT#REBOOT\r', 'AT+CFUN=1,1\r'])('by %j takes its ports away for a while', async (command) => {
    await using world = await start();
    await until('booted', () => isOn(world));
    const { node } = portOf(world, 'at');
    await using at = await talk(world.ready.modem.address);
    await at.ask(command, /OK/);
    await until('hang-up', () => at.isHungUp());
    await until('ports are back', () => returned() === 1);
    expect(portOf(world, 'at').node).toBe(node);
    await until('booted', () => isOn(world));
    await using again = await talk(world.ready.modem.address);
    await again.ask('AT\r', /OK/);
    expect([left(), returned()]).toEqual([1, 1]);
  });
  test('by command comes back under other numbers when asked', async () => {
    await using world = await start();
    await until('booted', () => isOn(world));
    const { node } = portOf(world, 'at');
    await ctl(world, 'reset modem renumber=true');
    await until('ports are back', () => returned() === 1);
    expect(portOf(world, 'at').node).not.toBe(node);
    await ctl(world, 'reset modem');
    await until('ports are back again', () => returned() === 2);
  });
  test('keeps its ports when the world says so, and behind a bridge chip always', async () => {
    for (const options of [{ portsAfterReset: 'stay' }, { profile: 'ublox' }] as const) {
      const world = await start(options);
      await until('booted', () => isOn(world));
      const resets = world.module.counters.resets;
      await ctl(world, 'reset modem');
      expect(world.module.counters.resets).toBe(resets + 1);
      await until('booted', () => isOn(world));
      await sleep(clock, 200);
      expect([left(), world.machine?.isPlugged('modem')]).toEqual([0, true]);
      await world[Symbol.asyncDispose]();
    }
  });
  test('shut down, it is off the bus until a restart', async () => {
    await using world = await start();
    await until('booted', () => isOn(world));
    {
      await using at = await talk(world.ready.modem.address);
      await at.ask('AT#SHDN\r', /OK/);
      await until('hang-up', () => at.isHungUp());
    }
    await until('off the bus', () => world.machine?.isPlugged('modem') === false);
    await ctl(world, 'reset modem');
    await until('ports are back', () => returned() === 1);
    await until('booted', () => isOn(world));
  });
});

describe('commands to the module', () => {
  test('card, coverage, signal and faults change what it says, and are told by `state`', async () => {
    await using world = await start();
    await until('registered', () => world.module.state.registration === 1);
    await ctl(world, 'card state=puk pukTries=9');
    await ctl(world, 'coverage denied rejectCause=11');
    await ctl(world, 'signal rssiDbm=-101');
    await ctl(world, 'fault mute');
    const state = await ctl(world, 'state');
    expect(state['modem']).toMatchObject({
      isPlugged: true,
      power: 'on',
      card: { state: 'puk', pukTries: 9 },
      coverage: { state: 'denied', rejectCause: 11 },
      signal: { rssiDbm: -101 },
      faults: ['mute'],
    });
    expect(JSON.stringify(state)).not.toContain('"pin"');
    expect(state['tree']).toMatchObject({ isSwapped: false });
    expect(await ctl(world, 'heal')).toEqual({ healed: ['mute'] });
    await using at = await talk(world.ready.modem.address);
    expect(await at.ask('AT+CPIN?\r', /OK/)).toContain('SIM PUK');
    expect(JSON.stringify(await ctl(world, 'transcript last=3'))).toContain('SIM PUK');
    await at.ask('AT+CREG=1\r', /OK/);
    await ctl(world, 'urc #BAND:1');
    await until('the line', () => at.text().includes('#BAND:1'));
  });
  test('another card keeps the state and the counters unless they are named', async () => {
    await using world = await start();
    await until('the card is ready', () => world.module.state.card.state === 'ready');
    await ctl(world, 'card pinTries=2');
    await ctl(world, 'card iccid=8988010000000000042');
    expect(world.module.state.card).toMatchObject({ state: 'ready', pinTries: 2, iccid: '8988010000000000042' });
  });
  test('a card is pulled and another one put in while the module runs', async () => {
    await using world = await start();
    await until('the card is ready', () => world.module.state.card.state === 'ready');
    await ctl(world, 'card iccid=8988010000000000042 absentMs=2000');
    expect(world.module.state.card.state).toBe('absent');
    await until('the other card is ready', () => world.module.state.card.state === 'ready');
    expect(world.module.state.card.iccid).toBe('8988010000000000042');
  });
  test('mistakes are sentences', async () => {
    await using world = await start();
    await expect(ctl(world, 'fault nonsense')).rejects.toThrow(/^name must be one of .*mute/);
    await expect(ctl(world, 'fault urcStorm ratePerS=fast')).rejects.toThrow(/^ratePerS must be a number/);
    await expect(ctl(world, 'heal mute')).rejects.toThrow('mute is not pushed');
    await expect(ctl(world, 'reset receiver renumber=true')).rejects.toThrow(/does not take its ports away/);
  });
  test('without a tree there is nothing to swap or renumber', async () => {
    const links = { modem: join(dir, 'modem'), receiver: join(dir, 'receiver') };
    await using world = await createWorld({ clock, log: silentLogger, stateDir: dir, links }, () => undefined);
    await expect(ctl(world, 'swap')).rejects.toThrow('swap needs a world with a tree');
    await expect(ctl(world, 'renumber modem')).rejects.toThrow('renumber needs a world with a tree');
    await expect(ctl(world, 'reset modem renumber=true')).rejects.toThrow('renumber needs a world with a tree');
  });
});
