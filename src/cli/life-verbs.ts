// `waymark do …` and `waymark page …`: what a person has the running agent do, and where its page is.
import { type Command, Option } from 'commander';
import { parseDurationMs } from './duration.js';
import { DEFAULT_CONFIG } from './modem-access.js';
import type { Verb } from './verb.js';
import type { WhereOptions } from './where.js';

function withPlace(command: Command): Command {
  return command
    .addOption(new Option('-c, --config <file>', 'configuration file').default(DEFAULT_CONFIG))
    .option('--runtime-dir <dir>', 'where the agent’s socket is (default: from the configuration)')
    .addOption(new Option('--json', 'one JSON object on stdout, for programs').default(false));
}

interface ShareFlags extends WhereOptions {
  for: string;
  host?: string;
  port: string;
  readOnly: boolean;
}

export function addLifeVerbs(program: Command, verb: Verb): void {
  withPlace(program.command('do [name]'))
    .description('have the running agent do something; without a name: what there is')
    .option('-y, --yes', 'do not ask before what interrupts the service', false)
    .addHelpText('after', '\nExit codes: 0 done, 64 no such thing, 75 not now, or no agent runs.')
    .action(
      verb(async (name: string | undefined, flags: WhereOptions & { yes: boolean }) =>
        (await import('./do.js')).doAction(name, flags),
      ),
    );

  const page = withPlace(program.command('page'))
    .description('where the status page is')
    .action(verb(async (flags: WhereOptions) => (await import('./page.js')).page(flags)));
  withPlace(page.command('share'))
    .description('show the page over TLS on the local network for a while, for a phone beside the cabinet')
    .option('--for <duration>', 'how long (10m, 2h)', '30m')
    .option('--host <address>', 'address of this machine to listen on (default: that of the local network)')
    .option('--port <n>', 'port to listen on; 0: any free one', '0')
    .option('--read-only', 'show only; nothing can be asked for', false)
    .action(
      verb(async (_flags: unknown, command: Command) => {
        // The same options stand at the verb above; what is given at either place counts.
        const flags = command.optsWithGlobals<ShareFlags>();
        return (await import('./page.js')).pageShare({ ...flags, forMs: parseDurationMs(flags.for) });
      }),
    );
}
