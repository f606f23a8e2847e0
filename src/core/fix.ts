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

/** Who a coarse position comes from. `held`: the receiver, a while ago. */
export type PositionOrigin = 'receiver' | 'held' | 'configured' | 'cell';

/** A position good enough for a correction or assistance service: which part of the world the gateway is in. */
export interface CoarsePosition {
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeMslM?: number;
  /** Horizontal, metres, 1 sigma; absent when the source gives none. */
  accuracyM?: number;
  /** As a GGA would say it; `held`, `configured` and `cell` are `3d` at best. */
  quality: FixQuality;
  satellites?: number;
  hdop?: number;
  /** Age in milliseconds when it was asked for. */
  ageMs: number;
  from: PositionOrigin;
}
