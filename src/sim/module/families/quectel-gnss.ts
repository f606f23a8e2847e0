// The receiver inside the EG25-G: switched on and off, asked for a position (specs/modem.md 2.7).
import { type CommandContext, type CommandTable, numberIn, type Outcome } from '../command.js';
import { nmeaAngle, nmeaDate, nmeaTime } from './nmea-fields.js';

const CME_ON = { cme: 504 };
const CME_OFF = { cme: 505 };
const CME_NO_FIX = { cme: 516 };

function place(deg: number, mode: number, degreeDigits: number, letters: string): string {
  if (mode === 2) return deg.toFixed(5);
  const letter = letters[deg < 0 ? 1 : 0] ?? '';
  return `${nmeaAngle(deg, degreeDigits)}${mode === 1 ? ',' : ''}${letter}`;
}

function position({ state, clock, info }: CommandContext, [modeText = '0']: readonly string[]): Outcome {
  const mode = numberIn(modeText, 0, 2);
  if (mode === undefined) return { cme: 501 };
  if (!state.isGnssOn) return CME_OFF;
  const { position: at } = state;
  if (!at) return CME_NO_FIX;
  const now = clock.wall();
  const where = `${place(at.latitudeDeg, mode, 2, 'NS')},${place(at.longitudeDeg, mode, 3, 'EW')}`;
  info(`+QGPSLOC: ${nmeaTime(now)},${where},0.9,${at.altitudeM.toFixed(1)},3,000.00,0.0,0.0,${nmeaDate(now)},08`);
  return 'OK';
}

export const QUECTEL_GNSS_COMMANDS: CommandTable = {
  '+QGPS': {
    read: ({ state, info }) => {
      info(`+QGPS: ${state.isGnssOn ? 1 : 0}`);
      return 'OK';
    },
    set: ({ state }, [mode]) => {
      if (numberIn(mode, 1, 4) === undefined) return { cme: 501 };
      if (state.isGnssOn) return CME_ON;
      state.isGnssOn = true;
      return 'OK';
    },
    arity: [1, 5],
    test: '(1-4),(1-255),(1-1000),(0-1000),(1-65535)',
  },
  '+QGPSEND': {
    exec: ({ state }) => {
      if (!state.isGnssOn) return CME_OFF;
      state.isGnssOn = false;
      return 'OK';
    },
    test: '',
  },
  '+QGPSLOC': { read: position, set: position, arity: [1, 1], test: '(0-2)', latency: 'query' },
};
