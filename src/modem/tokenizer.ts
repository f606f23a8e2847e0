// Bytes to words. Every byte is looked at once and in order, so that any cut of the same bytes gives the same tokens:
//
//   text ──CR|LF──→ line        (CR and LF alike; NUL and blanks around it stripped, empty lines dropped)
//   text ──first bytes are a declared prompt──→ prompt
//   text ──a declared header is complete──→ counted(n) ──n bytes──→ payload ──→ text
//   text ──8 KiB without an end──→ discarding ──CR|LF──→ text
//
// Prompts and payloads exist only while the command in flight declares them: a `>` inside other text does no harm.
// While nothing of the kind is declared, which is nearly always, text is taken in one tight loop up to its line end.

const CR = 0x0d;
const LF = 0x0a;
const NUL = 0x00;
const BLANK = 0x20;
const TAB = 0x09;

/** Longest line kept. A longer one is discarded up to its end and counted. */
export const MAX_LINE_BYTES = 8192;
/** Largest counted payload. A header that announces more is an ordinary line. */
export const MAX_PAYLOAD_BYTES = 65_536;
/** Headers are short; longer text is not looked at any more. */
const MAX_HEADER = 64;

export type PromptKind = '> ' | '>' | '@';

/** How an answer announces counted bytes (specs/modem.md 1.4). */
export interface PayloadRule {
  /** Literal start of the header, as in `#SRECV:`. */
  prefix: string;
  /** Matches the whole header, ends with `$`; group 1 is the byte count. */
  header: RegExp;
  /** The header's last character, or `line` when the bytes follow on the next line. */
  endsWith: ',' | '"' | 'line';
  /** A closing character after the bytes that belongs to neither. */
  trailer?: string;
}

export interface Expectation {
  prompt?: PromptKind | undefined;
  payload?: PayloadRule | undefined;
}

export interface TokenSink {
  /** A whole line; Latin-1, one character a byte. */
  onLine(text: string): void;
  onPrompt(): void;
  onPayload(header: string, bytes: Uint8Array): void;
  /** A line outgrew the cap. */
  onOverlong(): void;
}

export class Tokenizer {
  readonly #sink: TokenSink;
  readonly #line = Buffer.allocUnsafeSlow(MAX_LINE_BYTES);
  #length = 0;
  #hasNul = false;
  #discarding = false;
  #prompt: PromptKind | undefined;
  #rule: PayloadRule | undefined;
  /** Set from the header's CR to the next byte, which may be the LF that belongs to it. */
  #afterHeaderCr: { header: string; count: number } | undefined;
  #payload: { header: string; bytes: Uint8Array; filled: number; trailer: number | undefined } | undefined;
  #trailer: number | undefined;

  constructor(sink: TokenSink) {
    this.#sink = sink;
  }

  /** Declares what the command in flight may be answered with; undefined parts are withdrawn. */
  expect(expectation: Expectation): void {
    this.#prompt = expectation.prompt;
    this.#rule = expectation.payload;
  }

  /** Forgets everything unfinished: after a time-out nobody knows what it belonged to. */
  reset(): void {
    this.#length = 0;
    this.#hasNul = false;
    this.#discarding = false;
    this.#afterHeaderCr = undefined;
    this.#payload = undefined;
    this.#trailer = undefined;
    this.expect({});
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    // Asked anew after each line: its receiver may have declared something.
    while (at < chunk.length) at = this.#isPlain ? this.#take(chunk, at) : this.#step(chunk, at);
  }

