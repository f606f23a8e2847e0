// What the verbs print with: JSON and results on stdout, everything else on stderr; every character passes the scrubber.
import { createOutput, exitCodeOf, isWaymarkError, type Output, toWaymarkError } from '../core/index.js';

export const stdout: Output = createOutput(process.stdout);
export const stderr: Output = createOutput(process.stderr);

export function printJson(value: unknown): void {
  stdout.write(`${JSON.stringify(value)}\n`);
}

/** An error in words with its cure, on stderr; gives the exit code. */
export function explainFailure(error: unknown): number {
  const known = toWaymarkError(error);
  stderr.write(`waymark: ${known.message}\n`);
  if (isWaymarkError(error)) stderr.write(`  → ${known.hint} [${known.code}]\n`);
  else if (error instanceof Error) stderr.write(`${error.stack ?? ''}\n`);
  return exitCodeOf(error);
}
