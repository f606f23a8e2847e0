// The configuration as these verbs need it: checked, with absolute paths, and without a look at any secret, because
// whoever packs or removes things need not be allowed to use them.
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
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

/** Folders of the whole machine: what is in them is not the gateway's alone, and is neither erased nor moved. */
const SHARED = new Set([
  ...[
    '/',
    '/bin',
    '/boot',
    '/dev',
    '/etc',
    '/home',
    '/lib',
    '/media',
    '/mnt',
    '/opt',
    '/proc',
    '/root',
    '/run',
    '/sbin',
  ],
  ...[
    '/srv',
    '/sys',
    '/tmp',
    '/usr',
    '/usr/lib',
    '/usr/local',
    '/var',
    '/var/cache',
    '/var/lib',
    '/var/log',
    '/var/run',
  ],
  ...['/var/tmp'],
]);

/** The path with its links followed, as far as it exists. */
async function followed(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(await followed(above), basename(path));
  }
}

/** Errors: `cli.usage` for a folder that belongs to the whole machine. */
export async function refuseSharedFolders(...dirs: readonly string[]): Promise<void> {
  for (const dir of dirs)
    if (SHARED.has(resolve(dir)) || SHARED.has(await followed(resolve(dir))))
      throw new WaymarkError('cli.usage', `${dir} belongs to the whole machine, not to the gateway alone`, {
        hint: 'Give stateDir and runtimeDir folders of their own in the configuration. Nothing was changed.',
      });
}

/** Errors: `cli.usage` where a link leads out of `root`: the files of a mounted card stay on it. */
export async function refuseOutside(root: string, paths: readonly string[]): Promise<void> {
  const top = await followed(root);
  for (const path of paths) {
    const place = await followed(path);
    if (top !== '/' && place !== top && !place.startsWith(`${top}/`))
      throw new WaymarkError('cli.usage', `${path} leads out of ${root}, to ${place}`, {
        hint: 'A link on the card points elsewhere: restore on the running card, or remove the link. Nothing was changed.',
      });
  }
}
