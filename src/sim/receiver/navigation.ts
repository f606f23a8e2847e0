// What the simulated navigation engine says once an epoch: NAV-PVT, NAV-STATUS and NAV-SAT (specs/ublox.md 3.2; the last
// two by the interface description). Values come in as plain facts, bytes go out.
import { gpsSeconds, weekAndTow } from '../spartn-time.js';
import type { SimQuality } from './fix-machine.js';
import type { Satellite } from './sky.js';
import { ubxFrame } from './ubx.js';

/** One epoch of the simulated navigation engine. */
export interface Epoch {
  quality: SimQuality;
  utcMs: number;
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeMslM: number;
  horizontalAccuracyMm: number;
  satellites: readonly Satellite[];
  correctionAgeS?: number;
  correctionSource?: 'spartn' | 'rtcm3';
  /** Since power-up. */
  uptimeMs: number;
  /** From power-up to the first fix; absent before it. */
  timeToFirstFixMs?: number;
}

export const GEOID_M = 43.5;
/** Upper ends, seconds, of the correction age codes 1.. of NAV-PVT. */
const AGE_ENDS_S: readonly number[] = [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120];
const CARR_SOLN: Readonly<Record<SimQuality, number>> = { none: 0, '3d': 0, rtk_float: 1, rtk_fixed: 2 };

export const isCorrected = (quality: SimQuality): boolean => CARR_SOLN[quality] > 0;

function ageCode(ageS: number | undefined): number {
  if (ageS === undefined) return 0;
  const index = AGE_ENDS_S.findIndex((end) => ageS < end);
  return index < 0 ? 12 : index + 1;
}

/** The whole second an epoch stands for. */
const secondOf = (epoch: Epoch): number => Math.round(epoch.utcMs / 1000) * 1000;
const towMs = (epoch: Epoch): number => weekAndTow(gpsSeconds(secondOf(epoch))).tow * 1000;

export function navPvt(epoch: Epoch): Uint8Array {
  const b = Buffer.alloc(92);
  const hasFix = epoch.quality !== 'none';
  const utc = new Date(secondOf(epoch));
  b.writeUInt32LE(towMs(epoch), 0);
  b.writeUInt16LE(utc.getUTCFullYear(), 4);
  b.writeUInt8(utc.getUTCMonth() + 1, 6);
  b.writeUInt8(utc.getUTCDate(), 7);
  b.writeUInt8(utc.getUTCHours(), 8);
  b.writeUInt8(utc.getUTCMinutes(), 9);
  b.writeUInt8(utc.getUTCSeconds(), 10);
  b.writeUInt8(hasFix ? 0x07 : 0, 11);
  b.writeUInt32LE(hasFix ? 25 : 0xffffffff, 12);
  b.writeUInt8(hasFix ? 3 : 0, 20);
  b.writeUInt8((hasFix ? 1 : 0) | (isCorrected(epoch.quality) ? 2 : 0) | (CARR_SOLN[epoch.quality] << 6), 21);
  b.writeUInt8(hasFix ? 0xe0 : 0, 22);
  b.writeUInt8(epoch.satellites.filter(({ isUsed }) => isUsed).length, 23);
  if (hasFix) {
    b.writeInt32LE(Math.round(epoch.longitudeDeg * 1e7), 24);
    b.writeInt32LE(Math.round(epoch.latitudeDeg * 1e7), 28);
    b.writeInt32LE(Math.round((epoch.altitudeMslM + GEOID_M) * 1000), 32);
    b.writeInt32LE(Math.round(epoch.altitudeMslM * 1000), 36);
    b.writeUInt32LE(epoch.horizontalAccuracyMm, 40);
    b.writeUInt32LE(Math.round(epoch.horizontalAccuracyMm * 1.6), 44);
    b.writeUInt16LE(112, 76);
  } else {
    b.writeUInt32LE(0xffffffff, 40);
    b.writeUInt32LE(0xffffffff, 44);
    b.writeUInt16LE(9999, 76);
  }
  b.writeUInt16LE((hasFix ? 0 : 1) | (ageCode(epoch.correctionAgeS) << 1), 78);
  return ubxFrame(0x01, 0x07, b);
}

export function navStatus(epoch: Epoch): Uint8Array {
  const b = Buffer.alloc(16);
  const hasFix = epoch.quality !== 'none';
  const correction = isCorrected(epoch.quality);
  b.writeUInt32LE(towMs(epoch), 0);
  b.writeUInt8(hasFix ? 3 : 0, 4);
  // gpsFixOk, diffSoln, week and time of week known.
  b.writeUInt8((hasFix ? 0x0d : 0) | (correction ? 0x02 : 0), 5);
  // Corrections available, carrier solution valid.
  b.writeUInt8(correction ? 0x03 : 0, 6);
  b.writeUInt8(CARR_SOLN[epoch.quality] << 6, 7);
  b.writeUInt32LE(Math.round(epoch.timeToFirstFixMs ?? 0), 8);
  b.writeUInt32LE(Math.round(epoch.uptimeMs) % 2 ** 32, 12);
  return ubxFrame(0x01, 0x03, b);
}

const TRACKED = 4;
const CARRIER_LOCKED = 7;
const HEALTHY = 1 << 4;
const EPHEMERIS = (1 << 8) | (1 << 11);
const CORRECTED = (1 << 6) | (1 << 20) | (1 << 21);
const FROM: Readonly<Record<'spartn' | 'rtcm3', number>> = { spartn: 1 << 19, rtcm3: 1 << 17 };

export function navSat(epoch: Epoch): Uint8Array {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(towMs(epoch), 0);
  head.writeUInt8(1, 4);
  head.writeUInt8(epoch.satellites.length, 5);
  const corrected = isCorrected(epoch.quality) && epoch.correctionSource ? CORRECTED | FROM[epoch.correctionSource] : 0;
  const blocks = epoch.satellites.map((satellite) => {
    const b = Buffer.alloc(12);
    const used = CARRIER_LOCKED | (1 << 3) | EPHEMERIS | corrected;
    b.writeUInt8(satellite.gnssId, 0);
    b.writeUInt8(satellite.svId, 1);
    b.writeUInt8(satellite.cn0DbHz, 2);
    b.writeInt8(satellite.elevationDeg, 3);
    b.writeInt16LE(satellite.azimuthDeg, 4);
    b.writeUInt32LE((satellite.isUsed ? used : TRACKED) | HEALTHY, 8);
    return b;
  });
  return ubxFrame(0x01, 0x35, Buffer.concat([head, ...blocks]));
}
