// The keys of a shared page: one in the address, good for one visitor, who gets a cookie for it; and how often wrong ones
// may be tried from one address. Only digests are compared, in constant time.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
/** 32 random bytes: tries are limited for the sake of the log, not of the key. */
const fresh = (): string => randomBytes(32).toString('base64url');

export interface ShareKeys {
  /** The key to print; another one after each use. */
  current(): string;
  isKey(text: string): boolean;
  isCookie(text: string): boolean;
  /** Uses the present key up; gives the cookie of its visitor. */
  use(): string;
}

const MAX_VISITORS = 16;

export function createShareKeys(): ShareKeys {
  let key = fresh();
  const cookies: Buffer[] = [];
  return {
    current: () => key,
    isKey: (text) => timingSafeEqual(digest(text), digest(key)),
    isCookie(text) {
      const mine = digest(text);
      return text !== '' && cookies.filter((each) => timingSafeEqual(each, mine)).length > 0;
    },
    use() {
      key = fresh();
      const cookie = fresh();
      cookies.push(digest(cookie));
      if (cookies.length > MAX_VISITORS) cookies.shift();
      return cookie;
    },
  };
}

const TRIES = 5;
const WINDOW_MS = 60_000;
const MAX_ADDRESSES = 256;

export interface Tries {
  isTooMany(address: string, nowMs: number): boolean;
  wrong(address: string, nowMs: number): void;
}

/** Wrong keys by address within the last minute. */
export function createTries(): Tries {
  const byAddress = new Map<string, number[]>();
  const lately = (address: string, nowMs: number): number[] =>
    (byAddress.get(address) ?? []).filter((at) => nowMs - at < WINDOW_MS);
  return {
    isTooMany: (address, nowMs) => lately(address, nowMs).length >= TRIES,
    wrong(address, nowMs) {
      const mine = [...lately(address, nowMs), nowMs].slice(-TRIES);
      byAddress.delete(address);
      byAddress.set(address, mine);
      const [oldest] = byAddress.keys();
      if (byAddress.size > MAX_ADDRESSES && oldest !== undefined) byAddress.delete(oldest);
    },
  };
}
