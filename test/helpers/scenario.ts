// A whole gateway in one process: the simulated world on one side, the agent on the other, real pseudo terminals and
// real TLS in between. Everything opened is closed again.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Agent, createAgent } from '../../src/agent/index.js';
import { loadConfig } from '../../src/config/index.js';
import {
  createClock,
  createLogger,
  type Logger,
  type LogLevel,
  type NewRecord,
  silentLogger,
} from '../../src/core/index.js';
import { createWorld, type PortRole, type World, type WorldOptions } from '../../src/sim/index.js';
import type { StatusSnapshot } from '../../src/status/index.js';
import { listenTo, rootsIn } from './machine.js';
import { pause, runAgent } from './run-agent.js';

export const APP_TOKEN = 'Dw7-test-App-Tkn';

type Tree = Record<string, unknown>;
/** Merged over the usual configuration, section by section; `null` removes a section. */
export type Overrides = Record<string, Tree | null>;

export interface ScenarioOptions {
  world?: Partial<WorldOptions>;
  /** The devices hang on a machine with USB ports (`src/sim/machine.ts`), and the agent reads that machine. */
  onMachine?: boolean;
  /** Merged over the usual configuration, section by section; `null` removes a section. */
  config?: Overrides | ((world: World) => Overrides);
  /** Called when the world is up and before the agent starts: push faults here. */
  prepare?: (world: World) => unknown;
  /** Environment of the agent and of the programs it starts. */
  env?: NodeJS.ProcessEnv;
  /** Use this folder (and keep it) instead of a temporary one. */
  dir?: string;
  log?: { level: LogLevel; lines: string[] };
  /** Told each record taken for a cloud, with its id, and what it says. */
  onRecord?: (cloud: string, id: string, record: NewRecord) => void;
}

export interface Scenario extends AsyncDisposable {
  readonly dir: string;
  readonly configFile: string;
  readonly world: World;
  readonly agent: Agent;
  readonly transcript: string[];
  /** Every byte the device behind that port ever got, one character each. Only on a machine. */
  heard(role: PortRole): string;
  status(): StatusSnapshot;
  /** Waits until the status satisfies `predicate`; the failure shows the status it stopped at. */
  until(what: string, predicate: (status: StatusSnapshot) => boolean, deadlineMs?: number): Promise<StatusSnapshot>;
  /** Stops the agent and leaves the world. */
  stopAgent(): Promise<void>;
}

export { pause };

/** Polls until `check` is true. */
export async function eventually(
  what: string,
  check: () => boolean | Promise<boolean>,
  deadlineMs = 15_000,
): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await pause(20);
  }
}

export function writeConfig(dir: string, world: World, overrides: Overrides = {}): string {
  const secrets = join(dir, 'secrets');
  mkdirSync(secrets, { recursive: true, mode: 0o700 });
  const secret = (name: string, value: string): string => {
    writeFileSync(join(secrets, name), `${value}\n`, { mode: 0o600 });
    return `file:${join(secrets, name)}`;
  };
  const { clouds, modem, receiver } = world.ready;
  const base: Record<string, Tree | number | string> = {
    version: 1,
    stateDir: join(dir, 'state'),
    runtimeDir: join(dir, 'run'),
    modem: {
      port: modem.address,
      bearer: { mode: 'observe', contextId: 1 },
      deviceWise: { server: 'localhost:8883', appToken: secret('app-token', APP_TOKEN) },
    },
    gnss: { port: receiver.address },
    ztp: { url: clouds.ztp.url, token: secret('ztp-token', clouds.ztp.token), caFile: clouds.caFile },
    corrections: { region: 'eu', caFile: clouds.caFile },
  };
  for (const [key, value] of Object.entries(overrides)) {
    if (value === null) Reflect.deleteProperty(base, key);
    else base[key] = { ...(base[key] as Tree | undefined), ...value };
  }
  const file = join(dir, 'gateway.yaml');
  writeFileSync(file, stringify(base), { mode: 0o600 });
  return file;
}

/** A world in `dir` with ports named after it. */
export function startWorldIn(dir: string, options: Partial<WorldOptions> = {}): Promise<World> {
  return createWorld(
    {
      clock: createClock(),
      log: silentLogger,
      stateDir: dir,
      links: { modem: join(dir, 'ttyMODEM'), receiver: join(dir, 'ttyGNSS') },
      ...options,
    },
    () => {},
  );
}

export async function startScenario(options: ScenarioOptions = {}): Promise<Scenario> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'waymark-scenario-'));
  const clock = options.world?.clock ?? createClock();
  const world = await startWorldIn(dir, {
    ...options.world,
    ...(options.onMachine === true ? { tree: join(dir, 'machine') } : {}),
  });
  const heard = world.machine ? listenTo(world.machine) : () => '';
  await options.prepare?.(world);
  const overrides = typeof options.config === 'function' ? options.config(world) : options.config;
  const configFile = writeConfig(dir, world, overrides);
  const transcript: string[] = [];
  const log: Logger = options.log
    ? createLogger({
        level: options.log.level,
        output: { write: (text) => void options.log?.lines.push(text), dropped: 0 },
        now: () => clock.wall(),
      })
    : silentLogger;
  const agent = await createAgent({
    config: await loadConfig(configFile, { env: {} }),
    configDir: dir,
    clock,
    log,
    env: options.env ?? {},
    ...(options.onRecord ? { onRecord: options.onRecord } : {}),
    keepClockFloor: options.world?.clock === undefined,
    ...(world.machine ? { roots: rootsIn(world.machine) } : {}),
    transcript: (direction, line) => void transcript.push(`${direction} ${line}`),
  });
  const { status, until, stop: stopAgent } = runAgent(agent);
  return {
    dir,
    configFile,
    world,
    agent,
    transcript,
    heard,
    status,
    stopAgent,
    until,
    async [Symbol.asyncDispose]() {
      await stopAgent();
      await world[Symbol.asyncDispose]();
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}

export const lamp = (status: StatusSnapshot, name: string): StatusSnapshot['lamps'][number] => {
  const found = status.lamps.find((each) => each.name === name);
  if (!found) throw new Error(`no lamp ${name}`);
  return found;
};

export const isServing = (status: StatusSnapshot): boolean => status.state === 'serving';
export const isFixed = (status: StatusSnapshot): boolean =>
  status.state === 'serving' && status.fix.quality === 'rtk_fixed';

/** A module that is up, registered and connected within half a second: for rules that are not about its start. */
export const QUICK_MODULE = { boot: 100, cardMs: 50, searchMs: 50, bearerMs: 50 } as const;
