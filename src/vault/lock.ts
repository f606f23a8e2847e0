// One agent per state directory: two would share one identity and one call budget without knowing of each other.
// Node has no flock; a file names the holder by process id and start time, so that a number used again is not mistaken
// for it, and a holder that died leaves nothing to clean up by hand. The file gets its name by link, whole and only where
// none is, so that of two that start at once one is refused.
//
// And one process per machine, for moments in which state directories do not matter: a socket name without a file, which
// the kernel frees with its process.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { type Clock, sleep, WaymarkError } from '../core/index.js';
import { temporaryName } from './atomic.js';
import { systemCode } from './disk.js';

const RETRY_MS = 100;
const MAX_ROUNDS = 100;

/** Process id and, where the system tells it, the clock tick the process was started at. */
function describeProcess(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold blanks; the state is the first field after it, the start time the 20th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Dead, and only not collected yet: without an init in a container that may last.
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const start = fields[19];
    return `${pid} ${start ?? ''}`;
  } catch {
    return undefined;
  }
}

const holderIn = (file: string): string => {
  try {
    return readFileSync(file, 'latin1').trim();
  } catch {
    return '';
  }
};

/** The living process other than ours that `holder` names. */
function livingHolder(holder: string, mine: string): number | undefined {
  const pid = Number.parseInt(holder, 10);
  return holder !== mine && Number.isInteger(pid) && pid > 0 && describeProcess(pid) === holder ? pid : undefined;
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // A disk that takes no changes.
  }
}

/** Gives `own` the name `file` as well; false when the name is taken. */
function linked(own: string, file: string): boolean {
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Puts `own` in the place of `file`. Errors: `vault.busy`, system errors. */
function takePlace(own: string, file: string, busy: (holder: string) => void): void {
  const old = temporaryName(`${file}.old`);
  try {
    for (let round = 0; !linked(own, file); round++) {
      busy(holderIn(file));
      if (round >= MAX_ROUNDS) throw new WaymarkError('vault.busy', `${file} cannot be taken`);
      try {
        renameSync(file, old);
      } catch (error) {
        if (systemCode(error) === 'ENOENT') continue;
        throw error;
      }
      // Left by a process that died, unless another one has taken its place since: then that one gets it back.
      try {
        busy(holderIn(old));
      } catch (error) {
        linked(old, file);
        throw error;
      }
    }
  } finally {
    remove(old);
  }
}

/**
 * Takes the directory for this process; returns the release. A disk that takes no mark keeps nobody from starting:
 * `onUnmarked` is told, and a second agent is then not noticed. Errors: `vault.busy` while another process holds it.
 */
export function lockDirectory(dir: string, onUnmarked: (error: unknown) => void = () => undefined): () => void {
  const file = join(dir, 'holder');
  const mine = describeProcess(process.pid) ?? `${process.pid} `;
  const busy = (holder: string): void => {
    const pid = livingHolder(holder, mine);
    if (pid !== undefined) throw new WaymarkError('vault.busy', `${dir} is in use by process ${pid}`);
  };
  const own = temporaryName(file);
  busy(holderIn(file));
  try {
    writeFileSync(own, `${mine}\n`, { mode: 0o600 });
    takePlace(own, file, busy);
  } catch (error) {
    if (error instanceof WaymarkError) throw error;
    onUnmarked(error);
  } finally {
    remove(own);
  }
  return () => {
    try {
      if (readFileSync(file, 'latin1').trim() === mine) rmSync(file);
    } catch {
      // Already gone, with the directory perhaps.
    }
  };
}

function listening(name: string): Promise<Server | 'taken' | 'unknown here'> {
  return new Promise((resolve) => {
    const server = createServer((visitor) => visitor.destroy());
    server.unref();
    server.once('error', (error) => resolve(systemCode(error) === 'EADDRINUSE' ? 'taken' : 'unknown here'));
    server.listen({ path: `\0waymark-${name}` }, () => resolve(server));
  });
}

/**
 * Held by one process of this machine (network namespace) at a time; gives the release, or undefined when another held
 * it for all of `waitMs`. On systems without such names it is free for everybody.
 */
export async function lockMachine(name: string, clock: Clock, waitMs: number): Promise<(() => void) | undefined> {
  if (process.platform !== 'linux') return () => undefined;
  const endMonoMs = clock.mono() + clock.ioBudgetMs(waitMs);
  for (;;) {
    const server = await listening(name);
    if (server === 'unknown here') return () => undefined;
    if (server !== 'taken') return () => void server.close();
    if (clock.mono() >= endMonoMs) return undefined;
    await sleep({ ...clock, after: clock.deadline }, RETRY_MS);
  }
}
