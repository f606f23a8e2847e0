// What the verbs print with: JSON and results on stdout, everything else on stderr; every character passes the scrubber.
import { createOutput, exitCodeOf, isWaymarkError, type Output, toWaymarkError } from '../core/index.js';
import { cureLines, hanging } from '../status/index.js';

export const stdout: Output = createOutput(process.stdout);
/** For words painted with colours, made of `oneLine` texts: nothing in them is escaped any more. */
export const screen: Output = createOutput(process.stdout, { painted: true });
export const stderr: Output = createOutput(process.stderr);

export function printJson(value: unknown): void {
  stdout.write(`${JSON.stringify(value)}\n`);
}

/** An error in words with its cure, on stderr; gives the exit code. */
export function explainFailure(error: unknown): number {
  const known = toWaymarkError(error);
  stderr.write(`${hanging('waymark: ', known.message).join('\n')}\n`);
  if (isWaymarkError(error)) stderr.write(`${cureLines('  ', known.hint, known.code).join('\n')}\n`);
  else if (error instanceof Error) stderr.write(`${error.stack ?? ''}\n`);
  return exitCodeOf(error);
}
