// Faults of the bytes: none, cut, garbled, with line ends and characters that should not be.
import type { Timer } from '../../../core/index.js';
import type { Behaviour } from '../behaviour.js';
import { createRandom } from '../random.js';

/** Nothing comes out any more: no echo, no answer, no unsolicited line. */
export const mute = (): Behaviour => ({ line: () => true, output: () => undefined });

/** ATE0 is answered OK and changes nothing. */
export const echoStuck = (): Behaviour => ({ forcesEcho: true });

/** Every byte in a write of its own. */
export const splitAll = (): Behaviour => ({ chunking: 'one-byte' });

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

/** Noise on the line when the port is opened: at once, and after each boot. */
export function noise(length = 64, seed = 1): Behaviour {
  const random = createRandom(seed);
  const bytes = (): Uint8Array => Uint8Array.from({ length }, () => Math.floor(random() * 256));
  return {
    attach(io) {
      io.raw(bytes());
      return () => undefined;
    },
    booted: (io) => io.raw(bytes()),
  };
}

/** A NUL in front of everything that is said and at each of its line ends. */
export const nulBytes = (): Behaviour => ({
  output: (bytes) => Buffer.from(`\0${Buffer.from(bytes).toString('latin1').replaceAll('\r\n', '\0\r\n')}`, 'latin1'),
});

const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** What a terminal would obey if it were printed as it is. */
export const HOSTILE_TEXTS: readonly string[] = [
  // Clear, home; title; clipboard; alternate screen; an answer that types.
  '\x1b[2J\x1b[H',
  '\x1b]0;title\x07',
  '\x1b]52;c;aGFybWxlc3M=\x07',
  '\x1b[?1049h',
  '\x1b[6n\x1b[c',
  // C1: CSI, DCS, OSC, ST in eight bits and in UTF-8.
  '\x9b31m',
  '\x90q\x9c\x9d0;x\x9c',
  utf8('\u009b2J\u0085'),
  // Right to left, isolates, line and paragraph separators, a mark of byte order.
  utf8('\u202egnp.exe\u202c\u2066x\u2069'),
  utf8('\u2028\u2029\ufeff\u200f'),
  '\x07\x07\x08\x08\x7f\x0b\x0c\x0e\x0f',
  '\x1b[31m[secret]\x1b[0m',
  'A'.repeat(9000),
];

/** Hostile text behind each information line and as unsolicited lines, a text after the other. */
export function hostileText(where: 'answers' | 'urcs' | 'both' = 'both', everyMs = 500): Behaviour {
  let count = 0;
  let timer: Timer | undefined;
  const next = (): string => HOSTILE_TEXTS[count++ % HOSTILE_TEXTS.length] ?? '';
  const stop = (): void => timer?.cancel();
  return {
    line(line, io) {
      if (where === 'urcs') return false;
      io.run(line, { info: (text) => io.info(`${text}${next()}`), final: io.final });
      return true;
    },
    attach(io) {
      const tick = (): void => {
        io.urc(`+CUSD: 0,"${next()}",15`);
        timer = io.clock.after(everyMs, tick);
      };
      if (where !== 'answers') tick();
      return stop;
    },
    dispose: stop,
  };
}
