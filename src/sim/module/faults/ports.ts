// Faults of the port's state: a prompt or a data call that somebody left open, and somebody else on the line.
import type { Timer } from '../../../core/index.js';
import type { Behaviour } from '../behaviour.js';
import { isAbout } from './about.js';

/**
 * The port waits in a prompt and swallows what is typed, until ESC (OK) or Ctrl-Z (ERROR): at once, or instead of
 * answering a command. Once.
 */
export function stuckPrompt(command?: string): Behaviour {
  let isSpent = command === undefined;
  return {
    line(line, io) {
      if (isSpent || !isAbout(line, command ?? '')) return false;
      isSpent = true;
      io.prompt((text) => io.final(text === undefined ? 'OK' : 'ERROR'));
      return true;
    },
    attach(io) {
      if (command === undefined) io.prompt((text) => io.final(text === undefined ? 'OK' : 'ERROR'));
      return () => undefined;
    },
  };
}

/** The port is in a data call that a program left open; `+++` with its silences leads out. */
export const leftOnline = (): Behaviour => ({
  attach(io) {
    io.goOnline();
    return io.dropCall;
  },
});

/** The port hangs in a data call: not even `+++` leads out, only a restart (or the removal of the fault). */
export function hungOnline(): Behaviour {
  let isHung = true;
  return {
    port: 'primary',
    input: (bytes) => (isHung ? undefined : bytes),
    attach(io) {
      io.goOnline();
      return () => {
        isHung = false;
        io.dropCall();
      };
    },
    booted: () => void (isHung = false),
  };
}

/** The network ends the data call of the port now: NO CARRIER. */
export const dropCall = (): Behaviour => ({
  attach(io) {
    io.dropCall();
    return () => undefined;
  },
});

/** Another program types on the same port (ModemManager, say); its echoes and answers come among ours. */
export function foreignWriter(everyMs = 3000, line = 'AT+GCAP'): Behaviour {
  let timer: Timer | undefined;
  const stop = (): void => timer?.cancel();
  return {
    attach(io) {
      const tick = (): void => {
        io.type(`${line}\r`);
        timer = io.clock.after(everyMs, tick);
      };
      tick();
      return stop;
    },
    dispose: stop,
  };
}
