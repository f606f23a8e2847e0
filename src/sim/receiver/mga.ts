// Assistance data (UBX-MGA, specs/ublox.md 3.4): what the simulated receiver makes of one message, what it keeps of it,
// and whether that is enough for a quick start. Sizes are those of the interface description.
import { utcMsOfGps } from '../spartn-time.js';
import { ubxFrame } from './ubx.js';

export const MGA_CLASS = 0x13;

/** As UBX-MGA-ACK says it. */
export const MGA_INFO = { accepted: 0, noTime: 1, version: 2, size: 3, unknownType: 6 } as const;
export type MgaInfo = (typeof MGA_INFO)[keyof typeof MGA_INFO];

interface Shape {
  kind: string;
  bytes: number;
  /** Says where a satellite is: of no use before the time is known. */
  isOrbit?: boolean;
  /** As long as it likes from `bytes` on. */
  isOpenEnded?: boolean;
}

/** By message id and first payload byte (the type). */
const SHAPES: Readonly<Record<number, Readonly<Record<number, Shape>>>> = {
  0x00: {
    1: { kind: 'gps-eph', bytes: 68, isOrbit: true },
    2: { kind: 'gps-alm', bytes: 36, isOrbit: true },
    4: { kind: 'gps-health', bytes: 40 },
    5: { kind: 'gps-utc', bytes: 20 },
    6: { kind: 'gps-iono', bytes: 16 },
  },
  0x02: {
    1: { kind: 'gal-eph', bytes: 76, isOrbit: true },
    2: { kind: 'gal-alm', bytes: 32, isOrbit: true },
    3: { kind: 'gal-timeoffset', bytes: 12 },
    5: { kind: 'gal-utc', bytes: 20 },
  },
  0x03: {
    1: { kind: 'bds-eph', bytes: 88, isOrbit: true },
    2: { kind: 'bds-alm', bytes: 40, isOrbit: true },
    4: { kind: 'bds-health', bytes: 68 },
    5: { kind: 'bds-utc', bytes: 20 },
    6: { kind: 'bds-iono', bytes: 16 },
  },
  0x05: {
    1: { kind: 'qzss-eph', bytes: 68, isOrbit: true },
    2: { kind: 'qzss-alm', bytes: 36, isOrbit: true },
    4: { kind: 'qzss-health', bytes: 12 },
  },
  0x06: {
    1: { kind: 'glo-eph', bytes: 48, isOrbit: true },
    2: { kind: 'glo-alm', bytes: 36, isOrbit: true },
    3: { kind: 'glo-timeoffset', bytes: 20 },
  },
  0x20: { 0: { kind: 'ano', bytes: 76, isOrbit: true } },
  0x40: {
    0x00: { kind: 'ini-pos-xyz', bytes: 20 },
    0x01: { kind: 'ini-pos-llh', bytes: 20 },
    0x10: { kind: 'ini-time-utc', bytes: 24 },
    0x11: { kind: 'ini-time-gnss', bytes: 24 },
    0x20: { kind: 'ini-clkd', bytes: 12 },
    0x21: { kind: 'ini-freq', bytes: 12 },
    0x30: { kind: 'ini-eop', bytes: 72 },
  },
};
/** A navigation database message has no type; it is stored as it comes. */
const DBD_ID = 0x80;
const DBD: Shape = { kind: 'dbd', bytes: 12, isOpenEnded: true };

/** What becomes of one message; `kind` is `unknown` when nothing has that id and type. */
export function judgeMga(id: number, payload: Uint8Array, knowsTime: boolean): { info: MgaInfo; kind: string } {
  const [type = -1, version = 0] = payload;
  const shape = id === DBD_ID ? DBD : SHAPES[id]?.[type];
  if (!shape) return { info: MGA_INFO.unknownType, kind: 'unknown' };
  const { kind } = shape;
  const fits = shape.isOpenEnded === true ? payload.length >= shape.bytes : payload.length === shape.bytes;
  if (!fits) return { info: MGA_INFO.size, kind };
  if (id !== DBD_ID && version !== 0) return { info: MGA_INFO.version, kind };
  if (shape.isOrbit === true && !knowsTime) return { info: MGA_INFO.noTime, kind };
  return { info: MGA_INFO.accepted, kind };
}

