// Telit xE910, LE910Cx, ME910: contexts of the internal stack (#SGACT), SIM presence reports, deviceWISE.
import type { Profile } from '../profile.js';

export const TELIT: Profile = {
  name: 'telit',
  manufacturer: /telit/i,
  urcPrefixes:
    'SRING #QSS #PSNT #NITZ #DWRING #SCFGEXT #ECMC #TEMPMEAS #HTTPRING #SLED #MWI #STN #ECAM #CODECINFO'.split(' '),
  lateBootTexts: ['+PBREADY'],
  // #QSS=1 tells of a SIM that is taken out; #NITZ=7,1 hands the network's time on at once.
  setup: ['AT#QSS=1', 'AT#NITZ=7,1', 'AT+CTZU=1'],
  iccidCommands: ['AT#CCID', 'AT+CCID', 'AT+ICCID'],
  activationQueries: ['AT+CGACT?', 'AT#SGACT?'],
  activate: (contextId) => `AT#SGACT=${contextId},1`,
  deactivate: (contextId) => `AT#SGACT=${contextId},0`,
  restart: 'AT#REBOOT',
};
