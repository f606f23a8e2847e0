// Decides about the -MGA form of a mountpoint, which sends one billed burst of assistance data before the corrections
// (specs/ublox.md 2.1): fetched only when nothing fresh is there, and left for the plain mountpoint once the burst is over.
import type { WaymarkError } from '../../core/index.js';
import { type Clock } from '../../core/index.js';
import { createMgaSplitter } from '../mga-splitter.js';
import type { AssistanceSink } from '../source.js';

export interface MgaFetch {
  /** The mountpoint to connect to now. */
  mountPoint(): string;
  /** A refusal of the -MGA form is not one of the plain form: true when the plain one is to be tried. */
  isOnlyMgaRefused(error: WaymarkError): boolean;
  /** For one connection to the -MGA form; undefined on the plain one. */
  begin(): MgaBurst | undefined;
}

export interface MgaBurst {
  /** Takes the frames out; what is left are corrections. */
  push(bytes: Uint8Array): Uint8Array[];
  /** Has a fetched burst ended? To be asked now and then; while none comes the corrections simply go on. */
  isOver(): boolean;
  /** The connection has ended: hands over what has come. */
  finish(): void;
  readonly frames: number;
  readonly bytes: number;
}

export interface MgaFetchOptions {
  clock: Clock;
  assistance: AssistanceSink | undefined;
  mountPoint: string;
  wanted: boolean;
  /** Said to the taker: where the frames come from. */
  from: string;
}

/** No frame for this long after the last: that was all. */
const QUIET_MS = 3000;
/** Live sets are about 11 kB; what is beyond this is something else. */
const MAX_BURST_BYTES = 65_536;
/** A live set has some 150; many tiny frames cost more memory than their bytes say. */
const MAX_BURST_FRAMES = 1000;
/** Fetches are billed: a fruitless one is not repeated sooner. */
const AGAIN_MS = 3_600_000;
const SUFFIX = '-MGA';

export function createMgaFetch({ clock, assistance, mountPoint, wanted, from }: MgaFetchOptions): MgaFetch {
  const isAlways = mountPoint.toUpperCase().endsWith(SUFFIX);
  let triedAtMonoMs: number | undefined;
  let isRefused = false;

  const isDue = (): boolean => {
    if (!wanted || !assistance || isRefused || assistance.isFresh()) return false;
    return triedAtMonoMs === undefined || clock.mono() - triedAtMonoMs >= AGAIN_MS;
  };
  let isMga = false;

  const createBurst = (isFetch: boolean): MgaBurst => {
    const splitter = createMgaSplitter();
    let waiting: Uint8Array[] = [];
    let waitingBytes = 0;
    const counted = { frames: 0, bytes: 0 };
    let lastMonoMs = clock.mono();
    const offer = (): void => {
      if (waiting.length === 0) return;
      const frames = waiting;
      waiting = [];
      waitingBytes = 0;
      assistance?.offer(frames, from);
    };
    const isFull = (): boolean => waiting.length >= MAX_BURST_FRAMES || waitingBytes >= MAX_BURST_BYTES;
    /** What a fetched burst has beyond the bound is not kept: its end is only looked for now and then. */
    const keep = (frame: Uint8Array): void => {
      // On a mountpoint that was configured so, bursts are nobody's fetch and may come at any time.
      if (isFull() && !isFetch) offer();
      if (isFull()) return;
      waiting.push(frame);
      waitingBytes += frame.length;
    };
    return {
      push(bytes) {
        const { frames, rest } = splitter.push(bytes);
        if (frames.length > 0) {
          lastMonoMs = clock.mono();
          counted.frames += frames.length;
          for (const frame of frames) {
            counted.bytes += frame.length;
            if (assistance) keep(frame);
          }
        }
        return rest;
      },
      isOver() {
        if (counted.frames === 0) return false;
        const isQuiet = clock.mono() - lastMonoMs >= clock.ioBudgetMs(QUIET_MS);
        if (isQuiet) offer();
        const isEnough = counted.bytes >= MAX_BURST_BYTES || counted.frames >= MAX_BURST_FRAMES;
        return isFetch && (isQuiet || isEnough);
      },
      finish: offer,
      get frames() {
        return counted.frames;
      },
      get bytes() {
        return counted.bytes;
      },
    };
  };

  return {
    mountPoint() {
      isMga = !isAlways && isDue();
      return isMga ? `${mountPoint}${SUFFIX}` : mountPoint;
    },
    isOnlyMgaRefused(error) {
      if (!isMga || !['ntrip.mountpoint', 'ntrip.refused'].includes(error.code)) return false;
      isRefused = true;
      return true;
    },
    begin() {
      if (isMga) triedAtMonoMs = clock.mono();
      return isMga || isAlways ? createBurst(isMga) : undefined;
    },
  };
}
