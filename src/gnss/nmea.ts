// NMEA 0183 sentences: scanning, and a strict parser for the one that carries a position (specs/ublox.md 2.1).
// Text from a serial line is data: it is bounded, and nothing here throws on it.
import { BAD_CHECKSUM, NEED_MORE, NO_FRAME, OVERLONG, type Scanner, skipToByte } from './scanner.js';

const DOLLAR = 0x24;
const STAR = 0x2a;
const CR = 0x0d;
const LF = 0x0a;
/** Line bound with its end (82 nominal; specs/reliability.md 2.7). */
export const NMEA_MAX_BYTES = 1024;

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

class NmeaScanner implements Scanner {
  readonly kind = 'nmea';
  readonly first = DOLLAR;
  readonly maxBytes = NMEA_MAX_BYTES;

  examine(bytes: Uint8Array, at: number, to: number): number {
    // The last place where `*` still leaves room for `hh` CR LF.
    const limit = at + NMEA_MAX_BYTES - 4;
    const until = Math.min(to, limit);
    let i = at + 1;
    let sum = 0;
    let code = 0;
    for (; i < until; i++) {
      code = bytes[i] as number;
      // A sentence never holds a second start, so scanning stays linear; anything unprintable ends the attempt.
      if (code === STAR || code === DOLLAR || code < 0x20 || code > 0x7e) break;
      sum ^= code;
    }
    if (i === limit) return OVERLONG;
    if (i >= to) return NEED_MORE;
    if (code !== STAR) return NO_FRAME;
    // Judged byte by byte, so that the answer does not depend on how much has come.
    const end = i + 5;
    if (i + 1 >= to) return NEED_MORE;
    const high = hexDigit(bytes[i + 1] as number);
    if (high < 0) return NO_FRAME;
    if (i + 2 >= to) return NEED_MORE;
    const low = hexDigit(bytes[i + 2] as number);
    if (low < 0) return NO_FRAME;
    if (i + 3 >= to) return NEED_MORE;
    if (bytes[i + 3] !== CR) return NO_FRAME;
    if (i + 4 >= to) return NEED_MORE;
    if (bytes[i + 4] !== LF) return NO_FRAME;
    return sum === high * 16 + low ? end - at : BAD_CHECKSUM;
  }

  skip(bytes: Uint8Array, at: number, to: number): number {
    return skipToByte(DOLLAR, bytes, at, to);
  }

  restart(): void {
    // No check here spans two questions.
  }
}

export function createNmeaScanner(): Scanner {
  return new NmeaScanner();
}

export interface Sentence {
  /** `GN`, `GP`, ... or `P` for a maker's own. */
  talker: string;
  /** `GGA`, or all but the first letter of a maker's own. */
  type: string;
  fields: readonly string[];
}

/** A frame's bytes as text, one character a byte. */
export function frameText(frame: Uint8Array): string {
  return Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString('latin1');
}

/** Splits one line (with or without its end) whose checksum is present and right; undefined otherwise. */
export function parseSentence(line: string): Sentence | undefined {
  if (line.length > NMEA_MAX_BYTES || line.charCodeAt(0) !== DOLLAR) return undefined;
  const star = line.indexOf('*');
  if (star < 0) return undefined;
  const after = line.slice(star + 1);
  if (!/^[0-9A-Fa-f]{2}(?:\r?\n|\r)?$/.test(after)) return undefined;
  let sum = 0;
  for (let i = 1; i < star; i++) {
    const code = line.charCodeAt(i);
    if (code < 0x20 || code > 0x7e || code === DOLLAR) return undefined;
    sum ^= code;
  }
  if (sum !== Number.parseInt(after.slice(0, 2), 16)) return undefined;
  const [address = '', ...fields] = line.slice(1, star).split(',');
  if (!/^[A-Z][A-Z0-9]{2,9}$/.test(address)) return undefined;
  const own = address.startsWith('P');
  return { talker: own ? 'P' : address.slice(0, 2), type: address.slice(own ? 1 : 2), fields };
}

