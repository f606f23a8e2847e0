// Where the gateway is, as request parameters. The services take plain decimals only, `^-?[0-9]+(\.[0-9]+)?$`: an
// exponent or a lost digit is a refused request (specs/ublox.md 4.1).
import { type CoarsePosition, presentAccuracyM } from '../../core/index.js';

/** A number in the services' grammar; `-0` is `0`. */
export function decimal(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}

const MAX_ACCURACY_M = 6_000_000;
/** Eleven metres: nobody needs to know more about us to choose satellites. */
const DEGREE_DIGITS = 4;

export type PlaceParameters = readonly (readonly ['lat' | 'lon' | 'alt' | 'pacc', string])[];

/** Undefined for a position that is none. */
export function placeParameters(position: CoarsePosition): PlaceParameters | undefined {
  const { latitudeDeg, longitudeDeg, altitudeMslM = 0 } = position;
  if (!(Math.abs(latitudeDeg) <= 90 && Math.abs(longitudeDeg) <= 180 && Number.isFinite(altitudeMslM)))
    return undefined;
  return [
    ['lat', decimal(latitudeDeg, DEGREE_DIGITS)],
    ['lon', decimal(longitudeDeg, DEGREE_DIGITS)],
    ['alt', decimal(Math.min(Math.max(altitudeMslM, -1000), 50_000), 0)],
    ['pacc', decimal(Math.min(Math.max(1, Math.ceil(presentAccuracyM(position))), MAX_ACCURACY_M), 0)],
  ];
}
