// Ready-made faults (specs/modem.md 5.4 to 5.6). Each is pushed with `module.push(...)` and removed with what that
// returns. A `command` is matched as a prefix of the line behind AT, in any case: `+CREG?`, `#DWCFG=`.
import type { Timer } from '../../core/index.js';
import type { Behaviour, BehaviourIo } from './behaviour.js';
import type { Outcome } from './command.js';
import type { AnswerSink } from './output.js';

const isAbout = (line: string, command: string): boolean =>
  line.slice(2).trimStart().toUpperCase().startsWith(command.toUpperCase());

/** Nothing comes out any more: no echo, no answer, no unsolicited line. */
export const mute = (): Behaviour => ({ line: () => true, output: () => undefined });

/** ATE0 is answered OK and changes nothing. */
export const echoStuck = (): Behaviour => ({ forcesEcho: true });

/** Every byte in a write of its own. */
export const splitAll = (): Behaviour => ({ chunking: 'one-byte' });

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

/** AT#DWCFG= is answered OK, and nothing is stored. */
export const lieAboutDwcfg = (): Behaviour => answerWith('#DWCFG=', 'OK');

/** Line ends as sloppy firmware makes them: CR missing, or doubled. */
export function sloppyLineEnds(how: 'no-cr' | 'double-cr'): Behaviour {
  const replacement = how === 'no-cr' ? '\n' : '\r\r\n';
  return {
    output: (bytes, kind) =>
      kind === 'echo'
        ? bytes
        : Buffer.from(Buffer.from(bytes).toString('latin1').replaceAll('\r\n', replacement), 'latin1'),
  };
}

/** What a wrong baud rate looks like: bytes, but none that mean anything. */
export const garbled = (): Behaviour => ({
  line: () => true,
  output: (bytes) => bytes.map((byte) => ((byte * 73 + 165) % 256) | 0x80),
});
