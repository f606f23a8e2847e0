// The module's clock and the network's time reports (specs/modem.md 2.7): local time with the zone in quarters of an
// hour east, except where a form says universal time.

export interface NetworkClock {
  utcMs: number;
  /** False when the line had no zone: then `utcMs` is local time and may be wrong by up to 14 hours. */
  zoneKnown: boolean;
}

const CLOCK = /^(\d{2,4})\/(\d{1,2})\/(\d{1,2}),(\d{1,2}):(\d{1,2}):(\d{1,2})\s*([+-]\d{1,2})?/;
/** Before this the module has never been told the time: 1970, 1980 (GPS epoch), 2004 and 2015 are what unset clocks show. */
const FIRST_YEAR = 2024;
/** Asked with `=1`, Quectel answers in universal time and still prints the zone of the place. */
const LOCAL = /^(?:\+CCLK|#NITZ|\+NITZ|\+QLTS):\s*"?([^"]{0,40})/;
/** Zone first, then summer time, then the time: `+CTZE` says local time, `+CTZEU` universal time. */
const ZONED = /^\+CTZE(U?):\s*"?([+-]?\d{1,3})"?\s*,\s*\d{0,2}\s*,\s*"?([^"]{6,40})/;

/**
 * `+CCLK`, `#NITZ`, `+QLTS` (asked as `+QLTS=1`), `+CTZE` and `+CTZEU`, quoted or not. `unset` for a clock nobody has
 * set; undefined for anything else (`+CTZV` and a short `+CTZE` tell a zone and no time).
 */
export function parseClock(line: string): NetworkClock | 'unset' | undefined {
  const zoned = ZONED.exec(line);
  if (zoned) {
    const quarters = Number(zoned[2]);
    return read(zoned[3] ?? '', zoned[1] === 'U' ? 0 : quarters);
  }
  const local = LOCAL.exec(line);
  return local ? read(local[1] ?? '', line.startsWith('+QLTS') ? 0 : undefined) : undefined;
}

function read(text: string, quarters: number | undefined): NetworkClock | 'unset' | undefined {
  const parts = CLOCK.exec(text.trim());
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  const printed = parts[7] === undefined ? undefined : Number(parts[7]);
  const zone = quarters ?? printed;
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 60) return undefined;
  if (zone !== undefined && Math.abs(zone) > 56) return undefined;
  const fullYear = year >= 100 ? year : year >= 70 ? 1900 + year : 2000 + year;
  const midnight = Date.UTC(fullYear, month - 1, day);
  // 31 February would silently become March.
  if (new Date(midnight).getUTCDate() !== day) return undefined;
  if (fullYear < FIRST_YEAR) return 'unset';
  const localMs = midnight + ((hour * 60 + minute) * 60 + second) * 1000;
  return { utcMs: localMs - (zone ?? 0) * 900_000, zoneKnown: zone !== undefined };
}
