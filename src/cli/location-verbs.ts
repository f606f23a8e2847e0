// `waymark gnss …` and `waymark ztp …`: views of what the running agent knows of the receiver and of its identity.
import { type Command, Option } from 'commander';
import { DEFAULT_CONFIG } from './modem-access.js';
import type { Verb } from './verb.js';
import type { WhereOptions } from './where.js';

const withWhere = (command: Command, jsonWords = 'one JSON object on stdout, for programs'): Command =>
  command
    .addOption(new Option('-c, --config <file>', 'configuration file').default(DEFAULT_CONFIG))
    .option('--runtime-dir <dir>', 'where the agent’s socket is (default: from the configuration)')
    .addOption(new Option('--json', jsonWords).default(false));

export function addLocationVerbs(program: Command, verb: Verb): void {
  const gnss = program.command('gnss').description('the GNSS receiver');
  withWhere(gnss.command('info'))
    .description('receiver, fix, satellites, and whether corrections are used (exit 0 with a fix, else 1)')
    .action(verb(async (flags: WhereOptions) => (await import('./gnss-info.js')).gnssInfo(flags)));
  withWhere(gnss.command('watch'), 'one JSON object a line, for programs')
    .description('the same every second, until Ctrl-C')
    .action(verb(async (flags: WhereOptions) => (await import('./gnss-info.js')).gnssWatch(flags)));

  const ztp = program.command('ztp').description('zero touch provisioning');
  withWhere(ztp.command('show'))
    .description('the identity: what it is for, until when, and why there is none (exit 0 with one, else 1)')
    .action(verb(async (flags: WhereOptions) => (await import('./ztp-show.js')).ztpShow(flags)));
}
