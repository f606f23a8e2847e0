// Where the gateway is, as request parameters. The services take plain decimals only, `^-?[0-9]+(\.[0-9]+)?$`: an
// exponent or a lost digit is a refused request (specs/ublox.md 4.1).
import type { CoarsePosition, PositionOrigin } from '../../core/index.js';

/** A number in the services' grammar; `-0` is `0`. */
export function decimal(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}

/** Metres, where the position's origin gives no accuracy. */
const USUAL_ACCURACY_M: Readonly<Record<PositionOrigin, number>> = {
  receiver: 100,
  held: 1000,
  configured: 10_000,
  cell: 30_000,
};
/** A vehicle on a motorway: how far a position may have been left behind, metres per second of its age. */
const ROAMING_M_PER_S = 35;
const MAX_ACCURACY_M = 6_000_000;
/** Eleven metres: nobody needs to know more about us to choose satellites. */
const DEGREE_DIGITS = 4;

export type PlaceParameters = readonly (readonly ['lat' | 'lon' | 'alt' | 'pacc', string])[];

/** Undefined for a position that is none. */
export function placeParameters(position: CoarsePosition): PlaceParameters | undefined {
  const { latitudeDeg, longitudeDeg, altitudeMslM = 0 } = position;
  if (!(Math.abs(latitudeDeg) <= 90 && Math.abs(longitudeDeg) <= 180 && Number.isFinite(altitudeMslM)))
    return undefined;
  const travelledM = position.from === 'configured' ? 0 : (Math.max(0, position.ageMs) / 1000) * ROAMING_M_PER_S;
  const accuracyM = (position.accuracyM ?? USUAL_ACCURACY_M[position.from]) + travelledM;
  return [
    ['lat', decimal(latitudeDeg, DEGREE_DIGITS)],
    ['lon', decimal(longitudeDeg, DEGREE_DIGITS)],
    ['alt', decimal(Math.min(Math.max(altitudeMslM, -1000), 50_000), 0)],
    ['pacc', decimal(Math.min(Math.max(1, Math.ceil(accuracyM)), MAX_ACCURACY_M), 0)],
  ];
}
