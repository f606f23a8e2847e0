// The command line: noun then verb. JSON goes to stdout and everything else to stderr; each verb gives its exit code.
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { Command, CommanderError, Option } from 'commander';
import { version } from '../agent/version.js';
import { createClock, EXIT, LOG_LEVELS, type LogLevel } from '../core/index.js';
import { parseDurationMs, parsePositive } from './duration.js';
import { addLifeVerbs } from './life-verbs.js';
import { addLocationVerbs } from './location-verbs.js';
import { addModemVerbs } from './modem-verbs.js';
import { explainFailure, printJson, stderr, stdout } from './output.js';
import { type RootFlags, withRoots } from './roots.js';
import { addSimVerbs } from './sim-verbs.js';
import { addTokenVerbs } from './token-verbs.js';
import type { Verb } from './verb.js';

const DEFAULT_CONFIG = '/etc/waymark/gateway.yaml';

// Cellular hand-shakes take longer than the quarter second that Node gives each address.
setDefaultAutoSelectFamilyAttemptTimeout(5000);
process.umask(0o077);

let exitCode = 0;
const verb: Verb =
  (action) =>
  async (...args) => {
    exitCode = await action(...args);
  };

const program = new Command('waymark')
  .description('Gateway agent: modem, identity, corrections and positions, and always the reason why not.')
  .version(`waymark ${version}`, '-V, --version', 'print the version')
  .showHelpAfterError('(--help shows the usage)')
  .exitOverride()
  .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });

const logOption = (): Option => new Option('--log <level>', 'log level').choices([...LOG_LEVELS]);
const configOption = (): Option => new Option('-c, --config <file>', 'configuration file').default(DEFAULT_CONFIG);
const jsonOption = (): Option => new Option('--json', 'one JSON object on stdout, for programs').default(false);

withRoots(program.command('run'))
  .description('run the agent in the foreground')
  .addOption(configOption())
  .addOption(logOption())
  .action(
    verb(async (options: RootFlags & { config: string; log?: LogLevel }) => (await import('./run.js')).run(options)),
  );

interface DemoFlags {
  for?: string;
  json: boolean;
  stateDir?: string;
  capture?: string;
  speed: string;
  timeScale: string;
  saveReceiver?: string;
  transcript?: string;
  log?: LogLevel;
  source: 'ntrip' | 'mqtt';
  region: string;
}

program
  .command('demo')
  .description('see it work: everything simulated but the program itself')
  .option('--for <duration>', 'end by itself, counted from process start (30s, 5m); exit 0 when serving, else 75')
  .addOption(jsonOption())
  .option('--state-dir <dir>', 'keep the state here (default: a temporary one)')
  .option('--capture <file>', 'stream a recording instead of generated corrections, once')
  .option('--speed <n>', 'how much faster the recording plays', '1')
  .option('--time-scale <n>', 'run one clock for agent and simulators that many times faster', '1')
  .option('--save-receiver <file>', 'keep every correction byte the receiver got')
  .option('--transcript <file>', 'append the AT dialogue, secrets removed')
  .addOption(new Option('--source <way>', 'how corrections are delivered').choices(['ntrip', 'mqtt']).default('ntrip'))
  .addOption(
    new Option('--region <region>', 'correction region (mqtt)')
      .choices(['auto', 'eu', 'us', 'kr', 'au', 'jp'])
      .default('auto'),
  )
  .addOption(logOption())
  .action(
    verb(async (flags: DemoFlags) =>
      (await import('./demo.js')).demo({
        ...flags,
        forMs: flags.for === undefined ? undefined : parseDurationMs(flags.for),
        speed: parsePositive('--speed', flags.speed),
        timeScale: parsePositive('--time-scale', flags.timeScale),
      }),
    ),
  );

interface WhereFlags {
  config: string;
  runtimeDir?: string;
  json: boolean;
}

program
  .command('status')
  .description('what the running agent is doing, and why not (exit 0 ok, 1 degraded, 2 failed)')
  .addOption(configOption())
  .option('--runtime-dir <dir>', 'where the agent’s socket is (default: from the configuration)')
  .addOption(jsonOption())
  .option('--watch', 'repeat every second', false)
  .option('--healthy', 'exit 0 when the agent is alive, for health checks', false)
  .action(
    verb(async (flags: WhereFlags & { watch: boolean; healthy: boolean }) =>
      (await import('./status.js')).status(flags),
    ),
  );

const config = program.command('config').description('the configuration file');
config
  .command('check')
  .description('judge the file: every problem with its line')
  .addOption(configOption())
  .addOption(jsonOption())
  .action(verb(async (flags: { config: string; json: boolean }) => (await import('./config.js')).configCheck(flags)));
config
  .command('schema')
  .description('print the JSON Schema')
  .action(verb(async () => (await import('./config.js')).configSchemaVerb()));

addTokenVerbs(program, verb);
addSimVerbs(program, verb);
addModemVerbs(program, verb);
addLocationVerbs(program, verb);
addLifeVerbs(program, verb);

program
  .command('version')
  .description('print the version')
  .addOption(jsonOption())
  .action(
    verb((flags: { json: boolean }) => {
      if (flags.json) printJson({ version, node: process.versions.node, arch: process.arch });
      else stdout.write(`waymark ${version}\n`);
      return EXIT.ok;
    }),
  );

async function main(): Promise<number> {
  try {
    await program.parseAsync(process.argv);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return explainFailure(error);
  }
}

/** How long output may take to be read after the end. */
const DRAIN_MS = 2000;

/** Ends once stdout has drained, or soon if nobody reads it: a service manager would wait 90 s and call it failed. */
function endDrained(): void {
  const limit = createClock().deadline(DRAIN_MS, () => process.exit());
  process.stdout.write('', () => {
    limit.cancel();
    process.exit();
  });
}

void main().then((code) => {
  // Whatever handle lingers would be a defect, but must not keep the process.
  process.exitCode = code;
  endDrained();
});
