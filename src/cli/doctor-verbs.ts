// `waymark doctor` and `waymark init`: what is wrong here, and a first configuration.
import { type Command, Option } from 'commander';
import type { InitFlags } from './init.js';
import { OFFERS, SERVICE_NAMES } from './init-services.js';
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

  const made = withRoots(program.command('init'))
    .description('a few questions, then a commented configuration that is valid')
    .option('--out <file>', 'file to write', DEFAULT_CONFIG)
    .option('--modem <port>', 'auto, none, or the port of the module')
    .option('--gnss <port>', 'auto, none, or the port of the receiver')
    .option('--services <list>', `by commas, or none: ${SERVICE_NAMES.join(', ')}`)
    .option('--page', 'status page on 127.0.0.1:8787', false)
    .option('--secrets', 'make the secrets folder (0700) with empty files (0600)')
    .option('--no-secrets', 'do not make it')
    .option('-y, --yes', 'ask nothing: flags, and what is usual', false)
    .option('--force', 'overwrite the file', false)
    .addOption(new Option('--json', 'one JSON object on stdout, for programs').default(false));
  const questions = SERVICE_NAMES.flatMap((name) => OFFERS[name].questions.map((each) => ({ name, ...each })));
  for (const { flag, key, name } of questions) made.option(`${flag} <value>`, `${name}: ${key}`);
  made.action(
    verb(async (flags: Omit<InitFlags, 'answers'> & Record<string, unknown>) => {
      const answers = Object.fromEntries(
        questions.map(({ flag }) => {
          const value = flags[flag.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
          return [flag, typeof value === 'string' ? value : undefined];
        }),
      );
      return (await import('./init.js')).init({ ...flags, answers });
    }),
  );
}
