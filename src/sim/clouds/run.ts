// `waymark sim clouds`: the clouds alone, for other programs to talk to.
import { createSimClouds, type SimCloudsOptions } from './clouds.js';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Starts the clouds, prints their description as one line of JSON on stdout and runs until SIGTERM or SIGINT (or `signal`).
 * Rejects as `createSimClouds` does.
 */
export async function runSimClouds(options: SimCloudsOptions, run: { signal?: AbortSignal } = {}): Promise<void> {
  // Timers of the clock do not keep a process alive; the open ports do.
  await using clouds = await createSimClouds(options);
  process.stdout.write(`${JSON.stringify(clouds.description)}\n`);
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      for (const name of STOP_SIGNALS) process.off(name, stop);
      run.signal?.removeEventListener('abort', stop);
      resolve();
    };
    for (const name of STOP_SIGNALS) process.on(name, stop);
    if (run.signal?.aborted) stop();
    else run.signal?.addEventListener('abort', stop);
  });
  options.log.info('sim.clouds.stopped');
}
