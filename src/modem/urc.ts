// Which lines nobody asked for. Unsolicited lines come between any two lines, also with the prefix of the running
// command; so they are told apart by shape and by count, never by prefix alone (specs/modem.md 1.3, 2.4).

import { isRegistrationPrefix, parseRegistration } from './codec/registration.js';

/** Prefixes (before the colon) and whole lines that are unsolicited when no command of that name is in flight. */
const STANDARD: readonly string[] = (
  'RING +CRING +CLIP +CMTI +CMT +CDS +CDSI +CBM +CUSD +CREG +CGREG +CEREG +C5GREG +CGEV +CIEV +CTZV +CTZE +CTZEU +CTZDST ' +
  '+CPIN +CFUN +CSCON +CSQ +CESQ +COPS +CCLK +PBREADY +PACSP0 +PACSP1 RDY +READY'
).split(' ');

const WHOLE_LINES: ReadonlySet<string> = new Set(['RING', 'RDY', '+READY', '+PBREADY', 'NO CARRIER', 'SHUTDOWN']);

/** These swallow the next line, whatever it says. */
const TWO_LINES: ReadonlySet<string> = new Set(['+CMT', '+CDS', '+CBM']);

/** Read commands that are answered by exactly one line; a second one with the same prefix is unsolicited. */
const ONE_LINE: ReadonlySet<string> = new Set(
  '+CREG +CGREG +CEREG +C5GREG +CPIN +CFUN +CCLK +COPS +CSQ +CESQ +CGATT +CMEE #QSS'.split(' '),
);

/** Takes the lines of one URC (two for the two-line kinds); true keeps it from older handlers. */
export type UrcHandler = (lines: readonly string[]) => boolean | undefined;

/** The command a line might answer. */
export interface InFlight {
  /** The line as sent, without CR. */
  readonly text: string;
  /** `+CREG` of `AT+CREG?`; empty for basic commands. */
  readonly prefix: string;
  /** Answers with the command's own prefix so far. */
  answers: number;
}

/** `+CREG` of `+CREG: 1`; the whole line when there is no colon. */
export function linePrefix(line: string): string {
  const colon = line.indexOf(':');
  return colon < 0 ? line : line.slice(0, colon);
}

/** Sorts lines and hands unsolicited ones to whoever registered for them, newest first. */
export class UrcRouter {
  readonly #known = new Set<string>([...STANDARD, 'NO CARRIER']);
  readonly #handlers: { prefix: string; handler: UrcHandler }[] = [];
  #first: string | undefined;

  /** Adds a profile's prefixes. */
  learn(prefixes: readonly string[]): void {
    for (const prefix of prefixes) this.#known.add(prefix);
  }

  /** Registers for a prefix; returns the unsubscribe. */
  on(prefix: string, handler: UrcHandler): () => void {
    const entry = { prefix, handler };
    this.#known.add(prefix);
    this.#handlers.unshift(entry);
    return () => {
      const at = this.#handlers.indexOf(entry);
      if (at >= 0) this.#handlers.splice(at, 1);
    };
  }

  /** The next line belongs to a two-line URC already begun. */
  get swallowing(): boolean {
    return this.#first !== undefined;
  }

  /** True when the line is not an answer to `command`. */
  isUnsolicited(line: string, command: InFlight | undefined): boolean {
    if (!command) return true;
    const prefix = linePrefix(line);
    const own = command.prefix;
    if (prefix.toUpperCase() !== own) return this.#known.has(prefix) && (WHOLE_LINES.has(line) || prefix !== line);
    if (command.text.endsWith('=?')) return isRegistrationPrefix(own) && !line.includes('(');
    const asks = command.text.endsWith('?') || command.text.length === own.length + 2;
    if (!asks) return this.#known.has(prefix) && ONE_LINE.has(own);
    if (isRegistrationPrefix(own) && parseRegistration(line)?.form === 'urc') return true;
    return ONE_LINE.has(own) && command.answers > 0;
  }

  /** Dispatches an unsolicited line. `known` is false for a prefix nobody has ever declared. */
  dispatch(line: string): { known: boolean; complete: boolean } {
    if (this.#first !== undefined) {
      const lines = [this.#first, line];
      this.#first = undefined;
      this.#deliver(linePrefix(lines[0] ?? ''), lines);
      return { known: true, complete: true };
    }
    const prefix = linePrefix(line);
    if (TWO_LINES.has(prefix)) {
      this.#first = line;
      return { known: true, complete: false };
    }
    return { known: this.#deliver(prefix, [line]) || this.#known.has(prefix), complete: true };
  }

  #deliver(prefix: string, lines: readonly string[]): boolean {
    let heard = false;
    for (const entry of [...this.#handlers]) {
      if (entry.prefix !== prefix) continue;
      heard = true;
      if (entry.handler(lines) === true) break;
    }
    return heard;
  }
}
