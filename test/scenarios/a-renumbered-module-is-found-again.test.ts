import { expect, test } from 'vitest';
import type { World } from '../../src/sim/index.js';
import { machineOf, portOf } from '../helpers/machine.js';
import { isServing, lamp, QUICK_MODULE, type Scenario, startScenario } from '../helpers/scenario.js';
import { type Stopwatch, stopwatch } from '../helpers/stopwatch.js';

const FOUND_WITHIN_MS = 5000;

const NAMES: Readonly<Record<string, { port: (world: World) => string; found: string }>> = {
  auto: { port: () => 'auto', found: 'usb-id' },
  'a by-id path': { port: (world) => portOf(world, 'at').byId, found: 'configured' },
  'a raw path': { port: (world) => portOf(world, 'at').node, found: 'moved' },
};

/** Does what makes the module come back elsewhere, and gives the time from its return to its first answers. */
async function timeToFind(gateway: Scenario, leave: () => Promise<unknown>): Promise<number> {
  let returned: Stopwatch | undefined;
  const off = machineOf(gateway.world).onPlug((device, isPlugged) => {
    if (device === 'modem' && isPlugged) returned = stopwatch();
  });
  const before = portOf(gateway.world, 'at').node;
  const leaving = leave();
  await gateway.until('modem dark', (s) => lamp(s, 'modem').state === 'dark');
  await leaving;
  await gateway.until('modem lit', (s) => lamp(s, 'modem').state === 'lit');
  off();
  const tookMs = returned?.elapsedMs();
  returned?.[Symbol.dispose]();
  expect(portOf(gateway.world, 'at').node).not.toBe(before);
  if (tookMs === undefined) throw new Error('it has never returned');
  return tookMs;
}

test.concurrent.each(Object.keys(NAMES))(
  'a module that comes back under other ttyUSB numbers, by itself or restarted, is found within five seconds (%s)',
  async (name) => {
    const { port, found } = NAMES[name] ?? { port: () => '', found: '' };
    const modem: Record<string, unknown> = {};
    await using gateway = await startScenario({
      onMachine: true,
      world: { module: QUICK_MODULE },
      prepare: (world) => Object.assign(modem, { port: port(world) }),
      config: { modem },
    });
    const { world } = gateway;
    await gateway.until('serving', isServing);

    const renumbered = await timeToFind(gateway, () => world.perform({ do: 'renumber', device: 'modem' }));
    const status = await gateway.until('serving again', isServing);
    expect(status.modem).toMatchObject({ portFound: found, portName: portOf(world, 'at').byId });
    expect(renumbered).toBeLessThan(FOUND_WITHIN_MS);

    const restarted = await timeToFind(gateway, () => world.perform({ do: 'reset', device: 'modem', renumber: true }));
    const again = await gateway.until('serving after a restart', isServing);
    expect(again.modem).toMatchObject({ portFound: found, portName: portOf(world, 'at').byId });
    expect(restarted).toBeLessThan(FOUND_WITHIN_MS);
    expect([gateway.heard('diag'), gateway.heard('nmea'), gateway.heard('foreign')]).toEqual(['', '', '']);
  },
  60_000,
);
