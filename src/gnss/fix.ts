// What the receiver says about where it is, as a `Fix` (specs/ublox.md 2.1 GGA, 3.2 NAV-PVT).
import type { Fix, FixQuality } from '../core/index.js';
import type { Gga } from './nmea.js';
import { UBX, ubxId, ubxPayload } from './ubx.js';

const PVT_BYTES = 92;
const VALID_DATE_TIME_RESOLVED = 0x07;

/**
 * Upper end, in seconds, of each NAV-PVT lastCorrectionAge code; code 0 means none used. Codes from 12 on say only
 * "two minutes or more" and become 120.
 */
const CORRECTION_AGE_S = [undefined, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120] as const;

function pvtQuality(fixType: number, flags: number, isPositionInvalid: boolean): FixQuality {
  const isOk = (flags & 1) === 1;
  // 1 dead reckoning, 2 2D, 3 3D, 4 combined; 0 none, 5 time only.
  if (!isOk || isPositionInvalid || fixType < 1 || fixType > 4) return 'none';
  const carrier = flags >> 6;
  if (carrier === 2) return 'rtk_fixed';
  if (carrier === 1) return 'rtk_float';
  return fixType >= 3 ? '3d' : '2d';
}

export interface PvtReport {
  fix: Fix;
  /** ms since 1970 UTC; only when date and time are valid and the second is fully resolved. */
  utcMs?: number;
}

/** NAV-PVT, arrived at `atMonoMs`; undefined for any other frame or another length. */
export function parseNavPvt(frame: Uint8Array, atMonoMs: number): PvtReport | undefined {
  if (ubxId(frame) !== UBX.navPvt || frame.length !== PVT_BYTES + 8) return undefined;
  const p = ubxPayload(frame);
  const flags3 = p.getUint16(78, true);
  const quality = pvtQuality(p.getUint8(20), p.getUint8(21), (flags3 & 1) === 1);
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
