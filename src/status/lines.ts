// Lines for people out of texts that partly come from outside: an operator's name, a far side's refusal, a program's name.
import { oneLine } from '../core/index.js';

/**
 * A text that may have lines of its own, as commands to paste have, behind `head`: what follows the first stands under
 * it, so that it cannot be taken for a line of ours.
 */
export function hanging(head: string, text: string): string[] {
  const [first = '', ...more] = text.split(/[\r\n]+/).map(oneLine);
  return [`${head}${first}`, ...more.filter((line) => line !== '').map((line) => `${' '.repeat(head.length)}${line}`)];
}

/** A cure for a person, and the verb that says more of its code, without a network and in any terminal. */
export function cureLines(indent: string, hint: string | undefined, code: string | undefined): string[] {
  return [
    ...(hint === undefined ? [] : hanging(`${indent}→ `, hint)),
    ...(code === undefined ? [] : [`${indent}more: waymark explain ${oneLine(code)}`]),
  ];
}