/** UBX-MGA-ACK. */
export function mgaAck(info: MgaInfo, id: number, payload: Uint8Array): Uint8Array {
  const echoed = [0, 1, 2, 3].map((at) => payload[at] ?? 0);
  return ubxFrame(MGA_CLASS, 0x60, Uint8Array.from([info === MGA_INFO.accepted ? 1 : 0, 0, info, id, ...echoed]));
}

/** Satellites whose orbits make a quick start. */
const MIN_SATELLITES = 4;
/** A predicted orbit is good for its own day and the ones beside it. */
const ANO_DAYS_MS = 1.5 * 86_400_000;

export interface Aiding {
  /** Keeps what an accepted message says; `nowUtcMs` is the true time. */
  take(kind: string, payload: Uint8Array, nowUtcMs: number): void;
  readonly hasTime: boolean;
  /** Right time, position and enough orbits. */
  readonly isEnough: boolean;
  /** Injected time minus true time. */
  readonly timeErrorMs: number | undefined;
  readonly position: { latitudeDeg: number; longitudeDeg: number; accuracyM: number } | undefined;
  /** Satellites with an ephemeris or a predicted orbit of today. */
  readonly satellites: number;
  clear(): void;
}

function utcIn(view: Buffer): number {
  const [month, day, hour, minute, second] = [6, 7, 8, 9, 10].map((at) => view.readUInt8(at));
  return Date.UTC(view.readUInt16LE(4), (month ?? 0) - 1, day, hour, minute, second) + view.readUInt32LE(12) / 1e6;
}

const WEEK_S = 604_800;

/** `maxTimeErrorMs`: a clock further off makes orbits useless. */
export function createAiding(maxTimeErrorMs: number): Aiding {
  let timeErrorMs: number | undefined;
  let position: Aiding['position'];
  let hasPosition = false;
  const satellites = new Set<string>();
  return {
    get hasTime() {
      return timeErrorMs !== undefined;
    },
    get isEnough() {
      const isRight = timeErrorMs !== undefined && Math.abs(timeErrorMs) <= maxTimeErrorMs;
      return isRight && hasPosition && satellites.size >= MIN_SATELLITES;
    },
    get timeErrorMs() {
      return timeErrorMs;
    },
    get position() {
      return position;
    },
    get satellites() {
      return satellites.size;
    },
    take(kind, payload, nowUtcMs) {
      const view = Buffer.from(payload);
      const satellite = view[2] ?? 0;
      if (kind === 'ini-time-utc') timeErrorMs = utcIn(view) - nowUtcMs;
      else if (kind === 'ini-time-gnss')
        timeErrorMs = utcMsOfGps(view.readUInt16LE(6) * WEEK_S + view.readUInt32LE(8)) - nowUtcMs;
      else if (kind === 'ini-pos-xyz') hasPosition = true;
      else if (kind === 'ini-pos-llh') {
        hasPosition = true;
        position = {
          latitudeDeg: view.readInt32LE(4) / 1e7,
          longitudeDeg: view.readInt32LE(8) / 1e7,
          accuracyM: view.readUInt32LE(16) / 100,
        };
      } else if (kind.endsWith('-eph')) satellites.add(`${kind} ${satellite}`);
      else if (kind === 'ano') {
        const [gnss, year, month, day] = [3, 4, 5, 6].map((at) => view.readUInt8(at));
        const noon = Date.UTC(2000 + (year ?? 0), (month ?? 0) - 1, day, 12);
        if (Math.abs(noon - nowUtcMs) <= ANO_DAYS_MS) satellites.add(`ano ${gnss ?? 0} ${satellite}`);
      }
    },
    clear() {
      timeErrorMs = undefined;
      position = undefined;
      hasPosition = false;
      satellites.clear();
    },
  };
}
