// Where a verb finds the running agent, and how it prints for whoever looks.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { loadConfig, parseConfig } from '../config/index.js';
import { socketPathIn } from '../status/index.js';
import { DEFAULT_CONFIG } from './modem-access.js';

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
  const text = await readFile(file, 'utf8').catch(() => '');
  const { config } = parseConfig(text, file);
  if (config) return config.runtimeDir;
  // An agent goes on with the configuration before while somebody's edit has a mistake: it is asked all the same.
  const written = /^runtimeDir:[ \t]*(['"]?)([^\s'"#]+)\1[ \t]*(?:#.*)?$/m.exec(text)?.[2];
  const likely = resolve(dirname(file), written ?? '/run/waymark');
  if (text !== '' && existsSync(socketPathIn(likely))) return likely;
  return (await loadConfig(file, { env: process.env })).runtimeDir;
}

/** The flags by which another verb finds the same agent, with a blank before each; empty for the service's. */
export function sameAgent({ config, runtimeDir }: WhereOptions): string {
  const quoted = (path: string): string =>
    /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
  return `${config === DEFAULT_CONFIG ? '' : ` -c ${quoted(config)}`}${runtimeDir === undefined ? '' : ` --runtime-dir ${quoted(runtimeDir)}`}`;
}

/** Wrapped for whoever looks; left alone for whoever pipes. */
export const ON_SCREEN: Readonly<{ colour: boolean; width?: number }> = {
  colour: process.stdout.isTTY,
  ...(process.stdout.isTTY ? { width: Math.max(40, (process.stdout.columns || 80) - 1) } : {}),
};
