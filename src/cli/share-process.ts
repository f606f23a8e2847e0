// The shared page is served by a process of its own, from a bundle that the agent never loads.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { onAbort, WaymarkError } from '../core/index.js';

/** What the bundle is told, as one JSON argument (share/main.ts). */
export interface ShareRequest {
  runtimeDir: string;
  forMs: number;
  host?: string;
  port: number;
  readOnly: boolean;
  json: boolean;
}

/** Beside this bundle: dist/lib/waymark.cjs and dist/share/share.cjs. */
function shareBundle(): string {
  const file = join(__dirname, '..', 'share', 'share.cjs');
  if (!existsSync(file))
    throw new WaymarkError('core.internal', `the bundle of the shared page is missing: ${file}`, {
      hint: 'Build it with `npm run build`.',
    });
  return file;
}

/** Serves until its time is over or `signal`; gives its exit code. */
export function runShare(request: ShareRequest, signal: AbortSignal): Promise<number> {
  const child = spawn(process.execPath, [shareBundle(), JSON.stringify(request)], {
    // The fourth tells it when we are gone, however that came.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  onAbort(signal, () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, by) => resolve(code ?? (by ? 0 : 70)));
  });
}