export interface Gga {
  /** UTC time of day in ms; absent before the receiver knows it. */
  timeOfDayMs?: number;
  /** 0 none, 1 GPS, 2 DGPS, 3 PPS, 4 RTK fixed, 5 RTK float, 6 dead reckoning, 7 manual, 8 simulator. */
  quality: number;
  latitudeDeg?: number;
  longitudeDeg?: number;
  satellites?: number;
  hdop?: number;
  altitudeMslM?: number;
  /** Seconds since the last correction used. */
  correctionAgeS?: number;
}

/** A plain decimal within bounds; undefined when empty, `null` when malformed. */
function decimal(text: string | undefined, min: number, max: number): number | undefined | null {
  if (text === undefined || text === '') return undefined;
  if (!/^-?\d{1,8}(?:\.\d{1,10})?$/.test(text)) return null;
  const value = Number(text);
  return value >= min && value <= max ? value : null;
}

interface Axis {
  pattern: RegExp;
  degreeDigits: number;
  positive: string;
  negative: string;
  maxDeg: number;
}
const LATITUDE: Axis = { pattern: /^\d{4}(?:\.\d{1,10})?$/, degreeDigits: 2, positive: 'N', negative: 'S', maxDeg: 90 };
const LONGITUDE: Axis = {
  pattern: /^\d{5}(?:\.\d{1,10})?$/,
  degreeDigits: 3,
  positive: 'E',
  negative: 'W',
  maxDeg: 180,
};

/** `dddmm.mmmm` and its hemisphere letter in degrees; undefined when both are empty, `null` when malformed. */
function angle(text: string | undefined, letter: string | undefined, axis: Axis): number | undefined | null {
  if (!text && !letter) return undefined;
  if (!text || (letter !== axis.positive && letter !== axis.negative) || !axis.pattern.test(text)) return null;
  const minutes = Number(text.slice(axis.degreeDigits));
  if (minutes >= 60) return null;
  const degrees = Number(text.slice(0, axis.degreeDigits)) + minutes / 60;
  if (degrees > axis.maxDeg) return null;
  // The sign belongs to the whole angle: a place half a degree south of the equator has "00" degrees.
  return letter === axis.negative ? -degrees : degrees;
}

function timeOfDay(text: string | undefined): number | undefined | null {
  if (!text) return undefined;
  if (!/^\d{6}(?:\.\d{1,6})?$/.test(text)) return null;
  const hour = Number(text.slice(0, 2));
  const minute = Number(text.slice(2, 4));
  const second = Number(text.slice(4));
  // 60 is a leap second.
  if (hour > 23 || minute > 59 || second >= 61) return null;
  return Math.round((hour * 3600 + minute * 60 + second) * 1000);
}

/** A GGA sentence's values; undefined when it is another sentence or any field it has is malformed. */
export function parseGga(sentence: Sentence): Gga | undefined {
  const f = sentence.fields;
  if (sentence.type !== 'GGA' || f.length < 14 || f.length > 16) return undefined;
  const quality = /^[0-8]$/.test(f[5] ?? '') ? Number(f[5]) : null;
  const timeOfDayMs = timeOfDay(f[0]);
  const latitudeDeg = angle(f[1], f[2], LATITUDE);
  const longitudeDeg = angle(f[3], f[4], LONGITUDE);
  const satellites = decimal(f[6], 0, 99);
  const hdop = decimal(f[7], 0, 100);
  const altitudeMslM = decimal(f[8], -20_000, 100_000);
  const correctionAgeS = decimal(f[12], 0, 100_000);
  if (quality === null || timeOfDayMs === null || latitudeDeg === null || longitudeDeg === null) return undefined;
  if (satellites === null || hdop === null || altitudeMslM === null || correctionAgeS === null) return undefined;
  if (f[9] !== 'M' && f[8] !== '') return undefined;
  if (quality > 0 && (latitudeDeg === undefined || longitudeDeg === undefined)) return undefined;
  return {
    quality,
    ...(timeOfDayMs !== undefined && { timeOfDayMs }),
    ...(latitudeDeg !== undefined && { latitudeDeg }),
    ...(longitudeDeg !== undefined && { longitudeDeg }),
    ...(satellites !== undefined && { satellites }),
    ...(hdop !== undefined && { hdop }),
    ...(altitudeMslM !== undefined && { altitudeMslM }),
    ...(correctionAgeS !== undefined && { correctionAgeS }),
  };
}
