// One agent per state directory: two would share one identity and one call budget without knowing of each other.
// Node has no flock; a file names the holder by process id and start time, so that a number used again is not mistaken
// for it, and a holder that died leaves nothing to clean up by hand.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WaymarkError } from '../core/index.js';

/** Process id and, where the system tells it, the clock tick the process was started at. */
function describeProcess(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may hold blanks; the start time is the 20th field after it.
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${pid} ${start ?? ''}`;
  } catch {
    return undefined;
  }
}

/** Takes the directory for this process; returns the release. Errors: `vault.busy` while another process holds it. */
export function lockDirectory(dir: string): () => void {
  const file = join(dir, 'holder');
  const mine = describeProcess(process.pid) ?? `${process.pid} `;
  let holder = '';
  try {
    holder = readFileSync(file, 'latin1').trim();
  } catch {
    // Nobody holds it.
  }
  const pid = Number.parseInt(holder, 10);
  if (holder !== mine && Number.isInteger(pid) && pid > 0 && describeProcess(pid) === holder)
    throw new WaymarkError('vault.busy', `${dir} is in use by process ${pid}`);
  writeFileSync(file, `${mine}\n`, { mode: 0o600 });
  return () => {
    try {
      if (readFileSync(file, 'latin1').trim() === mine) rmSync(file);
    } catch {
      // Already gone, with the directory perhaps.
    }
  };
}
