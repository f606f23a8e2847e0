// The world as a process: JSON lines with whoever started it (the demo) on a pipe, and on a control socket. It ends with
// its parent.
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { createDisposer, deferred } from '../core/index.js';
import { listenForCommands, type PerformCommand, readCommands } from './control.js';
import { createWorld, WORLD_DEVICES, type WorldCommand, type WorldEvent, type WorldOptions } from './world.js';

/** A command as it came from outside, or the sentence that says what is wrong with it. */
export function parseWorldCommand(data: unknown): WorldCommand | { do: 'stop' } | string {
  if (typeof data !== 'object' || data === null) return 'a command is a JSON object';
  const { do: verb, device, active } = data as { do?: unknown; device?: unknown; active?: unknown };
  switch (verb) {
    case 'unplug':
    case 'replug':
    case 'reset': {
      const known = WORLD_DEVICES.find((each) => each === device);
      return known ? { do: verb, device: known } : `device must be one of ${WORLD_DEVICES.join(', ')}`;
    }
    case 'pdp':
      return typeof active === 'boolean' ? { do: 'pdp', active } : 'active must be true or false';
    case 'state':
    case 'stop':
      return { do: verb };
    default:
      return 'do must be one of unplug, replug, reset, pdp, state, stop';
  }
}

export interface WorldStreams {
  input: Readable;
  output: Writable;
  /** Ends the world like SIGTERM does. */
  signal?: AbortSignal;
}

/**
 * Starts the world, prints `{"ready":…}` and then one line an event; obeys commands from the input and from the socket
 * `<stateDir>/sim/control.sock`. Resolves after a clean end: `stop`, end of the input (the parent died), SIGTERM. Rejects
 * as `createWorld` does.
 */
export async function runWorld(
  options: WorldOptions,
  streams: WorldStreams = { input: process.stdin, output: process.stdout },
): Promise<void> {
  const { input, output, signal } = streams;
  const end = deferred<undefined>();
  const stop = (): void => end.resolve(undefined);
  // A closed pipe is told by the end of the input as well; it must not crash the end.
  output.on('error', stop);
  const print = (line: object): void => void output.write(`${JSON.stringify(line)}\n`);
  const onSignal: NodeJS.SignalsListener = (name) => {
    // Ctrl-C reaches the whole terminal group: with a parent on the pipe, the parent decides when its world ends.
    if (name === 'SIGTERM' || !(input === process.stdin && !process.stdin.isTTY)) stop();
  };
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, onSignal);
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted === true) stop();

  const disposer = createDisposer();
  disposer.add(() => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.off(name, onSignal);
    signal?.removeEventListener('abort', stop);
    output.off('error', stop);
  });
  try {
    let isReady = false;
    const early: WorldEvent[] = [];
    const world = disposer.use(
      await createWorld(options, (event) => {
        if (isReady) print(event);
        else early.push(event);
      }),
    );
    const perform: PerformCommand = async (data) => {
      const command = parseWorldCommand(data);
      if (typeof command === 'string') return { ok: false, error: command };
      if (command.do === 'stop') {
        // The answer goes out first.
        setImmediate(stop);
        return { ok: true };
      }
      return { ok: true, ...(await world.perform(command)) };
    };
    const control = await listenForCommands(join(options.stateDir, 'sim', 'control.sock'), perform, options.log);
    disposer.add(() => control.close());
    print({ ready: world.ready });
    isReady = true;
    for (const event of early) print(event);
    disposer.add(readCommands(input, perform, print, stop));
    await end.promise;
  } finally {
    await disposer[Symbol.asyncDispose]();
  }
}
