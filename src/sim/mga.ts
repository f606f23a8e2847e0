// Assistance data as the simulated services hand it out: whole UBX-MGA frames of the real sizes with made-up contents
// (specs/ublox.md 3.4). Heads are proper, bodies are noise of the seed: a receiver and a cache judge only the heads.
import { createRandom } from './receiver/random.js';
import { ubxFrame } from './receiver/ubx.js';
import { LEAP_SECONDS } from './spartn-time.js';

export const MGA_SYSTEMS = ['gps', 'glo', 'gal', 'bds', 'qzss'] as const;
export type MgaSystem = (typeof MGA_SYSTEMS)[number];

export interface MgaGenerator {
  /** INI-TIME_UTC. Put it before the others: without a time the receiver takes no orbits. */
  iniTimeUtc(utcMs: number): Uint8Array;
  /** Ephemerides in force at `utcMs`, a frame a satellite; no time frame among them. */
  live(utcMs: number, gnss: readonly MgaSystem[]): Uint8Array[];
  /** Almanacs, a frame a satellite. */
  almanac(gnss: readonly MgaSystem[]): Uint8Array[];
  /** ANO frames, 84 bytes each, a frame a satellite and day; the first day is that of `utcMs`. */
  predicted(utcMs: number, days: number, gnss: readonly MgaSystem[]): Uint8Array[];
  /** Health, UTC and ionosphere parameters (payload byte 0: 4, 5, 6), and clock offsets between systems (3). */
  aux(): Uint8Array[];
}

const CLASS_MGA = 0x13;
const ID_ANO = 0x20;
const ID_INI = 0x40;
const TYPE = { eph: 1, alm: 2, timeOffset: 3, health: 4, utc: 5, iono: 6, iniTimeUtc: 0x10 } as const;

/** Message id, u-blox's number of the system (ANO), satellites, and payload lengths. */
interface SystemFacts {
  id: number;
  gnssId: number;
  satellites: readonly number[];
  ephemerisBytes: number;
  almanacBytes: number;
}

const upTo = (count: number, without: readonly number[] = []): number[] =>
  Array.from({ length: count }, (_, i) => i + 1).filter((sv) => !without.includes(sv));

const SYSTEMS: Readonly<Record<MgaSystem, SystemFacts>> = {
  gps: { id: 0x00, gnssId: 0, satellites: upTo(32, [22]), ephemerisBytes: 68, almanacBytes: 36 },
  glo: { id: 0x06, gnssId: 6, satellites: upTo(21, [11]), ephemerisBytes: 48, almanacBytes: 36 },
  gal: { id: 0x02, gnssId: 2, satellites: upTo(27, [14, 18, 20]), ephemerisBytes: 76, almanacBytes: 32 },
  bds: { id: 0x03, gnssId: 3, satellites: upTo(37, upTo(18)), ephemerisBytes: 88, almanacBytes: 40 },
  qzss: { id: 0x05, gnssId: 5, satellites: upTo(4), ephemerisBytes: 68, almanacBytes: 36 },
};

const PREDICTED_BYTES = 76;
const DAY_MS = 86_400_000;
/** A broadcast ephemeris is renewed that often. */
const EPHEMERIS_LIFE_MS = 2 * 3_600_000;
/** What the service says about its own clock. */
const TIME_ACCURACY_S = 2;

const AUX: readonly [id: number, type: number, bytes: number][] = [
  [SYSTEMS.gps.id, TYPE.health, 40],
  [SYSTEMS.gps.id, TYPE.utc, 20],
  [SYSTEMS.gps.id, TYPE.iono, 16],
  [SYSTEMS.gal.id, TYPE.timeOffset, 12],
  [SYSTEMS.glo.id, TYPE.timeOffset, 20],
  [SYSTEMS.bds.id, TYPE.health, 68],
  [SYSTEMS.bds.id, TYPE.utc, 20],
  [SYSTEMS.bds.id, TYPE.iono, 16],
];

/** The same seed gives the same bytes for the same question. */
export function createMgaGenerator({ seed }: { seed: string }): MgaGenerator {
  /** `head` is what tells frames of one id apart; the rest is noise of `epoch`. */
  const frame = (id: number, head: readonly number[], length: number, epoch: number): Uint8Array => {
    const payload = createRandom(`mga/${seed}/${id}/${head.join('.')}/${epoch}`).bytes(length);
    payload.set(head);
    return ubxFrame(CLASS_MGA, id, payload);
  };
  /** Type, version, satellite, reserved: never the same twice within one message id. */
  const each = (
    gnss: readonly MgaSystem[],
    type: number,
    length: (facts: SystemFacts) => number,
    epoch: number,
  ): Uint8Array[] =>
    gnss.flatMap((name) => {
      const facts = SYSTEMS[name];
      return facts.satellites.map((sv) => frame(facts.id, [type, 0, sv, 0], length(facts), epoch));
    });

  return {
    iniTimeUtc(utcMs) {
      const payload = Buffer.alloc(24);
      const utc = new Date(utcMs);
      payload.writeUInt8(TYPE.iniTimeUtc, 0);
      payload.writeInt8(LEAP_SECONDS, 3);
      payload.writeUInt16LE(utc.getUTCFullYear(), 4);
      payload.writeUInt8(utc.getUTCMonth() + 1, 6);
      payload.writeUInt8(utc.getUTCDate(), 7);
      payload.writeUInt8(utc.getUTCHours(), 8);
      payload.writeUInt8(utc.getUTCMinutes(), 9);
      payload.writeUInt8(utc.getUTCSeconds(), 10);
      payload.writeUInt32LE(utc.getUTCMilliseconds() * 1_000_000, 12);
      payload.writeUInt16LE(TIME_ACCURACY_S, 16);
      return ubxFrame(CLASS_MGA, ID_INI, payload);
    },
    live: (utcMs, gnss) =>
      each(gnss, TYPE.eph, ({ ephemerisBytes }) => ephemerisBytes, Math.floor(utcMs / EPHEMERIS_LIFE_MS)),
    almanac: (gnss) => each(gnss, TYPE.alm, ({ almanacBytes }) => almanacBytes, 0),
    predicted: (utcMs, days, gnss) =>
      Array.from({ length: days }, (_, day) => new Date(utcMs + day * DAY_MS)).flatMap((date) =>
        gnss.flatMap((name) => {
          const { gnssId, satellites } = SYSTEMS[name];
          const when = [date.getUTCFullYear() - 2000, date.getUTCMonth() + 1, date.getUTCDate()];
          return satellites.map((sv) => frame(ID_ANO, [0, 0, sv, gnssId, ...when], PREDICTED_BYTES, 0));
        }),
      ),
    aux: () => AUX.map(([id, type, bytes]) => frame(id, [type, 0, 0, 0], bytes, 0)),
  };
}
