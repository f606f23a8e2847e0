// Where the gateway is, whoever said so.

export const FIX_QUALITIES = ['none', '2d', '3d', 'rtk_float', 'rtk_fixed'] as const;
export type FixQuality = (typeof FIX_QUALITIES)[number];

export interface Fix {
  quality: FixQuality;
  /** Degrees WGS 84, north positive. Undefined without a fix. */
  latitudeDeg?: number;
  /** Degrees WGS 84, east positive. */
  longitudeDeg?: number;
  /** Metres above mean sea level. */
  altitudeMslM?: number;
  /** Horizontal accuracy estimate, metres (1 sigma). Absent when the source gives none: never invented. */
  horizontalAccuracyM?: number;
  verticalAccuracyM?: number;
  satellites?: number;
  hdop?: number;
  /** Age of the corrections the receiver used, seconds. */
  correctionAgeS?: number;
  /** UTC of the position, ms since 1970, when the receiver knows it. */
  utcMs?: number;
  /** Monotonic arrival time, ms. */
  atMonoMs: number;
  source: 'nav-pvt' | 'gga' | 'module-gnss' | 'cell';
}
