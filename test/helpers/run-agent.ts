// An agent at work, and the wait for what its status should come to say.
import type { Agent } from '../../src/agent/index.js';
import type { StatusSnapshot } from '../../src/status/index.js';

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export interface RunningAgent {
  status(): StatusSnapshot;
  /** Rejects with the agent's own failure, or after `deadlineMs` (20 000) with what it says then. */
  until(what: string, predicate: (status: StatusSnapshot) => boolean, deadlineMs?: number): Promise<StatusSnapshot>;
  stop(): Promise<void>;
}

export function runAgent(agent: Agent): RunningAgent {
  const stop = new AbortController();
  const running = agent.run({ signal: stop.signal });
  let failure: unknown;
  running.catch((error: unknown) => {
    failure = error;
  });
  return {
    status: agent.snapshot,
    async until(what, predicate, deadlineMs = 20_000) {
      const end = performance.now() + deadlineMs;
      for (;;) {
        if (failure !== undefined) throw failure instanceof Error ? failure : new Error('the agent ended');
        const status = agent.snapshot();
        if (predicate(status)) return status;
        if (performance.now() > end)
          throw new Error(`not within ${deadlineMs} ms: ${what}\n${JSON.stringify(status, null, 1)}`);
        await pause(20);
      }
    },
    async stop() {
      stop.abort();
      await running.catch(() => undefined);
    },
  };
}
