// How long the simulated module takes for a command: log-normal by class of command, so that most answers come at
// once and one in a hundred is slow (specs/modem.md 1.6, 3.5).
import { normal } from './random.js';

export type LatencyClass = 'quick' | 'query' | 'card' | 'radio' | 'store' | 'power' | 'context' | 'scan';

/** Median and 99th percentile, ms. */
export const LATENCIES: Readonly<Record<LatencyClass, { medianMs: number; p99Ms: number }>> = {
  quick: { medianMs: 4, p99Ms: 20 },
  query: { medianMs: 12, p99Ms: 60 },
  card: { medianMs: 40, p99Ms: 300 },
  radio: { medianMs: 30, p99Ms: 200 },
  store: { medianMs: 35, p99Ms: 150 },
  power: { medianMs: 700, p99Ms: 2500 },
  context: { medianMs: 500, p99Ms: 4000 },
  scan: { medianMs: 25_000, p99Ms: 60_000 },
};

const Z99 = 2.3263;

export interface Latency {
  /** Milliseconds for one command of the class. 0 when the scale is 0: answers then come in the same tick. */
  of(kind: LatencyClass): number;
  /** A fixed duration (boot, search) under the same scale. */
  fixed(ms: number): number;
}

export function createLatency(random: () => number, scale: number): Latency {
  return {
    of(kind) {
      if (scale === 0) return 0;
      const { medianMs, p99Ms } = LATENCIES[kind];
      // The tail is cut at three times the 99th percentile: no command limit is a matter of luck.
      const drawn = medianMs * Math.exp((Math.log(p99Ms / medianMs) / Z99) * normal(random));
      return Math.min(drawn, 3 * p99Ms) * scale;
    },
    fixed: (ms) => ms * scale,
  };
}
