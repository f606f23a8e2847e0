// Completion scripts for bash, zsh and fish, written from the tree of commands. Each walks the words before the cursor
// down the tree, then offers what may come there: values of the flag before, flags after a dash, else verbs.
import { allVerbs, type FlagNode, type ValueKind, type VerbNode } from './command-tree.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** In single quotes for any of the three shells; line breaks become blanks. */
const quoted = (words: string, escape: string): string => `'${words.replace(/\s+/g, ' ').replaceAll("'", escape)}'`;
const sh = (words: string): string => quoted(words, `'\\''`);
const fish = (words: string): string => quoted(words.replaceAll('\\', '\\\\'), `\\'`);

/** `'waymark run --log'|'waymark run -l'`: every spelling of a flag below a verb. */
const spellings = (verb: VerbNode, flag: FlagNode): string =>
  flag.names.map((name) => sh(`${verb.path} ${name}`)).join('|');

/** The arm of a `case` for each verb below the top. */
const steps = (root: VerbNode): string =>
  allVerbs(root)
    .slice(1)
    .map(({ path }) => sh(path))
    .join('|');

function valueArms(root: VerbNode, arm: (value: ValueKind) => string): string {
  return allVerbs(root)
    .flatMap((verb) =>
      verb.flags.flatMap((flag) =>
        flag.value === undefined ? [] : [`    ${spellings(verb, flag)}) ${arm(flag.value)}; return ;;`],
      ),
    )
    .join('\n');
}

/** What may stand where a verb could: its verbs, or the values of its first argument. */
const wordsOf = (verb: VerbNode): readonly string[] => {
  const first = verb.arguments[0]?.value;
  return [...verb.verbs.map(({ name }) => name), ...(Array.isArray(first) ? (first as readonly string[]) : [])];
};

/** True where a path is expected. */
const takesFile = (verb: VerbNode): boolean => ['file', 'dir'].includes(String(verb.arguments[0]?.value));

function bash(root: VerbNode): string {
  const arm = (value: ValueKind): string =>
    value === 'file'
      ? `COMPREPLY=($(compgen -f -- "$word"))`
      : value === 'dir'
        ? `COMPREPLY=($(compgen -d -- "$word"))`
        : value === 'free'
          ? ':'
          : `COMPREPLY=($(compgen -W ${sh(value.join(' '))} -- "$word"))`;
  const arms = allVerbs(root).map(
    (verb) =>
      `    ${sh(verb.path)}) verbs=${sh(wordsOf(verb).join(' '))}; flags=${sh(verb.flags.flatMap(({ names }) => names).join(' '))}${takesFile(verb) ? '; files=1' : ''} ;;`,
  );
  return `# bash completion for ${root.name}
_${root.name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} at=${root.name} verbs= flags= files= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
    ${steps(root)}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  COMPREPLY=()
  case "$at $before" in
${valueArms(root, arm)}
  esac
  case "$at" in
${arms.join('\n')}
  esac
  if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "$flags" -- "$word"))
  elif [[ $files ]]; then COMPREPLY=($(compgen -f -- "$word"))
  else COMPREPLY=($(compgen -W "$verbs" -- "$word"))
  fi
}
complete -o filenames -F _${root.name} ${root.name}
`;
}

function zsh(root: VerbNode): string {
  const arm = (value: ValueKind): string =>
    value === 'file'
      ? '_files'
      : value === 'dir'
        ? '_files -/'
        : value === 'free'
          ? ':'
          : `compadd -- ${value.join(' ')}`;
  const entry = (name: string, description: string): string => sh(`${name.replaceAll(':', '\\:')}:${description}`);
  const arms = allVerbs(root).map((verb) => {
    const verbs = wordsOf(verb).map((name) =>
      entry(name, verb.verbs.find((each) => each.name === name)?.description ?? ''),
    );
    const flags = verb.flags.flatMap(({ names, description }) => names.map((name) => entry(name, description)));
    return `    ${sh(verb.path)}) verbs=(${verbs.join(' ')}) flags=(${flags.join(' ')})${takesFile(verb) ? ' files=1' : ''} ;;`;
  });
  return `#compdef ${root.name}
_${root.name}() {
  local at=${root.name} files= i
  local -a verbs flags
  for ((i = 2; i < CURRENT; i++)); do
    case "$at \${words[i]}" in
    ${steps(root)}) at="$at \${words[i]}" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${valueArms(root, arm)}
  esac
  case "$at" in
${arms.join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then _describe -o flag flags
  elif [[ -n $files ]]; then _files
  else _describe verb verbs
  fi
}
if [ "$funcstack[1]" = _${root.name} ]; then _${root.name} "$@"; else compdef _${root.name} ${root.name}; fi
`;
}

function fishLines(root: VerbNode, verb: VerbNode): string[] {
  const head = `complete -c ${root.name} -n ${fish(`test (__${root.name}_at) = "${verb.path}"`)}`;
  const value = (kind: ValueKind | undefined): string =>
    kind === undefined
      ? ''
      : kind === 'file'
        ? ' -r -F'
        : kind === 'dir'
          ? " -x -a '(__fish_complete_directories)'"
          : kind === 'free'
            ? ' -x'
            : ` -x -a ${fish(kind.join(' '))}`;
  return [
    ...wordsOf(verb).map((name) => {
      const description = verb.verbs.find((each) => each.name === name)?.description;
      return `${head} -f -a ${fish(name)}${description === undefined ? '' : ` -d ${fish(description)}`}`;
    }),
    ...(takesFile(verb) ? [`${head} -F`] : []),
    ...verb.flags.map((flag) => {
      const names = flag.names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
      return `${head} ${names.join(' ')}${value(flag.value)} -d ${fish(flag.description)}`;
    }),
  ];
}

function fishScript(root: VerbNode): string {
  return `# fish completion for ${root.name}
function __${root.name}_at
  set -l at ${root.name}
  for word in (commandline -opc)[2..]
    switch "$at $word"
      case ${allVerbs(root)
        .slice(1)
        .map(({ path }) => fish(path))
        .join(' ')}
        set at "$at $word"
    end
  end
  echo $at
end
complete -c ${root.name} -f
${allVerbs(root)
  .flatMap((verb) => fishLines(root, verb))
  .join('\n')}
`;
}

/** The script to be sourced by that shell, or put where it looks for completions. */
export function completionScript(root: VerbNode, shell: Shell): string {
  switch (shell) {
    case 'bash':
      return bash(root);
    case 'zsh':
      return zsh(root);
    case 'fish':
      return fishScript(root);
  }
}
