import { expect, test } from 'vitest';
import { anchorNow, createClock } from '../../src/core/index.js';
import type { Behaviour } from '../../src/sim/index.js';
import { isServing, lamp, QUICK_MODULE, type Scenario, startScenario } from '../helpers/scenario.js';

/** Ten minutes of pauses pass in half a minute; what a device is given to answer in does not shrink below 3 s. */
const SCALE = 20;

/** Hears and says nothing more until its power has been cut: no command reaches it, a restart by command neither. */
function stuckUntilPowerCycle(): Behaviour & { isStuck: () => boolean } {
  let isStuck = true;
  return {
    isStuck: () => isStuck,
    line: () => isStuck,
    output: (bytes) => (isStuck ? undefined : bytes),
    booted: () => void (isStuck = false),
  };
}

async function startStuck(recovery: Record<string, unknown>, log: string[]): Promise<[Scenario, () => boolean]> {
  const fault = stuckUntilPowerCycle();
  const gateway = await startScenario({
    onMachine: true,
    world: { clock: createClock(anchorNow(SCALE)), module: { ...QUICK_MODULE, boot: 0 } },
    config: { recovery },
    log: { level: 'warn', lines: log },
    prepare: async (world) => {
      while (world.module.state.power !== 'on') await new Promise((r) => setImmediate(r));
      world.module.push(fault);
    },
  });
  return [gateway, fault.isStuck];
}

const rungs = (log: readonly string[]): string[] =>
  log.map((line) => /"event":"recovery\.rung".*"rung":"([a-z-]+)"/.exec(line)?.[1] ?? '').filter((rung) => rung !== '');

test.concurrent('a module that only a power cut brings back gets it in sysfs when all else has failed, and serves', async () => {
  const log: string[] = [];
  const [started, isStuck] = await startStuck({ power: 'sysfs', moduleReset: false }, log);
  await using gateway = started;
  const dark = await gateway.until('modem dark', (s) => lamp(s, 'modem').state === 'dark');
  expect(lamp(dark, 'modem').reason).toBe('modem.timeout');
  expect(isStuck()).toBe(true);
  const status = await gateway.until('serving', isServing, 90_000);
  expect(isStuck()).toBe(false);
  expect(rungs(log)).toEqual(['other-port', 'other-port', 'other-port', 'power']);
  expect(status.modem?.recovery?.['channel']).toMatchObject({ lastRung: 'power', lastReason: 'modem.timeout' });
  expect(log.filter((line) => line.includes('recovery.failed'))).toEqual([]);
}, 120_000);

test.concurrent('a power cut that cannot be made for want of uhubctl is said with the cure, and the module is tried on', async () => {
  const log: string[] = [];
  // Else the agent would now end, so that its service manager starts it anew.
  const [started] = await startStuck({ power: 'uhubctl', moduleReset: false, giveBack: false }, log);
  await using gateway = started;
  const failure = (): string | undefined => log.find((line) => line.includes('recovery.failed'));
  await gateway.until('said', () => failure() !== undefined, 90_000);
  const { rung, error } = JSON.parse(failure() ?? '{}') as { rung: string; error: { message: string; hint: string } };
  expect(rung).toBe('power');
  // Where it is installed, it does not find such a hub.
  expect(error.message).toMatch(/^uhubctl (?:cannot be run: .*ENOENT|ended with )/);
  expect(error.hint).toContain('apt install uhubctl');
  const { restarts } = gateway.status().parts.modem;
  await gateway.until('tried on', (s) => s.parts.modem.restarts > restarts, 30_000);
}, 120_000);
