// Faults of unsolicited lines: too many, in bad places, looking like something else, or lost.
import type { Timer } from '../../../core/index.js';
import type { Behaviour } from '../behaviour.js';
import { isAbout } from './about.js';

/** Unsolicited lines without end, `ratePerS` a second of clock time, in turn from `texts`. */
export function urcStorm(ratePerS: number, texts: readonly string[] = ['+CREG: 1', '#PSNT: 4']): Behaviour {
  // Timers below 10 ms are not worth having: several lines each time instead.
  const everyMs = Math.max(10, 1000 / ratePerS);
  const perTick = Math.max(1, Math.round((ratePerS * everyMs) / 1000));
  let timer: Timer | undefined;
  let count = 0;
  const stop = (): void => timer?.cancel();
  return {
    attach(io) {
      const tick = (): void => {
        for (let i = 0; i < perTick; i++) io.urc(texts[count++ % texts.length] ?? '');
        timer = io.clock.after(everyMs, tick);
      };
      tick();
      return stop;
    },
    dispose: stop,
  };
}

/** An unsolicited line between the information of an answer and its final result. */
export function urcInside(command: string, text: string): Behaviour {
  return {
    line(line, io) {
      if (!isAbout(line, command)) return false;
      io.run(line, {
        info: io.info,
        final: (outcome) => {
          io.urcNow(text);
          io.final(outcome);
        },
      });
      return true;
    },
  };
}

/** An unsolicited line (of the same prefix, say) between the echo and the answer. */
export function urcBefore(command: string, text: string): Behaviour {
  return {
    line(line, io) {
      if (isAbout(line, command)) io.urcNow(text);
      return false;
    },
  };
}

/** Before the answer of a read command comes a report of the same prefix, in the shape of its URC. */
export function samePrefixUrc(command: string, text?: string): Behaviour {
  const prefix = command.replace(/[=?].*$/, '');
  return urcBefore(command, text ?? `${prefix}: 2`);
}

/** A message of two lines before the answer of a command; its second line says OK. */
export const twoLineUrc = (command = '', second = 'OK'): Behaviour =>
  urcBefore(command, `+CMT: "+10000000000",,"26/06/15,12:00:00+04"\r\n${second}`);

/** Every `every`-th unsolicited line is lost. */
export function lostUrcs(every: number): Behaviour {
  let count = 0;
  return { output: (bytes, kind) => (kind === 'urc' && ++count % every === 0 ? undefined : bytes) };
}
