// What completion and manual page need of the commands, read from the commander program itself: a verb or flag that is
// added anywhere shows up in both by itself.
import type { Argument, Command, Option } from 'commander';

/** What a value is, as far as a shell can help: one of a few words, a path, or something only the person knows. */
export type ValueKind = readonly string[] | 'file' | 'dir' | 'free';

export interface FlagNode {
  /** `-c`, `--config`; the long one last. */
  readonly names: readonly string[];
  /** As it is written in the usage: `-c, --config <file>`. */
  readonly usage: string;
  readonly description: string;
  /** Undefined for a flag without a value. */
  readonly value: ValueKind | undefined;
  readonly standard: string | undefined;
}

export interface VerbNode {
  /** `waymark modem list`. */
  readonly path: string;
  readonly name: string;
  /** As it is written in the usage: `<shell>`. */
  readonly usage: string;
  readonly description: string;
  readonly flags: readonly FlagNode[];
  readonly arguments: readonly { readonly name: string; readonly description: string; readonly value: ValueKind }[];
  readonly verbs: readonly VerbNode[];
}

function kindOf(name: string, choices: readonly string[] | undefined): ValueKind {
  if (choices) return choices;
  if (/dir|folder|root/i.test(name)) return 'dir';
  return /file|path|archive|port|device/i.test(name) ? 'file' : 'free';
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function flagOf(option: Option): FlagNode {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  const placeholder = /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1];
  const otherwise: unknown = option.defaultValue;
  const standard = otherwise === undefined || otherwise === false ? undefined : otherwise;
  return {
    names,
    usage: option.flags,
    description: option.description,
    value: placeholder === undefined ? undefined : kindOf(placeholder, option.argChoices),
    standard: standard === undefined ? undefined : text(standard),
  };
}

const HELP: FlagNode = {
  names: ['-h', '--help'],
  usage: '-h, --help',
  description: 'show the usage',
  value: undefined,
  standard: undefined,
};

function argumentOf(argument: Argument): VerbNode['arguments'][number] {
  const name = argument.name();
  return { name, description: argument.description, value: kindOf(name, argument.argChoices) };
}

/** The tree of verbs below `command`, without those that are hidden. */
export function commandTree(command: Command, above = ''): VerbNode {
  const path = above === '' ? command.name() : `${above} ${command.name()}`;
  const verbs = command.createHelp().visibleCommands(command);
  return {
    path,
    name: command.name(),
    usage: command.registeredArguments
      .map((each) => (each.required ? `<${each.name()}>` : `[${each.name()}]`))
      .join(' '),
    description: command.description(),
    flags: [...command.options.filter(({ hidden }) => !hidden).map(flagOf), HELP],
    arguments: command.registeredArguments.map(argumentOf),
    // Commander's own `help` verb has no use here.
    verbs: verbs.filter((each) => each.name() !== 'help').map((each) => commandTree(each, path)),
  };
}

/** The node and everything below it, depth first. */
export const allVerbs = (node: VerbNode): readonly VerbNode[] => [node, ...node.verbs.flatMap(allVerbs)];
