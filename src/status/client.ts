// How other processes ask a running agent: one GET over its unix socket.
import { request } from 'node:http';
import { type Clock, WaymarkError, withDeadline } from '../core/index.js';
import { socketPathIn } from './server.js';
import type { StatusSnapshot } from './snapshot.js';

/** The running agent's snapshot. Errors: `status.unavailable` when nobody serves there. */
export function fetchStatus(runtimeDir: string, clock: Clock): Promise<StatusSnapshot> {
  const socketPath = socketPathIn(runtimeDir);
  return withDeadline(
    { clock, ms: 5000, code: 'status.unavailable', what: `agent at ${socketPath}` },
    (signal) =>
      new Promise<StatusSnapshot>((resolve, reject) => {
        const unavailable = (cause: unknown): void =>
          reject(new WaymarkError('status.unavailable', `no agent answers at ${socketPath}`, { cause }));
        const call = request({ socketPath, path: '/api/v1/status', signal }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            try {
              resolve(JSON.parse(Buffer.concat(chunks).toString()) as StatusSnapshot);
            } catch (error) {
              unavailable(error);
            }
          });
          response.on('error', unavailable);
        });
        call.on('error', unavailable);
        call.end();
      }),
  );
}
