// What Telit's families have in common: contexts of the internal stack (#SGACT), SIM presence reports, deviceWISE.
// Decides by itself for a Telit module of no known family.
import { parseRfsts } from '../codec/cell.js';
import { parseActivation } from '../codec/context.js';
import { parsePct } from '../codec/retry.js';
import { parseTempmeas } from '../codec/temperature.js';
import { parseEcm, parseUsbcfg } from '../codec/usb-mode.js';
import type { EcmMode, Profile } from '../profile.js';
import { contextNumber, GENERIC, loginCommand, standardLogin } from './generic.js';

export const TELIT: Profile = {
  ...GENERIC,
  name: 'telit',
  vendor: 'telit',
  selects: { manufacturer: /telit/i },
  // Not #TEMPMEAS: it answers the question for the temperature and is never switched on as a report. Nor #DWDATA: it
  // answers AT#DWRCV, whose name it does not bear, and would be taken for a report.
  urcPrefixes: 'SRING #QSS #PSNT #NITZ #DWRING #SCFGEXT #ECMC #HTTPRING #SLED #MWI #STN #ECAM #CODECINFO'.split(' '),
  lateBootTexts: ['+PBREADY'],
  // #QSS=2 tells each step of the SIM, also that it is taken out; #NITZ=7,1 hands the network's time on at once.
  setup: ['AT#QSS=2', 'AT#NITZ=7,1', 'AT+CTZU=1'],
  iccidCommands: ['AT#CCID', ...GENERIC.iccidCommands],
  retryCounters: [{ command: 'AT#PCT', parse: parsePct }],
  cell: [{ command: 'AT#RFSTS', parse: parseRfsts }],
  activation: [...GENERIC.activation, { command: 'AT#SGACT?', parse: parseActivation }],
  activate: (contextId) => [`AT#SGACT=${contextNumber(contextId)},1`],
  deactivate: (contextId) => [`AT#SGACT=${contextNumber(contextId)},0`],
  alreadyActive: [553],
  login: (login) => [standardLogin(login), loginCommand('#PDPAUTH', login)],
  temperature: { command: 'AT#TEMPMON=1', parse: parseTempmeas },
  restart: 'AT#REBOOT',
};

/** The network card mode of a family, whose number in `#USBCFG` is `mode`. `#ECM` works only in it. */
export const telitEcm = (mode: number): EcmMode => ({
  composition: {
    command: 'AT#USBCFG?',
    parse: (line) => {
      const now = parseUsbcfg(line);
      return now === undefined ? undefined : now === mode;
    },
  },
  compose: [`AT#USBCFG=${mode}`],
  state: { command: 'AT#ECM?', parse: parseEcm },
  start: (contextId) => `AT#ECM=${contextNumber(contextId)},0`,
});
