// Packed payloads of `apiz` and `replyz`. Nobody tells which kind of deflate the platform means, so both are read.
import { deflateRawSync, deflateSync, inflateRawSync, inflateSync } from 'node:zlib';

/** Many times what a client may ask for; a small message could hold much more. */
const MAX_UNPACKED_BYTES = 4 * 1024 * 1024;

/** The payload unpacked; as it came when it is not packed at all. */
export function unpack(payload: Buffer): Buffer {
  const limit = { maxOutputLength: MAX_UNPACKED_BYTES };
  for (const read of [inflateSync, inflateRawSync]) {
    try {
      return read(payload, limit);
    } catch {
      // The other one.
    }
  }
  return payload;
}

export const pack = (payload: Buffer, form: 'zlib' | 'raw'): Buffer =>
  form === 'raw' ? deflateRawSync(payload) : deflateSync(payload);
