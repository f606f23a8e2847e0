// The simulated network's RTCM 3 stream for one rover: MSM4 of four systems every epoch, the station and the GLONASS
// biases every few epochs, its equipment now and then (specs/ublox.md 2.1, 2.4). The same seed gives the same satellites.
import type { Clock, Timer } from '../core/index.js';
import { createRandom } from './receiver/random.js';
import {
  equipmentMessage,
  glonassBiasMessage,
  type MsmSatellite,
  type MsmSystem,
  msm4Message,
  type RtcmPlace,
  stationMessage,
} from './rtcm.js';
import { gpsSeconds, LEAP_SECONDS, weekAndTow } from './spartn-time.js';

export interface RtcmStreamOptions {
  seed: string;
  /** Where the rover is; the computed station stands a few kilometres off. */
  rover: RtcmPlace;
  /** Time between two epochs, s (1 or 5 are usual). */
  periodS: number;
  /** Which message tells the station's place. */
  station: 1005 | 1006;
}

export interface RtcmStream {
  /** Sends whole epochs, the first one at once. Returns the stop. */
  start(emit: (bytes: Uint8Array) => void): () => void;
}

const STATION_ID = 1203;
/** A fast clock must not turn the stream into a flood: at most four epochs per real second. */
const MIN_EPOCH_REAL_MS = 250;
const EPOCHS_PER_STATION = 5;
const EPOCHS_PER_EQUIPMENT = 10;
const METRES_PER_DEGREE = 111_320;

/** Satellites to choose from, how many are seen, mask bits of two signals, light time. */
interface SystemSky {
  name: MsmSystem;
  of: number;
  seen: readonly [number, number];
  signals: readonly number[];
  rangeMs: readonly [number, number];
}
const SKY: readonly SystemSky[] = [
  { name: 'gps', of: 32, seen: [7, 9], signals: [2, 16], rangeMs: [68, 84] },
  { name: 'glo', of: 24, seen: [5, 7], signals: [2, 8], rangeMs: [64, 80] },
  { name: 'gal', of: 36, seen: [6, 8], signals: [2, 16], rangeMs: [78, 93] },
  { name: 'bds', of: 58, seen: [6, 8], signals: [2, 14], rangeMs: [73, 92] },
];

/** Each system counts the epoch in its own time. */
function epochOf(system: MsmSystem, gpsS: number): number {
  const { tow } = weekAndTow(gpsS);
  if (system === 'bds') return ((tow - 14 + 604_800) % 604_800) * 1000;
  if (system !== 'glo') return tow * 1000;
  // Moscow time: day of the week in three bits, ms of the day in 27.
  const moscowS = (tow + 10_800 - LEAP_SECONDS + 604_800) % 604_800;
  return Math.floor(moscowS / 86_400) * 2 ** 27 + (moscowS % 86_400) * 1000;
}

export function createRtcmStream(deps: { clock: Clock }, options: RtcmStreamOptions): RtcmStream {
  const { clock } = deps;
  const random = createRandom(`rtcm/${options.seed}`);
  const { rover } = options;
  const station: RtcmPlace = {
    latitudeDeg: rover.latitudeDeg + random.between(-3000, 3000) / METRES_PER_DEGREE,
    longitudeDeg: rover.longitudeDeg + random.between(-3000, 3000) / METRES_PER_DEGREE,
    heightM: rover.heightM,
  };
  const sky = SKY.map(({ of, seen, rangeMs, ...rest }) => {
    const numbers = new Set<number>();
    const count = random.between(...seen);
    while (numbers.size < count) numbers.add(random.between(1, of));
    const satellites = [...numbers]
      .sort((a, b) => a - b)
      .map((number) => ({
        number,
        rangeMs: rangeMs[0] + random.next() * (rangeMs[1] - rangeMs[0]),
        driftMsPerS: (random.next() - 0.5) * 5e-6,
        cnrDbHz: random.between(34, 50),
      }));
    return { ...rest, satellites };
  });

  const epoch = (index: number, gpsS: number): Uint8Array => {
    const out: Uint8Array[] = [];
    if (index % EPOCHS_PER_STATION === 0)
      out.push(stationMessage(options.station, STATION_ID, station), glonassBiasMessage(STATION_ID));
    if (index % EPOCHS_PER_EQUIPMENT === 0)
      out.push(equipmentMessage(1033, STATION_ID), equipmentMessage(1008, STATION_ID));
    sky.forEach(({ name, signals, satellites }, i) => {
      const shown = satellites.map(
        (sv): MsmSatellite => ({
          number: sv.number,
          rangeMs: sv.rangeMs + sv.driftMsPerS * index * options.periodS,
          cells: signals.map(() => ({
            fineRange: random.between(-4000, 4000),
            finePhase: random.between(-200_000, 200_000),
            lock: Math.min(15, 2 + Math.floor(index / 4)),
            cnrDbHz: sv.cnrDbHz + random.between(-2, 2),
          })),
        }),
      );
      out.push(
        msm4Message({
          system: name,
          stationId: STATION_ID,
          epoch: epochOf(name, gpsS),
          hasMore: i < sky.length - 1,
          signals,
          satellites: shown,
        }),
      );
    });
    return Buffer.concat(out);
  };

  return {
    start(emit) {
      let timer: Timer | undefined;
      let isStopped = false;
      const periodMs = Math.max(options.periodS * 1000, clock.ioBudgetMs(MIN_EPOCH_REAL_MS));
      const startMs = clock.mono();
      const startGpsS = Math.round(gpsSeconds(clock.wall()));
      const run = (index: number): void => {
        // Counted, not read: a timer that is a little late or early neither doubles nor drops an epoch.
        emit(epoch(index, startGpsS + Math.round((index * periodMs) / 1000)));
        // Against the start, not the last epoch: timer lateness must not add up.
        const next = Math.max(index + 1, Math.ceil((clock.mono() - startMs) / periodMs));
        if (!isStopped) timer = clock.after(startMs + next * periodMs - clock.mono(), () => run(next));
      };
      run(0);
      return () => {
        isStopped = true;
        timer?.cancel();
      };
    },
  };
}
