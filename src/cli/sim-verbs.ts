// `waymark sim …`: each simulator alone, a whole machine, and the control of what runs.
import { type Command, Option } from 'commander';
import { parsePositive } from './duration.js';
import type { ControlFlags } from './sim-control.js';
import type { Verb } from './verb.js';

const FAMILIES = ['telit', 'ublox', 'quectel'];
const profileOption = (): Option => new Option('--profile <name>', 'module family').choices(FAMILIES).default('telit');
const planOption = (): Option =>
  new Option('--plan <name>', 'what a provisioned device gets').choices(['mqtt', 'ntrip', 'both']).default('mqtt');
const PIN = ['--pin <digits>', 'the SIM card asks for this PIN'] as const;

/** A card that asks for its PIN, when one was given. */
const cardWith = (pin: string | undefined) =>
  pin === undefined ? {} : { card: { state: 'pin', isPinEnabled: true, pin } };

interface ModemFlags {
  profile: string;
  link: string;
  link2?: string;
  nmea?: string;
  control?: string;
  stateFile?: string;
  pin?: string;
  chunking?: string;
  storm?: string;
}

interface WorldFlags {
  stateDir: string;
  tree: string;
  profile: string;
  pin?: string;
  transcript?: string;
  plan: string;
}

interface CloudsFlags {
  stateDir: string;
  port: Record<string, number>;
  plan: string;
  capture?: string;
  speed?: string;
}

export function addSimVerbs(program: Command, verb: Verb): void {
  const sim = program
    .command('sim')
    .description('each simulator alone, for other programs to talk to; a whole machine; control of what runs');
  sim
    .command('modem')
    .description('a cellular module behind a pseudo terminal')
    .addOption(profileOption())
    .requiredOption('--link <path>', 'name of the port to make')
    .option('--link2 <path>', 'name of its second AT port (default: it has none)')
    .option('--nmea <path>', 'name of its NMEA port (default: it has none)')
    .option('--control <socket>', 'take commands here: `waymark sim ctl --socket SOCKET …`')
    .option('--state-file <file>', 'keep the module’s memory here')
    .option(...PIN)
    .addOption(new Option('--chunking <how>', 'how its bytes are cut').choices(['whole', 'one-byte', 'random']))
    .option('--storm <n>', 'that many unsolicited lines a second')
    .action(
      verb(async ({ pin, storm, ...flags }: ModemFlags) =>
        (await import('./sim-process.js')).runSimulator('modem', {
          ...flags,
          ...cardWith(pin),
          ...(storm === undefined ? {} : { storm: parsePositive('--storm', storm) }),
        }),
      ),
    );
  sim
    .command('world')
    .description('a machine with USB ports: module, receiver, a foreign adapter, and the services')
    .requiredOption('--state-dir <dir>', 'certificates, devices and the control socket are kept here')
    .requiredOption('--tree <dir>', 'becomes the root of the machine: DIR/sys and DIR/dev, with live ports')
    .addOption(profileOption())
    .addOption(planOption())
    .option(...PIN)
    .option('--transcript <file>', 'write the AT dialogue, secrets removed')
    .action(
      verb(async ({ pin, ...flags }: WorldFlags) =>
        (await import('./sim-process.js')).runSimulator('world', { ...flags, ...cardWith(pin), alone: true }),
      ),
    );
  sim
    .command('receiver')
    .description('a GNSS receiver behind a pseudo terminal')
    .requiredOption('--link <path>', 'name of the port to make')
    .option('--save <file>', 'keep every correction byte it got')
    .action(
      verb(async (flags: { link: string; save?: string }) =>
        (await import('./sim-process.js')).runSimulator('receiver', {
          link: flags.link,
          ...(flags.save ? { saveFile: flags.save } : {}),
        }),
      ),
    );
  sim
    .command('clouds')
    .description('the services; prints where they are as one JSON object on one line')
    .requiredOption('--state-dir <dir>', 'certificates, devices and the control socket are kept here')
    .option(
      '--port <name=number>',
      'fix a port (ztp, broker, caster, casterTls, assistnow, thingspace, losantRest, losantBroker, losantPlain, devicewiseBroker, devicewisePlain, devicewiseHttp)',
      collectPorts,
      {},
    )
    .addOption(planOption())
    .option('--capture <file>', 'stream a recording instead of generated corrections, once')
    .option('--speed <n>', 'play the recording that many times faster')
    .action(
      verb(async ({ port, speed, ...flags }: CloudsFlags) =>
        (await import('./sim-process.js')).runSimulator('clouds', {
          ...flags,
          ports: port,
          ...(speed === undefined ? {} : { speed: parsePositive('--speed', speed) }),
        }),
      ),
    );
  sim
    .command('ctl')
    .description('tell a running demo, world, module or the clouds something: `sim ctl --state-dir D unplug modem`')
    .option('--state-dir <dir>', 'the --state-dir of a demo, a world or the clouds')
    .option('--socket <path>', 'the --control socket of a module')
    .argument('[action]', 'what to do')
    .argument('[words...]', 'what to do it to, and key=value')
    // The list of actions comes from the simulators' own bundle.
    .helpOption(false)
    .option('-h, --help', 'this help, with every action')
    .action(
      verb(async (action: string | undefined, words: string[], flags: ControlFlags, command: Command) =>
        (await import('./sim-control.js')).controlSimulator(action, words, flags, () => command.helpInformation()),
      ),
    );
}

function collectPorts(text: string, before: Record<string, number>): Record<string, number> {
  const [name = '', number = ''] = text.split('=', 2);
  return { ...before, [name]: parsePositive(`--port ${name}`, number) };
}
