// `waymark completion SHELL`, and the manual page for the packager (hidden): both describe the program they are in.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Argument, type Command } from 'commander';
import { buildTimeMs, version } from '../agent/version.js';
import { EXIT } from '../core/index.js';
import { SHELLS, type Shell } from './completion.js';
import { stdout } from './output.js';
import type { Verb } from './verb.js';

export function addServiceVerbs(program: Command, verb: Verb): void {
  program
    .command('completion')
    .description('print a completion script: source <(waymark completion bash)')
    .addArgument(new Argument('<shell>', 'which shell').choices([...SHELLS]))
    .action(
      verb(async (shell: Shell) => {
        const { commandTree } = await import('./command-tree.js');
        stdout.write((await import('./completion.js')).completionScript(commandTree(program), shell));
        return EXIT.ok;
      }),
    );
  program
    .command('manual', { hidden: true })
    .description('print the manual page (roff)')
    .action(
      verb(async () => {
        const { commandTree } = await import('./command-tree.js');
        const date = new Date(buildTimeMs).toISOString().slice(0, 10);
        stdout.write((await import('./manual.js')).manualPage(commandTree(program), { version, date }));
        return EXIT.ok;
      }),
    );
}

/** The bill of materials beside the bundle; undefined when the sources run unbuilt. */
export function billOfMaterials(): string | undefined {
  if (typeof __dirname === 'undefined') return undefined;
  const file = join(__dirname, '..', 'sbom.cdx.json');
  return existsSync(file) ? file : undefined;
}
