// Writes docs/reference/cli.md from the object the program parses with: every verb, argument, flag and default.
// `--check` writes nothing and fails when it is stale.
import { register } from 'tsx/esm/api';
import { writeOrCheck } from './generated.mjs';

const unregister = register();
const { buildProgram } = await import('../src/cli/program.ts');
await unregister();

const program = buildProgram((action) => action);

/** Calls as a person gives them, where the bare verb with its arguments would not show it. */
const EXAMPLES = {
  run: 'waymark run -c /etc/waymark/gateway.yaml',
  demo: 'waymark demo --source mqtt --for 5m',
  status: 'waymark status --watch',
  'modem at': "waymark modem at 'AT+CSQ'",
  'modem trace': 'waymark modem trace',
  'sim modem': 'waymark sim modem --profile quectel --link /tmp/modem',
  'sim receiver': 'waymark sim receiver --link /tmp/receiver',
  'sim clouds': 'waymark sim clouds --state-dir /tmp/clouds --port broker=8883',
  'sim world': 'waymark sim world --state-dir /tmp/world --tree /tmp/world/tree',
  'sim ctl': 'waymark sim ctl --state-dir /tmp/demo unplug modem',
  'token test': 'waymark token test losant-access-key',
  'token rotate': 'waymark token rotate ztp-token --from new-token.txt',
  explain: 'waymark explain modem.timeout',
};

const plain = (text) => text.replaceAll('<', '&lt;').replaceAll('\n', ' ').trim();
const cell = (text) => plain(text).replaceAll('|', '\\|');

/** What `addHelpText('after', …)` adds: the only way to it is to have the help printed. */
function addedHelp(command) {
  const base = command.helpInformation();
  let all = '';
  command.configureOutput({ writeOut: (text) => (all += text) });
  command.outputHelp();
  return all.slice(base.length).trim();
}

function optionRow({ flags, description, defaultValue, argChoices, mandatory }) {
  const standard =
    mandatory && defaultValue === undefined
      ? '**required**'
      : defaultValue === undefined || defaultValue === false || typeof defaultValue === 'object'
        ? '–'
        : `\`${defaultValue}\``;
  const choices = argChoices ? ` (${argChoices.map((choice) => `\`${choice}\``).join(', ')})` : '';
  return `| \`${flags}\` | ${standard} | ${cell(description)}${choices} |`;
}

function verbs(command, path) {
  const children = command.commands.filter((child) => child.name() !== 'help' && !child._hidden);
  const below = children.flatMap((child) => verbs(child, [...path, child.name()]));
  // A noun that only gathers verbs does nothing by itself.
  return path.length > 0 && command._actionHandler ? [...described(command, path), ...below] : below;
}

function described(command, path) {
  const name = path.join(' ');
  const usage = command.registeredArguments.map(
    (a) => a.argChoices?.[0] ?? (a.required ? `<${a.name()}>` : `[${a.name()}${a.variadic ? '…' : ''}]`),
  );
  const rows = [
    ...command.registeredArguments
      .filter(({ description }) => description)
      .map((a) => `| \`${a.name()}\` | ${a.required ? '**required**' : '–'} | ${cell(a.description)} |`),
    ...command.options.map(optionRow),
  ];
  const said = addedHelp(command);
  return [
    `## waymark ${name}`,
    '',
    `${plain(command.description())}.`,
    '',
    ...(rows.length > 0 ? ['| flag or argument | default | meaning |', '| --- | --- | --- |', ...rows, ''] : []),
    ...(said === '' ? [] : ['```text', said, '```', '']),
    '```',
    EXAMPLES[name] ?? ['waymark', name, ...usage].join(' '),
    '```',
    '',
  ];
}

const text = [
  '# Command line',
  '',
  '<!-- Made by scripts/cli-reference.mjs from src/cli/program.ts: change it there. -->',
  '',
  'Noun, then verb. Results go to standard output and everything else to standard error; with `--json` standard output is',
  'JSON and nothing else. `-h` at any verb shows its usage.',
  '',
  '| exit code | meaning |',
  '| --- | --- |',
  '| 0 | done, or stopped on request |',
  '| 64 | the command line is wrong |',
  '| 69 | a device is absent |',
  '| 70 | a defect in the program |',
  '| 74 | durable state cannot be read or written |',
  '| 75 | not now: try again later |',
  '| 77 | not permitted, file modes too loose, or a credential is refused |',
  '| 78 | the configuration is wrong |',
  '',
  '`waymark status` has its own: 0 ok, 1 degraded, 2 failed or nobody answers. Which error ends with which code:',
  '[errors.md](errors.md).',
  '',
  ...verbs(program, []),
].join('\n');

await writeOrCheck([['docs/reference/cli.md', text]], 'node scripts/cli-reference.mjs');
