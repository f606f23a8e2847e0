// What the module says, in the shape its settings ask for: V1 or V0, echo, result codes off (specs/modem.md 1.1).
import { type FinalWords, finalDigit, finalText, type Outcome } from './results.js';
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
const PREFIX_BLANK = /^([+#$^*][A-Z0-9 ]{1,24}:) /;

export interface SpeakerDeps {
  settings: SessionSettings;
  words: FinalWords;
  /** `+CREG: 1` rather than `+CREG:1`. */
  blankAfterColon: boolean;
}

/** `say` gets each piece as bytes with its kind and, for lines, their text. */
export function createSpeaker(
  { settings, words, blankAfterColon }: SpeakerDeps,
  say: (bytes: Uint8Array, kind: Spoken, line?: string) => void,
): Speaker {
  let isInsideAnswer = false;
  const line = (spoken: string, kind: Spoken, lead: string): void => {
    const text = blankAfterColon ? spoken : spoken.replace(PREFIX_BLANK, '$1');
    say(Buffer.from(`${lead}${text}${LINE_END}`, 'latin1'), kind, text);
  };
  return {
    echo: (bytes) => say(bytes, 'echo'),
    begin: () => void (isInsideAnswer = false),
    info(text) {
      // Only the first line of an answer brings its own line end in front.
      line(text, 'answer', isInsideAnswer || !settings.verbose ? '' : LINE_END);
      isInsideAnswer = true;
    },
    urc(text) {
      isInsideAnswer = false;
      line(text, 'urc', settings.verbose ? LINE_END : '');
    },
    final(outcome) {
      isInsideAnswer = false;
      const { quiet, verbose, cmee } = settings;
      if (quiet) return;
      const text = finalText(outcome, cmee, words);
      if (verbose) line(text, 'answer', LINE_END);
      else say(Buffer.from(`${finalDigit(outcome)}\r`), 'answer', text);
    },
  };
}
