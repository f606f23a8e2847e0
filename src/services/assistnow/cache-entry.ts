// One set in the cache, with everything its age is reckoned from: when it was made by its own word, when it came by a
// synchronised clock, and when it came by the monotonic clock of which start of this program.
import type { Codec } from '../../vault/index.js';
import { matterOf, predictedDayOf } from './mga.js';
import { type AssistSet, setFrom } from './set.js';

/** `mga` came beside corrections; the others were asked for. */
export const CACHE_KINDS = ['live', 'predictive', 'mga', 'legacy-online', 'legacy-offline'] as const;
export type CacheKind = (typeof CACHE_KINDS)[number];

export interface Arrival {
  /** ms since 1970 UTC by a synchronised clock; absent while there was none. */
  utcMs?: number;
  monoMs: number;
  /** Start of this program that `monoMs` belongs to. */
  bootId: string;
}

export interface CacheEntry {
  readonly kind: CacheKind;
  readonly frames: readonly Uint8Array[];
  readonly bytes: number;
  readonly generatedUtcMs?: number;
  readonly arrived: Arrival;
  /** Host, mountpoint or topic. */
  readonly from: string;
  readonly hasEphemeris: boolean;
  /** Days with predicted orbits, ms since 1970 UTC, ascending. */
  readonly predictedDays: readonly number[];
}

/** Base64 and the header must fit into a vault file of a megabyte. */
export const MAX_SET_BYTES = 700_000;

/** Frames beyond the bound are left out: the front of a set is what is needed first. */
function bounded(set: AssistSet): AssistSet {
  if (set.bytes <= MAX_SET_BYTES) return set;
  const frames: Uint8Array[] = [];
  let bytes = 0;
  for (const frame of set.frames) {
    if (bytes + frame.length > MAX_SET_BYTES) break;
    frames.push(frame);
    bytes += frame.length;
  }
  return { ...set, frames, bytes };
}

export function cacheEntry(kind: CacheKind, set: AssistSet, arrived: Arrival, from: string): CacheEntry {
  const { frames, bytes, generatedUtcMs } = bounded(set);
  const days = new Set<number>();
  for (const frame of frames) {
    const day = predictedDayOf(frame);
    if (day !== undefined) days.add(day);
  }
  return {
    kind,
    frames,
    bytes,
    ...(generatedUtcMs === undefined ? {} : { generatedUtcMs }),
    arrived,
    from,
    hasEphemeris: frames.some((frame) => matterOf(frame) === 'ephemeris'),
    predictedDays: [...days].sort((a, b) => a - b),
  };
}

const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isName = (value: unknown): value is string => typeof value === 'string' && value.length <= 256;

/** Holds no secret: orbits, times and the name of who sent them. */
export const cacheEntryCodec: Codec<CacheEntry> = {
  encode: ({ kind, frames, generatedUtcMs, arrived, from }) => ({
    kind,
    body: Buffer.concat(frames).toString('base64'),
    generatedUtcMs,
    arrived,
    from,
  }),
  decode(data) {
    const { kind, body, generatedUtcMs, arrived, from } = data as Record<string, unknown>;
    const known = CACHE_KINDS.find((name) => name === kind);
    const { utcMs, monoMs, bootId } = (arrived ?? {}) as Record<string, unknown>;
    if (known === undefined || typeof body !== 'string' || !isTime(monoMs) || !isName(bootId) || !isName(from))
      throw new Error('not a set');
    const set = setFrom(Buffer.from(body, 'base64'));
    if (set.frames.length === 0 || set.junkBytes > 0) throw new Error('the frames are damaged');
    return cacheEntry(
      known,
      { frames: set.frames, bytes: set.bytes, ...(isTime(generatedUtcMs) ? { generatedUtcMs } : {}) },
      { monoMs, bootId, ...(isTime(utcMs) ? { utcMs } : {}) },
      from,
    );
  },
};
