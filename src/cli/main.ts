// Runs the command line: noun then verb. JSON goes to stdout and everything else to stderr; each verb gives its exit code.
import { setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';
import { CommanderError } from 'commander';
import { createClock, EXIT } from '../core/index.js';
import { explainFailure } from './output.js';
import { buildProgram } from './program.js';

// Cellular hand-shakes take longer than the quarter second that Node gives each address.
setDefaultAutoSelectFamilyAttemptTimeout(5000);
process.umask(0o077);

let exitCode = 0;
const program = buildProgram((action) => async (...args) => {
  exitCode = await action(...args);
});

async function main(): Promise<number> {
  try {
    await program.parseAsync(process.argv);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return explainFailure(error);
  }
}

/** How long output may take to be read after the end. */
const DRAIN_MS = 2000;

/** Ends once stdout has drained, or soon if nobody reads it: a service manager would wait 90 s and call it failed. */
function endDrained(): void {
  const limit = createClock().deadline(DRAIN_MS, () => process.exit());
  process.stdout.write('', () => {
    limit.cancel();
    process.exit();
  });
}

void main().then((code) => {
  // Whatever handle lingers would be a defect, but must not keep the process.
  process.exitCode = code;
  endDrained();
});
