// The configuration as these verbs need it: checked, with absolute paths, and without a look at any secret, because
// whoever packs or removes things need not be allowed to use them.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type Config, loadConfig, parseConfig } from '../../config/index.js';
import { WaymarkError } from '../../core/index.js';
import { agentHolding } from '../modem-tools.js';

export interface Place {
  config: Config;
  configFile: string;
  configDir: string;
}

/** Errors: `config.*`. */
export async function placeOf(name: string): Promise<Place> {
  const configFile = resolve(name);
  const { config } = parseConfig(await readFile(configFile, 'utf8').catch(() => ''), configFile);
  // Loading says what is wrong with it.
  const usable = config ?? (await loadConfig(configFile, { env: {} }));
  return { config: usable, configFile, configDir: dirname(configFile) };
}

/** Errors: `vault.busy` while an agent runs on that directory. */
export async function refuseWhileRunning(stateDir: string): Promise<void> {
  const pid = await agentHolding(stateDir, { proc: '/proc' });
  if (pid === undefined) return;
  throw new WaymarkError('vault.busy', `an agent runs on ${stateDir} (pid ${pid})`, {
    hint: 'Stop it first: systemctl stop waymark. Nothing was changed.',
  });
}
