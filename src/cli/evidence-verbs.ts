// What a person takes out of a gateway, puts back, or has removed: bundle, restore, wipe, and the upgrade of a
// configuration file.
import { type Command, Option } from 'commander';
import { createClock } from '../core/index.js';
import { parseDurationMs } from './duration.js';
import { DEFAULT_CONFIG } from './modem-access.js';
import { type RootFlags, withRoots } from './roots.js';
import type { Verb } from './verb.js';

interface BundleFlags {
  config: string;
  runtimeDir?: string;
  out?: string;
  capture: boolean;
  for: string;
  lower: boolean;
  backup?: string;
  passphraseFile?: string;
  yes: boolean;
  json: boolean;
}

interface WipeFlags extends RootFlags {
  config: string;
  secrets: boolean;
  module: boolean;
  port?: string;
  yes: boolean;
  json: boolean;
}

const configOption = (): Option => new Option('-c, --config <file>', 'configuration file').default(DEFAULT_CONFIG);
const jsonOption = (): Option => new Option('--json', 'one JSON object on stdout, for programs').default(false);
const yesOption = (): Option => new Option('-y, --yes', 'ask nothing').default(false);
const passphraseOption = (): Option =>
  new Option('--passphrase-file <file>', 'private file (mode 0600) with the passphrase; - reads standard input');

export function addEvidenceVerbs(program: Command, config: Command, verb: Verb): void {
  program
    .command('bundle')
    .description('what somebody who helps from afar needs, secrets removed; listed before it is written')
    .addOption(configOption())
    .option('--runtime-dir <dir>', 'where the agent’s socket is (default: from the configuration)')
    .option('--out <file>', 'the archive (default: waymark-bundle-TIME.tar.gz here)')
    .option('--capture', 'record log and AT dialogue at their most talkative while you make it happen', false)
    .option('--for <duration>', 'how long the capture lasts', '2m')
    .option('--lower', 'bring the log back to its configured level, after a capture that was killed', false)
    .option('--backup <file>', 'instead: identity and credentials, sealed with a passphrase')
    .addOption(passphraseOption())
    .addOption(yesOption())
    .addOption(jsonOption())
    .action(
      verb(async (flags: BundleFlags) => {
        const { backup, lower, ...rest } = flags;
        if (backup !== undefined)
          return (await import('./evidence/backup.js')).backupVerb({ ...rest, backup }, createClock());
        const bundle = await import('./evidence/bundle.js');
        const options = { ...rest, forMs: parseDurationMs(flags.for) };
        return lower ? bundle.lowerVerb(options) : bundle.bundleVerb(options);
      }),
    );

  program
    .command('restore <file>')
    .description('put a backup back; what is there is kept aside')
    .addOption(passphraseOption())
    .option('--root <dir>', 'write below this folder: the card of another gateway, mounted here')
    .option('--owner <user>', 'whose the files are to be, when root restores (default: as they were, else waymark)')
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExit codes: 0 restored, 77 wrong passphrase, 74 damaged or of another layout, 75 an agent runs.',
    )
    .action(
      verb(
        async (
          file: string,
          flags: { passphraseFile?: string; root?: string; owner?: string; yes: boolean; json: boolean },
        ) => (await import('./evidence/restore.js')).restoreVerb({ ...flags, file }),
      ),
    );

  withRoots(program.command('wipe'))
    .description('credentials, identity, queue and caches gone, and proved; the agent must be stopped')
    .addOption(configOption())
    .option('--secrets', 'also the secret files that the configuration names', false)
    .option('--module', 'also the tokens and the authority in the module’s own memory', false)
    .option('--port <port>', 'of the module (default: as configured)')
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExit codes: 0 gone and looked for, 74 something is left, 75 an agent runs.')
    .action(verb(async (flags: WipeFlags) => (await import('./evidence/wipe.js')).wipeVerb(flags)));

  config
    .command('upgrade <file>')
    .description('a file of an older layout in the present one, comments kept; shown, or written with --write')
    .option('--write', 'write it; the old file stays beside it as FILE.vN', false)
    .addOption(jsonOption())
    .action(
      verb(async (file: string, flags: { write: boolean; json: boolean }) =>
        (await import('./config-upgrade.js')).configUpgrade({ ...flags, file }),
      ),
    );
}
