// `waymark status` and `waymark token list`: views of the running agent's one status object.
import { dirname, resolve } from 'node:path';
import { inspectCredentials } from '../agent/index.js';
import { loadConfig } from '../config/index.js';
import { createClock, isWaymarkError } from '../core/index.js';
import { describeCredentials, describeStatus, fetchStatus, type StatusSnapshot } from '../status/index.js';
import { explainFailure, printJson, screen, stdout } from './output.js';
import { watchStatus } from './watch.js';
import { ON_SCREEN, runtimeDirOf, type WhereOptions } from './where.js';

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
  if (options.watch)
    return watchStatus(runtimeDir, options.json, { json: (now) => now, text: (now) => describeStatus(now, ON_SCREEN) });
  if (options.json) printJson(snapshot);
  else screen.write(describeStatus(snapshot, ON_SCREEN));
  return EXIT_OF[snapshot.overall];
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
