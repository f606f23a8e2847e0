// What the receiver says about where it is, as a `Fix` (specs/ublox.md 2.1 GGA, 3.2 NAV-PVT).
import type { Fix, FixQuality } from '../core/index.js';
import { qualityOf } from './nav-reports.js';
import type { Gga } from './nmea.js';
import { UBX, ubxId, ubxPayload } from './ubx.js';

const PVT_BYTES = 92;
const VALID_DATE_TIME_RESOLVED = 0x07;

/**
 * Upper end, in seconds, of each NAV-PVT lastCorrectionAge code; code 0 means none used. Codes from 12 on say only
 * "two minutes or more" and become 120.
 */
const CORRECTION_AGE_S = [undefined, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120] as const;

export interface PvtReport {
  fix: Fix;
  /** ms since 1970 UTC; only when date and time are valid and the second is fully resolved. */
  utcMs?: number;
  /** Corrections are part of this position: a carrier solution, or a differential one with corrections of this minute. */
  isCorrected: boolean;
}

/** Older corrections are not proof that what is fed now is used; SBAS alone gives no age. */
const CORRECTION_FRESH_S = 60;

const isFreshAge = (ageS: number | undefined): boolean => ageS !== undefined && ageS <= CORRECTION_FRESH_S;

/** Does this GGA say that corrections are part of the position? Quality 2 may be SBAS, so its age counts. */
export function isCorrectedGga({ quality, correctionAgeS }: Gga): boolean {
  return quality === 4 || quality === 5 || (quality === 2 && isFreshAge(correctionAgeS));
}

/** NAV-PVT, arrived at `atMonoMs`; undefined for any other frame or another length. */
export function parseNavPvt(frame: Uint8Array, atMonoMs: number): PvtReport | undefined {
  if (ubxId(frame) !== UBX.navPvt || frame.length !== PVT_BYTES + 8) return undefined;
  const p = ubxPayload(frame);
  const flags3 = p.getUint16(78, true);
  const flags = p.getUint8(21);
  const carrier = flags >> 6;
  const isPlaced = (flags & 1) === 1 && (flags3 & 1) === 0;
  const quality = qualityOf(p.getUint8(20), isPlaced, carrier);
  const ageCode = (flags3 >> 1) & 0x0f;
  const correctionAgeS = ageCode >= CORRECTION_AGE_S.length ? 120 : CORRECTION_AGE_S[ageCode];
  const hasTime = (p.getUint8(11) & VALID_DATE_TIME_RESOLVED) === VALID_DATE_TIME_RESOLVED;
  const second = Date.UTC(
    p.getUint16(4, true),
    p.getUint8(6) - 1,
    p.getUint8(7),
    p.getUint8(8),
    p.getUint8(9),
    p.getUint8(10),
  );
  // The fraction may be negative: the whole second is rounded, not cut.
  const utcMs = Math.round(second + p.getInt32(16, true) / 1e6);
  return {
    fix: {
      quality,
      ...(quality !== 'none' && {
        latitudeDeg: p.getInt32(28, true) / 1e7,
        longitudeDeg: p.getInt32(24, true) / 1e7,
        altitudeMslM: p.getInt32(36, true) / 1000,
        horizontalAccuracyM: p.getUint32(40, true) / 1000,
        verticalAccuracyM: p.getUint32(44, true) / 1000,
      }),
      satellites: p.getUint8(23),
      ...(correctionAgeS !== undefined && { correctionAgeS }),
      ...(hasTime && { utcMs }),
      atMonoMs,
      source: 'nav-pvt',
    },
    ...(hasTime && { utcMs }),
    isCorrected: quality !== 'none' && (carrier > 0 || ((flags & 2) !== 0 && isFreshAge(correctionAgeS))),
  };
}

/** By GGA quality digit. Manual (7) and simulated (8) positions are not measured, so they are none. */
const GGA_QUALITY: readonly FixQuality[] = ['none', '3d', '3d', '3d', 'rtk_fixed', 'rtk_float', '2d', 'none', 'none'];

/** GGA, arrived at `atMonoMs`. It has no date, so the fix has no `utcMs`; it has no accuracy either. */
export function fixFromGga(gga: Gga, atMonoMs: number): Fix {
  const quality = GGA_QUALITY[gga.quality] ?? 'none';
  return {
    quality,
    ...(quality !== 'none' &&
      gga.latitudeDeg !== undefined &&
      gga.longitudeDeg !== undefined && { latitudeDeg: gga.latitudeDeg, longitudeDeg: gga.longitudeDeg }),
    ...(quality !== 'none' && gga.altitudeMslM !== undefined && { altitudeMslM: gga.altitudeMslM }),
    ...(gga.satellites !== undefined && { satellites: gga.satellites }),
    ...(gga.hdop !== undefined && { hdop: gga.hdop }),
    ...(gga.correctionAgeS !== undefined && { correctionAgeS: gga.correctionAgeS }),
    atMonoMs,
    source: 'gga',
  };
}
