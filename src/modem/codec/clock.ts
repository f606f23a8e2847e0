// The module's clock: local time with the zone in quarters of an hour east (specs/modem.md 2.7).

export interface NetworkClock {
  utcMs: number;
  /** False when the line had no zone: then `utcMs` is local time and may be wrong by up to 14 hours. */
  zoneKnown: boolean;
}

const CLOCK = /^(\d{2,4})\/(\d{1,2})\/(\d{1,2}),(\d{1,2}):(\d{1,2}):(\d{1,2})\s*([+-]\d{1,2})?/;
/** Before this the module has never been told the time: 1970, 1980 (GPS epoch), 2004 and 2015 are what unset clocks show. */
const FIRST_YEAR = 2024;

/** `+CCLK` and `#NITZ`, quoted or not. `unset` for a clock nobody has set; undefined for anything else. */
export function parseClock(line: string): NetworkClock | 'unset' | undefined {
  const match = /^(?:\+CCLK|#NITZ):\s*"?([^"]{0,40})/.exec(line);
  const parts = CLOCK.exec(match?.[1] ?? '');
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  const zone = parts[7] === undefined ? undefined : Number(parts[7]);
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
