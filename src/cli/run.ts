// `waymark run`: the agent in the foreground, logging to stdout, until told to stop. SIGHUP has it read its configuration
// again; with a mistake in it, it goes on as before and the log and the status say so.
import { closeSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { canarySelfTest, createReloadingAgent } from '../agent/index.js';
import { loadConfig } from '../config/index.js';
import { createClock, createTeeLogger, EXIT, inheritedAnchor, type LogLevel, linkedController } from '../core/index.js';
import { createLogTail } from '../status/index.js';
import { onStopSignal } from './on-stop.js';
import { stdout } from './output.js';
import { type RootFlags, rootsOf } from './roots.js';

export interface RunOptions extends RootFlags {
  config: string;
  log?: LogLevel | undefined;
}

/** Gives the exit code; configuration problems reject with `config.*` (78), a leaking sink with `core.internal`. */
export async function run(options: RunOptions): Promise<number> {
  using stop = linkedController();
  const hangUp = onHangUp(() => stop.abort());
  const clock = createClock(inheritedAnchor(process.env));
  const configFile = resolve(options.config);
  const config = await loadConfig(configFile, { env: process.env });
  const logTail = createLogTail();
  const { log, setLevel } = createTeeLogger({
    ...{ level: options.log ?? config.log.level, output: stdout, tail: logTail.add },
    now: () => clock.wall(),
  });
  // Before the first line; what it warms up (patterns, the library) that line would have had to, too.
  canarySelfTest();
  const off = onStopSignal(() => stop.abort());
  // A second line of defence for what no lane caught: say it once, then let the service manager start us clean.
  const fatal = (error: unknown): void => {
    log.error('fatal', { error });
    process.exit(EXIT.internal);
  };
  process.on('uncaughtException', fatal);
  process.on('unhandledRejection', fatal);
  process.on('SIGPIPE', () => undefined);
  const agent = await createReloadingAgent({
    config,
    configFile,
    isLevelFixed: options.log !== undefined,
    configDir: dirname(configFile),
    logTail,
    setLogLevel: setLevel,
    clock,
    log,
    env: process.env,
    roots: rootsOf(options),
  });
  hangUp.reload(() => void agent.reload().catch(() => undefined));
  await agent.run({ signal: stop.signal });
  off();
  return EXIT.ok;
}

/**
 * SIGHUP means two things: a closed terminal ends what ran in it, anything else asks for the configuration anew. Listened
 * to before anything is read, since unheard it ends the process; what comes before there is an agent is asked of it then.
 */
function onHangUp(end: () => void): { reload(ask: () => void): void } {
  const hasTerminal = process.stdout.isTTY;
  let isAskedEarly = false;
  let reload = (): void => {
    isAskedEarly = true;
  };
  process.on('SIGHUP', () => {
    if (hasTerminal && isTerminalGone()) end();
    else reload();
  });
  return {
    reload(ask) {
      reload = ask;
      if (isAskedEarly) ask();
    },
  };
}

function isTerminalGone(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true;
  }
}
