// `waymark status` and `waymark token list`: views of the running agent's one status object.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { inspectCredentials } from '../agent/index.js';
import { loadConfig, parseConfig } from '../config/index.js';
import { createClock, isWaymarkError, linkedController, sleep } from '../core/index.js';
import { describeCredentials, describeStatus, fetchStatus, type StatusSnapshot } from '../status/index.js';
import { onStopSignal } from './on-stop.js';
import { explainFailure, printJson, stdout } from './output.js';

export interface WhereOptions {
  config: string;
  runtimeDir?: string | undefined;
  json: boolean;
}

async function runtimeDirOf(options: WhereOptions): Promise<string> {
  if (options.runtimeDir !== undefined) return resolve(options.runtimeDir);
  // Whoever may ask the agent need not be allowed to read its secrets: only the text is looked at.
  const file = resolve(options.config);
  const { config } = parseConfig(await readFile(file, 'utf8').catch(() => ''), file);
  return config?.runtimeDir ?? (await loadConfig(file, { env: process.env })).runtimeDir;
}

/** Wrapped for whoever looks; left alone for whoever pipes. */
const ON_SCREEN = {
  colour: process.stdout.isTTY,
  ...(process.stdout.isTTY ? { width: Math.max(40, process.stdout.columns - 1) } : {}),
};

const EXIT_OF: Readonly<Record<StatusSnapshot['overall'], number>> = { ok: 0, degraded: 1, failed: 2 };

/** 0 ok, 1 degraded, 2 failed (or nobody answers). */
export async function status(options: WhereOptions & { watch: boolean; healthy: boolean }): Promise<number> {
  const clock = createClock();
  const runtimeDir = await runtimeDirOf(options);
  let snapshot: StatusSnapshot;
  try {
    snapshot = await fetchStatus(runtimeDir, clock);
  } catch (error) {
    if (!isWaymarkError(error, 'status.unavailable')) throw error;
    if (options.json) printJson({ error: { code: error.code, message: error.message, hint: error.hint } });
    else explainFailure(error);
    return EXIT_OF.failed;
  }
  if (options.healthy) {
    // Alive and answering is healthy; a gateway without network must not be restarted for it.
    if (options.json) printJson({ healthy: true, state: snapshot.state });
    return 0;
  }
  if (options.watch) return watch(runtimeDir, options.json);
  if (options.json) printJson(snapshot);
  else stdout.write(describeStatus(snapshot, ON_SCREEN));
  return EXIT_OF[snapshot.overall];
}

async function watch(runtimeDir: string, json: boolean): Promise<number> {
  const clock = createClock();
  using stop = linkedController();
  const off = onStopSignal(() => stop.abort());
  while (!stop.signal.aborted) {
    const snapshot = await fetchStatus(runtimeDir, clock);
    if (json) printJson(snapshot);
    else {
      if (process.stdout.isTTY) process.stdout.write('\u001b[H\u001b[2J');
      stdout.write(describeStatus(snapshot, ON_SCREEN));
    }
    await sleep(clock, 1000, stop.signal).catch(() => undefined);
  }
  off();
  return 0;
}

/** The credentials of the running agent, or of the configuration when none runs. */
export async function tokenList(options: WhereOptions): Promise<number> {
  const clock = createClock();
  const runtimeDir = await runtimeDirOf(options);
  let credentials: StatusSnapshot['credentials'];
  try {
    credentials = (await fetchStatus(runtimeDir, clock)).credentials;
  } catch (error) {
    if (!isWaymarkError(error, 'status.unavailable')) throw error;
    const file = resolve(options.config);
    const config = await loadConfig(file, { env: process.env });
    credentials = await inspectCredentials({ config, configDir: dirname(file), clock, env: process.env });
  }
  if (options.json) printJson(credentials);
  else stdout.write(describeCredentials(credentials));
  return 0;
}
