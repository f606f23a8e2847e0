// The GGA sentence of the simulated receiver (specs/ublox.md 2.1).
import type { SimQuality } from './fix-machine.js';
import { type Epoch, GEOID_M, isCorrected } from './navigation.js';

const GGA_QUALITY: Readonly<Record<SimQuality, number>> = { none: 0, '3d': 1, rtk_float: 5, rtk_fixed: 4 };

/** Degrees and minutes as NMEA writes them; minutes that would round to 60 carry into the degrees. */
function nmeaAngle(deg: number, degreeDigits: number, decimals: number): string {
  const scale = 10 ** decimals;
  const units = Math.round(Math.abs(deg) * 60 * scale);
  const degrees = Math.floor(units / (60 * scale));
  const minutes = ((units - degrees * 60 * scale) / scale).toFixed(decimals);
  return String(degrees).padStart(degreeDigits, '0') + minutes.padStart(decimals + 3, '0');
}

/** A sentence around `body`, with its check sum and CR LF. */
export function nmeaSentence(body: string): Uint8Array {
  let sum = 0;
  for (const char of Buffer.from(body, 'latin1')) sum ^= char;
  return Buffer.from(`$${body}*${sum.toString(16).toUpperCase().padStart(2, '0')}\r\n`, 'latin1');
}

/** `decimals` 5, or 7 in high-precision mode. */
export function gga(epoch: Epoch, decimals: number): Uint8Array {
  if (epoch.quality === 'none') return nmeaSentence('GNGGA,,,,,,0,00,99.99,,,,,,');
  const time = new Date(Math.round(epoch.utcMs / 1000) * 1000).toISOString().slice(11, 19).replaceAll(':', '');
  const hasAge = isCorrected(epoch.quality);
  const fields = [
    'GNGGA',
    `${time}.00`,
    nmeaAngle(epoch.latitudeDeg, 2, decimals),
    epoch.latitudeDeg < 0 ? 'S' : 'N',
    nmeaAngle(epoch.longitudeDeg, 3, decimals),
    epoch.longitudeDeg < 0 ? 'W' : 'E',
    GGA_QUALITY[epoch.quality],
    String(Math.min(epoch.satellites.filter(({ isUsed }) => isUsed).length, 12)).padStart(2, '0'),
    '0.58',
    epoch.altitudeMslM.toFixed(decimals > 5 ? 3 : 1),
    'M',
    GEOID_M.toFixed(1),
    'M',
    hasAge ? (epoch.correctionAgeS ?? 0).toFixed(1) : '',
    hasAge ? '0000' : '',
  ];
  return nmeaSentence(fields.join(','));
}
