// What a port says by itself, without asking: a receiver's NMEA or UBX with a right checksum, text, noise, or nothing.
// The same bytes give the same verdict however they are cut. Memory: one line.
//
//   each byte ──→ line:  `$`…CR|LF → `$xxYYY,…*hh` with a right checksum → nmea
//             └─→ frame: b5 → 62 → class, id, length(2) → payload → two check bytes → ubx

/** `ubx` wins over `nmea` (receivers speak both), both over the rest; they stay once they are proven. */
export type Heard = 'nothing' | 'noise' | 'text' | 'nmea' | 'ubx';

export interface Sniffer {
  /** Takes the next bytes; returns the verdict on all so far. */
  push(bytes: Uint8Array): Heard;
  readonly verdict: Heard;
}

/** NMEA allows 82; receivers in high precision modes use more. */
const MAX_LINE = 256;
/** Longer UBX messages exist but do not come unasked; a false sync must not swallow seconds. */
const MAX_UBX_PAYLOAD = 2048;
const SENTENCE = /^\$[A-Z]{2}[A-Z0-9]{2,6},[\x20-\x29\x2b-\x7e]*\*[0-9A-Fa-f]{2}$/;

function isSentence(line: string): boolean {
  if (!SENTENCE.test(line)) return false;
  let sum = 0;
  for (let i = 1; i < line.length - 3; i++) sum ^= line.charCodeAt(i);
  return sum === Number.parseInt(line.slice(-2), 16);
}

/** Told each byte; true when it ends a whole UBX frame with right check bytes. */
function createUbxWatch(): (byte: number) => boolean {
  /** Bytes of the frame so far. */
  let at = 0;
  let length = 0;
  let sumA = 0;
  let sumB = 0;
  return (byte) => {
    if (at < 2) {
      at = byte === (at === 0 ? 0xb5 : 0x62) ? at + 1 : byte === 0xb5 ? 1 : 0;
      sumA = sumB = 0;
      return false;
    }
    if (at >= 6 && at >= 6 + length) {
      const isFirst = at === 6 + length;
      const isRight = byte === (isFirst ? sumA : sumB);
      at = isRight && isFirst ? at + 1 : 0;
      return isRight && !isFirst;
    }
    sumA = (sumA + byte) & 0xff;
    sumB = (sumB + sumA) & 0xff;
    if (at === 4) length = byte;
    else if (at === 5) length |= byte << 8;
    at = at === 5 && length > MAX_UBX_PAYLOAD ? 0 : at + 1;
    return false;
  };
}

/** A classifier for one port; see `Heard`. */
export function createSniffer(): Sniffer {
  const isUbxEnd = createUbxWatch();
  let line = '';
  let isLong = false;
  let bytes = 0;
  let printable = 0;
  let textLines = 0;
  let proven: 'nmea' | 'ubx' | undefined;

  const verdict = (): Heard => {
    if (proven) return proven;
    if (bytes === 0) return 'nothing';
    return textLines > 0 && printable * 10 >= bytes * 9 ? 'text' : 'noise';
  };

  const take = (byte: number): void => {
    bytes++;
    if (isUbxEnd(byte)) proven = 'ubx';
    if ((byte >= 0x20 && byte < 0x7f) || byte === 0x0d || byte === 0x0a || byte === 0x09) printable++;
    if (byte === 0x0d || byte === 0x0a) {
      if (!isLong && line.trim() !== '') textLines++;
      if (!isLong && proven === undefined && isSentence(line)) proven = 'nmea';
      line = '';
      isLong = false;
    } else if (byte === 0x24) {
      // A sentence may follow binary that has no line end.
      line = '$';
      isLong = false;
    } else if (line.length < MAX_LINE) line += String.fromCharCode(byte);
    else isLong = true;
  };

  return {
    get verdict() {
      return verdict();
    },
    push(chunk) {
      if (proven !== 'ubx') for (const byte of chunk) take(byte);
      return verdict();
    },
  };
}
