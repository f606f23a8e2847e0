// What a wipe removes: what the agent makes in state directory and runtime directory, and with `--secrets` the files of
// secrets that the configuration names, with the copies that rotation and restore put beside them.
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Config, namedFiles } from '../../config/index.js';
import { sortRuntime, sortState } from './own-names.js';

export interface WipeItem {
  path: string;
  bytes: number;
  of: 'state' | 'runtime' | 'secret';
}

export interface WipePlan {
  items: WipeItem[];
  /** Files in state and runtime directory that are not the agent's: they stay. */
  foreign: string[];
}

const itemsOf = (dir: string, names: readonly string[], of: WipeItem['of']): Promise<WipeItem[]> =>
  Promise.all(
    names.map(async (name) => {
      const path = join(dir, name);
      return { path, bytes: (await lstat(path).catch(() => undefined))?.size ?? 0, of };
    }),
  );

const COPY = /^(?:\.next|\.prev|\.before-restore(?:\.\d+)?|\.tmp\.\d+)?$/;

/** The file itself and its copies, where they are. */
async function secretFiles(path: string): Promise<WipeItem[]> {
  const [dir, name] = [dirname(path), basename(path)];
  const names = (await readdir(dir).catch(() => [])).filter(
    (each) => each.startsWith(name) && COPY.test(each.slice(name.length)),
  );
  const items = await Promise.all(
    names.map(async (each) => ({ path: join(dir, each), facts: await lstat(join(dir, each)).catch(() => undefined) })),
  );
  return items.flatMap(({ path: at, facts }) =>
    facts && !facts.isDirectory() ? [{ path: at, bytes: facts.size, of: 'secret' as const }] : [],
  );
}

/** Certificates and authorities are public and stay. */
export async function planWipe(config: Config, withSecrets: boolean): Promise<WipePlan> {
  const { stateDir, runtimeDir } = config;
  const [state, runtime] = await Promise.all([sortState(stateDir), sortRuntime(runtimeDir)]);
  const named = namedFiles(config);
  const secrets = withSecrets
    ? (
        await Promise.all(named.filter(({ holds }) => holds !== 'certificate').map(({ path }) => secretFiles(path)))
      ).flat()
    : [];
  const items = [
    ...(await itemsOf(stateDir, state.own, 'state')),
    ...(await itemsOf(runtimeDir, runtime.own, 'runtime')),
    ...secrets,
  ];
  const paths = new Set(items.map(({ path }) => path));
  const known = new Set([...paths, ...named.map(({ path }) => path)]);
  const strangers = [
    ...state.foreign.map((name) => join(stateDir, name)),
    ...runtime.foreign.map((name) => join(runtimeDir, name)),
  ];
  return {
    items: items.filter(({ path }) => paths.delete(path)),
    foreign: [...new Set(strangers)].filter((path) => !known.has(path)),
  };
}
