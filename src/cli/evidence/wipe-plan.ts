// What a wipe removes: everything in the state directory, what an agent leaves in the runtime directory, and with
// `--secrets` the files of secrets that the configuration names, with the copies that rotation and restore put beside them.
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Config, namedFiles } from '../../config/index.js';

export interface WipeItem {
  path: string;
  bytes: number;
  of: 'state' | 'runtime' | 'secret';
}

async function filesBelow(dir: string, of: WipeItem['of']): Promise<WipeItem[]> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true }).catch(() => []);
  const items = await Promise.all(
    entries
      .filter((entry) => !entry.isDirectory())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path, bytes: (await lstat(path).catch(() => undefined))?.size ?? 0, of };
      }),
  );
  return items.sort((a, b) => a.path.localeCompare(b.path));
}

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

/** Certificates and authorities are public and stay, unless they are in the state directory. */
export async function planWipe(config: Config, withSecrets: boolean): Promise<WipeItem[]> {
  const state = await filesBelow(config.stateDir, 'state');
  const runtime = await filesBelow(config.runtimeDir, 'runtime');
  const secrets = withSecrets
    ? (
        await Promise.all(
          namedFiles(config)
            .filter(({ holds }) => holds !== 'certificate')
            .map(({ path }) => secretFiles(path)),
        )
      ).flat()
    : [];
  const seen = new Set<string>();
  return [...state, ...runtime, ...secrets].filter(({ path }) => !seen.has(path) && seen.add(path));
}
