// The world as a process: JSON lines with whoever started it (the demo) on a pipe, and on a control socket. It ends with
// its parent.
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { createDisposer, deferred } from '../core/index.js';
import { commandHelp, type RunnerCommand, readCommand, type WorldCommand } from './commands.js';
import { listenForCommands, type PerformCommand, readCommands } from './control.js';
import { createWorld, type WorldEvent, type WorldOptions } from './world.js';

/** A command as it came from outside, or the sentence that says what is wrong with it. */
export function parseWorldCommand(data: unknown): WorldCommand | RunnerCommand | string {
  try {
    return readCommand(data, 'world');
  } catch (error) {
    return error instanceof Error ? error.message : 'not understood';
  }
}

export interface WorldStreams {
  /** Without one nobody is asked and only a signal ends the world: a person or a service started it. */
  input?: Readable;
  output: Writable;
  /** Gets a few lines for people once it is ready. */
  notes?: Writable;
  /** Ends the world like SIGTERM does. */
  signal?: AbortSignal;
}

/** What to do with a machine laid out in a tree. */
const hints = (stateDir: string, { sysRoot, devRoot }: { sysRoot: string; devRoot: string }): string =>
  `a machine with USB ports; Ctrl-C ends it
  what is there:  waymark modem list --sys-root ${sysRoot} --dev-root ${devRoot}
  pull a cable:   waymark sim ctl --state-dir ${stateDir} unplug modem
  what it can do: waymark sim ctl --help
`;

/**
 * Starts the world, prints `{"ready":…}` and then one line an event; obeys commands from the input and from the socket
 * `<stateDir>/sim/control.sock`. Resolves after a clean end: `stop`, end of the input (the parent died), SIGTERM. Rejects
 * as `createWorld` does.
 */
export async function runWorld(
  options: WorldOptions,
  streams: WorldStreams = { input: process.stdin, output: process.stdout },
): Promise<void> {
  const { input, output, notes, signal } = streams;
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
      const command = readCommand(data, 'world');
      if (command.do === 'help') return { ok: true, help: commandHelp('world') };
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
    if (input) disposer.add(readCommands(input, perform, print, stop));
    if (world.ready.tree) notes?.write(hints(options.stateDir, world.ready.tree));
    await end.promise;
  } finally {
    await disposer[Symbol.asyncDispose]();
  }
}
