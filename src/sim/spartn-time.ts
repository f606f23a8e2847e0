// Time of SPARTN frames. Each constellation counts in its own time; the recorded stream shows GLONASS at GPS + 3 h - 18 s
// and BeiDou at GPS - 14 s, Galileo like GPS.
import type { SpartnFields } from './spartn.js';

/** GPS time minus UTC since 2017. */
export const LEAP_SECONDS = 18;
/** 1980-01-06 in Unix seconds. */
const GPS_EPOCH_S = 315_964_800;
/** 2010-01-01 (epoch of the 32-bit tags) in GPS seconds. */
const TAG_EPOCH_S = 1_262_304_000 - GPS_EPOCH_S;
const HALF_DAY_S = 43_200;
const WEEK_S = 604_800;
const OFFSET_S: readonly number[] = [0, 10_800 - LEAP_SECONDS, 0, -14];

/** GPS seconds of a UTC instant in Unix ms. */
export function gpsSeconds(utcMs: number): number {
  return utcMs / 1000 - GPS_EPOCH_S + LEAP_SECONDS;
}

/** Unix ms of GPS seconds. */
export function utcMsOfGps(gpsS: number): number {
  return (gpsS + GPS_EPOCH_S - LEAP_SECONDS) * 1000;
}

/** GPS week number and second of the week. */
export function weekAndTow(gpsS: number): { week: number; tow: number } {
  const week = Math.floor(gpsS / WEEK_S);
  return { week, tow: Math.floor(gpsS - week * WEEK_S) };
}

const offsetOf = (subtype: number): number => OFFSET_S[subtype] ?? 0;
const wrap = (s: number): number => ((s % HALF_DAY_S) + HALF_DAY_S) % HALF_DAY_S;

/** The time tag of a frame of constellation `subtype` made at `gpsS` (whole seconds). */
export function timeTagFor(gpsS: number, subtype: number, bits: 16 | 32): number {
  const tag = gpsS - TAG_EPOCH_S + offsetOf(subtype);
  return bits === 32 ? tag : wrap(tag);
}

/** Second of the half day, GPS time, whichever length the tag has. */
export function halfDaySecond(frame: Pick<SpartnFields, 'subtype' | 'timeTag'>): number {
  return wrap(frame.timeTag - offsetOf(frame.subtype));
}

/** GPS seconds a frame was made at; a 16-bit tag is taken as the half day nearest to `nearGpsS`. */
export function frameGpsSeconds(
  frame: Pick<SpartnFields, 'subtype' | 'timeTag' | 'timeTagBits'>,
  nearGpsS: number,
): number {
  if (frame.timeTagBits === 32) return frame.timeTag - offsetOf(frame.subtype) + TAG_EPOCH_S;
  const near = nearGpsS - TAG_EPOCH_S;
  const behind = wrap(near - halfDaySecond(frame));
  return TAG_EPOCH_S + near - (behind > HALF_DAY_S / 2 ? behind - HALF_DAY_S : behind);
}
