import { mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { anchorNow, clockEnvironment, createClock } from '../../src/core/index.js';
import type { World } from '../../src/sim/index.js';
import type { StatusSnapshot } from '../../src/status/index.js';
import { cli } from '../helpers/cli.js';
import { listenTo, machineOf, rootFlags } from '../helpers/machine.js';
import { type RunningAgent, runAgentIn, seeded, untilStatus } from '../helpers/outside.js';
import { eventually, isServing, lamp, QUICK_MODULE, startWorldIn, writeConfig } from '../helpers/scenario.js';

const [WRONG, RIGHT] = ['4321', '1234'];
const STARTS = 11;
/** A troubled card is looked at once a minute. */
const SCALE = 10;
/** The kills before the attempt. */
const EARLY = 3;
/** Lines the module has heard of a start before the PIN could follow, and before it has told what it needs. */
const [BEFORE_PIN, BEFORE_VERDICT] = [14, 15];

/** What `token list` says of the PIN, with the cure. */
const LISTED: Readonly<Record<string, RegExp>> = {
  'sim.pin-refused': /^sim-pin +rejected.*because: refused.*\n +evidence: code sim\.pin-.*\n.*in a phone/m,
  'sim.pin-guarded': /^sim-pin +rejected.*because: locked-risk.*\n +evidence: code sim\.pin-.*\n.*in a phone/m,
};

interface Rig {
  dir: string;
  stateDir: string;
  world: World;
  /** Everything the module's port was ever given. */
  heard: () => string;
  start(): RunningAgent;
  setPin(pin: string): void;
}

/** Beginnings count: what has begun to leave may arrive. */
const attempts = ({ heard }: Rig, pin = ''): number => heard().split(`AT+CPIN="${pin}`).length - 1;
const lines = ({ heard }: Rig): number => heard().split('\r').length - 1;

async function withRig(seed: number, work: (rig: Rig) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-pin-'));
  try {
    const anchor = anchorNow(SCALE);
    await using world = await startWorldIn(dir, {
      clock: createClock(anchor),
      tree: join(dir, 'machine'),
      seed,
      card: { state: 'pin', isPinEnabled: true, pin: RIGHT },
      module: QUICK_MODULE,
    });
    const hear = listenTo(machineOf(world));
    const pinFile = join(dir, 'pin');
    const setPin = (pin: string): void => writeFileSync(pinFile, `${pin}\n`, { mode: 0o600 });
    setPin(WRONG);
    const configFile = writeConfig(dir, world, { modem: { sim: { pin: `file:${pinFile}` } } });
    const stateDir = join(dir, 'state');
    mkdirSync(stateDir, { mode: 0o700 });
    await eventually('the card asks', () => world.module.state.card.state === 'pin');
    const env = { ...process.env, ...clockEnvironment(anchor) };
    const start = (): RunningAgent => runAgentIn(env, configFile, ...rootFlags(world));
    await work({ dir, stateDir, world, heard: () => hear('at'), start, setPin });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function kill(agent: RunningAgent): Promise<void> {
  agent.child.kill('SIGKILL');
  const { code } = await agent.ended;
  // It had not ended by itself.
  expect(code, agent.output.stdout + agent.output.stderr).toBeNull();
}

/** A start that is killed when the module has heard so many lines of it. */
async function killAtLine(rig: Rig, count: number): Promise<void> {
  const before = lines(rig);
  const agent = rig.start();
  await eventually(`line ${count}`, () => lines(rig) - before >= count, 20_000);
  await kill(agent);
}

const saidOf = (rig: Rig, code: string): Promise<StatusSnapshot> =>
  untilStatus(join(rig.dir, 'run'), code, (s) => lamp(s, 'sim').reason === code);

/** Each gives what is to be said afterwards, and how often the PIN may have left by then. */
const MOMENTS: Readonly<Record<string, { code: string; sent: number[]; run(rig: Rig): Promise<void> }>> = {
  'after the refusal': {
    code: 'sim.pin-refused',
    sent: [1],
    async run(rig) {
      const agent = rig.start();
      await saidOf(rig, 'sim.pin-refused');
      await kill(agent);
    },
  },
  'when the module has just seen the PIN': {
    code: 'sim.pin-guarded',
    sent: [1],
    async run(rig) {
      const agent = rig.start();
      await new Promise<void>((resolve) => {
        const off = machineOf(rig.world).plugs.at?.onBytes(() => {
          if (attempts(rig) === 0) return;
          agent.child.kill('SIGKILL');
          off?.();
          resolve();
        });
      });
      await kill(agent);
    },
  },
  'when the note on disk has just changed': {
    code: 'sim.pin-guarded',
    // Between the two lies a moment that no kill from outside can hit for certain.
    sent: [0, 1],
    async run(rig) {
      const agent = rig.start();
      await new Promise<void>((resolve) => {
        const watcher = watch(rig.stateDir, (_event, name) => {
          if (name !== 'pins') return;
          agent.child.kill('SIGKILL');
          watcher.close();
          resolve();
        });
      });
      await kill(agent);
    },
  },
};

test.concurrent.each(Object.entries(MOMENTS).map(([name, moment], n) => ({ name, ...moment, seed: 20_260_701 + n })))(
  `a wrong PIN is sent once over ${STARTS} starts, each killed by -9, the attempt's own $name`,
  async ({ code, sent, run, seed }) => {
    const random = seeded(seed);
    await withRig(seed, async (rig) => {
      const upTo = (highest: number): number => 1 + Math.floor(random() * highest);
      for (let i = 0; i < EARLY; i++) await killAtLine(rig, upTo(BEFORE_PIN));
      expect(attempts(rig)).toBe(0);
      await run(rig);
      for (let i = EARLY + 1; i < STARTS - 1; i++) await killAtLine(rig, upTo(BEFORE_VERDICT));

      // The last of them may go on.
      await using last = rig.start();
      const runtimeDir = join(rig.dir, 'run');
      const status = await saidOf(rig, code);
      expect(lamp(status, 'sim').hint).toMatch(/in a phone/);
      expect(status.why).toContain('sim: ');
      const list = await cli('token', 'list', '--runtime-dir', runtimeDir);
      expect(list.stdout).toMatch(LISTED[code] ?? /^$/);
      expect(sent).toContain(attempts(rig));
      expect(rig.world.module.state.card.pinTries).toBe(3 - attempts(rig));
      if (code !== 'sim.pin-refused') return;

      // The right PIN waits as well while the card has not all its tries.
      rig.setPin(RIGHT);
      const waits = await saidOf(rig, 'sim.pin-guarded');
      expect(lamp(waits, 'sim').message).toContain('2 tries left');
      expect(attempts(rig)).toBe(1);
      // Somebody takes the card out and unlocks it in a phone, which restores them.
      await rig.world.perform({ do: 'unplug', device: 'modem' });
      await rig.world.perform({ do: 'card', change: { state: 'pin', pinTries: 3 } });
      await rig.world.perform({ do: 'replug', device: 'modem' });
      await untilStatus(runtimeDir, 'serving', isServing);
      expect([attempts(rig), attempts(rig, WRONG), attempts(rig, RIGHT)]).toEqual([2, 1, 1]);
      expect((await cli('token', 'list', '--runtime-dir', runtimeDir)).stdout).toMatch(
        /^sim-pin +valid(?!.*not tested)/m,
      );
      expect(last.child.exitCode).toBeNull();
    });
  },
  120_000,
);
