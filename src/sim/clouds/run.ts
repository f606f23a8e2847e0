// `waymark sim clouds`: the clouds alone, for other programs to talk to, with a control socket of their own.
import { join } from 'node:path';
import { createCloudsDesk } from '../clouds-desk.js';
import { commandHelp, readCommand } from '../commands.js';
import { listenForCommands, type PerformCommand } from '../control.js';
import { createSimClouds, type SimCloudsOptions } from './clouds.js';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Starts the clouds, prints their description as one line of JSON on stdout and runs until SIGTERM or SIGINT (or `signal`,
 * or `stop` on the socket `<stateDir>/sim/control.sock`). Rejects as
 * `createSimClouds` does.
 */
export async function runSimClouds(options: SimCloudsOptions, run: { signal?: AbortSignal } = {}): Promise<void> {
  // Timers of the clock do not keep a process alive; the open ports do.
  await using clouds = await createSimClouds(options);
  const desk = createCloudsDesk(clouds);
  let end = (): void => undefined;
  const perform: PerformCommand = async (data) => {
    const command = readCommand(data, 'clouds');
    switch (command.do) {
      case 'help':
        return { ok: true, help: commandHelp('clouds') };
      case 'stop':
        // The answer goes out first.
        setImmediate(() => end());
        return { ok: true };
      case 'state':
        return { ok: true, ...desk.state() };
      default:
        return { ok: true, ...(await desk.perform(command)) };
    }
  };
  const control = await listenForCommands(join(options.stateDir, 'sim', 'control.sock'), perform, options.log);
  process.stdout.write(`${JSON.stringify(clouds.description)}\n`);
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      for (const name of STOP_SIGNALS) process.off(name, stop);
      run.signal?.removeEventListener('abort', stop);
      resolve();
    };
    end = stop;
    for (const name of STOP_SIGNALS) process.on(name, stop);
    if (run.signal?.aborted) stop();
    else run.signal?.addEventListener('abort', stop);
  });
  await control.close();
  options.log.info('sim.clouds.stopped');
}
