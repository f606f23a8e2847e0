// What the receiver says beside its position: satellites (NAV-SAT), state and uptime (NAV-STATUS), leap seconds
// (NAV-TIMELS). Layouts from memory of the interface description, so every reader checks lengths and ranges.
import type { FixQuality } from '../core/index.js';
import { UBX, ubxId, ubxPayload } from './ubx.js';

export interface Satellite {
  gnss: 'gps' | 'sbas' | 'galileo' | 'beidou' | 'qzss' | 'glonass' | 'navic' | 'other';
  sv: number;
  /** Absent while the receiver does not know where the satellite stands. */
  elevationDeg?: number;
  azimuthDeg?: number;
  /** Carrier to noise density; 0 while nothing is received. */
  cn0DbHz: number;
  /** Part of the position. */
  isUsed: boolean;
}

export const MAX_SATELLITES = 64;
const SAT_HEADER_BYTES = 8;
const SAT_BYTES = 12;
const USED_FLAG = 0x08;
const GNSS: Readonly<Record<number, Satellite['gnss']>> = {
  0: 'gps',
  1: 'sbas',
  2: 'galileo',
  3: 'beidou',
  5: 'qzss',
  6: 'glonass',
  7: 'navic',
};

/** NAV-SAT, in the receiver's order, at most 64; undefined for any other frame or one whose count does not fit its length. */
export function parseNavSat(frame: Uint8Array): Satellite[] | undefined {
  if (ubxId(frame) !== UBX.navSat || frame.length < 8 + SAT_HEADER_BYTES) return undefined;
  const p = ubxPayload(frame);
  const count = p.getUint8(5);
  if (p.byteLength !== SAT_HEADER_BYTES + SAT_BYTES * count) return undefined;
  const satellites: Satellite[] = [];
  for (let n = 0; n < Math.min(count, MAX_SATELLITES); n++) {
    const at = SAT_HEADER_BYTES + SAT_BYTES * n;
    const elevationDeg = p.getInt8(at + 3);
    const azimuthDeg = p.getInt16(at + 4, true);
    const isPlaced = Math.abs(elevationDeg) <= 90 && azimuthDeg >= 0 && azimuthDeg <= 360;
    satellites.push({
      gnss: GNSS[p.getUint8(at)] ?? 'other',
      sv: p.getUint8(at + 1),
      ...(isPlaced && { elevationDeg, azimuthDeg }),
      cn0DbHz: p.getUint8(at + 2),
      isUsed: (p.getUint32(at + 8, true) & USED_FLAG) !== 0,
    });
  }
  return satellites;
}

export interface NavStatus {
  quality: FixQuality;
  /** Since the receiver's last start. */
  uptimeMs: number;
}

/** NAV-STATUS; undefined for any other frame or another length. */
export function parseNavStatus(frame: Uint8Array): NavStatus | undefined {
  if (ubxId(frame) !== UBX.navStatus || frame.length !== 24) return undefined;
  const p = ubxPayload(frame);
  return {
    quality: qualityOf(p.getUint8(4), (p.getUint8(5) & 1) === 1, p.getUint8(7) >> 6),
    uptimeMs: p.getUint32(12, true),
  };
}

/** `gpsFix`: 0 none, 1 dead reckoning, 2 2D, 3 3D, 4 combined, 5 time only. `carrier`: 1 float, 2 fixed. */
export function qualityOf(gpsFix: number, isOk: boolean, carrier: number): FixQuality {
  if (!isOk || gpsFix < 1 || gpsFix > 4) return 'none';
  if (carrier === 2) return 'rtk_fixed';
  if (carrier === 1) return 'rtk_float';
  return gpsFix >= 3 ? '3d' : '2d';
}

/** GPS minus UTC has only grown since 1980, one second in a few years. */
const LEAP_SECONDS_RANGE = { from: 10, to: 40 };

/** GPS time minus UTC in seconds from NAV-TIMELS, when the receiver calls it valid and it can be true. */
export function parseNavTimels(frame: Uint8Array): number | undefined {
  if (ubxId(frame) !== UBX.navTimels || frame.length !== 32) return undefined;
  const p = ubxPayload(frame);
  const seconds = p.getInt8(9);
  const isValid = (p.getUint8(23) & 1) === 1;
  return isValid && seconds >= LEAP_SECONDS_RANGE.from && seconds <= LEAP_SECONDS_RANGE.to ? seconds : undefined;
}
