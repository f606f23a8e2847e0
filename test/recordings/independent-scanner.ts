// A second opinion, written only to judge the framer: the whole recording in memory, one byte after the other, checks bit
// by bit as the format descriptions have them. It shares nothing with the framer and knows nothing of chunks.

export interface FoundFrame {
  kind: 'spartn' | 'ubx' | 'nmea';
  at: number;
  length: number;
}

/** Remainder of the message polynomial, bit after bit, most significant first. */
function remainder(bytes: Uint8Array, polynomial: number, width: number): number {
  let register = 0n;
  const top = 1n << BigInt(width);
  const divisor = BigInt(polynomial) | top;
  const bits = [...bytes, ...Array<number>(width / 8).fill(0)];
  for (const byte of bits)
    for (let bit = 7; bit >= 0; bit--) {
      register = (register << 1n) | BigInt((byte >> bit) & 1);
      if ((register & top) !== 0n) register ^= divisor;
    }
  return Number(register);
}

/** The frame check of the header: bits go in least significant first. */
function headerCheck(bytes: readonly number[]): number {
  let register = 0;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) {
      const feedback = (register ^ (byte >> bit)) & 1;
      register >>= 1;
      if (feedback === 1) register ^= 0b1001;
    }
  return register;
}

/** Bits `from..from+count` of the bytes at `at` as a number. */
function bitsOf(bytes: Uint8Array, at: number, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i++) value = value * 2 + (((bytes[at + (i >> 3)] ?? 0) >> (7 - (i & 7))) & 1);
  return value;
}

function spartnLength(bytes: Uint8Array, at: number): number | undefined {
  if (bytes[at] !== 0x73 || at + 8 > bytes.length) return undefined;
  const [a = 0, b = 0, c = 0] = bytes.subarray(at + 1, at + 4);
  if (headerCheck([a, b, c & 0xf0]) !== (c & 0x0f)) return undefined;
  const payload = bitsOf(bytes, at, 15, 10);
  const isEncrypted = bitsOf(bytes, at, 25, 1) === 1;
  const crcType = bitsOf(bytes, at, 26, 2);
  const isLong = bitsOf(bytes, at, 36, 1) === 1;
  // Subtype 4, tag type 1, tag, solution 7, processor 4; then 16 bits of security when encrypted.
  const securityAt = 32 + 4 + 1 + (isLong ? 32 : 16) + 7 + 4;
  const payloadAt = (securityAt + (isEncrypted ? 16 : 0)) / 8;
  let authentication = 0;
  if (isEncrypted && bitsOf(bytes, at, securityAt + 10, 3) > 1)
    authentication = [8, 12, 16, 32, 64][bitsOf(bytes, at, securityAt + 13, 3)] ?? Number.NaN;
  const crcAt = payloadAt + payload + authentication;
  const length = crcAt + crcType + 1;
  if (crcType !== 2 || Number.isNaN(length) || at + length > bytes.length) return undefined;
  const sent = bitsOf(bytes, at, crcAt * 8, 24);
  return remainder(bytes.subarray(at + 1, at + crcAt), 0x864cfb, 24) === sent ? length : undefined;
}

function ubxLength(bytes: Uint8Array, at: number): number | undefined {
  if (bytes[at] !== 0xb5 || bytes[at + 1] !== 0x62 || at + 8 > bytes.length) return undefined;
  const length = 8 + (bytes[at + 4] ?? 0) + 256 * (bytes[at + 5] ?? 0);
  if (at + length > bytes.length) return undefined;
  let [first, second] = [0, 0];
  for (let i = at + 2; i < at + length - 2; i++) {
    first = (first + (bytes[i] ?? 0)) % 256;
    second = (second + first) % 256;
  }
  return bytes[at + length - 2] === first && bytes[at + length - 1] === second ? length : undefined;
}

function nmeaLength(bytes: Uint8Array, at: number): number | undefined {
  if (bytes[at] !== 0x24) return undefined;
  const sentence = /^\$[\x20-\x23\x25-\x29\x2b-\x7e]*\*([0-9A-Fa-f]{2})\r\n/.exec(
    String.fromCharCode(...bytes.subarray(at, at + 1024)),
  );
  if (!sentence) return undefined;
  const [all, sum = ''] = sentence;
  let check = 0;
  for (let i = 1; all[i] !== '*'; i++) check ^= all.charCodeAt(i);
  return check === Number.parseInt(sum, 16) ? all.length : undefined;
}

/** Every frame of the recording, in order. */
export function scanRecording(bytes: Uint8Array, kinds: readonly FoundFrame['kind'][]): FoundFrame[] {
  const measures = { spartn: spartnLength, ubx: ubxLength, nmea: nmeaLength };
  const found: FoundFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const hit = kinds
      .map((kind) => ({ kind, length: measures[kind](bytes, at) }))
      .find((each): each is { kind: FoundFrame['kind']; length: number } => each.length !== undefined);
    if (hit) found.push({ kind: hit.kind, at, length: hit.length });
    at += hit?.length ?? 1;
  }
  return found;
}
