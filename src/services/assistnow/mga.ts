// What a UBX-MGA frame is about, as far as its life depends on it (specs/ublox.md 3.4). Only headers, types and dates
// are read; the orbits themselves are the receiver's business.

/**
 * `time` and `position` are made anew at each injection. `ephemeris` and `auxiliary` (time offsets, health, UTC,
 * ionosphere) live for hours, an `almanac` for weeks, a `predicted` orbit for its one day. `never`: not for a host-based
 * receiver (flash blocks, acknowledgements, database dumps).
 */
export type MgaMatter = 'time' | 'position' | 'ephemeris' | 'almanac' | 'auxiliary' | 'predicted' | 'never';

const PAYLOAD = 6;
const ANO = 0x20;
const INI = 0x40;
/** GPS, Galileo, BeiDou, QZSS, GLONASS. */
const CONSTELLATIONS: readonly number[] = [0x00, 0x02, 0x03, 0x05, 0x06];
/** FLASH, ACK, DBD. */
const NOT_FOR_HOSTS: readonly number[] = [0x21, 0x60, 0x80];
const TIME_UTC = 0x10;
const TIME_UTC_BYTES = 24;

export function matterOf(frame: Uint8Array): MgaMatter {
  const id = frame[3] ?? 0;
  const type = frame[PAYLOAD];
  if (NOT_FOR_HOSTS.includes(id)) return 'never';
  if (id === ANO) return 'predicted';
  if (id === INI) {
    if (type === 0x00 || type === 0x01) return 'position';
    return type === TIME_UTC || type === 0x11 ? 'time' : 'auxiliary';
  }
  if (CONSTELLATIONS.includes(id)) {
    if (type === 1) return 'ephemeris';
    if (type === 2) return 'almanac';
  }
  return 'auxiliary';
}

/** A calendar moment as ms since 1970 UTC; undefined when a field is out of range. */
function utcMs(parts: readonly [number, number, number], clock: readonly [number, number, number]): number | undefined {
  const [year, month, day] = parts;
  const [hour, minute, second] = clock;
  const isDate = year >= 2000 && year <= 2255 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
  if (!isDate || hour > 23 || minute > 59 || second > 60) return undefined;
  const at = Date.UTC(year, month - 1, day, hour, minute, second);
  // 30 February would silently be a day in March.
  return new Date(at - second * 1000).getUTCDate() === day ? at : undefined;
}

/** The moment in an INI-TIME_UTC, ms since 1970 UTC: when the set was made. */
export function timeOf(frame: Uint8Array): number | undefined {
  if (frame[3] !== INI || frame[PAYLOAD] !== TIME_UTC || frame.length < PAYLOAD + TIME_UTC_BYTES) return undefined;
  const at = (offset: number): number => frame[PAYLOAD + offset] ?? 0;
  return utcMs([at(4) + at(5) * 256, at(6), at(7)], [at(8), at(9), at(10)]);
}

/** Start of the day a predicted orbit is for, ms since 1970 UTC (offsets of the date: specs/ublox.md 3.4, from memory). */
export function predictedDayOf(frame: Uint8Array): number | undefined {
  if (frame[3] !== ANO || frame.length < PAYLOAD + 7) return undefined;
  const at = (offset: number): number => frame[PAYLOAD + offset] ?? 0;
  return utcMs([2000 + at(4), at(5), at(6)], [0, 0, 0]);
}
