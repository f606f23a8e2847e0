// The secrets that were sent to a module, so that they are known again when it says them back: as an echo that comes late,
// cut into lines, in an error's text, in a report. The scrubber of the process knows the longer ones and the usual shapes;
// a PIN has four digits, and half a line has no shape. Only what is shown passes here: trace, errors, answers for people.
//
//   AT+CPIN="7351"  sent ──→  `AT+CPIN="73` `51"`  and  `+CME ERROR: "7351"`  are shown with [secret] for it
import type { AtCommand } from './command.js';
import { finalKind } from './finals.js';

export interface OwnSecrets {
  /** Remembers the secrets of a command that is about to be sent. */
  note(command: AtCommand): void;
  /** The text without them. */
  hide(text: string): string;
}

const MAX_NOTED = 32;
/** Longer ones are told from other text by themselves; a shorter one must stand alone. */
const ALONE_BELOW = 8;
const HIDDEN = '[secret]';

const isWordAt = (text: string, at: number): boolean => /[0-9A-Za-z]/.test(text.charAt(at));

function hideValue(text: string, value: string): string {
  let out = '';
  let from = 0;
  for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
    const end = at + value.length;
    if (at < from) continue;
    if (value.length < ALONE_BELOW && ((at > 0 && isWordAt(text, at - 1)) || isWordAt(text, end))) continue;
    out += text.slice(from, at) + HIDDEN;
    from = end;
  }
  return out + text.slice(from);
}

/** True when `piece` may be cut out of `line` so that it holds some of `value`. */
function isPieceOf(piece: string, line: string, value: string): boolean {
  const start = line.indexOf(value);
  for (let at = line.indexOf(piece); at >= 0; at = line.indexOf(piece, at + 1))
    if (at < start + value.length && at + piece.length > start) return true;
  return false;
}

/** Secrets of one modem, whatever link they went over. */
export function createOwnSecrets(): OwnSecrets {
  const noted: { line: string; value: string }[] = [];
  return {
    note({ text, secrets = [] }) {
      for (const value of secrets) {
        if (value === '' || noted.some((known) => known.line === text && known.value === value)) continue;
        noted.push({ line: text, value });
        if (noted.length > MAX_NOTED) noted.shift();
      }
    },
    hide(text) {
      if (noted.length === 0 || text === '' || finalKind(text, '') === 'success') return text;
      let out = text;
      for (const { line, value } of noted) {
        if (isPieceOf(out, line, value)) return HIDDEN;
        out = hideValue(out, value);
      }
      return out;
    },
  };
}
