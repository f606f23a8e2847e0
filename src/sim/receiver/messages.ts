// What the simulated receiver says: NAV-PVT, RXM-COR, MON-VER, SEC-UNIQID, ACK (specs/ublox.md 3.2) and the GGA sentence
// (2.1). Values come in as plain facts, bytes go out.
import { createHash } from 'node:crypto';
import type { SimQuality } from './fix-machine.js';
import { ubxFrame } from './ubx.js';

/** One epoch of the simulated navigation engine. */
export interface Epoch {
  quality: SimQuality;
  utcMs: number;
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeMslM: number;
  horizontalAccuracyMm: number;
  satellites: number;
  correctionAgeS?: number;
}

const GEOID_M = 43.5;
const LEAP_SECONDS = 18;
const GPS_EPOCH_MS = 315_964_800_000;
/** Upper ends, seconds, of the correction age codes 1.. of NAV-PVT. */
const AGE_ENDS_S: readonly number[] = [1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120];
const CARR_SOLN: Readonly<Record<SimQuality, number>> = { none: 0, '3d': 0, rtk_float: 1, rtk_fixed: 2 };
const GGA_QUALITY: Readonly<Record<SimQuality, number>> = { none: 0, '3d': 1, rtk_float: 5, rtk_fixed: 4 };

function ageCode(ageS: number | undefined): number {
  if (ageS === undefined) return 0;
  const index = AGE_ENDS_S.findIndex((end) => ageS < end);
  return index < 0 ? 12 : index + 1;
}

export function navPvt(epoch: Epoch): Uint8Array {
  const b = Buffer.alloc(92);
  const hasFix = epoch.quality !== 'none';
  const utc = new Date(Math.round(epoch.utcMs / 1000) * 1000);
  b.writeUInt32LE((utc.getTime() - GPS_EPOCH_MS + LEAP_SECONDS * 1000) % 604_800_000, 0);
  b.writeUInt16LE(utc.getUTCFullYear(), 4);
  b.writeUInt8(utc.getUTCMonth() + 1, 6);
  b.writeUInt8(utc.getUTCDate(), 7);
  b.writeUInt8(utc.getUTCHours(), 8);
  b.writeUInt8(utc.getUTCMinutes(), 9);
  b.writeUInt8(utc.getUTCSeconds(), 10);
  b.writeUInt8(hasFix ? 0x07 : 0, 11);
  b.writeUInt32LE(hasFix ? 25 : 0xffffffff, 12);
  b.writeUInt8(hasFix ? 3 : 0, 20);
  const isCorrected = CARR_SOLN[epoch.quality] > 0;
  b.writeUInt8((hasFix ? 1 : 0) | (isCorrected ? 2 : 0) | (CARR_SOLN[epoch.quality] << 6), 21);
  b.writeUInt8(hasFix ? 0xe0 : 0, 22);
  b.writeUInt8(epoch.satellites, 23);
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

/** What became of one SPARTN frame. */
export type CorrectionFate = 'used' | 'not-decrypted' | 'crc-error';

/** RXM-COR for a SPARTN frame. The correction id is not given (all ones), as seen on real receivers. */
export function rxmCor(fate: CorrectionFate, frame: { type: number; subtype: number; encrypted: boolean }): Uint8Array {
  const b = Buffer.alloc(12);
  b.writeUInt8(1, 0);
  const isReadable = fate !== 'crc-error';
  const fields: [number, number][] = [
    [0, 2],
    [5, isReadable ? 1 : 2],
    [7, fate === 'used' ? 2 : 1],
    [9, 0xffff],
    [25, isReadable ? 1 : 0],
    [26, isReadable ? 1 : 0],
    [27, 1],
    [28, frame.encrypted ? 2 : 1],
    [30, fate === 'used' && frame.encrypted ? 2 : 1],
  ];
  b.writeUInt32LE(
    fields.reduce((word, [shift, value]) => word + value * 2 ** shift, 0),
    4,
  );
  b.writeUInt16LE(frame.type, 8);
  b.writeUInt16LE(frame.subtype, 10);
  return ubxFrame(0x02, 0x34, b);
}

export function monVer(): Uint8Array {
  const text = (value: string, size: number): Buffer => {
    const field = Buffer.alloc(size);
    field.write(value, 'latin1');
    return field;
  };
  const extensions = ['ROM BASE 0x118B2060', 'FWVER=HPG 1.50', 'PROTVER=27.50', 'MOD=ZED-F9P', 'GPS;GLO;GAL;BDS'];
  const payload = [text('EXT CORE 1.00 (8e2179)', 30), text('00190000', 10), ...extensions.map((e) => text(e, 30))];
  return ubxFrame(0x0a, 0x04, Buffer.concat(payload));
}

/** Version 1: five bytes, the same for the same seed. */
export function secUniqid(seed: string): Uint8Array {
  const id = createHash('sha256').update(`uniqid/${seed}`).digest().subarray(0, 5);
  return ubxFrame(0x27, 0x03, Buffer.concat([Buffer.from([1, 0, 0, 0]), id]));
}

export function ack(isAccepted: boolean, cls: number, id: number): Uint8Array {
  return ubxFrame(0x05, isAccepted ? 1 : 0, Uint8Array.from([cls, id]));
}

/** Degrees and minutes as NMEA writes them; minutes that would round to 60 carry into the degrees. */
function nmeaAngle(deg: number, degreeDigits: number, decimals: number): string {
  const scale = 10 ** decimals;
  const units = Math.round(Math.abs(deg) * 60 * scale);
  const degrees = Math.floor(units / (60 * scale));
  const minutes = ((units - degrees * 60 * scale) / scale).toFixed(decimals);
  return String(degrees).padStart(degreeDigits, '0') + minutes.padStart(decimals + 3, '0');
}

/** The GGA sentence with CR LF; `decimals` 5, or 7 in high-precision mode. */
export function gga(epoch: Epoch, decimals: number): Uint8Array {
  const time = new Date(Math.round(epoch.utcMs / 1000) * 1000).toISOString().slice(11, 19).replaceAll(':', '');
  const hasFix = epoch.quality !== 'none';
  const isCorrected = CARR_SOLN[epoch.quality] > 0;
  const fields = hasFix
    ? [
        'GNGGA',
        `${time}.00`,
        nmeaAngle(epoch.latitudeDeg, 2, decimals),
        epoch.latitudeDeg < 0 ? 'S' : 'N',
        nmeaAngle(epoch.longitudeDeg, 3, decimals),
        epoch.longitudeDeg < 0 ? 'W' : 'E',
        GGA_QUALITY[epoch.quality],
        String(Math.min(epoch.satellites, 12)).padStart(2, '0'),
        '0.58',
        epoch.altitudeMslM.toFixed(decimals > 5 ? 3 : 1),
        'M',
        GEOID_M.toFixed(1),
        'M',
        isCorrected ? (epoch.correctionAgeS ?? 0).toFixed(1) : '',
        isCorrected ? '0000' : '',
      ]
    : ['GNGGA', '', '', '', '', '', 0, '00', '99.99', '', '', '', '', '', ''];
  const body = fields.join(',');
  let sum = 0;
  for (const char of Buffer.from(body, 'latin1')) sum ^= char;
  return Buffer.from(`$${body}*${sum.toString(16).toUpperCase().padStart(2, '0')}\r\n`, 'latin1');
}
