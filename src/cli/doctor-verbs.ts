// `waymark doctor` and `waymark init`: what is wrong here, and a first configuration.
import { type Command, Option } from 'commander';
import { DEFAULT_CONFIG } from './modem-access.js';
import { type RootFlags, withRoots } from './roots.js';
import type { Verb } from './verb.js';

export function addDoctorVerbs(program: Command, verb: Verb): void {
  withRoots(program.command('doctor'))
    .description('look for everything that may be wrong here, each with the line that cures it')
    .addOption(new Option('-c, --config <file>', 'configuration file').default(DEFAULT_CONFIG))
    .option('--runtime-dir <dir>', 'where the agent’s socket is (default: from the configuration)')
    .option('--user <name>', 'as root: the user whose rights are judged (default: the owner of the state directory)')
    .option('--offline', 'ask nobody outside: no name look-ups, no connections', false)
    .addOption(new Option('--json', 'one JSON object on stdout, for programs').default(false))
    .addHelpText('after', '\nExit codes: 0 nothing found, 1 warnings, 2 failures.')
    .action(
      verb(
        async (
          flags: RootFlags & { config: string; runtimeDir?: string; user?: string; offline: boolean; json: boolean },
        ) => (await import('./doctor.js')).doctor(flags),
      ),
    );
}
