// What the module says, in the shape its settings ask for: V1 or V0, echo, result codes off (specs/modem.md 1.1).
import { finalDigit, finalText, type Outcome } from './command.js';
import type { SessionSettings } from './state.js';

export type Spoken = 'echo' | 'answer' | 'urc';

/** Where the pieces of one answer go. */
export interface AnswerSink {
  info(text: string): void;
  final(outcome: Outcome): void;
}

export interface Speaker extends AnswerSink {
  urc(text: string): void;
  echo(bytes: Uint8Array): void;
  /** A new command line: what was half said before is over. */
  begin(): void;
}

const LINE_END = '\r\n';

/** `say` gets each piece as bytes with its kind and, for lines, their text. */
export function createSpeaker(
  settings: () => SessionSettings,
  say: (bytes: Uint8Array, kind: Spoken, line?: string) => void,
): Speaker {
  let isInsideAnswer = false;
  const line = (text: string, kind: Spoken, lead: string): void =>
    say(Buffer.from(`${lead}${text}${LINE_END}`, 'latin1'), kind, text);
  return {
    echo: (bytes) => say(bytes, 'echo'),
    begin: () => void (isInsideAnswer = false),
    info(text) {
      // Only the first line of an answer brings its own line end in front.
      line(text, 'answer', isInsideAnswer || !settings().verbose ? '' : LINE_END);
      isInsideAnswer = true;
    },
    urc(text) {
      isInsideAnswer = false;
      line(text, 'urc', settings().verbose ? LINE_END : '');
    },
    final(outcome) {
      isInsideAnswer = false;
      const { quiet, verbose, cmee } = settings();
      if (quiet) return;
      const text = finalText(outcome, cmee);
      if (verbose) line(text, 'answer', LINE_END);
      else say(Buffer.from(`${finalDigit(outcome)}\r`), 'answer', text);
    },
  };
}
