// Entry of the second bundle: the simulators as a process of their own, so that none of their packages is ever in the
// agent's memory. `sim.cjs <world|modem|receiver|clouds|commands> <options as JSON>`; the clock comes with the
// environment. `commands` prints what `sim ctl` can say.
import { createClock, createLogger, createOutput, exitCodeOf, inheritedAnchor, LOG_LEVELS } from '../core/index.js';
import { runSimClouds } from './clouds/index.js';
import { commandHelp } from './commands.js';
import { mistake } from './fields.js';
import { runSimModem } from './module/index.js';
import { runSimReceiver } from './receiver/index.js';
import { cloudsOptions, modemOptions, parseOptions, receiverOptions, worldOptions } from './run-options.js';
import { runWorld } from './run-world.js';

async function run(what: string, json: string | undefined): Promise<void> {
  const options = parseOptions(what, json);
  const clock = createClock(inheritedAnchor(process.env));
  const level = options.choice('logLevel', LOG_LEVELS) ?? 'warn';
  const log = createLogger({ level, output: createOutput(process.stderr), now: () => clock.wall() }).child(
    `sim.${what}`,
  );
  const base = { clock, log };
  switch (what) {
    case 'world': {
      // Alone: started by a person or a service, with no parent on the pipe.
      const isAlone = options.flag('alone') === true;
      await runWorld(worldOptions(options, base), {
        output: process.stdout,
        ...(isAlone ? { notes: process.stderr } : { input: process.stdin }),
      });
      return;
    }
    case 'modem':
      await runSimModem(modemOptions(options, base));
      return;
    case 'receiver':
      await runSimReceiver(receiverOptions(options, base));
      return;
    case 'clouds':
      await runSimClouds(cloudsOptions(options, base));
      return;
    case 'commands':
      process.stdout.write(`${commandHelp().join('\n')}\n`);
      return;
    default:
      throw mistake('one of world, modem, receiver, clouds, commands');
  }
}

/** With a channel to whoever started it, a simulator does not outlive them. */
function endWithParent(): void {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}

async function main(): Promise<void> {
  endWithParent();
  try {
    await run(process.argv[2] ?? '', process.argv[3]);
    process.exitCode = 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
    process.exitCode = exitCodeOf(error);
  }
  // What still waits somewhere must not keep an ended simulator alive.
  process.exit();
}

void main();
