// What a module's own receiver says about where it is (specs/modem.md 2.7). Each reader takes one information line: an
// object for a line of its kind, with quality `none` while there is no fix; undefined for any other line. Whatever does
// not fit is left out, and without a place there is no fix. No family tells an accuracy, so there is none.
import { decimalOf, intOf, known, textsOf } from '../../codec/fields.js';

export interface GnssReading {
  quality: 'none' | '2d' | '3d';
  latitudeDeg?: number;
  longitudeDeg?: number;
  altitudeMslM?: number;
  hdop?: number;
  satellites?: number;
  /** ms since 1970 UTC. */
  utcMs?: number;
}

const NONE: GnssReading = { quality: 'none' };

/**
 * Telit `$GPSACP: hhmmss.sss,ddmm.mmmmN,dddmm.mmmmE,hdop,alt,fix,cog,spkm,spkn,ddmmyy,nsat[,nglonass]`, fix 0 or 1 none,
 * 2 flat, 3 in space.
 */
export function parseGpsacp(line: string): GnssReading | undefined {
  const fields = textsOf(line, '$GPSACP', 16);
  if (!fields) return undefined;
  const [time, lat, lon, hdop, altitude, fix, , , , date, gps, glonass] = fields;
  const satellites = intOf(gps) === undefined ? undefined : (intOf(gps) ?? 0) + (intOf(glonass) ?? 0);
  return reading(fix, {
    latitudeDeg: nmeaAngle(lat?.slice(0, -1), lat?.slice(-1), 90),
    longitudeDeg: nmeaAngle(lon?.slice(0, -1), lon?.slice(-1), 180),
    ...{ altitude, hdop, satellites, time, date },
  });
}

/** Quectel, asked with mode 2: `+QGPSLOC: hhmmss.sss,[-]dd.ddddd,[-]ddd.ddddd,hdop,alt,fix,cog,spkm,spkn,ddmmyy,nsat`. */
export function parseQgpsloc(line: string): GnssReading | undefined {
  const fields = textsOf(line, '+QGPSLOC', 16);
  if (!fields) return undefined;
  const [time, lat, lon, hdop, altitude, fix, , , , date, nsat] = fields;
  return reading(fix, {
    latitudeDeg: degrees(lat, 90),
    longitudeDeg: degrees(lon, 180),
    ...{ altitude, hdop, satellites: intOf(nsat), time, date },
  });
}

/** SIMCom `+CGPSINFO: ddmm.mmmmmm,N,dddmm.mmmmmm,E,ddmmyy,hhmmss.s,alt,speed[,course]`; all empty without a fix. */
export function parseCgpsinfo(line: string): GnssReading | undefined {
  const fields = textsOf(line, '+CGPSINFO', 12);
  if (!fields) return undefined;
  const [lat, ns, lon, ew, date, time, altitude] = fields;
  return reading(altitude === undefined || altitude === '' ? '2' : '3', {
    latitudeDeg: nmeaAngle(lat, ns, 90),
    longitudeDeg: nmeaAngle(lon, ew, 180),
    ...{ altitude, hdop: undefined, satellites: undefined, time, date },
  });
}

interface Parts {
  latitudeDeg: number | undefined;
  longitudeDeg: number | undefined;
  altitude: string | undefined;
  hdop: string | undefined;
  satellites: number | undefined;
  time: string | undefined;
  date: string | undefined;
}

function reading(fix: string | undefined, parts: Parts): GnssReading {
  const { latitudeDeg, longitudeDeg } = parts;
  const quality = fix === '2' ? '2d' : fix === '3' ? '3d' : 'none';
  if (quality === 'none' || latitudeDeg === undefined || longitudeDeg === undefined) return NONE;
  // How devices write "unknown".
  if (latitudeDeg === 0 && longitudeDeg === 0) return NONE;
  return known<GnssReading>({
    quality,
    latitudeDeg,
    longitudeDeg,
    altitudeMslM: quality === '3d' ? decimalOf(parts.altitude) : undefined,
    hdop: decimalOf(parts.hdop),
    satellites: parts.satellites,
    utcMs: utcOf(parts.date, parts.time),
  });
}

/** `ddmm.mmmm` and a letter. */
function nmeaAngle(text: string | undefined, letter: string | undefined, maxDeg: 90 | 180): number | undefined {
  const match = /^(\d{1,3})(\d\d(?:\.\d{1,8})?)$/.exec(text ?? '');
  const letters = maxDeg === 90 ? 'NS' : 'EW';
  const sign = letter === letters[0] ? 1 : letter === letters[1] ? -1 : undefined;
  if (!match || sign === undefined || Number(match[2]) >= 60) return undefined;
  const deg = Number(match[1]) + Number(match[2]) / 60;
  return deg <= maxDeg ? sign * deg : undefined;
}

function degrees(text: string | undefined, maxDeg: 90 | 180): number | undefined {
  if (text === undefined || !/^[+-]?\d{1,3}(?:\.\d{1,9})?$/.test(text)) return undefined;
  const deg = Number(text);
  return Math.abs(deg) <= maxDeg ? deg : undefined;
}

/** `ddmmyy` and `hhmmss[.sss]`. */
function utcOf(date: string | undefined, time: string | undefined): number | undefined {
  const day = /^(\d\d)(\d\d)(\d\d)$/.exec(date ?? '');
  const at = /^(\d\d)(\d\d)(\d\d(?:\.\d{1,3})?)$/.exec(time ?? '');
  if (!day || !at) return undefined;
  const [d, m, y] = [Number(day[1]), Number(day[2]), 2000 + Number(day[3])];
  const utcMs = Date.UTC(y, m - 1, d, Number(at[1]), Number(at[2])) + Math.round(Number(at[3]) * 1000);
  return new Date(Date.UTC(y, m - 1, d)).getUTCDate() === d && m >= 1 && m <= 12 ? utcMs : undefined;
}
