// The configuration as a bundle shows it: what the program understood of it, not the file, so that a secret somebody wrote
// into a comment stays at home.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { stringify } from 'yaml';
import { inspectCredentials } from '../../agent/index.js';
import { type Config, inspectConfig, parseConfig } from '../../config/index.js';
import type { Clock } from '../../core/index.js';

/** A hook's arguments may hold anything; only the program is shown. */
function withoutArguments(config: Config): Config {
  const { powerHook } = config.recovery;
  if (powerHook === undefined) return config;
  const [program = '', ...args] = powerHook;
  return { ...config, recovery: { ...config.recovery, powerHook: [program, `[${args.length} arguments]`] } };
}

/** Undefined where the file cannot be used. */
export async function configOfFile(file: string): Promise<Config | undefined> {
  return parseConfig(await readFile(file, 'utf8').catch(() => ''), file).config;
}

export const configText = (config: Config): string => stringify(withoutArguments(config));

/** What `config check` says, and the credentials judged offline. Nothing is sent anywhere. */
export async function configVerdict(file: string, clock: Clock): Promise<object> {
  const { config, problems, warnings } = await inspectConfig(file, { env: process.env, clock });
  const env = { ...process.env };
  const credentials = config ? await inspectCredentials({ config, configDir: dirname(file), clock, env }) : [];
  return { ok: problems.length === 0, problems, warnings, credentials };
}
