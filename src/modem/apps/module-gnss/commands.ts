// How each maker's own receiver is asked (specs/modem.md 2.7). Not for the small families (ME310, ME910C1, BG9x, SIM70xx):
// from memory, their receiver and their radio share one path, so that a position would cost the data connection.

import { textsOf } from '../../codec/fields.js';
import type { GnssCommands, Reading } from '../../profile.js';
import { parseCgpsinfo, parseGpsacp, parseQgpsloc } from './parse.js';

const state = (command: string, prefix: string): Reading<boolean> => ({
  command,
  parse: (line) => {
    const [mode] = textsOf(line, prefix, 4) ?? [];
    return mode === undefined ? undefined : mode !== '0';
  },
});

export const TELIT_GNSS: GnssCommands = {
  isOn: state('AT$GPSP?', '$GPSP'),
  start: 'AT$GPSP=1',
  stop: 'AT$GPSP=0',
  position: { command: 'AT$GPSACP', parse: parseGpsacp },
  noFixErrors: [],
  isOnErrors: [],
};

/** From memory: 504 a session is under way, 516 no fix yet. Mode 2 answers in degrees. */
export const QUECTEL_GNSS: GnssCommands = {
  isOn: state('AT+QGPS?', '+QGPS'),
  start: 'AT+QGPS=1',
  stop: 'AT+QGPSEND',
  position: { command: 'AT+QGPSLOC=2', parse: parseQgpsloc },
  noFixErrors: [516],
  isOnErrors: [504],
};

export const SIMCOM_GNSS: GnssCommands = {
  isOn: state('AT+CGPS?', '+CGPS'),
  start: 'AT+CGPS=1,1',
  stop: 'AT+CGPS=0',
  position: { command: 'AT+CGPSINFO', parse: parseCgpsinfo },
  noFixErrors: [],
  isOnErrors: [],
};
