// What a state file holds: {"v":schema,"crc":crc32c,"data":...}. Reading tells apart absent, whole, damaged, and whole but
// written by a newer version of this program.
import { crc32c } from './crc32c.js';
import { type Disk, systemCode } from './disk.js';

/** How a value becomes JSON and back. */
export interface Codec<T> {
  /** Schema version written to the header (default 1). Files of a newer version are never touched. */
  readonly version?: number;
  /** Plain JSON data. The one place where Secrets are revealed for storage. */
  encode(value: T): unknown;
  /** Throws on a wrong shape. `version` is the one the data was written with. Must not put the data into its message. */
  decode(data: unknown, version: number): T;
}

export type Reading<T> =
  | { is: 'absent' }
  | { is: 'good'; value: T }
  | { is: 'bad'; why: string }
  | { is: 'newer'; version: number };

/** No slot of ours comes near; a file grown beyond is damage, not data. */
const MAX_FILE_BYTES = 1_048_576;

// The version counts into the sum: a single flipped bit there must read as damage, not as "from the future".
const checksum = (version: number, json: string): string =>
  crc32c(Buffer.from(`${version}:${json}`))
    .toString(16)
    .padStart(8, '0');

const versionOf = (codec: { readonly version?: number }): number => codec.version ?? 1;

/** The bytes of a state file. */
export function encodeRecord<T>(codec: Codec<T>, value: T): Buffer {
  const json = JSON.stringify(codec.encode(value));
  const version = versionOf(codec);
  return Buffer.from(`{"v":${version},"crc":"${checksum(version, json)}","data":${json}}\n`);
}

function decodeRecord<T>(codec: Codec<T>, bytes: Buffer): Reading<T> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch {
    return { is: 'bad', why: bytes.length === 0 ? 'empty' : bytes.every((b) => b === 0) ? 'all zeros' : 'not JSON' };
  }
  if (typeof parsed !== 'object' || parsed === null) return { is: 'bad', why: 'no header' };
  const { v, crc, data } = parsed as { v?: unknown; crc?: unknown; data?: unknown };
  if (typeof v !== 'number' || !Number.isInteger(v) || v < 1 || data === undefined)
    return { is: 'bad', why: 'no header' };
  if (crc !== checksum(v, JSON.stringify(data))) return { is: 'bad', why: 'checksum differs' };
  if (v > versionOf(codec)) return { is: 'newer', version: v };
  try {
    return { is: 'good', value: codec.decode(data, v) };
  } catch (error) {
    return { is: 'bad', why: `wrong shape: ${error instanceof Error ? error.message : 'unknown'}` };
  }
}

/** Reads one state file. Never throws for its contents; a file the system refuses to read (EACCES, EIO) is rethrown. */
export async function readRecord<T>(disk: Disk, path: string, codec: Codec<T>): Promise<Reading<T>> {
  let bytes: Buffer;
  try {
    bytes = await disk.read(path, MAX_FILE_BYTES);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return { is: 'absent' };
    if (code === 'EFBIG' || code === 'EINVAL' || code === 'EISDIR') return { is: 'bad', why: code };
    throw error;
  }
  return decodeRecord(codec, bytes);
}
