// `waymark modem …`: ports, identity, one command, the dialogue.
import { type Command, Option } from 'commander';
import { parseDurationMs, parsePositive } from './duration.js';
import { DEFAULT_CONFIG, type ModemFlags } from './modem-access.js';
import { type RootFlags, withRoots } from './roots.js';
import type { Verb } from './verb.js';

const jsonOption = (what = 'one JSON object on stdout, for programs'): Option =>
  new Option('--json', what).default(false);

function withAccess(command: Command): Command {
  return withRoots(
    command
      .addOption(new Option('-c, --config <file>', 'configuration file').default(DEFAULT_CONFIG))
      .option('--runtime-dir <dir>', 'where the agent’s socket is (default: from the configuration)')
      .option('--port <port>', 'AT port, or auto (default: from the configuration)'),
  );
}

export function addModemVerbs(program: Command, verb: Verb): void {
  const modem = program.command('modem').description('the cellular module and its ports');

  withRoots(modem.command('list'))
    .description('every serial port: what it is, who holds it, and what auto would take')
    .addOption(jsonOption())
    .option('--probe', 'ask ports that are not known what they are', false)
    .action(
      verb(async (flags: RootFlags & { json: boolean; probe: boolean }) =>
        (await import('./modem-list.js')).modemList(flags),
      ),
    );

  withAccess(modem.command('info'))
    .description('module, SIM, network, signal: from the running agent, else asked on the port')
    .addOption(jsonOption())
    .option('--identifiers', 'IMEI, ICCID and IMSI in full', false)
    .action(
      verb(async (flags: ModemFlags & { identifiers: boolean }) => (await import('./modem-info.js')).modemInfo(flags)),
    );

  withAccess(modem.command('at'))
    .description('send one AT command; what is not known to be harmless needs --unsafe')
    .argument('<command>', 'the whole line, such as AT+CSQ; in quotes if it holds blanks or quotes')
    .option('--unsafe', 'send it although it may disturb the connection or change the module', false)
    .option('--timeout <seconds>', 'how long the module may take')
    .addOption(jsonOption())
    .action(
      verb(async (command: string, flags: ModemFlags & { unsafe: boolean; timeout?: string }) =>
        (await import('./modem-at.js')).modemAt(command, {
          ...flags,
          timeoutMs: flags.timeout === undefined ? undefined : 1000 * parsePositive('--timeout', flags.timeout),
        }),
      ),
    );

  withAccess(modem.command('trace'))
    .description('watch the AT dialogue, secrets removed, until Ctrl-C')
    .option('--for <duration>', 'end by itself (30s, 5m)')
    .addOption(jsonOption('one JSON object a line, for programs'))
    .action(
      verb(async (flags: ModemFlags & { for?: string }) =>
        (await import('./modem-trace.js')).modemTrace({
          ...flags,
          forMs: flags.for === undefined ? undefined : parseDurationMs(flags.for),
        }),
      ),
    );
}
