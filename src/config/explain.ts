// Problems as a person reads them: one line each, in the order of the file, place first so that editors can jump there.
import type { ConfigProblem } from './problem.js';

/** `file:line:column: path: message`. */
export function explainProblem({ file, line, column, path, message }: ConfigProblem): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`;
}

/** All problems, one a line, with a closing line that counts them. */
export function explainProblems(problems: readonly ConfigProblem[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return [...problems.map(explainProblem), `${count} in the configuration`].join('\n');
}
