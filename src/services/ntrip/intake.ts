// Decides what a stream carries before any of it goes to the receiver: corrections (and of which kind), or words. Some
// casters refuse in the body of a 200 (specs/ublox.md 2.1). Bounded; once decided it passes everything through.
//
//   undecided --a frame begins, or no text under a telling name--> corrections (all held bytes first)
//       |------text with a refusal in it, a source table---------> refusal
//       +------1 kB of other text, 4 kB of neither---------------> refusal (malformed)
import { type RefusalKind, shown } from './answer.js';

export type StreamKind = 'spartn' | 'rtcm3';

export type Taken =
  | { is: 'more' }
  | { is: 'corrections'; kind: StreamKind; bytes: Uint8Array }
  | { is: 'refusal'; kind: RefusalKind; line: string };

export interface Intake {
  push(bytes: Uint8Array): Taken;
  /** No more comes, or not for too long: what the held bytes are then. */
  end(): Taken;
  /** Known from the start with a telling name, otherwise from the first frame on. */
  readonly kind: StreamKind | undefined;
}

/** Casters that refuse in the body of a 200 do so at once; a stream waits for our position. */
export const WORDS_MS = 1500;

const MAX_TEXT = 1024;
const MAX_UNKNOWN = 4096;

/** The name of a mountpoint tells what it carries: NEAR-RTCM, NEAR-SPARTN. */
export function kindOfMountPoint(mountPoint: string): StreamKind | undefined {
  if (/spartn/i.test(mountPoint)) return 'spartn';
  return /rtcm/i.test(mountPoint) ? 'rtcm3' : undefined;
}

export function createIntake(known: StreamKind | undefined): Intake {
  let held: Buffer | undefined = Buffer.alloc(0);
  let kind = known;

  const refuse = (is: RefusalKind, line: string): Taken => ({ is: 'refusal', kind: is, line: shown(line) });

  const decide = (bytes: Buffer, isOver: boolean): Taken => {
    const text = leadingText(bytes);
    if (/banned|sandbox/i.test(text)) return refuse('refused', text);
    if (SOURCE_TABLE.test(text)) return refuse('mountpoint', text);
    if (text.length > MAX_TEXT) return refuse('malformed', text);
    kind ??= firstFrameKind(bytes.subarray(0, MAX_UNKNOWN));
    if (kind !== undefined && text.length < bytes.length) {
      held = undefined;
      return { is: 'corrections', kind, bytes };
    }
    if (bytes.length <= MAX_UNKNOWN && !isOver) return { is: 'more' };
    return refuse('malformed', text.length === bytes.length ? text : 'neither RTCM 3 nor SPARTN');
  };

  return {
    get kind() {
      return kind;
    },
    push(bytes) {
      if (!held && kind) return { is: 'corrections', kind, bytes };
      held = Buffer.concat([held ?? Buffer.alloc(0), bytes]);
      return held.length === 0 ? { is: 'more' } : decide(held, false);
    },
    end: () => (held && held.length > 0 ? decide(held, true) : { is: 'more' }),
  };
}

const SOURCE_TABLE = /^(?:SOURCETABLE|ENDSOURCETABLE|STR;|CAS;|NET;)/m;

/** As far as it is text from the first byte on; one more than `MAX_TEXT` at most. */
function leadingText(bytes: Buffer): string {
  return /^[\t\r\n\x20-\x7e]*/.exec(bytes.toString('latin1', 0, MAX_TEXT + 1))?.[0] ?? '';
}

/** The first place where a frame of either kind may begin: a preamble with a header that is right for it. */
function firstFrameKind(bytes: Buffer): StreamKind | undefined {
  for (let at = 0; at + 5 <= bytes.length; at++) {
    if (bytes[at] === 0xd3 && isRtcmHeader(bytes, at)) return 'rtcm3';
    if (bytes[at] === 0x73 && isSpartnHeader(bytes, at)) return 'spartn';
  }
  return undefined;
}

/** Six zero bits, a length that holds a message, and a number that messages have (specs/ublox.md 3.5). */
function isRtcmHeader(bytes: Buffer, at: number): boolean {
  const length = bytes.readUInt16BE(at + 1);
  const message = bytes.readUInt16BE(at + 3) >> 4;
  return length >= 2 && length <= 1023 && ((message >= 1001 && message <= 1304) || message >= 4050);
}

/** A known message type and the header's own CRC-4 (specs/ublox.md 3.1). */
function isSpartnHeader(bytes: Buffer, at: number): boolean {
  const type = (bytes[at + 1] ?? 0) >> 1;
  if (type > 4 && type !== 120) return false;
  let crc = 0;
  for (const byte of [bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, (bytes[at + 3] ?? 0) & 0xf0]) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x9 : crc >> 1;
  }
  return crc === ((bytes[at + 3] ?? 0) & 0x0f);
}
