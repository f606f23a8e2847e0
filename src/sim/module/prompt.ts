// A prompt at a port: what is typed is text up to Ctrl-Z, or a number of bytes; ESC gives it up (specs/modem.md 1.1,
// specs/devicewise.md 1.8).

/** Bytes to ask for. */
export interface ByteCount {
  count: number;
  /** With the last byte, or with a Ctrl-Z behind it. */
  endsWith: 'count' | 'ctrl-z';
  isEchoed: boolean;
}

export interface Prompt {
  readonly isOpen: boolean;
  /** Text, a character a byte; undefined after ESC. */
  text(onEnd: (text: string | undefined) => void): void;
  bytes(what: ByteCount, onEnd: (bytes: Buffer | undefined) => void): void;
  take(byte: number): void;
  /** Ends it without a word. */
  reset(): void;
}

interface Open {
  end: (taken: number[] | undefined) => void;
  /** All that is asked for; none: to Ctrl-Z. */
  count: number | undefined;
  max: number;
  echoes: 'by-setting' | 'always' | 'never';
}

const MAX_TEXT = 4096;
const CTRL_Z = 26;
const ESC = 27;
const BS = 8;

/** `echo` shows a typed byte where the port echoes; of counted bytes nothing comes back unless they are to, then always. */
export function createPrompt(say: (text: string) => void, echo: (byte: number, isForced: boolean) => void): Prompt {
  let open: Open | undefined;
  let taken: number[] = [];
  const begin = (what: Open): void => {
    open = what;
    taken = [];
    say('\r\n> ');
  };
  const end = (result: number[] | undefined): void => {
    const ended = open;
    open = undefined;
    ended?.end(result);
  };
  return {
    get isOpen() {
      return open !== undefined;
    },
    text: (onEnd) =>
      begin({
        end: (bytes) => onEnd(bytes && Buffer.from(bytes).toString('latin1')),
        count: undefined,
        max: MAX_TEXT,
        echoes: 'by-setting',
      }),
    bytes: ({ count, endsWith, isEchoed }, onEnd) =>
      begin({
        // Behind the last byte only Ctrl-Z is expected; another number of bytes is no data.
        end: (bytes) => onEnd(bytes && bytes.length <= count ? Buffer.from(bytes) : undefined),
        count: endsWith === 'count' ? count : undefined,
        max: count + 1,
        echoes: isEchoed ? 'always' : 'never',
      }),
    take(byte) {
      if (!open) return;
      if (byte === ESC) {
        end(undefined);
        return;
      }
      if (byte === CTRL_Z && open.count === undefined) {
        end(taken);
        return;
      }
      if (open.echoes !== 'never') echo(byte, open.echoes === 'always');
      // Among counted bytes it is one of them.
      if (byte === BS && open.echoes === 'by-setting') taken.pop();
      else if (taken.length < open.max) taken.push(byte);
      if (taken.length === open.count) end(taken);
    },
    reset() {
      open = undefined;
    },
  };
}
