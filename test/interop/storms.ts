// Reports (unsolicited lines) in the measure that each judge can bear; why it bears no more stands where they are used.
import { expect } from 'vitest';
import { createClock } from '../../src/core/index.js';
import {
  type Behaviour,
  type BehaviourIo,
  type SimModule,
  type TranscriptLine,
  urcStorm,
} from '../../src/sim/module/index.js';
import type { PluggedModem } from './sim-modem.js';

/** Bursts of ten lines twice a second: twenty lines a second, with silence between the bursts. */
export function burstStorm(module: SimModule, texts: readonly string[]): void {
  for (let i = 0; i < 10; i++) module.push(urcStorm(2, [texts[i % texts.length] ?? '']));
}

const BEHIND_RESULT_MS = 100;
const RESULT = /^\r\n(?:OK|ERROR|\+CM[ES] ERROR: .*)\r\n$/;

/** A storm with lines in front of answers and between commands, but none within 100 ms behind a final result. */
export function stormSparingResults(ratePerS: number, texts: readonly string[]): Behaviour {
  const clock = createClock();
  const storm = urcStorm(ratePerS, texts);
  let waiting: string[] = [];
  let quietUntilMonoMs = 0;
  const speak = (io: BehaviourIo): void => {
    for (const text of waiting) io.urc(text);
    waiting = [];
  };
  return {
    attach(io) {
      const urc = (text: string): void => {
        waiting.push(text);
        if (clock.mono() >= quietUntilMonoMs) speak(io);
      };
      return storm.attach?.({ ...io, urc }) ?? (() => undefined);
    },
    line(_line, io) {
      quietUntilMonoMs = 0;
      speak(io);
      return false;
    },
    output(bytes, kind) {
      if (kind === 'answer' && RESULT.test(Buffer.from(bytes).toString('latin1')))
        quietUntilMonoMs = clock.mono() + BEHIND_RESULT_MS;
      return bytes;
    },
    dispose: () => storm.dispose?.(),
  };
}

/** `storm` begins when `line` has been said for the `nth` time. */
export function stormFrom(line: string, nth: number, storm: Behaviour): Behaviour {
  let count = 0;
  return {
    ...storm,
    attach: () => () => storm.dispose?.(),
    line(said, io) {
      if (said === line && ++count === nth) storm.attach?.(io);
      return storm.line?.(said, io) ?? false;
    },
  };
}

/** A report right behind the final result of every command. */
export const urcAfter = (text: string): Behaviour => ({
  line(line, io) {
    io.run(line, {
      info: io.info,
      final(outcome) {
        io.final(outcome);
        io.urcNow(text);
      },
    });
    return true;
  },
});

/** At least so many of these reports went to the judge's port (a storm that did not happen proves nothing). */
export function expectReports({ module }: PluggedModem, texts: readonly string[], atLeast: number): void {
  const isReport = ({ direction, port, text }: TranscriptLine): boolean =>
    direction === '<' && port === undefined && texts.includes(text);
  expect(module.transcriptLines.filter(isReport).length).toBeGreaterThanOrEqual(atLeast);
}
