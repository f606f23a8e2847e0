// Faults of single answers: none, a wrong one, a late one, a restart instead.
import type { Behaviour, BehaviourIo } from '../behaviour.js';
import type { AnswerSink } from '../output.js';
import type { Outcome } from '../results.js';
import { isAbout } from './about.js';

/** The module restarts instead of answering, the first time. */
export function rebootDuring(command: string): Behaviour {
  let isSpent = false;
  return {
    line(line, io) {
      if (isSpent || !isAbout(line, command)) return false;
      isSpent = true;
      io.reset();
      return true;
    },
  };
}

/** The information lines come, then the module restarts instead of the final result; the first time. */
export function rebootMidAnswer(command: string): Behaviour {
  let isSpent = false;
  return {
    line(line, io) {
      if (isSpent || !isAbout(line, command)) return false;
      isSpent = true;
      io.run(line, { info: io.info, final: () => io.reset() });
      return true;
    },
  };
}

/**
 * The whole answer comes `ms` too late (device time); meanwhile other commands are answered as usual, so that the late
 * result may meet the wrong one. The first time only.
 */
export function lateOk(command: string, ms: number): Behaviour {
  let isSpent = false;
  return {
    line(line, io) {
      if (isSpent || !isAbout(line, command)) return false;
      isSpent = true;
      const lines: string[] = [];
      const late: AnswerSink = {
        info: (text) => void lines.push(text),
        final: (outcome) => {
          io.clock.deadline(ms, () => {
            for (const text of lines) io.info(text);
            io.final(outcome);
          });
        },
      };
      io.run(line, late);
      return true;
    },
  };
}

/** The information lines come at once, the final result `ms` too late (device time); the first time only. */
export function lateFinal(command: string, ms: number): Behaviour {
  let isSpent = false;
  return {
    line(line, io) {
      if (isSpent || !isAbout(line, command)) return false;
      isSpent = true;
      io.run(line, { info: io.info, final: (outcome) => void io.clock.deadline(ms, () => io.final(outcome)) });
      return true;
    },
  };
}

/** The command ends with `outcome`; `times` limits how often. */
export function answerWith(command: string, outcome: Outcome, times = Number.POSITIVE_INFINITY): Behaviour {
  let left = times;
  return {
    line(line, io: BehaviourIo) {
      if (left <= 0 || !isAbout(line, command)) return false;
      left--;
      io.final(outcome);
      return true;
    },
  };
}

/** The command ends with `+CME ERROR: n`. */
export const cme = (command: string, n: number, times?: number): Behaviour => answerWith(command, { cme: n }, times);

/** Everything but a bare AT ends with `+CME ERROR: n`. */
export const cmeFlood = (n: number): Behaviour => ({
  line(line, io) {
    if (line.slice(2).trim() === '') return false;
    io.final({ cme: n });
    return true;
  },
});

/** The command gets no answer at all (its echo comes); `times` limits how often. */
export function deaf(command: string, times = Number.POSITIVE_INFINITY): Behaviour {
  let left = times;
  return {
    line(line) {
      if (left <= 0 || !isAbout(line, command)) return false;
      left--;
      return true;
    },
  };
}

/** From the first matching command on nothing is answered (echoes come) until the module has restarted. */
export function stickyTimeouts(command = ''): Behaviour {
  let isStuck = false;
  return {
    line(line) {
      isStuck ||= isAbout(line, command);
      return isStuck;
    },
    booted: () => void (isStuck = false),
  };
}

/** AT#DWCFG= is answered OK, and nothing is stored. */
export const lieAboutDwcfg = (): Behaviour => answerWith('#DWCFG=', 'OK');
