// The sentence that tells a caster where we are: NMEA GGA (specs/ublox.md 2.1).
import type { CoarsePosition, FixQuality } from '../../core/index.js';

export interface GgaFields {
  /** ms since 1970 UTC; only the time of day goes into the sentence. */
  utcMs: number;
  latitudeDeg: number;
  longitudeDeg: number;
  /** GGA's own numbers: 1 GPS, 4 RTK fixed, 5 RTK float. */
  quality: number;
  satellites: number;
  hdop: number;
  altitudeMslM: number;
  /** Geoid above ellipsoid, metres. */
  separationM: number;
  /** Of the corrections, seconds. */
  ageS?: number;
  /** Of the reference station. */
  stationId?: string;
}

export interface GgaDecimals {
  /** Of the minutes of latitude and longitude. Four (18 cm) keep the sentence within NMEA's 82 characters. */
  minutes: number;
  altitude: number;
}

const QUALITY: Readonly<Record<FixQuality, number>> = { none: 1, '2d': 1, '3d': 1, rtk_float: 5, rtk_fixed: 4 };
/** What a usual receiver would say: casters refuse sentences with empty fields or no satellites. */
const USUAL_SATELLITES = 12;
const USUAL_HDOP = 1;

/** The sentence for a position, with CR LF. Only a receiver's own fix says more than 1 (GPS) about itself. */
export function ggaFor(position: CoarsePosition, utcMs: number): string {
  const { latitudeDeg, longitudeDeg, altitudeMslM, satellites, hdop } = position;
  const finite = (value: number | undefined, usual: number): number =>
    value !== undefined && Number.isFinite(value) ? value : usual;
  return buildGga({
    utcMs,
    latitudeDeg,
    longitudeDeg,
    quality: position.from === 'receiver' ? QUALITY[position.quality] : 1,
    satellites: Math.min(99, Math.max(4, Math.round(finite(satellites, USUAL_SATELLITES)))),
    hdop: Math.min(99.99, Math.max(0.01, finite(hdop, USUAL_HDOP))),
    altitudeMslM: Math.min(99_999, Math.max(-9999, finite(altitudeMslM, 0))),
    separationM: 0,
  });
}

/** One sentence from `$` to CR LF. Latitude and longitude must be finite and in range. */
export function buildGga(fields: GgaFields, decimals: GgaDecimals = { minutes: 4, altitude: 1 }): string {
  const { altitude } = decimals;
  const body = [
    'GNGGA',
    timeOfDay(fields.utcMs),
    angle(fields.latitudeDeg, 2, decimals.minutes),
    fields.latitudeDeg < 0 ? 'S' : 'N',
    angle(fields.longitudeDeg, 3, decimals.minutes),
    fields.longitudeDeg < 0 ? 'W' : 'E',
    fields.quality,
    String(fields.satellites).padStart(2, '0'),
    fields.hdop.toFixed(2),
    fields.altitudeMslM.toFixed(altitude),
    'M',
    fields.separationM.toFixed(altitude),
    'M',
    fields.ageS?.toFixed(1) ?? '',
    fields.stationId ?? '',
  ].join(',');
  return `$${body}*${nmeaChecksum(body)}\r\n`;
}

/** XOR of the characters between `$` and `*`, two upper-case hex digits. */
export function nmeaChecksum(body: string): string {
  let sum = 0;
  for (let at = 0; at < body.length; at++) sum ^= body.charCodeAt(at);
  return (sum & 0xff).toString(16).toUpperCase().padStart(2, '0');
}

const DAY_CS = 8_640_000;

function timeOfDay(utcMs: number): string {
  const day = Math.floor(utcMs / 10) % DAY_CS;
  const cs = day < 0 ? day + DAY_CS : day;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(cs / 360_000))}${two(Math.floor(cs / 6000) % 60)}${two(Math.floor(cs / 100) % 60)}.${two(cs % 100)}`;
}

/** `ddmm.mmmm`. Counted in the last digit's unit, so that minutes that round to 60 carry into the degrees. */
function angle(deg: number, degreeDigits: number, minuteDecimals: number): string {
  const perMinute = 10 ** minuteDecimals;
  const units = Math.round(Math.abs(deg) * 60 * perMinute);
  const degrees = Math.floor(units / (60 * perMinute));
  const minutes = (units - degrees * 60 * perMinute) / perMinute;
  return `${String(degrees).padStart(degreeDigits, '0')}${minutes.toFixed(minuteDecimals).padStart(minuteDecimals + 3, '0')}`;
}
