import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Argument, Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { allVerbs, commandTree } from '../../src/cli/command-tree.js';
import { completionScript } from '../../src/cli/completion.js';
import { manualPage } from '../../src/cli/manual.js';

function program(): Command {
  const top = new Command('waymark').description('a gateway’s agent');
  top
    .command('run')
    .option('-c, --config <file>', 'the file')
    .addOption(new Option('--log <level>', "how 'much'").choices(['info', 'debug']));
  const modem = top.command('modem').description('the module');
  modem.command('list').option('--json', 'for programs', false);
  modem.command('at').argument('[line]', 'what to send');
  top.command('completion').addArgument(new Argument('<shell>', 'which').choices(['bash', 'zsh']));
  top.command('hidden', { hidden: true });
  return top;
}

/** What bash offers when the last of the words is to be completed. */
function offered(...words: string[]): string[] {
  const script = completionScript(commandTree(program()), 'bash');
  const ask = `${script}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}\n_waymark\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
  const done = spawnSync('bash', ['--norc', '-c', ask], { encoding: 'utf8', cwd: import.meta.dirname });
  expect(done.stderr).toBe('');
  return done.stdout.split('\n').filter((word) => word !== '');
}

test('bash offers verbs, flags, and the values of a flag', () => {
  expect(offered('waymark', '')).toEqual(['run', 'modem', 'completion']);
  expect(offered('waymark', 'mo')).toEqual(['modem']);
  expect(offered('waymark', 'modem', '')).toEqual(['list', 'at']);
  expect(offered('waymark', 'modem', 'list', '--')).toEqual(['--json', '--help']);
  expect(offered('waymark', 'run', '--log', '')).toEqual(['info', 'debug']);
  expect(offered('waymark', 'run', '-c', 'completion.t')).toEqual(['completion.test.ts']);
  expect(offered('waymark', 'completion', '')).toEqual(['bash', 'zsh']);
  expect(offered('waymark', 'hidden', '')).toEqual(['run', 'modem', 'completion']);
});

test('the manual page tells every verb and flag, and a formatter takes it without a complaint', () => {
  const tree = commandTree(program());
  const page = manualPage(tree, { version: '1.2.3', date: '2026-01-31' });
  const file = join(tmpdir(), `waymark-manual-${process.pid}.1`);
  writeFileSync(file, page);
  const shown = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', file], {
    encoding: 'utf8',
    env: { ...process.env, MANPAGER: 'cat', MANWIDTH: '100', LC_ALL: 'C.UTF-8' },
  });
  expect(shown.stderr).toBe('');
  const text = shown.stdout.replace(/.\x08/g, '').replace(/\x1b\[[\d;]*m/g, '');
  for (const verb of allVerbs(tree).filter(({ verbs }) => verbs.length === 0)) {
    expect(text).toContain(verb.path);
    for (const { usage, names } of verb.flags) if (!names.includes('-h')) expect(text).toContain(usage);
  }
  expect(text).toContain('One of: info, debug.');
  expect(text).not.toContain('hidden');
});
