// One more agent on a world that is already there: several may share it, each with a folder of its own.
import { mkdirSync } from 'node:fs';
import { createAgent } from '../../src/agent/index.js';
import { loadConfig } from '../../src/config/index.js';
import { type Clock, createClock, silentLogger } from '../../src/core/index.js';
import type { World } from '../../src/sim/index.js';
import type { CredentialView, StatusSnapshot } from '../../src/status/index.js';
import { pause, writeConfig } from './scenario.js';

export interface AgentOnWorld extends AsyncDisposable {
  readonly configFile: string;
  status(): StatusSnapshot;
  until(what: string, predicate: (status: StatusSnapshot) => boolean, deadlineMs?: number): Promise<StatusSnapshot>;
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
  const stop = new AbortController();
  const running = agent.run({ signal: stop.signal });
  let failure: unknown;
  running.catch((error: unknown) => {
    failure = error;
  });
  return {
    configFile,
    status: agent.snapshot,
    async until(what, predicate, deadlineMs = 20_000) {
      const end = performance.now() + deadlineMs;
      for (;;) {
        if (failure !== undefined) throw failure instanceof Error ? failure : new Error('the agent ended');
        const status = agent.snapshot();
        if (predicate(status)) return status;
        if (performance.now() > end)
          throw new Error(`not within ${deadlineMs} ms: ${what}\n${JSON.stringify(status, null, 1)}`);
        await pause(10);
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running.catch(() => undefined);
    },
  };
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
