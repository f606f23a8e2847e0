// The command line as an object: every verb with its flags and defaults. Building it runs nothing, so that the
// reference, the completion and the tests of the documents look at the same object that the program parses with.
import { Command, Option } from 'commander';
import { version } from '../agent/version.js';
import { EXIT, LOG_LEVELS, type LogLevel } from '../core/index.js';
import { addDoctorVerbs } from './doctor-verbs.js';
import { parseDurationMs, parsePositive } from './duration.js';
import { addEvidenceVerbs } from './evidence-verbs.js';
import { addExplainVerbs } from './explain-verbs.js';
import { addLifeVerbs } from './life-verbs.js';
import { addLocationVerbs } from './location-verbs.js';
import { addModemVerbs } from './modem-verbs.js';
import { printJson, stderr, stdout } from './output.js';
import { type RootFlags, withRoots } from './roots.js';
import { addServiceVerbs, billOfMaterials } from './service-verbs.js';
import { addSimVerbs } from './sim-verbs.js';
import { addTokenVerbs } from './token-verbs.js';
import type { Verb } from './verb.js';

const DEFAULT_CONFIG = '/etc/waymark/gateway.yaml';

const logOption = (): Option => new Option('--log <level>', 'log level').choices([...LOG_LEVELS]);
const configOption = (): Option => new Option('-c, --config <file>', 'configuration file').default(DEFAULT_CONFIG);
const jsonOption = (): Option => new Option('--json', 'one JSON object on stdout, for programs').default(false);

/** The whole command line; `verb` decides what becomes of the exit code that an action gives. */
export function buildProgram(verb: Verb): Command {
  const program = new Command('waymark')
    .description('Gateway agent: modem, identity, corrections and positions, and always the reason why not.')
    .version(`waymark ${version}`, '-V, --version', 'print the version')
    .showHelpAfterError('(--help shows the usage)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });
  addAgentVerbs(program, verb);
  const config = addConfigVerbs(program, verb);
  addTokenVerbs(program, verb);
  addSimVerbs(program, verb);
  addModemVerbs(program, verb);
  addLocationVerbs(program, verb);
  addLifeVerbs(program, verb);
  addServiceVerbs(program, verb);
  addExplainVerbs(program, verb);
  addDoctorVerbs(program, verb);
  addEvidenceVerbs(program, config, verb);
  addVersionVerb(program, verb);
  return program;
}

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

interface WhereFlags {
  config: string;
  runtimeDir?: string;
  json: boolean;
}

/** The agent itself: for real, simulated, and looked at. */
function addAgentVerbs(program: Command, verb: Verb): void {
  withRoots(program.command('run'))
    .description('run the agent in the foreground')
    .addOption(configOption())
    .addOption(logOption())
    .action(
      verb(async (options: RootFlags & { config: string; log?: LogLevel }) => (await import('./run.js')).run(options)),
    );

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
    .addOption(
      new Option('--source <way>', 'how corrections are delivered').choices(['ntrip', 'mqtt']).default('ntrip'),
    )
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
}

function addConfigVerbs(program: Command, verb: Verb): Command {
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
  return config;
}

function addVersionVerb(program: Command, verb: Verb): void {
  program
    .command('version')
    .description('print the version')
    .addOption(jsonOption())
    .action(
      verb((flags: { json: boolean }) => {
        if (flags.json)
          printJson({ version, node: process.versions.node, arch: process.arch, sbom: billOfMaterials() });
        else stdout.write(`waymark ${version}\n`);
        return EXIT.ok;
      }),
    );
}
