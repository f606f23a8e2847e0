// Which of the known positions counts, as a pure function of what was offered and of the time:
//
//   receiver's fix, fresh  >  the same, up to 5 min old ("held")  >  cell position, up to 24 h old  >  what the SIM's
//   operator says, up to 24 h old  >  configured
//
// The first that is there wins. Only the receiver's own fresh fix keeps its quality: everything else is said to be an
// ordinary fix, because a service that hears of centimetres places its model there (specs/ublox.md 2.1).
import type { CoarsePosition, Fix } from '../core/index.js';

export interface PlaceLimits {
  /** A receiver's fix younger than this is where we are now. */
  freshMs: number;
  /** And younger than this is where we were a moment ago. */
  heldMs: number;
  cellMs: number;
  carrierMs: number;
}

export const PLACE_LIMITS: PlaceLimits = {
  freshMs: 10_000,
  heldMs: 300_000,
  cellMs: 86_400_000,
  carrierMs: 86_400_000,
};

export interface ConfiguredPosition {
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeM?: number;
}

/** A position from the cells around. */
export interface CellPlace {
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeMslM?: number;
  /** Horizontal, metres. */
  accuracyM: number;
  /** Monotonic arrival time, ms. */
  atMonoMs: number;
}

/** Where the operator of the SIM says the gateway is (ThingSpace): a radius of kilometres, often kept there for hours. */
export interface CarrierPlace {
  latitudeDeg: number;
  longitudeDeg: number;
  /** Horizontal, metres. */
  accuracyM: number;
  /** When the network found it out, ms since 1970 UTC, where it says so. */
  fixUtcMs?: number;
  /** Monotonic arrival time of the answer, ms. */
  atMonoMs: number;
}

/** A receiver's fix that has a place. */
export type PlacedFix = Fix & { latitudeDeg: number; longitudeDeg: number };

/** What is known; every part passed `isPlace`. */
export interface KnownPlaces {
  fix?: PlacedFix;
  cell?: CellPlace;
  /** `atMonoMs` is when the network found it out. */
  carrier?: CarrierPlace;
  configured?: ConfiguredPosition;
}

interface Place {
  latitudeDeg?: number;
  longitudeDeg?: number;
}

/** On the globe: finite and in range. */
export function isPlace<T extends Place>(place: T): place is T & { latitudeDeg: number; longitudeDeg: number } {
  const { latitudeDeg: lat, longitudeDeg: lon } = place;
  return lat !== undefined && lon !== undefined && Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
}

/** Latitude and longitude both exactly zero is how devices write "unknown" (specs/ublox.md 5.1); nobody measures it. */
export function isNullIsland({ latitudeDeg, longitudeDeg }: Place): boolean {
  return latitudeDeg === 0 && longitudeDeg === 0;
}

/** The best position at `nowMonoMs`; undefined while nothing counts. */
export function choosePosition(
  known: KnownPlaces,
  nowMonoMs: number,
  limits: PlaceLimits = PLACE_LIMITS,
): CoarsePosition | undefined {
  const { fix, cell, carrier, configured } = known;
  if (fix && nowMonoMs - fix.atMonoMs <= limits.heldMs) return fromFix(fix, nowMonoMs - fix.atMonoMs, limits);
  if (cell && nowMonoMs - cell.atMonoMs <= limits.cellMs) return fromNetwork(cell, nowMonoMs, 'cell');
  if (carrier && nowMonoMs - carrier.atMonoMs <= limits.carrierMs) return fromNetwork(carrier, nowMonoMs, 'carrier');
  if (!configured) return undefined;
  const { latitudeDeg, longitudeDeg, altitudeM } = configured;
  return {
    latitudeDeg,
    longitudeDeg,
    ...(altitudeM === undefined ? {} : { altitudeMslM: altitudeM }),
    quality: '3d',
    ageMs: 0,
    from: 'configured',
  };
}

function fromNetwork(place: CellPlace, nowMonoMs: number, from: 'cell' | 'carrier'): CoarsePosition {
  const { latitudeDeg, longitudeDeg, altitudeMslM, accuracyM, atMonoMs } = place;
  return {
    latitudeDeg,
    longitudeDeg,
    ...(altitudeMslM === undefined ? {} : { altitudeMslM }),
    accuracyM,
    quality: '3d',
    ageMs: nowMonoMs - atMonoMs,
    from,
  };
}

/** The time at which the network found the place out, by this clock; its answers come over TLS, so wall time is right. */
export function carrierTakenMonoMs(
  { fixUtcMs, atMonoMs }: CarrierPlace,
  now: { monoMs: number; wallMs: number },
): number {
  if (fixUtcMs === undefined) return atMonoMs;
  const takenMonoMs = now.monoMs - (now.wallMs - fixUtcMs);
  return Math.min(atMonoMs, takenMonoMs);
}

function fromFix(fix: PlacedFix, ageMs: number, { freshMs }: PlaceLimits): CoarsePosition {
  const isFresh = ageMs <= freshMs;
  const { altitudeMslM, horizontalAccuracyM, satellites, hdop } = fix;
  return {
    latitudeDeg: fix.latitudeDeg,
    longitudeDeg: fix.longitudeDeg,
    ...(altitudeMslM === undefined ? {} : { altitudeMslM }),
    ...(horizontalAccuracyM === undefined ? {} : { accuracyM: horizontalAccuracyM }),
    quality: isFresh ? fix.quality : '3d',
    ...(isFresh && satellites !== undefined ? { satellites } : {}),
    ...(isFresh && hdop !== undefined ? { hdop } : {}),
    ageMs,
    from: isFresh ? 'receiver' : 'held',
  };
}
