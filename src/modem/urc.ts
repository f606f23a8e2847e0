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

/** The usual shapes, told without taking the line to pieces: a state in the second field is an answer to a read ... */
const READ_FORM = /^[^:,]*:\s*\d\s*,\s*(?:\d|1[01])\s*(?:,|$)/;
/** ... and a state alone or before a quoted location is a report. */
const REPORT_FORM = /^[^:,]*:\s*(?:\d|1[01])\s*(?:,\s*"|$)/;

const isReport = (line: string): boolean =>
  !READ_FORM.test(line) && (REPORT_FORM.test(line) || parseRegistration(line)?.form === 'urc');

/** `+CREG` of `+CREG: 1`; the whole line when there is no colon. */
export function linePrefix(line: string): string {
  const colon = line.indexOf(':');
  return colon < 0 ? line : line.slice(0, colon);
}

/** What is known of a prefix, and who listens to it, newest first. The list is replaced, never changed in place. */
interface Entry {
  declared: boolean;
  readonly twoLines: boolean;
  handlers: readonly { handler: UrcHandler }[];
}

/** Sorts lines and hands unsolicited ones to whoever registered for them, newest first. */
export class UrcRouter {
  readonly #entries = new Map<string, Entry>();
  #first: string | undefined;
  /** The line looked at last: it is asked about more than once on its way. */
  #seenLine = '';
  #seenPrefix = '';

  constructor() {
    this.learn([...STANDARD, ...TWO_LINES, 'NO CARRIER']);
  }

  /** Adds a profile's prefixes. */
  learn(prefixes: readonly string[]): void {
    for (const prefix of prefixes) this.#entry(prefix).declared = true;
  }

  /** Registers for a prefix; returns the unsubscribe. */
  on(prefix: string, handler: UrcHandler): () => void {
    const entry = this.#entry(prefix);
    const own = { handler };
    entry.declared = true;
    entry.handlers = [own, ...entry.handlers];
    return () => {
      entry.handlers = entry.handlers.filter((one) => one !== own);
    };
  }

  /** The next line belongs to a two-line URC already begun. */
  get swallowing(): boolean {
    return this.#first !== undefined;
  }

  /** Gives up a two-line URC whose second line has not come: nobody knows what comes next. */
  forget(): void {
    this.#first = undefined;
  }

  /** True when the line is not an answer to `command`. */
  isUnsolicited(line: string, command: InFlight | undefined): boolean {
    if (!command) return true;
    const prefix = this.#prefixOf(line);
    const own = command.prefix;
    // A line of several commands is answered by several prefixes.
    if (command.text.includes(';') && command.text.toUpperCase().includes(`;${prefix.toUpperCase()}`)) return false;
    if (prefix !== own && (prefix.length !== own.length || prefix.toUpperCase() !== own))
      return this.#entries.get(prefix)?.declared === true && (prefix !== line || WHOLE_LINES.has(line));
    const { text } = command;
    if (text.endsWith('=?')) return isRegistrationPrefix(own) && !line.includes('(');
    const asks = text.endsWith('?') || text.length === own.length + 2;
    if (!asks) return ONE_LINE.has(own) && this.#entries.get(prefix)?.declared === true;
    if (isRegistrationPrefix(own) && isReport(line)) return true;
    return command.answers > 0 && ONE_LINE.has(own);
  }

  /** Dispatches an unsolicited line. `known` is false for a prefix nobody has ever declared. */
  dispatch(line: string): { known: boolean; complete: boolean } {
    if (this.#first !== undefined) {
      const first = this.#first;
      this.#first = undefined;
      deliver(this.#entries.get(linePrefix(first)), [first, line]);
      return WHOLE_KNOWN;
    }
    const entry = this.#entries.get(this.#prefixOf(line));
    if (entry === undefined) return WHOLE_UNKNOWN;
    if (entry.twoLines) {
      this.#first = line;
      return HALF;
    }
    if (entry.handlers.length > 0) deliver(entry, [line]);
    return entry.declared ? WHOLE_KNOWN : WHOLE_UNKNOWN;
  }

  #prefixOf(line: string): string {
    if (line !== this.#seenLine) {
      this.#seenLine = line;
      this.#seenPrefix = linePrefix(line);
    }
    return this.#seenPrefix;
  }

  #entry(prefix: string): Entry {
    let entry = this.#entries.get(prefix);
    if (!entry) {
      entry = { declared: false, twoLines: TWO_LINES.has(prefix), handlers: [] };
      this.#entries.set(prefix, entry);
    }
    return entry;
  }
}

const WHOLE_KNOWN = { known: true, complete: true } as const;
const WHOLE_UNKNOWN = { known: false, complete: true } as const;
const HALF = { known: true, complete: false } as const;

function deliver(entry: Entry | undefined, lines: readonly string[]): void {
  // Whoever registers or leaves while this goes on replaces the list, and is heard from the next line on.
  for (const { handler } of entry?.handlers ?? []) if (handler(lines) === true) break;
}
