// `waymark sim receiver`: one simulated receiver on a port of its own, for other programs to talk to.
import { type Clock, deferred, type Logger } from '../../core/index.js';
import { createPlug, type Plug } from '../plug.js';
import type { SimReceiver, SimReceiverOptions } from './options.js';
import { createSimReceiver } from './receiver.js';

/** Ties the receiver's power to its cable: what was in RAM does not survive it. Returns the untying. */
export function powerReceiverFromPlug(receiver: SimReceiver, plug: Plug): () => void {
  return plug.onPlug((isPlugged) => {
    if (isPlugged) receiver.restart();
  });
}

export interface RunSimReceiverOptions extends Partial<SimReceiverOptions> {
  /** Path the port appears at. */
  link: string;
  clock: Clock;
  log: Logger;
  /** The speed the other side has set the port to, where that can be seen. */
  speedOf?: () => number | undefined;
  /** Ends the run like SIGTERM does. */
  signal?: AbortSignal;
  /** Where the one line with the address goes (default: stdout). */
  print?: (line: string) => void;
}

/** Opens the port, prints its address in one line, runs until SIGTERM, SIGINT or the signal. Errors: those of `createPlug`. */
export async function runSimReceiver(options: RunSimReceiverOptions): Promise<void> {
  const { link, clock, log, signal, print, speedOf, seed = 'waymark', keyCheck = 'tag', saveFile, knobs } = options;
  const stop = deferred<undefined>();
  const end = (): void => stop.resolve(undefined);
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted === true) end();
  try {
    await using plug = await createPlug({ link, clock, log });
    using receiver = createSimReceiver(
      { port: plug, clock, log, ...(speedOf === undefined ? {} : { speedOf }) },
      { seed, keyCheck, ...(saveFile === undefined ? {} : { saveFile }), ...(knobs === undefined ? {} : { knobs }) },
    );
    powerReceiverFromPlug(receiver, plug);
    (print ?? ((line) => void process.stdout.write(`${line}\n`)))(plug.address);
    await stop.promise;
  } finally {
    process.off('SIGTERM', end);
    process.off('SIGINT', end);
    signal?.removeEventListener('abort', end);
  }
}
