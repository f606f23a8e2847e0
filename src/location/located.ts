// The best position as everything above sees it: where, how good, by whom, how old. Nothing in it is made up.
import type { Fix, FixQuality } from '../core/index.js';
import type { CarrierPlace, CellPlace } from './choose.js';

/** Best first. `receiver-rtk` and `receiver` are one device whose position has, or has not, a carrier solution. */
export const LOCATED_SOURCES = ['receiver-rtk', 'receiver', 'module-gnss', 'cell', 'carrier'] as const;
export type LocatedSource = (typeof LOCATED_SOURCES)[number];

/** Who speaks; the receiver speaks for two sources. */
export type Speaker = Exclude<LocatedSource, 'receiver-rtk'>;

export interface Located {
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeMslM?: number;
  /**
   * Horizontal, metres, 1 sigma, as the source gives it; absent when it gives none. What was once true of a place grows
   * with its age, because the gateway may have moved since.
   */
  accuracyM?: number;
  /** `rtk_*` only from the receiver, and only of a position that is fresh. */
  quality: FixQuality;
  satellites?: number;
  hdop?: number;
  correctionAgeS?: number;
  source: LocatedSource;
  /** UTC of the position as the source says it, ms since 1970. */
  utcMs?: number;
  /** Age when it was asked for. */
  ageMs: number;
  /** Monotonic time of the position, ms. */
  atMonoMs: number;
}

/** One position as it was offered, of a known age. */
export interface Offered {
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeMslM?: number;
  accuracyM?: number;
  quality: Exclude<FixQuality, 'none'>;
  satellites?: number;
  hdop?: number;
  correctionAgeS?: number;
  utcMs?: number;
  atMonoMs: number;
}

/** A satellite position counts as of now for so long; older ones are where the gateway was. */
export const FRESH_MS = 3000;
/** How fast a gateway may have moved since: a motorway. As `presentAccuracyM` of core has it. */
const ROAMING_M_PER_S = 40;

export const isRtk = (quality: FixQuality): boolean => quality === 'rtk_fixed' || quality === 'rtk_float';
export const isSatellite = (source: LocatedSource | undefined): boolean =>
  source === 'receiver-rtk' || source === 'receiver' || source === 'module-gnss';

/** The position as it stands at `nowMonoMs`; `freshMs` on the clock in use. */
export function locatedAt(
  source: LocatedSource,
  offered: Offered,
  { nowMonoMs, freshMs }: { nowMonoMs: number; freshMs: number },
): Located {
  const { accuracyM, quality, satellites, hdop, correctionAgeS, atMonoMs, ...place } = offered;
  const ageMs = Math.max(0, nowMonoMs - atMonoMs);
  const staleMs = isSatellite(source) ? Math.max(0, ageMs - freshMs) : ageMs;
  const isFresh = isSatellite(source) && staleMs === 0;
  return {
    ...place,
    ...(accuracyM === undefined ? {} : { accuracyM: accuracyM + (staleMs / 1000) * ROAMING_M_PER_S }),
    quality: isRtk(quality) && !isFresh ? '3d' : quality,
    ...(isFresh && satellites !== undefined ? { satellites } : {}),
    ...(isFresh && hdop !== undefined ? { hdop } : {}),
    ...(isFresh && correctionAgeS !== undefined ? { correctionAgeS } : {}),
    source,
    ageMs,
    atMonoMs,
  };
}

/** A fix that has a place, as it is offered; a module's own receiver has no corrections whatever it says. */
export function offeredFix(fix: Fix & { latitudeDeg: number; longitudeDeg: number }): Offered | undefined {
  const { quality, latitudeDeg, longitudeDeg, altitudeMslM, horizontalAccuracyM, satellites, hdop, utcMs } = fix;
  if (quality === 'none') return undefined;
  const isModule = fix.source === 'module-gnss';
  return {
    latitudeDeg,
    longitudeDeg,
    ...(altitudeMslM === undefined ? {} : { altitudeMslM }),
    ...(horizontalAccuracyM === undefined ? {} : { accuracyM: horizontalAccuracyM }),
    quality: isModule && isRtk(quality) ? '3d' : quality,
    ...(satellites === undefined ? {} : { satellites }),
    ...(hdop === undefined ? {} : { hdop }),
    ...(fix.correctionAgeS === undefined || isModule ? {} : { correctionAgeS: fix.correctionAgeS }),
    ...(utcMs === undefined ? {} : { utcMs }),
    atMonoMs: fix.atMonoMs,
  };
}

/** A place of the network is a plain position: nobody measured a height, or a time other than the network's. */
export function offeredPlace(place: CellPlace | CarrierPlace): Offered {
  const { latitudeDeg, longitudeDeg, accuracyM, atMonoMs } = place;
  const altitudeMslM = 'altitudeMslM' in place ? place.altitudeMslM : undefined;
  const utcMs = 'fixUtcMs' in place ? place.fixUtcMs : undefined;
  return {
    latitudeDeg,
    longitudeDeg,
    ...(altitudeMslM === undefined ? {} : { altitudeMslM }),
    accuracyM,
    quality: '2d',
    ...(utcMs === undefined ? {} : { utcMs }),
    atMonoMs,
  };
}
