// `waymark sim modem`: one simulated module on ports of its own, for other programs to talk to.
import { type Clock, createDisposer, deferred, type Logger } from '../../core/index.js';
import { commandHelp, readCommand } from '../commands.js';
import { listenForCommands, type PerformCommand } from '../control.js';
import { mistake } from '../fields.js';
import { createModuleDesk } from '../module-desk.js';
import { createPlug, type Plug } from '../plug.js';
import { urcStorm } from './faults.js';
import { createSimModule } from './module.js';
import type { SimModule, SimModuleOptions } from './options.js';

/** Ties the module's power to its cable, as with a USB module; returns the untying. */
export function powerFromPlug(module: SimModule, plug: Plug): () => void {
  return plug.onPlug((isPlugged) => {
    if (isPlugged) module.replugged();
    else module.unplugged();
  });
}

export interface RunSimModemOptions extends Omit<SimModuleOptions, 'port' | 'secondary' | 'nmea'> {
  link: string;
  /** Where its second AT port appears, and its NMEA port (default: it has none). */
  link2?: string;
  nmeaLink?: string;
  /** Local socket that takes commands (commands.ts). */
  control?: string;
  /** Unsolicited lines a second, without end. */
  stormPerS?: number;
  clock: Clock;
  log: Logger;
  /** Ends the run like SIGTERM does. */
  until?: AbortSignal;
  /** Where the one line with the address goes (default: stdout). */
  print?: (line: string) => void;
}

/** What its control socket understands. `stop` ends the run. */
function commandsFor(module: SimModule, plugs: readonly Plug[], stop: () => void): PerformCommand {
  const desk = createModuleDesk(module);
  return async (data) => {
    const command = readCommand(data, 'modem');
    if ('device' in command && command.device !== 'modem') throw mistake('device: here is a modem only');
    switch (command.do) {
      case 'help':
        return { ok: true, help: commandHelp('modem') };
      case 'stop':
        // The answer goes out first.
        setImmediate(stop);
        return { ok: true };
      case 'unplug':
        for (const plug of plugs) await plug.unplug();
        return { ok: true };
      case 'replug':
        for (const plug of plugs) await plug.replug();
        return { ok: true };
      case 'reset':
        if (command.renumber !== undefined) throw mistake('renumber needs a world with a tree');
        module.reset();
        return { ok: true };
      case 'state':
        return { ok: true, isPlugged: plugs[0]?.isPlugged === true, ...desk.state() };
      default:
        return { ok: true, ...desk.perform(command) };
    }
  };
}

/** Opens the ports, prints the first one's address in one line, runs until SIGTERM, SIGINT or the signal. Errors: those of `openPty`. */
export async function runSimModem(options: RunSimModemOptions): Promise<void> {
  const { link, link2, nmeaLink, control, stormPerS, clock, log, until, print, ...rest } = options;
  const stop = deferred<undefined>();
  const end = (): void => stop.resolve(undefined);
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  until?.addEventListener('abort', end, { once: true });
  if (until?.aborted === true) end();
  try {
    await using resources = createDisposer();
    const open = async (path: string): Promise<Plug> => resources.use(await createPlug({ link: path, clock, log }));
    const plug = await open(link);
    const secondary = link2 === undefined ? undefined : await open(link2);
    const nmea = nmeaLink === undefined ? undefined : await open(nmeaLink);
    const module = resources.use(
      createSimModule({
        ...rest,
        port: plug,
        ...(secondary ? { secondary } : {}),
        ...(nmea ? { nmea } : {}),
        clock,
        log,
      }),
    );
    powerFromPlug(module, plug);
    if (stormPerS !== undefined) module.push(urcStorm(stormPerS));
    if (control !== undefined) {
      const plugs = [plug, ...(secondary ? [secondary] : []), ...(nmea ? [nmea] : [])];
      const socket = await listenForCommands(control, commandsFor(module, plugs, end), log);
      resources.add(() => socket.close());
    }
    (print ?? ((line) => void process.stdout.write(`${line}\n`)))(plug.address);
    await stop.promise;
  } finally {
    process.off('SIGTERM', end);
    process.off('SIGINT', end);
    until?.removeEventListener('abort', end);
  }
}
