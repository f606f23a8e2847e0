// One more agent on a world that is already there: several may share it, each with a folder of its own.
import { mkdirSync } from 'node:fs';
import { createAgent } from '../../src/agent/index.js';
import { loadConfig } from '../../src/config/index.js';
import { type Clock, createClock, silentLogger } from '../../src/core/index.js';
import type { World } from '../../src/sim/index.js';
import type { CredentialView, StatusSnapshot } from '../../src/status/index.js';
import { type RunningAgent, runAgent } from './run-agent.js';
import { writeConfig } from './scenario.js';

export interface AgentOnWorld extends AsyncDisposable, Pick<RunningAgent, 'status' | 'until'> {
  readonly configFile: string;
}

export interface AgentOptions {
  /** Merged over the usual configuration, section by section; `null` removes a section. */
  config?: Parameters<typeof writeConfig>[2];
  clock?: Clock;
  /** Called when the configuration and its secrets are written, and before they are read. */
  prepare?: (dir: string) => void;
}

/** Runs an agent whose files are all below `dir`; a second one there goes on where the first has ended. */
export async function startAgent(dir: string, world: World, options: AgentOptions = {}): Promise<AgentOnWorld> {
  mkdirSync(dir, { recursive: true });
  const configFile = writeConfig(dir, world, options.config);
  options.prepare?.(dir);
  const agent = await createAgent({
    config: await loadConfig(configFile, { env: {} }),
    configDir: dir,
    clock: options.clock ?? createClock(),
    log: silentLogger,
    env: {},
    keepClockFloor: options.clock === undefined,
  });
  const { status, until, stop } = runAgent(agent);
  return { configFile, status, until, [Symbol.asyncDispose]: stop };
}

/** The real clock, so many milliseconds ahead: days pass while an agent is off. */
export function clockAhead(ms: number): Clock {
  const clock = createClock();
  return { ...clock, wall: () => clock.wall() + ms };
}

/** The real clock with a calendar that can be turned on, for a world and its agents alike. */
export function calendarClock(): Clock & { pass(ms: number): void } {
  const clock = createClock();
  let aheadMs = 0;
  return { ...clock, wall: () => clock.wall() + aheadMs, pass: (ms) => void (aheadMs += ms) };
}

export function credentialOf(status: StatusSnapshot, id: string): CredentialView {
  const found = status.credentials.find((each) => each.id === id);
  if (!found) throw new Error(`no credential ${id}`);
  return found;
}
