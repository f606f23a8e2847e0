// `waymark sim modem`: one simulated module on a port of its own, for other programs to talk to.
import { type Clock, deferred, type Logger } from '../../core/index.js';
import { createPlug, type Plug } from '../plug.js';
import { createSimModule } from './module.js';
import type { SimModule, SimModuleOptions } from './options.js';

/** Ties the module's power to its cable, as with a USB module; returns the untying. */
export function powerFromPlug(module: SimModule, plug: Plug): () => void {
  return plug.onPlug((isPlugged) => {
    if (isPlugged) module.replugged();
    else module.unplugged();
  });
}

export interface RunSimModemOptions extends Omit<SimModuleOptions, 'port'> {
  link: string;
  clock: Clock;
  log: Logger;
  /** Ends the run like SIGTERM does. */
  until?: AbortSignal;
  /** Where the one line with the address goes (default: stdout). */
  print?: (line: string) => void;
}

/** Opens the port, prints its address in one line, runs until SIGTERM, SIGINT or the signal. Errors: those of `openPty`. */
export async function runSimModem(options: RunSimModemOptions): Promise<void> {
  const { link, clock, log, until, print, ...rest } = options;
  const stop = deferred<undefined>();
  const end = (): void => stop.resolve(undefined);
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  until?.addEventListener('abort', end, { once: true });
  if (until?.aborted === true) end();
  try {
    await using plug = await createPlug({ link, clock, log });
    await using module = createSimModule({ ...rest, port: plug, clock, log });
    powerFromPlug(module, plug);
    (print ?? ((line) => void process.stdout.write(`${line}\n`)))(plug.address);
    await stop.promise;
  } finally {
    process.off('SIGTERM', end);
    process.off('SIGINT', end);
    until?.removeEventListener('abort', end);
  }
}
