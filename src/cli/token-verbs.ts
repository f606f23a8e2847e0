// `waymark token …`: the credentials shown, tried, replaced.
import { type Command, Option } from 'commander';
import { DEFAULT_CONFIG } from './modem-access.js';
import type { Verb } from './verb.js';
import type { WhereOptions } from './where.js';

function withPlace(command: Command): Command {
  return command
    .addOption(new Option('-c, --config <file>', 'configuration file').default(DEFAULT_CONFIG))
    .option('--runtime-dir <dir>', 'where the agent’s socket is (default: from the configuration)')
    .addOption(new Option('--json', 'one JSON object on stdout, for programs').default(false));
}

export function addTokenVerbs(program: Command, verb: Verb): void {
  const token = program.command('token').description('credentials');

  withPlace(token.command('list'))
    .description('state, expiry and remedy of every credential; never a character of one')
    .action(verb(async (flags: WhereOptions) => (await import('./status.js')).tokenList(flags)));

  withPlace(token.command('test <id>'))
    .description('use a credential once, as cheaply as can be; one that works is no longer held back')
    .addHelpText('after', '\nExit codes: 0 it works, 77 it is refused, 75 try again later, 64 it cannot be tried.')
    .action(verb(async (id: string, flags: WhereOptions) => (await import('./token.js')).tokenTest(id, flags)));

  withPlace(token.command('rotate <id>'))
    .description('try the new value in <file>.next and put it in force; the old one stays until it works')
    .option('--from <file>', 'write <file>.next from this file first; - reads standard input')
    .addHelpText('after', '\nExit codes: 0 it is in force, 77 it was refused, 75 it waits, 64 there is none.')
    .action(
      verb(async (id: string, flags: WhereOptions & { from?: string }) =>
        (await import('./token.js')).tokenRotate(id, flags),
      ),
    );
}