  /** Nothing but line ends can have a meaning in what comes next. */
  get #isPlain(): boolean {
    return (
      this.#prompt === undefined &&
      this.#rule === undefined &&
      this.#payload === undefined &&
      this.#afterHeaderCr === undefined &&
      this.#trailer === undefined &&
      !this.#discarding
    );
  }

  /** Takes text up to and with its line end, as `#step` does byte by byte; returns where to go on. */
  #take(chunk: Uint8Array, from: number): number {
    const line = this.#line;
    let length = this.#length;
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte > BLANK) {
        if (length === MAX_LINE_BYTES) {
          this.#outgrown();
          return at + 1;
        }
        line[length++] = byte;
      } else if (byte === CR || byte === LF) {
        if (length === 0) continue;
        this.#length = length;
        this.#endLine(byte);
        return at + 1;
      } else {
        // Blanks and control characters are rare: the other way knows what to do with them.
        this.#length = length;
        this.#append(byte);
        if (this.#discarding) return at + 1;
        length = this.#length;
      }
    }
    this.#length = length;
    return chunk.length;
  }

  /** Consumes from `at` on; returns where to go on. */
  #step(chunk: Uint8Array, at: number): number {
    if (this.#payload) return this.#fill(chunk, at);
    const byte = chunk[at] as number;
    if (this.#afterHeaderCr) {
      const { header, count } = this.#afterHeaderCr;
      this.#afterHeaderCr = undefined;
      this.#startPayload(header, count);
      return byte === LF ? at + 1 : at;
    }
    if (this.#trailer !== undefined) {
      const skip = byte === this.#trailer;
      this.#trailer = undefined;
      if (skip) return at + 1;
    }
    if (byte === CR || byte === LF) this.#endLine(byte);
    else if (!this.#discarding) this.#append(byte);
    return at + 1;
  }

  #append(byte: number): void {
    // Leading blanks are never part of a line, and left out they cannot hide a prompt.
    if (this.#length === 0 && (byte === NUL || byte === BLANK || byte === TAB)) return;
    if (this.#length === MAX_LINE_BYTES) {
      this.#outgrown();
      return;
    }
    this.#line[this.#length++] = byte;
    if (byte === NUL) this.#hasNul = true;
    if (this.#prompt !== undefined && this.#length <= 2) this.#checkPrompt(this.#prompt);
    else if (this.#rule !== undefined) this.#checkInlineHeader(this.#rule, byte);
  }

  #outgrown(): void {
    this.#length = 0;
    this.#hasNul = false;
    this.#discarding = true;
    this.#sink.onOverlong();
  }

  #checkPrompt(prompt: PromptKind): void {
    if (this.#length !== prompt.length || this.#line.toString('latin1', 0, this.#length) !== prompt) return;
    this.#length = 0;
    this.#prompt = undefined;
    this.#sink.onPrompt();
  }

  #checkInlineHeader(rule: PayloadRule, byte: number): void {
    if (rule.endsWith === 'line' || byte !== rule.endsWith.charCodeAt(0) || this.#length > MAX_HEADER) return;
    const text = this.#line.toString('latin1', 0, this.#length);
    const count = headerCount(rule, text);
    if (count === undefined) return;
    this.#length = 0;
    this.#startPayload(text, count);
  }

  #endLine(end: number): void {
    if (this.#discarding) {
      this.#discarding = false;
      return;
    }
    if (this.#length === 0) return;
    let length = this.#length;
    this.#length = 0;
    // The first character is none of these.
    for (let last = this.#line[length - 1]; last === BLANK || last === NUL || last === TAB; )
      last = this.#line[--length - 1];
    const line = this.#line;
    // Nearly every second line is this one.
    const isOk = length === 2 && line[0] === 0x4f && line[1] === 0x4b;
    let text = isOk ? 'OK' : line.toString('latin1', 0, length);
    if (this.#hasNul) {
      this.#hasNul = false;
      text = text.replaceAll('\0', '');
    }
    const rule = this.#rule;
    if (rule?.endsWith === 'line' && length <= MAX_HEADER) {
      const count = headerCount(rule, text);
      if (count !== undefined) {
        if (end === CR) this.#afterHeaderCr = { header: text, count };
        else this.#startPayload(text, count);
        return;
      }
    }
    this.#sink.onLine(text);
  }

  #startPayload(header: string, count: number): void {
    const trailer = this.#rule?.trailer?.charCodeAt(0);
    // One header, one payload: a second one has to be declared by the next command.
    this.#rule = undefined;
    if (count === 0) {
      this.#trailer = trailer;
      this.#sink.onPayload(header, new Uint8Array(0));
    } else this.#payload = { header, bytes: new Uint8Array(count), filled: 0, trailer };
  }

  #fill(chunk: Uint8Array, at: number): number {
    const payload = this.#payload;
    if (!payload) return at;
    const take = Math.min(chunk.length - at, payload.bytes.length - payload.filled);
    payload.bytes.set(chunk.subarray(at, at + take), payload.filled);
    payload.filled += take;
    if (payload.filled === payload.bytes.length) {
      this.#payload = undefined;
      this.#trailer = payload.trailer;
      this.#sink.onPayload(payload.header, payload.bytes);
    }
    return at + take;
  }
}

function headerCount(rule: PayloadRule, text: string): number | undefined {
  if (!text.startsWith(rule.prefix)) return undefined;
  const digits = rule.header.exec(text)?.[1];
  if (digits === undefined) return undefined;
  const count = Number(digits);
  return Number.isInteger(count) && count <= MAX_PAYLOAD_BYTES ? count : undefined;
}
