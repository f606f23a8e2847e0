// The NMEA port of the module: one GGA and one RMC sentence a second while it is on. It never answers.
import type { Clock } from '../../core/index.js';
import type { PortLike } from '../plug.js';
import { nmeaAngle, nmeaDate, nmeaTime, sentence } from './families/nmea-fields.js';
import type { ModuleState, Position } from './state.js';
import type { Timers } from './timers.js';

const EVERY_MS = 1000;

function place({ latitudeDeg, longitudeDeg }: Position): string {
  const latitude = `${nmeaAngle(latitudeDeg, 2)},${latitudeDeg < 0 ? 'S' : 'N'}`;
  return `${latitude},${nmeaAngle(longitudeDeg, 3)},${longitudeDeg < 0 ? 'W' : 'E'}`;
}

/** The sentences of one second; without a position they say that there is no fix. */
export function nmeaSentences(position: Position | undefined, utcMs: number): string {
  const [time, date] = [nmeaTime(utcMs), nmeaDate(utcMs)];
  if (!position) return sentence('GPGGA,,,,,,0,,,,,,,,') + sentence('GPRMC,,V,,,,,,,,,,N');
  const at = place(position);
  return (
    sentence(`GPGGA,${time},${at},1,08,0.9,${position.altitudeM.toFixed(1)},M,0.0,M,,`) +
    sentence(`GPRMC,${time},A,${at},0.0,0.0,${date},,,A`)
  );
}

export interface NmeaPort {
  start(): void;
  [Symbol.dispose](): void;
}

export function createNmeaPort(deps: { port: PortLike; clock: Clock; timers: Timers; state: ModuleState }): NmeaPort {
  const { port, clock, timers, state } = deps;
  // Read, or what others write there would pile up.
  const stopReading = port.onBytes(() => undefined);
  const tick = (): void => {
    if (state.power !== 'on') return;
    port.write(Buffer.from(nmeaSentences(state.position, clock.wall()), 'latin1'));
    timers.after(EVERY_MS, tick);
  };
  return { start: tick, [Symbol.dispose]: stopReading };
}
