// Tokens that look like Losant's: three base64url parts. What clients may read in them is at most a hint.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isRecord } from '../../fields.js';

const encode = (data: unknown): string => Buffer.from(JSON.stringify(data)).toString('base64url');
const HEAD = encode({ alg: 'HS256', typ: 'JWT' });
const sign = (text: string, key: string): string => createHmac('sha256', key).update(text).digest('base64url');

export function makeJwt(payload: Readonly<Record<string, unknown>>, key: string): string {
  const text = `${HEAD}.${encode(payload)}`;
  return `${text}.${sign(text, key)}`;
}

/** The payload of a token signed with `key`; undefined for any other text. */
export function readJwt(token: string, key: string): Readonly<Record<string, unknown>> | undefined {
  const [head, payload, signature, ...more] = token.split('.');
  if (head !== HEAD || payload === undefined || signature === undefined || more.length > 0) return undefined;
  const [given, right] = [Buffer.from(signature), Buffer.from(sign(`${head}.${payload}`, key))];
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  try {
    const data: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return isRecord(data) ? data : undefined;
  } catch {
    return undefined;
  }
}
