// Any module that follows 3GPP 27.007.
import type { Profile } from '../profile.js';

export const GENERIC: Profile = {
  name: 'generic',
  urcPrefixes: [],
  lateBootTexts: ['+PBREADY', 'PB DONE'],
  setup: ['AT+CTZU=1'],
  iccidCommands: ['AT+CCID', 'AT+ICCID'],
  activationQueries: ['AT+CGACT?'],
  activate: (contextId) => `AT+CGACT=1,${contextId}`,
  deactivate: (contextId) => `AT+CGACT=0,${contextId}`,
  restart: 'AT+CFUN=1,1',
};
