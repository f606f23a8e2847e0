// The simulated service's dynamic keys. Periods of 28 days lie on a fixed grid of GPS midnights, and a value follows from
// seed and period alone: clouds, correction stream and receiver agree without talking to each other, and under a scaled
// clock the keys roll over as often as its months pass.
import { createHash, createHmac } from 'node:crypto';
import type { Clock, Timer } from '../core/index.js';
import { ubxFrame } from './receiver/ubx.js';
import { gpsSeconds, weekAndTow } from './spartn-time.js';

export interface SimKey {
  /** Ms since 1970 UTC. */
  startUtcMs: number;
  durationMs: number;
  /** 32 lower-case hex digits. */
  valueHex: string;
}

export interface SimKeyPair {
  current: SimKey;
  next: SimKey;
}

export interface SimKeys {
  /** The key in force now and the one after it. */
  pair(): SimKeyPair;
  /** The key in force at `utcMs`. */
  at(utcMs: number): SimKey;
  /** Calls `fn` after each roll-over with the new pair; returns the unsubscribe. */
  onRollover(fn: (pair: SimKeyPair) => void): () => void;
}

/** A real key's start, an exact GPS midnight (specs/ublox.md 3.2). */
const GRID_MS = 1_668_815_982_000;
const PERIOD_MS = 28 * 86_400_000;
/** The real service ends a key one millisecond before the next begins. */
const DURATION_MS = PERIOD_MS - 1;
export const DEFAULT_KEY_SEED = 'waymark';

export function createSimKeys(clock: Clock, seed: string = DEFAULT_KEY_SEED): SimKeys {
  const indexAt = (utcMs: number): number => Math.floor((utcMs - GRID_MS) / PERIOD_MS);
  const key = (index: number): SimKey => ({
    startUtcMs: GRID_MS + index * PERIOD_MS,
    durationMs: DURATION_MS,
    valueHex: createHash('sha256').update(`spartn-key/${seed}/${index}`).digest('hex').slice(0, 32),
  });
  const pair = (): SimKeyPair => {
    const index = indexAt(clock.wall());
    return { current: key(index), next: key(index + 1) };
  };
  return {
    pair,
    at: (utcMs) => key(indexAt(utcMs)),
    onRollover(fn) {
      let known = indexAt(clock.wall());
      let timer: Timer | undefined;
      const arm = (): void => {
        const wall = clock.wall();
        const boundary = GRID_MS + (indexAt(wall) + 1) * PERIOD_MS;
        timer = clock.after(boundary - wall, () => {
          const index = indexAt(clock.wall());
          const rolled = index !== known;
          known = index;
          arm();
          if (rolled) fn(pair());
        });
      };
      arm();
      return () => timer?.cancel();
    },
  };
}

/**
 * First 8 payload bytes of a generated frame: HMAC-SHA-256 of the frame's header (preamble through header block) under
 * the key in force, so that only a receiver holding that key takes the frame.
 */
export function payloadTag(keyHex: string, header: Uint8Array): Uint8Array {
  return createHmac('sha256', Buffer.from(keyHex, 'hex')).update(header).digest().subarray(0, 8);
}

/** UBX-RXM-SPARTNKEY as the key topic carries it (specs/ublox.md 3.2). */
export function encodeSpartnKeys(keys: readonly Pick<SimKey, 'startUtcMs' | 'valueHex'>[]): Uint8Array {
  const values = keys.map((key) => Buffer.from(key.valueHex, 'hex'));
  const head = Buffer.alloc(4 + 8 * keys.length);
  head.writeUInt8(1, 0);
  head.writeUInt8(keys.length, 1);
  keys.forEach((key, i) => {
    const { week, tow } = weekAndTow(gpsSeconds(key.startUtcMs));
    head.writeUInt8(values[i]?.length ?? 0, 5 + 8 * i);
    head.writeUInt16LE(week, 6 + 8 * i);
    head.writeUInt32LE(tow, 8 + 8 * i);
  });
  return ubxFrame(0x02, 0x36, Buffer.concat([head, ...values]));
}
