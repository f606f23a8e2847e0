// `waymark explain`: the entry that an error's code leads to.
import { type Command, Option } from 'commander';
import type { Verb } from './verb.js';

export function addExplainVerbs(program: Command, verb: Verb): void {
  program
    .command('explain')
    .description('an error code in words: what it means, the cure, what happens by itself; without one, all of them')
    .argument('[code]', 'a code as messages show it: modem.timeout')
    .addOption(new Option('--json', 'one JSON object on stdout, for programs').default(false))
    .addHelpText('after', '\nExit codes: 0 the code exists, 64 it does not.')
    .action(
      verb(async (code: string | undefined, flags: { json: boolean }) =>
        (await import('./explain.js')).explain(code, flags),
      ),
    );
}
