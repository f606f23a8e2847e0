// The manual page waymark(1), in roff, written from the tree of commands and from the table of exit codes.
import { allVerbs, type FlagNode, type VerbNode } from './command-tree.js';

/** Plain words for roff: a backslash is its own, a dash stays one that can be copied, a dot or quote does not start a line. */
const plain = (words: string): string =>
  words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', '\\(cq')
    .replaceAll('…', '...')
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/^([.'])/, '\\&$1');

const bold = (words: string): string => `\\fB${plain(words)}\\fR`;
/** `--config <file>`: names bold, what is to be put in italics. */
const usage = (words: string): string =>
  words
    .split(/([<[][^>\]]*[>\]])/)
    .map((part) => (/^[<[]/.test(part) ? `\\fI${plain(part)}\\fR` : part.trim() === '' ? part : bold(part)))
    .join('');

const sentence = (words: string): string => (words === '' ? '' : `${words[0]?.toUpperCase() ?? ''}${words.slice(1)}.`);

function flagLines({ usage: words, description, value, standard }: FlagNode): string[] {
  const choices = Array.isArray(value) ? ` One of: ${value.join(', ')}.` : '';
  const otherwise = standard === undefined || standard === '' ? '' : ` Otherwise: ${standard}.`;
  return ['.TP', usage(words), plain(`${sentence(description)}${choices}${otherwise}`)];
}

function verbLines(verb: VerbNode): string[] {
  const flags = verb.flags.filter(({ names }) => !names.includes('--help'));
  // A noun without flags of its own is told by its verbs.
  if (verb.verbs.length > 0 && flags.length === 0) return [];
  return [
    '.SS',
    `${bold(verb.path)}${verb.usage === '' ? '' : ` ${usage(verb.usage)}`}`,
    plain(sentence(verb.description)),
    ...verb.arguments.flatMap(({ name, description, value }) =>
      description === '' && !Array.isArray(value)
        ? []
        : [
            '.TP',
            usage(`<${name}>`),
            plain(sentence(Array.isArray(value) ? `one of: ${value.join(', ')}` : description)),
          ],
    ),
    ...flags.flatMap(flagLines),
  ];
}

const EXITS: readonly (readonly [string, string])[] = [
  ['0', 'done, or ended as asked'],
  ['1, 2', 'status: degraded, failed (or nobody answers)'],
  ['64', 'wrong command line'],
  ['70', 'a defect, or everything was tried and nothing helped: the service manager starts anew'],
  ['74', 'the state cannot be read and not be repaired'],
  ['75', 'demo: not serving when the time was over'],
  ['77', 'rights are missing, or a file is open to others'],
  ['78', 'the configuration is wrong'],
];

const FILES: readonly (readonly [string, string])[] = [
  ['/etc/waymark/gateway.yaml', 'the configuration'],
  ['/etc/waymark/secrets/', 'tokens and passwords, each a file of mode 0600 that belongs to the user waymark'],
  ['/var/lib/waymark/', 'identity and state (mode 0700)'],
  ['/run/waymark/', 'the socket of the running agent, and the token of its page'],
  ['/usr/share/doc/waymark/', 'an example configuration, guides, the bill of materials'],
];

const pairs = (rows: readonly (readonly [string, string])[]): string[] =>
  rows.flatMap(([name, words]) => ['.TP', bold(name), plain(sentence(words))]);

/** @param date `2026-11-26`, of what is described. */
export function manualPage(root: VerbNode, { version, date }: { version: string; date: string }): string {
  return [
    `.TH ${root.name.toUpperCase()} 1 "${date}" "${root.name} ${plain(version)}" "User Commands"`,
    '.nh',
    '.SH NAME',
    `${root.name} \\- gateway agent for modem, identity, corrections and positions`,
    '.SH SYNOPSIS',
    `${bold(root.name)} \\fIverb\\fR [\\fIflags\\fR]`,
    '.SH DESCRIPTION',
    plain(root.description),
    plain('JSON goes to standard output and everything else to standard error.'),
    plain('As a service it is run by the unit waymark.service, once /etc/waymark/gateway.yaml is there.'),
    '.SH COMMANDS',
    ...allVerbs(root).slice(1).flatMap(verbLines),
    '.SH EXIT STATUS',
    ...pairs(EXITS),
    '.SH FILES',
    ...pairs(FILES),
    '.SH SEE ALSO',
    `.BR systemctl (1),`,
    `.BR journalctl (1),`,
    `.BR udevadm (8)`,
    '',
  ].join('\n');
}
