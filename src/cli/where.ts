// Where a verb finds the running agent, and how it prints for whoever looks.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadConfig, parseConfig } from '../config/index.js';

export interface WhereOptions {
  config: string;
  runtimeDir?: string | undefined;
  json: boolean;
}

/** The running agent's directory: named, or as the configuration says. Errors: `config.*`. */
export async function runtimeDirOf(options: WhereOptions): Promise<string> {
  if (options.runtimeDir !== undefined) return resolve(options.runtimeDir);
  // Whoever may ask the agent need not be allowed to read its secrets: only the text is looked at.
  const file = resolve(options.config);
  const { config } = parseConfig(await readFile(file, 'utf8').catch(() => ''), file);
  return config?.runtimeDir ?? (await loadConfig(file, { env: process.env })).runtimeDir;
}

/** Wrapped for whoever looks; left alone for whoever pipes. */
export const ON_SCREEN: Readonly<{ colour: boolean; width?: number }> = {
  colour: process.stdout.isTTY,
  ...(process.stdout.isTTY ? { width: Math.max(40, (process.stdout.columns || 80) - 1) } : {}),
};
