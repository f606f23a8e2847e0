// Bytes from the terminal to command lines: one byte at a time, echo, backspace, LF after CR, A/ (specs/modem.md 1.1).

export interface LineReaderHooks {
  /** Bytes to echo, if echo is on. */
  echo(bytes: Uint8Array): void;
  /** A complete line with its AT prefix, without CR. */
  line(text: string): void;
  /** A/ : the last line again. */
  repeat(): void;
  /** True while a command is open: what is typed then goes to `intrude`, not into a line. */
  isBusy(): boolean;
  /** A byte came while a command was open. */
  intrude(byte: number): void;
}

export interface LineReader {
  take(byte: number): void;
  /** Is a command half typed? Unsolicited lines wait then. */
  readonly isTyping: boolean;
  reset(): void;
}

const CR = 13;
const LF = 10;
const BS = 8;
const CTRL_Z = 26;
const ESC = 27;
/** A longer line is cut; the rest of it is lost, as in a fixed buffer. */
const MAX_LINE = 2048;

export function createLineReader(hooks: LineReaderHooks): LineReader {
  let line = '';

  const take = (byte: number): void => {
    // Commands end with CR; some programs add LF, and NUL is what a port says when it opens.
    if (byte === 0 || byte === LF) return;
    if (hooks.isBusy()) {
      hooks.intrude(byte);
      return;
    }
    hooks.echo(Uint8Array.of(byte));
    if (byte === CR) {
      const text = line;
      line = '';
      const start = text.toUpperCase().indexOf('AT');
      // Noise before the prefix is skipped; a line without one is not for us.
      if (start >= 0) hooks.line(text.slice(start));
    } else if (byte === BS) {
      line = line.slice(0, -1);
    } else if (byte === ESC || byte === CTRL_Z) {
      // Meant for a prompt that is not open: what was half typed is void.
      line = '';
    } else if (line.length < MAX_LINE) {
      line += String.fromCharCode(byte);
      if (line.toUpperCase() === 'A/') {
        line = '';
        hooks.repeat();
      }
    }
  };

  return {
    take,
    get isTyping() {
      return line.length > 0 && 'AT'.startsWith(line.slice(0, 2).toUpperCase());
    },
    reset() {
      line = '';
    },
  };
}
