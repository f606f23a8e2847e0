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

/** Who a coarse position comes from. `held`: the receiver, a while ago. `carrier`: the operator of the SIM, asked. */
export type PositionOrigin = 'receiver' | 'held' | 'configured' | 'cell' | 'carrier';

/** A position good enough for a correction or assistance service: which part of the world the gateway is in. */
export interface CoarsePosition {
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeMslM?: number;
  /** Horizontal, metres, 1 sigma; absent when the source gives none. */
  accuracyM?: number;
  /** As a GGA would say it; `held`, `configured`, `cell` and `carrier` are `3d` at best. */
  quality: FixQuality;
  satellites?: number;
  hdop?: number;
  /** Age in milliseconds when it was asked for. */
  ageMs: number;
  from: PositionOrigin;
}

/** Metres, where the source gives no accuracy. A position of the configuration is typed in once, for a region. */
const USUAL_ACCURACY_M: Readonly<Record<PositionOrigin, number>> = {
  receiver: 100,
  held: 1000,
  cell: 10_000,
  carrier: 20_000,
  configured: 100_000,
};
/** How fast a gateway may have moved since: a motorway. */
const ROAMING_M_PER_S = 40;

/**
 * How far a position may be trusted now, metres: age counts as movement (not for a configured place, which is where it
 * is). Too small an accuracy makes a receiver that was moved slower than no position at all.
 */
export function presentAccuracyM({ accuracyM, from, ageMs }: CoarsePosition): number {
  const movedM = from === 'configured' ? 0 : (Math.max(0, ageMs) / 1000) * ROAMING_M_PER_S;
  return (accuracyM ?? USUAL_ACCURACY_M[from]) + movedM;
}
