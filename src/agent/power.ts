// The operator's own way to cut the module's power (a relay, uhubctl): a program with arguments, never a shell line.
import { type Clock, WaymarkError, withDeadline } from '../core/index.js';

const DEADLINE_MS = 60_000;

export function createPowerHook(argv: readonly string[], clock: Clock): (signal: AbortSignal) => Promise<void> {
  const [program = '', ...args] = argv;
  return (signal) =>
    withDeadline({ clock, ms: DEADLINE_MS, signal, what: `power hook ${program}` }, async (abort) => {
      const { spawn } = await import('node:child_process');
      const child = spawn(program, args, { stdio: 'ignore', signal: abort });
      await new Promise<void>((resolve, reject) => {
        child.on('error', (cause) =>
          reject(
            new WaymarkError('modem.unsupported', `power hook ${program} cannot be run`, {
              cause,
              hint: 'Correct recovery.powerHook in the configuration.',
            }),
          ),
        );
        child.on('exit', (code) =>
          code === 0
            ? resolve()
            : reject(new WaymarkError('modem.error', `power hook ${program} ended with ${code ?? 'a signal'}`)),
        );
      });
    });
}
