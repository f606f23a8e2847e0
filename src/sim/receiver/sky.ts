// The satellites over the simulated antenna: a dozen and two of four systems, moving slowly.
import type { Random } from './random.js';

export interface Satellite {
  /** 0 GPS, 2 Galileo, 3 BeiDou, 6 GLONASS. */
  gnssId: number;
  svId: number;
  elevationDeg: number;
  azimuthDeg: number;
  cn0DbHz: number;
  isUsed: boolean;
}

const AT_ZERO: readonly [gnssId: number, svId: number, elevationDeg: number, azimuthDeg: number][] = [
  [0, 3, 62, 281],
  [0, 8, 34, 57],
  [0, 17, 21, 196],
  [0, 28, 5, 331],
  [2, 5, 71, 112],
  [2, 13, 40, 243],
  [2, 24, 27, 18],
  [2, 31, 15, 158],
  [3, 22, 55, 88],
  [3, 29, 31, 307],
  [3, 36, 18, 212],
  [6, 1, 48, 34],
  [6, 11, 24, 265],
  [6, 18, 4, 140],
];
const MASK_DEG = 10;
const HOUR_MS = 3_600_000;
/** Up and down within a couple of hours, and around once in half a day. */
const SWING_DEG = 2.5;
const SWING_MS = 2 * HOUR_MS;
const ROUND_MS = 12 * HOUR_MS;

/** What is in view at `utcMs`; low ones are seen and not used, and none is before there is a fix. */
export function satellitesAt(utcMs: number, hasFix: boolean, random: Random): Satellite[] {
  return AT_ZERO.map(([gnssId, svId, elevation, azimuth]) => {
    const swing = Math.sin((2 * Math.PI * (utcMs % SWING_MS)) / SWING_MS + svId) * SWING_DEG;
    const elevationDeg = Math.round(elevation + swing);
    return {
      gnssId,
      svId,
      elevationDeg,
      azimuthDeg: Math.round(azimuth + (360 * (utcMs % ROUND_MS)) / ROUND_MS) % 360,
      cn0DbHz: Math.round(27 + elevationDeg / 4 + random.next() * 3),
      isUsed: hasFix && elevationDeg >= MASK_DEG,
    };
  });
}
