// The gateway as somebody outside sees it: a process with a status socket, and what it leaves on the machine.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClock } from '../../src/core/index.js';
import { fetchStatus, type StatusSnapshot } from '../../src/status/index.js';
import { type CliProcess, startCli } from './cli.js';
import { pause } from './scenario.js';

const clock = createClock();

/** The status of the agent that serves `runtimeDir`; undefined while nobody answers. */
export const statusOf = (runtimeDir: string): Promise<StatusSnapshot | undefined> =>
  fetchStatus(runtimeDir, clock).catch(() => undefined);

/** Polls the status socket until `predicate`; the failure shows the status it stopped at. */
export async function untilStatus(
  runtimeDir: string,
  what: string,
  predicate: (status: StatusSnapshot) => boolean,
  deadlineMs = 20_000,
): Promise<StatusSnapshot> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const status = await statusOf(runtimeDir);
    if (status && predicate(status)) return status;
    if (performance.now() > end)
      throw new Error(`not within ${deadlineMs} ms: ${what}\n${JSON.stringify(status, null, 1)}`);
    await pause(25);
  }
}

export interface RunningAgent extends AsyncDisposable, CliProcess {}

/** `waymark run` as a process of its own; asked to end with SIGTERM, and made to after five seconds. */
export function runAgent(configFile: string, ...args: string[]): RunningAgent {
  return runAgentIn(process.env, configFile, ...args);
}

export function runAgentIn(env: NodeJS.ProcessEnv, configFile: string, ...args: string[]): RunningAgent {
  const started = startCli(['run', '-c', configFile, ...args], env);
  return {
    ...started,
    async [Symbol.asyncDispose]() {
      started.child.kill('SIGTERM');
      const ended = await Promise.race([started.ended.then(() => true), pause(5000).then(() => false)]);
      if (!ended) started.child.kill('SIGKILL');
      await started.ended;
    },
  };
}

export interface ProcessFacts {
  pid: number;
  parent: number;
  /** Arguments joined by blanks. */
  line: string;
}

/** Living processes (zombies left out) with `text` on their command line: a temporary folder's name is one nobody else has. */
export function processesAbout(text: string): ProcessFacts[] {
  const found: ProcessFacts[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    try {
      const line = readFileSync(join('/proc', entry, 'cmdline'), 'utf8')
        .replaceAll('\0', ' ')
        .trim();
      if (!line.includes(text)) continue;
      // The name in brackets may hold anything; what follows its end is fields.
      const stat = readFileSync(join('/proc', entry, 'stat'), 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state !== 'Z') found.push({ pid: Number(entry), parent: Number(parent), line });
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

/** Every file below `dir` with its permission bits, folders included; sockets and device links are only named. */
export function filesBelow(dir: string): { path: string; kind: 'file' | 'folder' | 'other' }[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true }).map((entry) => ({
    path: join(entry.parentPath, entry.name),
    kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other',
  }));
}

/** A small seeded generator, 0..1: a failing round can be had again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
