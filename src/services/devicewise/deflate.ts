// Payloads of `apiz` and `replyz`. Which deflate they are is not documented: zlib’s is sent, both are read, and nothing is
// inflated beyond what a reply may have (a few hundred bytes can stand for gigabytes).
import { deflateSync, inflateRawSync, inflateSync } from 'node:zlib';
import { MAX_REPLY_BYTES } from './tr50-answer.js';

/** Shorter ones gain nothing. */
const WORTH_BYTES = 128;

/** The shorter form, or undefined where there is none. */
export function deflated(json: string): Buffer | undefined {
  const plain = Buffer.from(json);
  if (plain.length <= WORTH_BYTES) return undefined;
  const short = deflateSync(plain);
  return short.length < plain.length ? short : undefined;
}

/** Undefined when it is no deflate, or grows beyond a reply. */
export function inflated(payload: Uint8Array): Buffer | undefined {
  for (const inflate of [inflateSync, inflateRawSync])
    try {
      return inflate(payload, { maxOutputLength: MAX_REPLY_BYTES });
    } catch {
      // The other kind, then.
    }
  return undefined;
}
